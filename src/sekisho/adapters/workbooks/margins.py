"""Texts of a workbook that stand on no sheet: properties, names of constants, page headers and footers.

Nobody looks there, and so passwords are forgotten there. They are only looked at for that and never kept.
"""

import re
from collections.abc import Iterator

from sekisho.adapters.workbooks.safety import Package
from sekisho.adapters.workbooks.sheet_xml import unescaped

_PROPERTIES = ("docprops/core.xml", "docprops/app.xml")
_ELEMENT = re.compile(rb"<(?:\w+:)?\w+(?:\s[^<>]*)?>([^<]+)</")
_CUSTOM = re.compile(rb"<(?:\w+:)?property\s[^<>]*?name=\"([^\"]*)\"[^<>]*>\s*<[^<>]*>([^<]*)<")
_NAME = re.compile(rb"<(?:\w+:)?definedName\s[^<>]*?name=\"([^\"]*)\"[^<>]*>([^<]*)<")
_MARGINS = re.compile(rb"<(?:\w+:)?headerFooter[\s>].*?</(?:\w+:)?headerFooter>", re.DOTALL)
_CONSTANT = re.compile(r'="?|"')
# Where a header's text begins and in which letters it is set: &L &C &R &"font,style" &12 ...
_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-F]{6}|\d{1,3}|[A-Z])', re.IGNORECASE)


def margin_texts(package: Package) -> Iterator[str]:
    """Yield the texts of properties, named constants, headers and footers; a named one as 「name: value」."""
    for part in _PROPERTIES:
        yield from map(_text, _ELEMENT.findall(package.read(part)))
    for name, value in _CUSTOM.findall(package.read("docprops/custom.xml")):
        yield f"{_text(name)}: {_text(value)}"
    for name, value in _NAME.findall(package.read("xl/workbook.xml")):
        # A name of cells says nothing itself; only one of a constant（="..."）does.
        if b"!" not in value or b"&quot;" in value or b'"' in value:
            yield f"{_text(name)}: {_CONSTANT.sub('', _text(value))}"
    for part in package.parts:
        if part.startswith("xl/worksheets/") and (first := (xml := package.read(part)).find(b"headerF")) >= 0:
            # They stand behind the rows, which need not be looked through.
            for margins in _MARGINS.findall(xml, xml.rfind(b"<", 0, first)):
                yield from (_CODE.sub(" ", _text(text)) for text in _ELEMENT.findall(margins))


def _text(raw: bytes) -> str:
    return unescaped(raw.decode("utf-8", errors="replace"))
