"""Builds the workbooks that people really send, cell by cell with openpyxl, for the tests of reading."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.workbook.schema import Sheet

EDITION = load_edition("1.0")
BASIC, LINES, TERMINALS, PLACES = (EDITION.sheet(key) for key in ("basic", "lines", "terminals", "places"))

LINE = {
    "device_check_wanted": "調査希望あり",
    "scan_wanted": "調査希望あり",
    "ehr_connection": "あり",
    "purpose": "部門機器保守",
    "line_kind": "光回線",
    "service_name": "フレッツ 光ネクスト",
    "circuit_id": "CAF0012345",
    "carrier": "NTT東日本",
    "communication": "インターネットVPN",
    "global_ip": "あり",
    "address_assignment": "固定IP",
    "global_address": "121.119.249.222",
    "terminator_location": "本館 3F サーバ室 1番ラック",
    "terminator_kind": "ONU",
    "contract_party": "ベンダ",
    "vendor_name": "関所医療システム",
}
DEVICE = {"maker": "Cisco", "model": "ISR 921", "software_version": "15.8(3)M", "manufactured_year": 2019}
TERMINAL = {
    "system_kind": "電子カルテ",
    "thin_client": "いいえ",
    "host_name": "PC0001",
    "address": "192.168.1.131/24",
    "location": "西棟 2F 診察室A",
    "antivirus": "Microsoft Defender",
}
BASICS = {
    "consent": "同意する",
    "name": "関所中央病院",
    "name_kana": "せきしょちゅうおうびょういん",
    "postal_code": "060-0001",
    "address": "北海道札幌市中央区1-2",
    "address_kana": "ほっかいどうさっぽろしちゅうおうく1-2",
    "beds": 320,
    "confirmed_by": "関所 太郎",
}


def headings(sheet: Sheet, blocks: int = 1) -> list[str]:
    """The headings in one row: columns, then 装置①メーカー ... for each block."""
    group = [
        EDITION.group_title(sheet.key, block).ja + column.heading.ja
        for block in range(1, blocks + 1)
        for column in sheet.group
    ]
    return [column.heading.ja for column in sheet.columns] + group


def cells_of(sheet: Sheet, values: dict, *parts: dict) -> list:
    """The cells of one record in the order of `headings`."""
    return [values.get(c.key) for c in sheet.columns] + [part.get(c.key) for part in parts for c in sheet.group]


def table(ws: Worksheet, sheet: Sheet, records: Iterable[tuple], blocks: int = 1, label: str = "回線{}") -> None:
    """A table as simple as it can be: one row of headings, then a record per row."""
    ws.append(["", *headings(sheet, blocks)])
    for number, record in enumerate(records, 1):
        ws.append([label.format(number), *cells_of(sheet, *record)])


def form(ws: Worksheet, values: dict, contact: dict | None = None) -> None:
    """基本情報 with the value right of its label."""
    ws.append(["医療機関におけるサイバーセキュリティ確保事業 基本情報シート"])
    for column in BASIC.columns:
        ws.append([column.heading.ja, values.get(column.key)])
    ws.append(["担当者1"])
    for column in BASIC.group:
        ws.append([column.heading.ja, (contact or {}).get(column.key)])


def book(lines: Iterable[tuple] = ((LINE, DEVICE),), change: Callable | None = None) -> bytes:
    """A complete workbook as bytes. `change` gets the openpyxl workbook before it is saved."""
    workbook = openpyxl.Workbook()
    form(
        workbook.active,
        BASICS,
        {"family_name": "関所", "given_name": "太郎", "kana": "セキショ タロウ", "phone": "03-1234-5678"},
    )
    workbook.active.title = BASIC.title.ja
    table(workbook.create_sheet(LINES.title.ja), LINES, lines)
    terminals = [(TERMINAL | {"host_name": f"PC000{n}", "address": f"192.168.1.{130 + n}/24"},) for n in range(1, 6)]
    table(workbook.create_sheet(TERMINALS.title.ja), TERMINALS, terminals, label="No.{}")
    workbook.create_sheet(PLACES.title.ja).append(["平面図を貼ってください"])
    if change:
        change(workbook)
    return saved(workbook)


def saved(workbook: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def column_of(ws: Worksheet, heading: str) -> int:
    """The column (from 1) under `heading` in the first rows."""
    for row in ws.iter_rows(min_row=1, max_row=5):
        for cell in row:
            if cell.value == heading:
                return cell.column
    raise KeyError(heading)


def repacked(
    content: bytes,
    change: Callable[[str, bytes], bytes | None] = lambda name, data: data,
    extra: dict[str, bytes] | None = None,
) -> bytes:
    """The same zip with each part passed through `change` (None drops it) and `extra` parts added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
        for name, data in (extra or {}).items():
            new.writestr(name, data)
    return stream.getvalue()


def with_shared_strings(content: bytes) -> bytes:
    """The same workbook with its texts in one shared table, as Excel keeps them."""
    texts: list[bytes] = []

    def share(match: re.Match[bytes]) -> bytes:
        texts.append(match.group(2))
        return b'<c r="%b" t="s"><v>%d</v></c>' % (match.group(1), len(texts) - 1)

    def change(name: str, data: bytes) -> bytes:
        if name.startswith("xl/worksheets/sheet"):
            return _INLINE.sub(share, data)
        if name == "[Content_Types].xml":
            return data.replace(b"</Types>", _SHARED_TYPE + b"</Types>")
        if name == "xl/_rels/workbook.xml.rels":
            return data.replace(b"</Relationships>", _SHARED_RELATION + b"</Relationships>")
        return data

    shared = repacked(content, change)
    items = b"".join(b"<si>%b</si>" % text for text in texts)
    return repacked(shared, extra={"xl/sharedStrings.xml": b'<sst xmlns="%b">%b</sst>' % (_MAIN, items)})


_MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_INLINE = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]* t="inlineStr"[^>]*><is>(.*?)</is></c>', re.DOTALL)
_SHARED_TYPE = (
    b'<Override PartName="/xl/sharedStrings.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
_SHARED_RELATION = (
    b'<Relationship Id="rId99" Target="sharedStrings.xml" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
)
