"""Looks at an uploaded file before any spreadsheet reader does, and refuses what is not an honest .xlsx.

Everything is decided from bytes: the container (zip, old Excel, encrypted, HTML, CSV ...), the zip's directory, the
real size of each part when inflated, and the XML prologue. Nothing here interprets a cell. Limits are on what will be
held in memory, so a file that passes is read in well under 500 MB.

The zip directory is read here and not by `zipfile`, because the gate must see what `zipfile` forgives (overlapping
parts, two parts of one name, a local header that contradicts the directory), and a command that runs for 50 ms should
not spend 8 of them on importing a general archive library.
"""

import re
import stat
import struct
import zlib
from pathlib import Path

from sekisho.adapters.workbooks.refusals import Refusal, UnreadableWorkbook
from sekisho.domain.values import dataclass, field

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ZIP64_LOCATOR = struct.Struct("<4sLQL")
_ZIP64_END = struct.Struct("<4sQ2H2L4Q")
_KEPT = 16 * 1024 * 1024
_ABSURD_COUNT = re.compile(rb"ount\s*=\s*[\"'](?:[^\"'<>]*&|\s*\+?0*[1-9]\d{6,})")
"""A million items and more announced, or a number written so that it cannot be read here."""
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is acceptable. Sizes in bytes; `ratio` is inflated to deflated size, judged above `ratio_from`."""

    upload: int = 20 * _MEGABYTE
    part: int = 48 * _MEGABYTE
    total: int = 192 * _MEGABYTE
    parts: int = 2_000
    ratio: int = 400
    ratio_from: int = 8 * _MEGABYTE


@dataclass(frozen=True, slots=True)
class Part:
    """One file inside the zip. `start` is where its deflated bytes begin; sizes in bytes."""

    name: str
    method: int
    start: int
    deflated: int
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class Package:
    """A file that passed the gate: its bytes and its parts by lower-case name with forward slashes.

    `inflated` are parts that were small enough to be kept from the gate's own look at them.
    """

    content: bytes
    parts: dict[str, Part]
    inflated: dict[str, bytes] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """Return the inflated bytes of part `name` (any case), b"" when there is none."""
        name = name.lower()
        if name in self.inflated:
            return self.inflated[name]
        return _inflate(self.content, self.parts[name]) if name in self.parts else b""


def open_package(source: Path | bytes, limits: Limits | None = None) -> Package:
    """Return the parts of the workbook at `source` after every check that needs no spreadsheet reader.

    Raises:
        UnreadableWorkbook: the file is not one that can be read safely; its refusal says why and what to do.
    """
    limits = limits or Limits()
    content = _content(source, limits)
    _check_container(content)
    parts = _directory(content, limits)
    _check_kind(parts)
    package = Package(content, {part.name.lower(): part for part in parts})
    _check_contents(package)
    return package


def _content(source: Path | bytes, limits: Limits) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        try:
            # A device or a pipe may never end: only a regular file is opened at all.
            if not stat.S_ISREG(source.stat().st_mode):
                raise UnreadableWorkbook(Refusal.NOT_A_FILE)
            with source.open("rb") as file:
                content = file.read(limits.upload + 1)
        except (OSError, ValueError) as error:
            raise UnreadableWorkbook(Refusal.CANNOT_OPEN) from error
    if len(content) > limits.upload:
        raise UnreadableWorkbook(Refusal.TOO_LARGE, limit=limits.upload // _MEGABYTE)
    if not content:
        raise UnreadableWorkbook(Refusal.EMPTY)
    return content


def _check_container(content: bytes) -> None:
    """Tell by the first bytes what the file is, whatever its name says."""
    if content.startswith(b"PK\x03\x04"):
        return
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        encrypted = "EncryptedPackage".encode("utf-16-le") in content
        raise UnreadableWorkbook(Refusal.ENCRYPTED if encrypted else Refusal.OLD_EXCEL)
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta")) or b"<html" in head:
        raise UnreadableWorkbook(Refusal.HTML)
    if head.startswith(b"%pdf"):
        raise UnreadableWorkbook(Refusal.PDF)
    if not content.strip(b"\0"):
        raise UnreadableWorkbook(Refusal.ALL_ZERO)
    if _looks_like_text(content):
        raise UnreadableWorkbook(Refusal.CSV)
    raise UnreadableWorkbook(Refusal.NOT_EXCEL)


def _looks_like_text(content: bytes) -> bool:
    """True for CSV and its kin in the encodings Excel writes in Japan."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    sample = content[:65536]
    return b"\0" not in sample and sum(byte < 32 and byte not in (9, 10, 13) for byte in sample) == 0


