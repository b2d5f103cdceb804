import io
import zipfile

import pytest
from PIL import Image

from sekisho.foundation.files.sniffing import DOCX, JPEG, PDF, PLAIN, PNG, XLSX, FileRefused, content_type_of, sniff

EVERY = frozenset({DOCX, JPEG, PDF, PLAIN, PNG, XLSX})
MB = 2**20


def picture(kind: str, size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


def photo_with_place() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "秘密の部屋"
    exif.get_ifd(0x8825)[2] = (35.0, 41.0, 22.0)
    exif[0x0112] = 6  # turned by 90 degrees
    return picture("JPEG", exif=exif)


def office(part: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(part, "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (picture("PNG"), PNG),
        (picture("JPEG"), JPEG),
        (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", PDF),
        (office("xl/workbook.xml"), XLSX),
        (office("word/document.xml"), DOCX),
        (office("evil.exe"), "application/zip"),
        ("回線,用途\n1,電子カルテ".encode("cp932"), PLAIN),
        (b"<html><script>alert(1)</script>", "application/octet-stream"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "application/octet-stream"),
        (b"MZ\x90\x00\x03", "application/octet-stream"),
        (b"PK\x03\x04 broken", "application/octet-stream"),
    ],
)
def test_type_is_told_from_the_bytes(content: bytes, expected: str) -> None:
    assert content_type_of(content) == expected


def test_a_photo_loses_its_place_and_stands_upright() -> None:
    kept = sniff(name="IMG_0001.JPG", content=photo_with_place(), allowed=EVERY, limit_bytes=MB)
    with Image.open(io.BytesIO(kept.content)) as clean:
        assert clean.size == (30, 40)
        assert not clean.getexif()
    assert "秘密".encode() not in kept.content


def test_what_hides_behind_a_picture_is_gone() -> None:
    content = picture("PNG") + b"<?php system($_GET['x']); ?>"
    assert b"php" not in sniff(name="a.png", content=content, allowed=EVERY, limit_bytes=MB).content


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "I;16"])
def test_every_kind_of_png_survives_cleaning(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, "PNG")
    kept = sniff(name="a.png", content=out.getvalue(), allowed=EVERY, limit_bytes=MB)
    with Image.open(io.BytesIO(kept.content)) as clean:
        clean.load()
        assert clean.size == (8, 8)


def test_a_decompression_bomb_is_refused() -> None:
    with pytest.raises(FileRefused, match="大きすぎ"):
        sniff(name="b.png", content=picture("PNG", (9000, 9000)), allowed=EVERY, limit_bytes=50 * MB)


def test_a_truncated_picture_is_refused() -> None:
    with pytest.raises(FileRefused, match="開けません"):
        sniff(name="b.jpg", content=picture("JPEG", (400, 400))[:300], allowed=EVERY, limit_bytes=MB)


@pytest.mark.parametrize(
    ("content", "match"), [(b"", "空"), (b"x" * (MB + 1), "大きすぎます"), (b"MZ\x90\x00", "種類")]
)
def test_refusals_say_why(content: bytes, match: str) -> None:
    with pytest.raises(FileRefused, match=match) as refused:
        sniff(name="a.png", content=content, allowed=frozenset({PNG}), limit_bytes=MB)
    assert refused.value.message.en


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\田中\\写真.exe", "写真.png"),
        ("a\x00b\u202egnp.exe", "abgnp.png"),
        ("", "file.png"),
        ("あ" * 300, "あ" * 176 + ".png"),
    ],
)
def test_names_are_made_harmless(name: str, expected: str) -> None:
    assert sniff(name=name, content=picture("PNG"), allowed=EVERY, limit_bytes=MB).name == expected
