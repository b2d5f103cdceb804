"""Makes of a proper 別紙2-1 workbook the ones that people really send.

Each function takes the bytes of a workbook and returns the bytes of a dirtier one. `SAME` names those that say exactly
the same as before: whoever reads them must get the same answers. `OTHER` names those that lack or add something on
purpose. `sekisho` is not used to make them, so that a mistake in it cannot hide here; only the headings come from the
catalogue, since they are what one looks for on a sheet.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime

from lxml import etree
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.workbook.schema import Kind, Sheet

Mutation = Callable[[bytes], bytes]

_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_VALUE_KINDS_WITH_DIGITS = frozenset(
    {Kind.GLOBAL_ADDRESS, Kind.INTERFACE_ADDRESS, Kind.POSTAL_CODE, Kind.PHONE, Kind.YEAR}
)


# ---- finding one's way on a sheet ----


def opened(book: bytes) -> Workbook:
    """Return the workbook, as Excel would have it open."""
    return load_workbook(io.BytesIO(book))


def saved(workbook: Workbook) -> bytes:
    """Return the workbook as the bytes of an .xlsx file."""
    into = io.BytesIO()
    workbook.save(into)
    return into.getvalue()


def sheet_of(workbook: Workbook, key: str) -> Worksheet:
    """Return the sheet with the catalogue's `key`, found by its printed title."""
    return workbook[load_edition().sheet(key).title.ja]


def heading_cells(worksheet: Worksheet, key: str) -> dict[tuple[str, int], Cell]:
    """Return the heading cell of each (column key, repetition) of a table sheet; the repetition of an own column is 0."""
    sheet = load_edition().sheet(key)
    names = {_folded(column.heading.ja): column.key for column in (*sheet.columns, *sheet.group)}
    group = {column.key for column in sheet.group}
    row = _header_row(worksheet, names)
    found: dict[tuple[str, int], Cell] = {}
    for cell in worksheet[row]:
        column = names.get(_folded(cell.value))
        if column:
            repetition = sum(known == column for known, _ in found) + 1 if column in group else 0
            found[column, repetition] = cell
    return found


def _header_row(worksheet: Worksheet, names: dict[str, str]) -> int:
    counts = {row[0].row: sum(_folded(cell.value) in names for cell in row) for row in worksheet.iter_rows(max_row=40)}
    return max(counts, key=lambda row: counts[row])


def _folded(value: object) -> str:
    return re.sub(r"[\s*＊※]", "", value).split("\n")[0] if isinstance(value, str) else ""


def answer_cell(worksheet: Worksheet, key: str, number: int, column: str, repetition: int = 0) -> Cell:
    """Return the cell in which record `number` of a table sheet answers `column` (of its device `repetition`)."""
    heading = heading_cells(worksheet, key)[column, repetition]
    return worksheet.cell(record_row(worksheet, key, number), heading.column)


def record_row(worksheet: Worksheet, key: str, number: int) -> int:
    """Return the row of record `number`, by the label at its beginning."""
    label = _label(load_edition().sheet(key), number)
    for row in worksheet.iter_rows(max_col=3):
        for cell in row:
            if cell.value == label:
                return cell.row
    raise LookupError(label)


def _label(sheet: Sheet, number: int) -> str:
    return {"lines": f"回線{number}", "terminals": f"No.{number}"}[sheet.key]


def answer_cells(workbook: Workbook, kinds: frozenset[Kind] | None = None) -> Iterator[Cell]:
    """Yield the filled answer cells of both tables, of the given kinds or of all."""
    for key in ("lines", "terminals"):
        worksheet, sheet = sheet_of(workbook, key), load_edition().sheet(key)
        headings = heading_cells(worksheet, key)
        for number in range(1, 1000):
            try:
                row = record_row(worksheet, key, number)
            except LookupError:
                break
            for (column, _), heading in headings.items():
                cell = worksheet.cell(row, heading.column)
                if cell.value not in (None, "") and (kinds is None or sheet.column(column).kind in kinds):
                    yield cell


def edited(change: Callable[[Workbook], None]) -> Mutation:
    """Return a mutation that opens the workbook, changes it and saves it."""

    def mutation(book: bytes) -> bytes:
        workbook = opened(book)
        change(workbook)
        return saved(workbook)

    mutation.__doc__, mutation.__name__ = change.__doc__, change.__name__
    return mutation


# ---- the same, said otherwise ----


@edited
def full_width_digits(workbook: Workbook) -> None:
    """Addresses and numbers typed with the Japanese input on."""
    for cell in answer_cells(workbook, _VALUE_KINDS_WITH_DIGITS):
        cell.value = str(cell.value).translate(_FULL).replace(".", "．")