def _directory(content: bytes, limits: Limits) -> list[Part]:
    """Return every part of the zip, having checked the directory against the bytes it describes."""
    try:
        count, offset, end = _end_of_directory(content)
        if count > limits.parts:
            raise UnreadableWorkbook(Refusal.BOMB)
        parts, position = [], offset
        for _ in range(count):
            part, position = _entry(content, position)
            parts.append(part)
    except (struct.error, IndexError) as error:
        raise UnreadableWorkbook(Refusal.TRUNCATED) from error
    if position > end:
        raise UnreadableWorkbook(Refusal.TRUNCATED)
    _check_sizes(parts, limits)
    _check_layout(parts, offset)
    return parts


def _end_of_directory(content: bytes) -> tuple[int, int, int]:
    """Return (number of parts, where the directory starts, where it must have ended)."""
    place = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if place < 0:
        raise UnreadableWorkbook(Refusal.TRUNCATED)
    _, disk, _, here, count, size, offset, comment = _END.unpack_from(content, place)
    if disk or here != count or place + _END.size + comment != len(content):
        raise UnreadableWorkbook(Refusal.DAMAGED)
    if count == 0xFFFF or 0xFFFFFFFF in (size, offset):
        locator = _ZIP64_LOCATOR.unpack_from(content, place - _ZIP64_LOCATOR.size)
        if locator[0] != b"PK\x06\x07":
            raise UnreadableWorkbook(Refusal.DAMAGED)
        fields = _ZIP64_END.unpack_from(content, locator[2])
        if fields[0] != b"PK\x06\x06":
            raise UnreadableWorkbook(Refusal.DAMAGED)
        count, size, offset, place = fields[7], fields[8], fields[9], locator[2]
    if offset + size != place:
        # Bytes before or between that no reader agrees on: a polyglot or a broken download.
        raise UnreadableWorkbook(Refusal.DAMAGED)
    return count, offset, place


def _entry(content: bytes, position: int) -> tuple[Part, int]:
    fields = _ENTRY.unpack_from(content, position)
    if fields[0] != b"PK\x01\x02":
        raise UnreadableWorkbook(Refusal.TRUNCATED)
    flags, method, crc, deflated, size = fields[3], fields[4], fields[7], fields[8], fields[9]
    name_length, extra_length, comment_length, offset = fields[10], fields[11], fields[12], fields[16]
    name_at = position + _ENTRY.size
    extra_at = name_at + name_length
    raw_name = content[name_at:extra_at]
    size, deflated, offset = _wide(content[extra_at : extra_at + extra_length], size, deflated, offset)
    if flags & 0x41:
        raise UnreadableWorkbook(Refusal.ENCRYPTED)
    if method not in (0, 8):
        raise UnreadableWorkbook(Refusal.DAMAGED)
    local = _LOCAL.unpack_from(content, offset)
    local_name_at = offset + _LOCAL.size
    if local[0] != b"PK\x03\x04" or content[local_name_at : local_name_at + local[9]] != raw_name:
        raise UnreadableWorkbook(Refusal.DAMAGED)
    start = local_name_at + local[9] + local[10]
    if start + deflated > len(content) or (method == 0 and size != deflated):
        raise UnreadableWorkbook(Refusal.TRUNCATED)
    part = Part(_name(raw_name, utf8=bool(flags & 0x800)), method, start, deflated, size, crc)
    return part, extra_at + extra_length + comment_length


def _wide(extra: bytes, *values: int) -> tuple[int, ...]:
    """Return size, deflated size and offset with those replaced that a ZIP64 field holds."""
    found = list(values)
    position = 0
    while position + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, position)
        if tag == 1:
            wide = position + 4
            for index, value in enumerate(values):
                if value == 0xFFFFFFFF:
                    (found[index],) = struct.unpack_from("<Q", extra, wide)
                    wide += 8
            break
        position += 4 + length
    return tuple(found)


