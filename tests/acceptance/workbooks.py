"""Workbooks as a stranger makes them: from the headings of the printed form alone, with nothing of `sekisho`.

`filled` builds one with openpyxl; `rewritten` changes the XML of a finished file, for what no library writes.
"""

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook

LINES, TERMINALS = "回線・機器情報記入シート", "調査端末情報記入シート"
LINE: Mapping[str, object] = {
    "調査希望: 装置バージョン確認": "調査希望あり",
    "調査希望: 脆弱性診断": "調査希望あり",
    "電子カルテシステムが属するネットワークとの接続": "あり",
    "用途・システム名": "電子カルテ",
    "回線種別": "光回線",
    "回線サービス名": "フレッツ 光ネクスト",
    "回線ID": "CAF00001",
    "回線事業者": "NTT東日本",
    "回線番号": "03-1234-0001",
    "通信形態": "インターネットVPN",
    "グローバルIP利用": "あり",
    "固定IP/動的IP": "固定IP",
    "グローバルIPアドレス": "121.119.0.1",
    "診断当日: グローバルIP確認": "入力不要",
    "診断当日: グローバルIPアドレス": None,
    "FQDN": "vpn.hosp.jp",
    "プロバイダ名": "OCN",
    "プロバイダ品目": "フレッツ光クロス",
    "回線終端装置設置場所": "本館 3F サーバ室",
    "装置①メーカー": "Cisco",
    "装置①機種名": "ISR 921",
    "装置①ソフトウェアバージョン": "15.0",
}
TERMINAL: Mapping[str, object] = {
    "システム種別": "電子カルテ",
    "シンクラ利用": "いいえ",
    "端末ホスト名": "PC0001",
    "IPアドレス": "192.168.1.1/24",
    "設置場所": "西棟 2F 診察室",
    "仮想デスクトップ: 端末ホスト名": None,
    "仮想デスクトップ: IPアドレス": None,
    "セキュリティ対策製品名": "Microsoft Defender",
    "備考": "12:00-13:00",
}
BASICS: Mapping[str, object] = {
    "本施策の同意確認": "同意する",
    "医療機関名": "架空病院",
    "医療機関名 かな": "かくうびょういん",
    "〒": "100-0001",
    "住所": "東京都架空区1-2",
    "住所 かな": "とうきょうとかくうく1-2",
    "病床数": 120,
    "担当者1 姓": "山田",
    "担当者1 名": "花子",
    "担当者1 フリガナ": "ヤマダ ハナコ",
    "確認者名(署名)": "山田 花子",
}


def line(number: int = 1, **changes: object) -> dict[str, object]:
    """Return the answers of a faultless line; its identifiers carry `number`."""
    own = {
        "回線ID": f"CAF{number:05d}",
        "回線番号": f"03-1234-{number:04d}",
        "グローバルIPアドレス": f"121.119.{number // 250}.{number % 250 + 1}",
    }
    return {**LINE, **own, **changes}


def terminal(number: int, **changes: object) -> dict[str, object]:
    """Return the answers of a faultless PC."""
    return {**TERMINAL, "端末ホスト名": f"PC{number:04d}", "IPアドレス": f"192.168.1.{number}/24", **changes}


def filled(
    lines: Sequence[Mapping[str, object]],
    *,
    terminals: Sequence[Mapping[str, object]] | None = None,
    basics: Mapping[str, object] = BASICS,
    header_row: int = 1,
    first_column: int = 1,
    titles: Sequence[str] = ("基本情報記入シート", LINES, TERMINALS, "設置場所記入シート"),
    heading: Callable[[str], str] = str,
) -> Workbook:
    """Return a workbook with these answers; the table of lines begins at `header_row` and `first_column`."""
    book = Workbook()
    form = book.active
    form.title = titles[0]
    for row, (label, answer) in enumerate(basics.items(), start=1):
        form.cell(row, 1, label)
        form.cell(row, 2, answer)
    sheet = book.create_sheet(titles[1])
    if header_row > 1:
        sheet.cell(1, 1, "医療機関記入依頼書")
    _table(sheet, "回線", list(LINE), lines, header_row, first_column, heading)
    people = [terminal(number) for number in range(1, 6)] if terminals is None else terminals
    _table(book.create_sheet(titles[2]), "No.", list(TERMINAL), people, 1, 1, str)
    book.create_sheet(titles[3])
    return book


def _table(sheet, label, columns, records, header_row, first_column, heading):
    sheet.cell(header_row, first_column, "番号")
    for index, column in enumerate(columns, start=first_column + 1):
        sheet.cell(header_row, index, heading(column))
    for number, record in enumerate(records, start=1):
        sheet.cell(header_row + number, first_column, f"{label}{number}")
        for index, column in enumerate(columns, start=first_column + 1):
            if record.get(column) is not None:
                sheet.cell(header_row + number, index, record[column])


def place(column: str, row: int = 2) -> str:
    """Return the cell in which `filled` puts the answer of a line's column."""
    index = list(LINE).index(column) + 1
    return f"{chr(ord('A') + index)}{row}"


def rewritten(source: Path, target: Path, change: Callable[[str, str], str], **added: str) -> Path:
    """Write `source` as `target` with the text of every XML part changed, and parts `added` by a name with ! for /."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith((".xml", ".rels")):
                content = change(name, content.decode()).encode()
            new.writestr(name, content)
        for name, text in added.items():
            new.writestr(name.replace("!", "/"), text)
    return target


def each_text(change: Callable[[str], str]) -> Callable[[str, str], str]:
    """Return a change of every inline text of the sheets: `change` gets the escaped text, returns the inside of <is>."""

    def rewrite(name: str, xml: str) -> str:
        if not name.startswith("xl/worksheets/sheet"):
            return xml
        return re.sub(r"<is><t[^>]*>([^<]*)</t></is>", lambda match: f"<is>{change(match[1])}</is>", xml)

    return rewrite


def as_escaped(text: str) -> str:
    """Return `text` as it stands inside XML."""
    return escape(text)
