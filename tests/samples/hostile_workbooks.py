"""Files that pretend to be a workbook, or are one made to harm: each is made here, none is kept on disk.

`HOSTILE` maps a name to a function that takes a proper workbook and returns the bytes of a file that must be refused.
`HEAVY` are too large to make in every test. What they must be answered with is for the tests to say.
"""

import io
import struct
import zipfile
from collections.abc import Callable

from tests.samples.workbooks import rezipped, sheet_part

Forgery = Callable[[bytes], bytes]

_CFB = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MEGABYTE = 1024 * 1024


def empty(_book: bytes) -> bytes:
    """A file of 0 bytes."""
    return b""


def zeros(_book: bytes) -> bytes:
    """Nothing but NULs, as a failing disk or a broken sync leaves."""
    return bytes(8192)


def truncated(book: bytes) -> bytes:
    """The first two thirds, as an interrupted copy leaves."""
    return book[: len(book) * 2 // 3]


def damaged_middle(book: bytes) -> bytes:
    """A stretch in the middle overwritten."""
    at = len(book) // 3
    return book[:at] + bytes(range(256)) * 4 + book[at + 1024 :]


def csv_renamed(_book: bytes) -> bytes:
    """Comma separated text in the old Windows encoding."""
    return "回線ID,用途,グローバルIPアドレス\r\nCAF00001,電子カルテ,203.0.113.14\r\n".encode("cp932")


def html_renamed(_book: bytes) -> bytes:
    """A table of a web page that Excel would open all the same."""
    return "<html><table><tr><td>回線ID</td></tr></table></html>".encode()


def old_excel(_book: bytes) -> bytes:
    """The head of an .xls file."""
    return _compound_file("Workbook")


def password_protected(_book: bytes) -> bytes:
    """An encrypted .xlsx: a compound file with the streams of the encryption."""
    return _compound_file("EncryptedPackage", "EncryptionInfo")


def pdf_renamed(_book: bytes) -> bytes:
    """A PDF."""
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def packed_again(book: bytes) -> bytes:
    """The workbook inside a zip."""
    return _zip({"別紙2-1/記入済み.xlsx": book})


def word_document(_book: bytes) -> bytes:
    """A .docx."""
    main = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    types += b'<Override PartName="/word/document.xml" ContentType="' + main + b'"/></Types>'
    return _zip({"[Content_Types].xml": types, "word/document.xml": b"<document/>"})


def wrong_sheets(_book: bytes) -> bytes:
    """A proper workbook of something else."""
    from openpyxl import Workbook

    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "売店の在庫"
    sheet.append(["品名", "個数", "単価"])
    sheet.append(["牛乳", 12, 140])
    into = io.BytesIO()
    workbook.save(into)
    return into.getvalue()


def entity_bomb(book: bytes) -> bytes:
    """Entities that grow a thousand million times when written out."""
    levels = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY b0 "ha">{levels}]>'
    return _with_strings(book, head, "&b9;")


def outside_entity(book: bytes) -> bytes:
    """An entity that asks for a file of the machine."""
    return _with_strings(book, '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>', "&f;")


def unpaired_surrogate_reference(book: bytes) -> bytes:
    """A character reference that is no character."""
    return _with_strings(book, '<?xml version="1.0" encoding="UTF-8"?>', "&#xD800;")


def declared_two_gigabytes(book: bytes) -> bytes:
    """A directory that promises 2 GB for a sheet."""
    part = sheet_part(book, "lines").encode()
    changed = bytearray(book)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        length = struct.unpack_from("<H", changed, at + 28)[0]
        if bytes(changed[at + 46 : at + 46 + length]) == part:
            struct.pack_into("<L", changed, at + 24, 2 * 1024 * MEGABYTE)
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def zip_bomb(book: bytes) -> bytes:
    """A sheet that inflates to 600 MB from half a megabyte."""
    into = io.BytesIO()
    part = sheet_part(book, "lines")
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        with new.open(part, "w") as sheet:
            for _ in range(600):
                sheet.write(b" " * MEGABYTE)
    return into.getvalue()


def path_outside(book: bytes) -> bytes:
    """A part whose name leads out of the archive."""
    return rezipped(book, {}, {"../../../../tmp/outside.txt": b"x"})


def part_twice(book: bytes) -> bytes:
    """Two parts of one name: readers differ in which they believe."""
    import warnings

    into = io.BytesIO(book)
    with warnings.catch_warnings(), zipfile.ZipFile(into, "a", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore", UserWarning)
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    return into.getvalue()


def million_rows(book: bytes) -> bytes:
    """A line list of a million filled rows."""
    row = '<row r="{n}"><c r="B{n}" t="inlineStr"><is><t>回線{n}</t></is></c><c r="C{n}"><v>1</v></c></row>'

    def filled(xml: bytes) -> bytes:
        rows = "".join(row.format(n=n) for n in range(100, 1_000_100)).encode()
        return xml.replace(b"</sheetData>", rows + b"</sheetData>")

    return rezipped(book, {sheet_part(book, "lines"): filled})


HOSTILE: dict[str, Forgery] = {
    made.__name__: made
    for made in (
        empty,
        zeros,
        truncated,
        damaged_middle,
        csv_renamed,
        html_renamed,
        old_excel,
        password_protected,
        pdf_renamed,
        packed_again,
        word_document,
        wrong_sheets,
        entity_bomb,
        outside_entity,
        unpaired_surrogate_reference,
        declared_two_gigabytes,
        path_outside,
        part_twice,
    )
}
HEAVY: dict[str, Forgery] = {made.__name__: made for made in (zip_bomb, million_rows)}

FORMULA_TEXTS = (
    '=cmd|"/C calc"!A0',
    "+1+cmd",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://example.invalid","x")',
    "\t=1+1",
)
"""What a cell may say to harm whoever opens an export of it."""


def _zip(parts: dict[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


def _with_strings(book: bytes, head: str, text: str) -> bytes:
    """Return the workbook with a table of strings of one entry, `text`, under the prologue `head`."""
    table = f'{head}<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        has_strings = "xl/sharedStrings.xml" in archive.namelist()
    if has_strings:
        return rezipped(book, {"xl/sharedStrings.xml": lambda _: table.encode()})
    sheet = sheet_part(book, "lines")
    inline = (
        f'{head}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    )
    inline += f'<c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row></sheetData></worksheet>'
    return rezipped(book, {sheet: lambda _: inline.encode()})


def _compound_file(*streams: str) -> bytes:
    """Return a compound file of one directory sector that names `streams`, enough to tell what it is."""
    header = _CFB + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9L", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<L", 0)
    header += b"\xff" * (512 - len(header))
    table = struct.pack("<2L", 0xFFFFFFFD, 0xFFFFFFFE) + b"\xff" * 504
    directory = b"".join(_entry(name, kind) for name, kind in (("Root Entry", 5), *((name, 2) for name in streams)))
    return header + table + directory.ljust(512, b"\0") + bytes(2048)


def _entry(name: str, kind: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return text.ljust(64, b"\0") + struct.pack("<HBB3L", len(text), kind, 1, *(0xFFFFFFFF,) * 3) + bytes(48)