def _name(raw: bytes, *, utf8: bool) -> str:
    """Return the part's name with forward slashes; refuse one that points outside its own folder."""
    try:
        name = raw.decode("utf-8" if utf8 else "cp437").replace("\\", "/")
    except UnicodeDecodeError as error:
        raise UnreadableWorkbook(Refusal.DAMAGED) from error
    if "\0" in name or name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise UnreadableWorkbook(Refusal.PATH_TRICK)
    return name


def _check_sizes(parts: list[Part], limits: Limits) -> None:
    total = sum(part.size for part in parts)
    deflated = sum(part.deflated for part in parts)
    if total > limits.total or any(part.size > limits.part for part in parts):
        raise UnreadableWorkbook(Refusal.BOMB)
    if total > limits.ratio_from and total > limits.ratio * max(deflated, 1):
        raise UnreadableWorkbook(Refusal.BOMB)


def _check_layout(parts: list[Part], directory_at: int) -> None:
    """Refuse parts that share bytes (a quine or an overlapping bomb) and two parts of one name."""
    edge = 0
    for part in sorted(parts, key=lambda part: part.start):
        if part.start < edge or part.start + part.deflated > directory_at:
            raise UnreadableWorkbook(Refusal.BOMB)
        edge = part.start + part.deflated
    if len({part.name.lower() for part in parts}) != len(parts):
        raise UnreadableWorkbook(Refusal.DAMAGED)


def _check_kind(parts: list[Part]) -> None:
    """Tell a workbook from the other things that are zips."""
    names = {part.name.lower() for part in parts}
    if "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names:
        raise UnreadableWorkbook(Refusal.BINARY_EXCEL)
    if "mimetype" in names or "content.xml" in names:
        raise UnreadableWorkbook(Refusal.OPEN_DOCUMENT)
    if any(name.startswith(("word/", "ppt/", "visio/")) for name in names):
        raise UnreadableWorkbook(Refusal.OTHER_OFFICE)
    if any(name.endswith((".xlsx", ".xlsm", ".xls", ".zip")) for name in names):
        raise UnreadableWorkbook(Refusal.ZIPPED)
    raise UnreadableWorkbook(Refusal.NOT_EXCEL)


def _check_contents(package: Package) -> None:
    """Inflate each part once: sizes and checksums must be true, and XML must neither declare types nor hide its text."""
    room = _KEPT
    for name, part in package.parts.items():
        content = _inflate(package.content, part)
        if not name.endswith((".xml", ".rels", ".vml")):
            continue
        if len(content) <= room:
            package.inflated[name] = content
            room -= len(content)
        if b"!" in content and (b"<!DOCTYPE" in content or b"<!ENTITY" in content):
            raise UnreadableWorkbook(Refusal.XML_DECLARATIONS)
        # UTF-16 would hide a declaration from the line above; no spreadsheet program writes it.
        if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4] or _odd_encoding(content[:200]):
            raise UnreadableWorkbook(Refusal.XML_DECLARATIONS)
        # Readers set memory aside for as many items as a part announces (uniqueCount of the shared texts).
        if _ABSURD_COUNT.search(content):
            raise UnreadableWorkbook(Refusal.BOMB)


def _odd_encoding(head: bytes) -> bool:
    """True when the XML declaration names an encoding other than UTF-8 or plain ASCII."""
    if not head.lstrip(b"\xef\xbb\xbf").startswith(b"<?xml") or b"encoding" not in head:
        return False
    declared = head.split(b"?>", 1)[0].split(b"encoding", 1)[1].lower()
    return not any(name in declared for name in (b"utf-8", b"utf8", b"us-ascii"))


def _inflate(content: bytes, part: Part) -> bytes:
    """Return the part's bytes; never more than it declared, however much its stream would yield."""
    deflated = content[part.start : part.start + part.deflated]
    if part.method == 0:
        inflated = deflated
    else:
        stream = zlib.decompressobj(-15)
        try:
            inflated = stream.decompress(deflated, part.size + 1)
        except zlib.error as error:
            raise UnreadableWorkbook(Refusal.TRUNCATED) from error
        if len(inflated) > part.size:
            raise UnreadableWorkbook(Refusal.BOMB)
    if len(inflated) < part.size or zlib.crc32(inflated) != part.crc:
        raise UnreadableWorkbook(Refusal.TRUNCATED)
    return inflated
