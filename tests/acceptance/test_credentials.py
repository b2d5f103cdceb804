"""Passwords where people really leave them: found, told, and nowhere in anything that is written or printed."""

import html
import json
import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from tests.acceptance.running import run
from tests.acceptance.workbooks import LINES, TERMINALS, as_escaped, filled, line, rewritten, terminal

SECRET = "Zx9!kQ7w#"
LIST = ("メーカー", "機種名", "アカウント/ログインID", "パスワード", "特権(enable)パスワード")
GIVEN_AWAY = [
    "admin / {}", "admin/{}", "root:{}", "ログインは admin、{}", "管理者: administrator / {}", "hoshu / {}",
    "ID:admin PW:{}", "ID=admin,PASS={}", "ログイン admin パスワード {}", "パスワードは{}です", "PW{}", "pw→{}", "ＰＷ；{}",
    "ﾊﾟｽﾜｰﾄﾞ:{}", "パスワ－ド：{}", "ぱすわーど {}", "パス：{}", "暗証番号 {}", "初期パスワード「{}」", "ログインパスワード（{}）",
    "ユーザー名 admin\nパスワード\n{}", "PWD={}", "password is {}", "Wi-Fiキー {}", "SSID: abc KEY: {}", "PSK {}",
    "username admin privilege 15 password 0 {}", "enable secret {}", "snmp-server community {} ro",
    "ipsec ike pre-shared-key 1 text {}", "https://admin:{}@10.0.0.1/", "ID・PWは admin・{}", "P\u200bW：{}",
]  # fmt: skip
INNOCENT = [
    "パスワードは変更済み", "パスワード：別途", "パスワードは保守会社が管理", "パスワード：富士通に確認", "PW:12文字以上", "パスワードリストは提出不要",
    "ID：CAF0001", "お客さまID: CAF1234567890", "認証：ID・パスワード", "ワンタイムパスワード", "NEC / IX2215", "RTX1220 / Rev.15.04.06",
    "admin / 総務課", "Windows / 10Pro22H2", "info@hosp.jp", "バイパス：あり", "保守用アカウントは admin です", "12:00 / 13:00",
]  # fmt: skip


def with_remarks(texts: list[str]) -> Workbook:
    return filled([line(1)], terminals=[terminal(n, 備考=text) for n, text in enumerate(texts, start=1)])


def problems(path: Path) -> tuple[list[dict], str]:
    done, people = run("workbook", "check", path), run("workbook", "check", path, "--text")
    found = [p for p in json.loads(done.stdout)["problems"] if p["rule"] == "credentials-present"]
    assert all(problem["severity"] == "error" for problem in found)
    return found, done.stdout + done.stderr + people.stdout + people.stderr


def holds(text: str) -> bool:
    return any(SECRET in form for form in (text, html.unescape(text), re.sub(r"<[^>]+>", "", html.unescape(text))))