@edited
def stray_spaces(workbook: Workbook) -> None:
    """Spaces before and after, ordinary and Japanese ones, as copying from other tables leaves them."""
    for cell in answer_cells(workbook):
        if isinstance(cell.value, str):
            cell.value = f"　 {cell.value} 　"


@edited
def stray_line_breaks(workbook: Workbook) -> None:
    """A line break at the end of every cell, as Alt+Enter leaves it."""
    for cell in answer_cells(workbook):
        if isinstance(cell.value, str):
            cell.value = f"{cell.value}\n"


@edited
def no_break_spaces(workbook: Workbook) -> None:
    """Characters that nobody sees: no-break and zero-width spaces, as web pages leave them."""
    for cell in answer_cells(workbook):
        if isinstance(cell.value, str):
            cell.value = f"\u00a0{cell.value}\u200b"


@edited
def numbers_for_text(workbook: Workbook) -> None:
    """Years as numbers with a fraction part, as calculation leaves them."""
    for cell in answer_cells(workbook, frozenset({Kind.YEAR})):
        cell.value = float(str(cell.value))


@edited
def years_as_dates(workbook: Workbook) -> None:
    """Years as days of that year: the cell holds a serial number that only looks like a date."""
    for cell in answer_cells(workbook, frozenset({Kind.YEAR})):
        cell.value = datetime(int(str(cell.value)), 4, 1)
        cell.number_format = "yyyy/mm/dd"


@edited
def merged_blank_neighbours(workbook: Workbook) -> None:
    """Answers merged with the blank cell below the table, and the title with its neighbours."""
    worksheet = sheet_of(workbook, "lines")
    last = worksheet.max_row + 2
    worksheet.cell(last, 2).value = "※ 合計 18 回線"
    worksheet.merge_cells(start_row=last, end_row=last, start_column=2, end_column=6)


@edited
def inserted_column(workbook: Workbook) -> None:
    """A column of the hospital's own in front of the second question."""
    worksheet = sheet_of(workbook, "lines")
    before = sorted(cell.column for cell in heading_cells(worksheet, "lines").values())[1]
    header = next(iter(heading_cells(worksheet, "lines").values())).row
    _unmerge(worksheet)
    worksheet.insert_cols(before)
    worksheet.cell(header, before).value = "院内の管理番号"


@edited
def reordered_columns(workbook: Workbook) -> None:
    """The two first questions of the lines in the other order, headings and answers alike."""
    worksheet = sheet_of(workbook, "lines")
    headings = heading_cells(worksheet, "lines")
    _unmerge(worksheet)
    _swap_columns(worksheet, headings["purpose", 0].column, headings["ehr_connection", 0].column)


@edited
def moved_down(workbook: Workbook) -> None:
    """Five blank rows above each table, for a letterhead."""
    for key in ("lines", "terminals"):
        worksheet = sheet_of(workbook, key)
        _unmerge(worksheet)
        worksheet.insert_rows(1, 5)


@edited
def reversed_rows(workbook: Workbook) -> None:
    """The records sorted backwards, each with its number."""
    worksheet = sheet_of(workbook, "lines")
    rows = [record_row(worksheet, "lines", number) for number in range(1, 1000) if _has(worksheet, number)]
    contents = [[cell.value for cell in worksheet[row]] for row in rows]
    for row, values in zip(rows, reversed(contents), strict=True):
        for cell, value in zip(worksheet[row], values, strict=True):
            cell.value = value


@edited
def hidden_rows_and_columns(workbook: Workbook) -> None:
    """Half of the lines filtered away, one column folded: what is hidden was still handed in."""
    worksheet = sheet_of(workbook, "lines")
    for number in range(2, 1000, 2):
        if not _has(worksheet, number):
            break
        worksheet.row_dimensions[record_row(worksheet, "lines", number)].hidden = True
    worksheet.column_dimensions[heading_cells(worksheet, "lines")["carrier", 0].column_letter].hidden = True


@edited
def extra_sheets(workbook: Workbook) -> None:
    """Sheets of the hospital's own before, between and after ours."""
    for at, title in ((0, "表紙"), (3, "Sheet1"), (len(workbook.sheetnames) + 2, "業者一覧メモ")):
        workbook.create_sheet(title, at)["B2"] = "院内用のメモです"


@edited
def sheets_in_other_order(workbook: Workbook) -> None:
    """Our sheets in the opposite order."""
    workbook._sheets.reverse()


@edited
def renamed_sheets(workbook: Workbook) -> None:
    """Sheets named as people name them: a space at the end, a shorter title, a copy's "(2)"."""
    sheet_of(workbook, "basic").title = "基本情報 "
    sheet_of(workbook, "lines").title = "回線・機器情報記入シート (2)"
    sheet_of(workbook, "terminals").title = "調査端末"


