"""Case folders as hospitals hand them over."""

from pathlib import Path

from openpyxl import Workbook

from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.workbook.schema import Sheet

SAMPLES = Path(__file__).parents[2] / "samples" / "nmap"

LINES: list[dict[str, str]] = [
    {
        "device_check_wanted": "調査希望あり", "scan_wanted": "調査希望あり", "ehr_connection": "あり", "purpose": "電子カルテ",
        "line_kind": "光回線", "circuit_id": "CAF00001", "communication": "インターネットVPN", "global_ip": "あり",
        "address_assignment": "固定IP", "global_address": "121.119.249.222", "terminator_location": "本部棟 3F サーバールーム",
        "contract_party": "ベンダ", "vendor_name": "みなとシステム", "maker": "YAMAHA", "model": "RTX830",
        "software_version": "Rev.15.02.03", "manufactured_year": "2019",
    },
    {
        "device_check_wanted": "調査希望なし", "scan_wanted": "調査希望なし", "ehr_connection": "不明", "purpose": "給食",
        "communication": "インターネット", "global_ip": "なし", "terminator_location": "1F 栄養課",
    },
]  # fmt: skip
BASICS = {"consent": "同意する", "name": "青葉みなと総合病院", "beds": "320"}


def write_workbook(path: Path, lines: list[dict[str, str]] | None = None, **basics: str) -> None:
    """Write a 別紙2-1 with these lines, by the headings that the form prints."""
    edition = load_edition()
    book = Workbook()
    first = book.active
    assert first is not None
    book.remove(first)
    form = edition.sheet("basic")
    sheet = book.create_sheet(form.title.ja)
    for column in form.columns:
        sheet.append([column.heading.ja, (BASICS | basics).get(column.key)])
    table = edition.sheet("lines")
    sheet = book.create_sheet(table.title.ja)
    columns = [*table.columns, *table.group]
    sheet.append(["回線", *(_heading(table, column.key) for column in columns)])
    for number, line in enumerate(LINES if lines is None else lines, start=1):
        sheet.append([f"回線{number}", *(line.get(column.key) for column in columns)])
    book.save(path)


def _heading(table: Sheet, key: str) -> str:
    is_grouped = key in {column.key for column in table.group}
    return f"装置①{table.column(key).heading.ja}" if is_grouped else table.column(key).heading.ja


QUESTIONNAIRE = """
controls:
  internet_separated: 切り離されている
  usb_rule: {value: partly, remark: 口頭で伝えている}
  usb_enforced: 不明
"""
SURVEY = """
surveyed_on: 2026-11-10
sightings:
  - {number: 1, kind: onu, location: 本部棟 3F, line: CAF00001}
  - {number: 2, kind: mobile_router, location: 検査室}
"""
NETWORK = """
segments: [{id: ehr, cidr: 10.10.0.0/24, zone: ehr}]
nodes: [{id: ehr-db, name: 電子カルテ, addresses: [10.10.0.10], role: ehr, critical: 3}]
flows: [{src: CAF00001, dst: ehr-db, service: tcp/443}]
"""


def write_case(folder: Path) -> Path:
    """Write a whole case folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_workbook(folder / "workbook.xlsx")
    (folder / "questionnaire.yaml").write_text(QUESTIONNAIRE, encoding="utf-8")
    (folder / "survey.yaml").write_text(SURVEY, encoding="utf-8")
    (folder / "network.yaml").write_text(NETWORK, encoding="utf-8")
    for kept in ("nmap", "configs", "devices"):
        (folder / kept).mkdir(exist_ok=True)
    (folder / "nmap" / "line1.xml").write_bytes(
        (SAMPLES / "udp.xml").read_bytes().replace(b'addr="127.0.0.2"', b'addr="121.119.249.222"')
    )
    (folder / "configs" / "rt1.txt").write_text("login password Tops3cret!\n", encoding="utf-8")
    (folder / "devices" / "rt1.txt").write_text("RTX830 Rev.15.02.03\n", encoding="utf-8")
    return folder
