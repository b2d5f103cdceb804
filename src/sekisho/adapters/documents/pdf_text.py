"""The text that a PDF really draws, page by page in drawing order, without running heads and repeated table heads.

Only what our own PDFs hold is understood: composite fonts with two-byte codes and a ToUnicode map. It is ten times
faster than general extraction, which would also have to guess at spaces and columns; a check needs neither.
"""

import re
from collections.abc import Iterator
from typing import Any

import pypdf

MISSING = "\ufffd"
"""Stands for a code that the font's map does not know."""

_TOKEN = re.compile(
    rb"/(?P<tag>\w+)\s*(?:<<(?P<properties>.*?)>>|/\w+)\s*BDC"
    rb"|(?P<begin>\bBMC\b)|(?P<end>\bEMC\b)"
    rb"|/(?P<font>[\w.+-]+)\s+[\d.]+\s+Tf"
    rb"|(?P<literal>\()"
    rb"|<(?P<hex>[0-9A-Fa-f]+)>",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_SECTION = re.compile(rb"beginbf(char|range)(.*?)endbf", re.DOTALL)
_CODE = re.compile(rb"<([0-9A-Fa-f]+)>")

CodeMap = dict[int, str]


def page_texts(reader: pypdf.PdfReader) -> Iterator[str]:
    """Yield the text of each page in the order in which it is drawn."""
    maps: dict[int, CodeMap] = {}
    pages: Any = reader.pages
    for page in pages:
        fonts = {
            name.lstrip("/"): _map_of(font, maps)
            for name, font in page["/Resources"].get_object().get("/Font", {}).items()
        }
        contents = page.get_contents()
        yield "".join(_drawn(contents.get_data(), fonts)) if contents is not None else ""


def _drawn(stream: bytes, fonts: dict[str, CodeMap]) -> Iterator[str]:
    codes: CodeMap = {}
    artifacts: list[bool] = []
    position = 0
    while token := _TOKEN.search(stream, position):
        position = token.end()
        if token["tag"] is not None:
            artifacts.append(token["tag"] == b"Artifact")
        elif token["begin"] is not None:
            artifacts.append(False)
        elif token["end"] is not None:
            artifacts = artifacts[:-1]
        elif token["font"] is not None:
            codes = fonts.get(token["font"].decode(), {})
        else:
            if token["hex"] is not None:
                raw = bytes.fromhex(token["hex"].decode())
            else:
                raw, position = _literal(stream, position)
            if not any(artifacts):
                yield _text(raw, codes)


def _literal(stream: bytes, start: int) -> tuple[bytes, int]:
    """Return the bytes of a literal string that begins behind its "(", and where the stream goes on."""
    depth, position = 1, start
    while depth:
        char = stream[position : position + 1]
        if not char:
            raise ValueError("A string of the PDF has no end.")
        depth += {b"(": 1, b")": -1}.get(char, 0)
        position += 2 if char == b"\\" else 1
    return _ESCAPE.sub(_unescaped, stream[start : position - 1]), position


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1].isdigit():
        return bytes([int(code, 8) & 0xFF])
    return _ESCAPED.get(code, code)


def _text(raw: bytes, codes: CodeMap) -> str:
    return "".join(codes.get(int.from_bytes(raw[at : at + 2]), MISSING) for at in range(0, len(raw), 2))


def _map_of(font: Any, maps: dict[int, CodeMap]) -> CodeMap:
    """Return what the codes of a font mean; each font is read once."""
    number = getattr(font, "idnum", id(font))
    if number not in maps:
        unicode_map = font.get_object().get("/ToUnicode")
        maps[number] = _code_map(unicode_map.get_object().get_data()) if unicode_map is not None else {}
    return maps[number]


def _code_map(body: bytes) -> CodeMap:
    codes: CodeMap = {}
    for kind, section in _SECTION.findall(body):
        values = [bytes.fromhex(code.decode()) for code in _CODE.findall(section)]
        if kind == b"char":
            for code, meaning in zip(values[::2], values[1::2], strict=True):
                codes[int.from_bytes(code)] = meaning.decode("utf-16-be")
        else:
            for first, last, meaning in zip(values[::3], values[1::3], values[2::3], strict=True):
                for step in range(int.from_bytes(last) - int.from_bytes(first) + 1):
                    codes[int.from_bytes(first) + step] = chr(int.from_bytes(meaning) + step)
    return codes