@edited
def many_formatted_rows(workbook: Workbook) -> None:
    """Ten thousand empty rows that carry a colour, as filling a whole column leaves them."""
    worksheet = sheet_of(workbook, "lines")
    fill = PatternFill("solid", fgColor="FFFFF2CC")
    for row in range(worksheet.max_row + 1, worksheet.max_row + 10_001):
        worksheet.cell(row, 2).fill = copy(fill)


@edited
def wrapped_headings(workbook: Workbook) -> None:
    """Headings broken into two lines to make the columns narrower."""
    worksheet = sheet_of(workbook, "lines")
    for cell in heading_cells(worksheet, "lines").values():
        if isinstance(cell.value, str) and len(cell.value) > 6 and "\n" not in cell.value:
            cell.value = f"{cell.value[:4]}\n{cell.value[4:]}"


def formulas(book: bytes) -> bytes:
    """Every answer of the lines as a formula with its computed value, as linked tables have them."""
    book = saved(opened(book))  # this library writes every text into its own cell
    return rezipped(book, {sheet_part(book, "lines"): _as_formulas})


def strings_as_excel_keeps_them(book: bytes) -> bytes:
    """Every text in the common table, in runs of their own and with its reading above it, as Japanese Excel saves it."""
    book = saved(opened(book))
    table = etree.Element(f"{{{_MAIN}}}sst", nsmap={None: _MAIN})
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    changes: dict[str, Callable[[bytes], bytes]] = {name: lambda xml: _into_table(xml, table) for name in sheets}
    book = rezipped(book, changes)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    declared = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    related = f'<Relationship Id="rIdStrings" Type="{relation}" Target="sharedStrings.xml"/></Relationships>'.encode()
    return rezipped(
        book,
        {
            "[Content_Types].xml": lambda xml: xml.replace(b"</Types>", declared),
            "xl/_rels/workbook.xml.rels": lambda xml: xml.replace(b"</Relationships>", related),
        },
        {"xl/sharedStrings.xml": etree.tostring(table, xml_declaration=True, encoding="UTF-8", standalone=True)},
    )


def macro_enabled(book: bytes) -> bytes:
    """The same workbook saved as .xlsm, with a macro project inside."""

    def types(xml: bytes) -> bytes:
        xml = xml.replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        )
        more = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
        return xml.replace(b"</Types>", more)

    macro = {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)}
    return rezipped(book, {"[Content_Types].xml": types}, macro)


# ---- saying less or more ----


@edited
def dropped_optional_columns(workbook: Workbook) -> None:
    """The columns of carrier, provider and year deleted, since nobody had asked for them."""
    worksheet = sheet_of(workbook, "lines")
    headings = heading_cells(worksheet, "lines")
    _unmerge(worksheet)
    doomed = [cell.column for (key, _), cell in headings.items() if key in ("carrier", "provider", "provider_plan")]
    for column in sorted(doomed, reverse=True):
        worksheet.delete_cols(column)


@edited
def example_row_left_in(workbook: Workbook) -> None:
    """The printed example above the first line, with its answers still in it."""
    worksheet = sheet_of(workbook, "lines")
    first = record_row(worksheet, "lines", 1)
    if any(cell.value in ("記入例", "例") for row in worksheet.iter_rows(max_row=first) for cell in row[:3]):
        return
    _unmerge(worksheet)
    worksheet.insert_rows(first)
    label = next(cell for cell in worksheet[first + 1] if cell.value == "回線1")
    worksheet.cell(first, label.column).value = "記入例"
    for (key, _), heading in heading_cells(worksheet, "lines").items():
        worksheet.cell(first, heading.column).value = load_edition().sheet("lines").column(key).example


@edited
def other_edition(workbook: Workbook) -> None:
    """An older print: other headings for the same questions, another edition number."""
    worksheet = sheet_of(workbook, "lines")
    for (key, _), cell in heading_cells(worksheet, "lines").items():
        others = load_edition().sheet("lines").column(key).headings
        if others:
            cell.value = others[0]
    for row in sheet_of(workbook, "basic").iter_rows(max_row=12):
        for cell in row:
            if isinstance(cell.value, str) and "版" in cell.value:
                cell.value = cell.value.replace("1.0", "0.9")


@edited
def credential_sheet(workbook: Workbook) -> None:
    """The list of accounts and passwords that nobody should hand in, filled with words that must not come out."""
    worksheet = workbook.create_sheet("アカウント（ログインID）・パスワードリスト")
    worksheet.append(["回線", "メーカー", "機種名", "アカウント/ログインID", "パスワード", "特権（enable）パスワード"])
    worksheet.append(["回線1", "Cisco", "C921-4P", SECRETS[0], SECRETS[1], SECRETS[2]])


