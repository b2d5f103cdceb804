"""The XML of a PAN-OS configuration as a tree that knows its lines, also when the file breaks off.

Entities and document types are refused (defusedxml): a configuration has none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import sax
from defusedxml.common import DefusedXmlException

MOST_DEPTH = 200


@dataclass(slots=True)
class Element:
    """One element: its tag, its `name` attribute, the line it begins on, its text, and what stands inside.

    `is_whole` is False where the file broke off inside.
    """

    tag: str
    name: str
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)
    is_whole: bool = True

    def child(self, path: str) -> "Element | None":
        """Return the first element at `path` ("rulebase/security/rules"), or None."""
        found: Element | None = self
        for tag in path.split("/"):
            found = next((one for one in found.children if one.tag == tag), None) if found else None
        return found

    def entries(self, path: str) -> list["Element"]:
        """Return the `entry` elements at `path`."""
        found = self.child(path)
        return [one for one in found.children if one.tag == "entry"] if found else []

    def members(self, path: str) -> list[str]:
        """Return the texts of the `member` elements at `path`; the text itself where there are none."""
        found = self.child(path)
        if found is None:
            return []
        texts = [one.text for one in found.children if one.tag == "member"]
        return texts or ([found.text] if found.text else [])

    def value(self, path: str) -> str:
        """Return the text at `path`, "" when there is none."""
        found = self.child(path)
        return found.text if found else ""

    def walk(self) -> Iterator["Element"]:
        """Yield this element and all inside it."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


@dataclass(frozen=True, slots=True)
class Document:
    """What could be read: the outermost element, None when there is none, and the line where reading ended early."""

    root: Element | None
    broken_at: int | None = None


def parse(text: str) -> Document:
    """Return the tree of `text`. Never raises; what stands before a fault is kept."""
    handler = _Handler()
    try:
        sax.parseString(text.encode("utf-8", "replace"), handler)
    except DefusedXmlException:
        return Document(None, 1)
    except Exception:
        handler.break_off()
        return Document(handler.root, max(handler.last_line, 1))
    return Document(handler.root)


class _Handler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.root: Element | None = None
        self.last_line = 0
        self._open: list[Element] = []
        self._texts: list[str] = []
        self._too_deep = 0
        self._place: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - the name is the library's
        self._place = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the name is the library's
        if len(self._open) >= MOST_DEPTH:
            self._too_deep += 1
            return
        line = (self._place.getLineNumber() or 0) if self._place else 0
        self.last_line = line
        element = Element(name, str(attrs.get("name", "")), line)
        if self._open:
            self._open[-1].children.append(element)
        elif self.root is None:
            self.root = element
        self._open.append(element)
        self._texts = []

    def break_off(self) -> None:
        """Mark the elements that are still open."""
        for element in self._open:
            element.is_whole = False

    def characters(self, content: str) -> None:
        self._texts.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - the name is the library's
        if self._too_deep:
            self._too_deep -= 1
            return
        element = self._open.pop()
        if not element.children:
            element.text = "".join(self._texts).strip()
        self._texts = []