def written(path: Path) -> str:
    """Return everything inside the file: each part of a zip by itself."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes().decode("utf-8", errors="replace")
    with zipfile.ZipFile(path) as package:
        return "\n".join(package.read(name).decode("utf-8", errors="replace") for name in package.namelist())


def assert_told_and_gone(path: Path) -> list[dict]:
    found, printed = problems(path)
    assert found, "the user is not told"
    assert not holds(printed)
    marked = path.with_name("marked.xlsx")
    done = run("workbook", "mark", path, marked, "--json")
    assert done.returncode == 1
    assert not holds(done.stdout + done.stderr + written(marked))
    return found


def test_sentences_that_give_a_password_away_are_told_at_their_cells(tmp_path):
    path = tmp_path / "book.xlsx"
    with_remarks([text.format(SECRET) for text in GIVEN_AWAY]).save(path)
    found = {problem["cell"] for problem in assert_told_and_gone(path)}
    missed = [text for row, text in enumerate(GIVEN_AWAY, start=2) if f"J{row}" not in found]
    assert missed == []


def test_sentences_about_passwords_and_ids_raise_no_alarm(tmp_path):
    path = tmp_path / "book.xlsx"
    with_remarks(INNOCENT).save(path)
    assert problems(path)[0] == []


def in_own_column(heading):
    def change(book):
        book[LINES].cell(1, 31, heading)
        book[LINES].cell(2, 31, SECRET)
        book[LINES].column_dimensions["AE"].hidden = True

    return change


def in_own_sheet(title, state="visible", rows=(LIST, ("Cisco", "ISR 921", "admin", SECRET, SECRET))):
    def change(book):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = state

    return change


def in_comment(book):
    book[LINES]["N2"].comment = Comment(f"admin / {SECRET}", "総務")


def in_name(book):
    book.defined_names["PW"] = DefinedName("PW", attr_text=f'"{SECRET}"')


def in_properties(book):
    book.properties.description = f"パスワード：{SECRET}"


def in_footer(book):
    book[TERMINALS].oddFooter.center.text = f"PW: {SECRET}"


def beside_label(book):
    book.worksheets[0]["A20"], book.worksheets[0]["B20"] = "管理画面パスワード", SECRET


@pytest.mark.parametrize(
    "hide",
    [
        in_own_sheet("アカウント(ログインID)・パスワードリスト"),
        in_own_sheet("ID_PW", "hidden"),
        in_own_sheet("パスワード管理", "veryHidden"),
        in_own_sheet("機器(秘)", "veryHidden"),
        in_own_sheet("ID_PW", rows=[("ルータ", "admin", SECRET)]),
        in_own_sheet("メモ", rows=[("ID", "admin"), ("PASS", SECRET)]),
        in_own_sheet("メモ", rows=[("ユーザ名：admin",), ("パスワード：",), (SECRET,)]),
        in_own_column("パスワード"),
        in_own_column("管理者PW"),
        in_own_column("装置①パスワード"),
        in_own_column("ログイン用パスワード(管理画面)"),
        in_comment,
        in_name,
        in_properties,
        in_footer,
        beside_label,
    ],
)
def test_a_password_in_disguise_is_told_and_written_nowhere(hide, tmp_path):
    path = tmp_path / "book.xlsx"
    book = filled([line(1)])
    hide(book)
    book.save(path)
    assert_told_and_gone(path)


def test_a_password_in_a_text_box_is_told_and_written_nowhere(tmp_path):
    plain, path = tmp_path / "plain.xlsx", tmp_path / "book.xlsx"
    filled([line(1)]).save(plain)
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:absoluteAnchor><xdr:pos x="0" y="0"/>'
        '<xdr:ext cx="9" cy="9"/><xdr:sp><xdr:nvSpPr><xdr:cNvPr id="2" name="t"/><xdr:cNvSpPr txBox="1"/></xdr:nvSpPr>'
        "<xdr:spPr/><xdr:txBody><a:bodyPr/><a:p><a:r><a:t>パスワード：</a:t></a:r>"
        f"<a:r><a:t>{as_escaped(SECRET)}</a:t></a:r></a:p></xdr:txBody></xdr:sp><xdr:clientData/></xdr:absoluteAnchor></xdr:wsDr>"
    )

    def change(name: str, xml: str) -> str:
        if name == "xl/worksheets/sheet2.xml":
            return xml.replace("</worksheet>", f'<drawing xmlns:r="{relations}" r:id="rId1"/></worksheet>')
        kind = "application/vnd.openxmlformats-officedocument.drawing+xml"
        return xml.replace("</Types>", f'<Override PartName="/xl/drawings/drawing1.xml" ContentType="{kind}"/></Types>')

    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{relations}/drawing" Target="../drawings/drawing1.xml"/></Relationships>'
    )
    parts = {"xl!drawings!drawing1.xml": drawing, "xl!worksheets!_rels!sheet2.xml.rels": relation}
    assert_told_and_gone(rewritten(plain, path, change, **parts))


def test_an_empty_list_of_accounts_raises_no_alarm(tmp_path):
    path = tmp_path / "book.xlsx"
    rows = [("本シートは提出不要です",), ("装置", *LIST), *((f"回線{n}", "Cisco", "ISR 921") for n in range(1, 6))]
    book = filled([line(1)])
    in_own_sheet("アカウント(ログインID)・パスワードリスト", rows=rows)(book)
    book.save(path)
    assert problems(path)[0] == []


def test_no_password_reaches_what_an_assessment_writes(tmp_path):
    case, out = tmp_path / "case", tmp_path / "out"
    case.mkdir()
    book = filled([line(1)], terminals=[terminal(n, 備考=f"admin / {SECRET}") for n in range(1, 6)])
    in_own_sheet("ID_PW")(book)
    book.save(case / "workbook.xlsx")
    (case / "questionnaire.yaml").write_text(f'controls:\n  usb_rule: {{value: "yes", remark: "PW：{SECRET}"}}\n')
    (case / "network.yaml").write_text(f'nodes:\n  - {{id: ehr, name: "root:{SECRET}", role: ehr}}\n')
    done = run("assess", case, "--out", out, "--json")
    assert done.returncode == 1
    assert len(list(out.iterdir())) == 9
    assert not holds(done.stdout + done.stderr)
    assert [path.name for path in out.iterdir() if holds(written(path))] == []
