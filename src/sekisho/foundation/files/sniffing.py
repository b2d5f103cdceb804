"""Tell what an upload is from its bytes, refuse what nobody needs, and clean pictures.

What a file is called and what the browser says of it count for nothing.
"""

import io
import re
import unicodedata
import warnings
import zipfile
from dataclasses import dataclass

import puremagic
from PIL import Image, ImageOps, UnidentifiedImageError

from sekisho.domain.text import Text

MAX_PICTURE_PIXELS = 50_000_000
"""A phone photo has 12 to 48 million. More is a decompression bomb."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
PLAIN = "text/plain"

EXTENSIONS = {XLSX: ".xlsx", DOCX: ".docx", PDF: ".pdf", PNG: ".png", JPEG: ".jpg", PLAIN: ".txt"}
_OFFICE_PARTS = {"xl/workbook.xml": XLSX, "word/document.xml": DOCX}
_BY_MAGIC = {".pdf": PDF, ".png": PNG, ".jpg": JPEG, ".jpeg": JPEG, ".jfif": JPEG}


class FileRefused(Exception):
    """The file cannot be taken; `message` says why and what to do."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.ja)
        self.message = message


@dataclass(frozen=True, slots=True)
class SniffedFile:
    """A file that may be stored: cleaned bytes, true type, presentable name."""

    name: str
    content_type: str
    content: bytes


def sniff(*, name: str, content: bytes, allowed: frozenset[str], limit_bytes: int) -> SniffedFile:
    """Return what may be stored of an upload.

    Pictures are decoded and written anew: place and time of taking, thumbnails and anything appended are gone.

    Raises:
        FileRefused: empty, over `limit_bytes`, not one of `allowed`, or a picture that cannot be decoded.
    """
    if not content:
        raise FileRefused(
            Text("ファイルが空です。もう一度選び直してください。", "The file is empty. Please choose it again.")
        )
    if len(content) > limit_bytes:
        raise FileRefused(
            Text(
                "ファイルが大きすぎます（{size} MB）。{limit} MB までにしてください。写真は縮小すると送れます。",
                "The file is too large ({size} MB). The limit is {limit} MB. Photos can be made smaller.",
            ).filled(size=f"{len(content) / 2**20:.1f}", limit=limit_bytes // 2**20)
        )
    content_type = content_type_of(content)
    if content_type not in allowed:
        kinds = ", ".join(sorted(EXTENSIONS[kind].lstrip(".").upper() for kind in allowed))
        raise FileRefused(
            Text(
                "この種類のファイルは受け付けていません。使える種類: {kinds}。名前の末尾だけを変えても中身は変わりません。",
                "This kind of file is not accepted. Accepted kinds: {kinds}. Renaming does not change what is inside.",
            ).filled(kinds=kinds)
        )
    if content_type in {PNG, JPEG}:
        content = _cleaned_picture(content, content_type)
    return SniffedFile(_presentable(name, content_type), content_type, content)


def content_type_of(content: bytes) -> str:
    """Return the type told from the bytes, "application/octet-stream" when it is none that we know."""
    if content[:4] == b"PK\x03\x04":
        return _office_type(content)
    try:
        matches = puremagic.magic_string(content[:65536])
    except puremagic.PureError:
        matches = []
    for match in matches:
        if match.extension in _BY_MAGIC:
            return _BY_MAGIC[match.extension]
    return PLAIN if _is_text(content) else "application/octet-stream"


def _office_type(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "application/octet-stream"
    return next((kind for part, kind in _OFFICE_PARTS.items() if part in names), "application/zip")


def _is_text(content: bytes) -> bool:
    if b"\x00" in content:
        return False
    for encoding in ("utf-8", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not re.search(r"(?i)<\s*(script|html|svg|!doctype|\?xml)", text[:4096])
    return False


def _cleaned_picture(content: bytes, content_type: str) -> bytes:
    refused = FileRefused(
        Text(
            "画像を開けませんでした。壊れているか、大きすぎます。別の写真を選ぶか、PNG か JPEG で保存し直してください。",
            "The picture could not be opened: broken or too large. Choose another, or save it again as PNG or JPEG.",
        )
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=["PNG", "JPEG"]) as picture:
                if picture.width * picture.height > MAX_PICTURE_PIXELS:
                    raise refused
                upright = ImageOps.exif_transpose(picture)
                out = io.BytesIO()
                if content_type == JPEG:
                    upright.convert("RGB").save(out, "JPEG", quality=88)
                else:
                    mode = upright.mode if upright.mode in {"1", "L", "LA", "RGB", "RGBA", "P"} else "RGBA"
                    clean = Image.frombytes(mode, upright.size, upright.convert(mode).tobytes())
                    if mode == "P":
                        clean.putpalette(upright.getpalette() or [])
                    clean.save(out, "PNG", optimize=False)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise refused from error
    except Image.DecompressionBombWarning as error:
        raise refused from error
    return out.getvalue()


def _presentable(name: str, content_type: str) -> str:
    """Return `name` without paths, control characters and wrong endings; the right ending for its type."""
    base = unicodedata.normalize("NFC", re.split(r"[\\/]", name)[-1])
    base = "".join(c for c in base if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    stem = base.rsplit(".", 1)[0].strip(" .") or "file"
    ending = EXTENSIONS.get(content_type, "")
    if content_type == XLSX and base.lower().endswith(".xlsm"):
        ending = ".xlsm"
    return stem[: 180 - len(ending)] + ending