@edited
def credentials_in_remarks(workbook: Workbook) -> None:
    """A password written where the sheet asks for something else."""
    worksheet = sheet_of(workbook, "lines")
    answer_cell(worksheet, "lines", 1, "remarks").value = f"ルータのID：{SECRETS[0]} パスワード：{SECRETS[1]}"


SECRETS = ("MUST-NOT-LEAK-user", "MUST-NOT-LEAK-word", "MUST-NOT-LEAK-enable")
"""What the credential mutations write: none of it may appear anywhere."""

SAME: tuple[Mutation, ...] = (
    full_width_digits,
    stray_spaces,
    stray_line_breaks,
    no_break_spaces,
    numbers_for_text,
    years_as_dates,
    merged_blank_neighbours,
    inserted_column,
    reordered_columns,
    moved_down,
    reversed_rows,
    hidden_rows_and_columns,
    extra_sheets,
    sheets_in_other_order,
    renamed_sheets,
    many_formatted_rows,
    wrapped_headings,
    formulas,
    strings_as_excel_keeps_them,
    macro_enabled,
)
OTHER: tuple[Mutation, ...] = (
    dropped_optional_columns,
    example_row_left_in,
    other_edition,
    credential_sheet,
    credentials_in_remarks,
)


# ---- tools ----


def rezipped(
    book: bytes, changes: dict[str, Callable[[bytes], bytes]], additions: dict[str, bytes] | None = None
) -> bytes:
    """Return the file with some of its parts changed and others added."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, bytes)(old.read(name)))
        for name, content in (additions or {}).items():
            new.writestr(name, content)
    return into.getvalue()


def sheet_part(book: bytes, key: str) -> str:
    """Return the name of the part that holds the sheet with the catalogue's `key`."""
    title = load_edition().sheet(key).title.ja
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        workbook = etree.fromstring(archive.read("xl/workbook.xml"))
        relations = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    wanted = workbook.find(f".//{{{_MAIN}}}sheet[@name='{title}']")
    identity = next(value for name, value in wanted.attrib.items() if name.endswith("}id"))
    target = next(relation.get("Target") for relation in relations if relation.get("Id") == identity)
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _as_formulas(xml: bytes) -> bytes:
    """Return a sheet whose texts, from the first record on, are results of formulas."""
    root = etree.fromstring(xml)
    is_below = False
    for cell in root.iterfind(f".//{{{_MAIN}}}c[@t='inlineStr']"):
        text = "".join(part.text or "" for part in cell.iter(f"{{{_MAIN}}}t"))
        is_below = is_below or text == "回線1"
        if not is_below or text.startswith("回線"):
            continue
        for child in list(cell):
            cell.remove(child)
        cell.set("t", "str")
        etree.SubElement(cell, f"{{{_MAIN}}}f").text = "VLOOKUP(A1,台帳!A:Z,2,FALSE)"
        etree.SubElement(cell, f"{{{_MAIN}}}v").text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _into_table(xml: bytes, table: etree._Element) -> bytes:
    """Return a sheet whose texts stand in `table`, and add them to it."""
    root = etree.fromstring(xml)
    for cell in root.iterfind(f".//{{{_MAIN}}}c[@t='inlineStr']"):
        text = "".join(part.text or "" for part in cell.iter(f"{{{_MAIN}}}t"))
        for child in list(cell):
            cell.remove(child)
        cell.set("t", "s")
        etree.SubElement(cell, f"{{{_MAIN}}}v").text = str(len(table))
        entry = etree.SubElement(table, f"{{{_MAIN}}}si")
        for run in (text[: len(text) // 2], text[len(text) // 2 :]):
            part = etree.SubElement(etree.SubElement(entry, f"{{{_MAIN}}}r"), f"{{{_MAIN}}}t")
            part.text = run
            part.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        reading = etree.SubElement(entry, f"{{{_MAIN}}}rPh", sb="0", eb=str(len(text)))
        etree.SubElement(reading, f"{{{_MAIN}}}t").text = "ヨミガナ"
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _has(worksheet: Worksheet, number: int) -> bool:
    try:
        return bool(record_row(worksheet, "lines", number))
    except LookupError:
        return False


def _unmerge(worksheet: Worksheet) -> None:
    for merged in list(worksheet.merged_cells.ranges):
        worksheet.unmerge_cells(str(merged))


def _swap_columns(worksheet: Worksheet, first: int, second: int) -> None:
    for row in range(1, worksheet.max_row + 1):
        one, two = worksheet.cell(row, first), worksheet.cell(row, second)
        one.value, two.value = two.value, one.value
