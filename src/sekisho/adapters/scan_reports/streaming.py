"""Streams through a scanner's XML: bounded in size, depth and number, and refusing what no scanner writes.

A report of a whole hospital has tens of megabytes; an element is let go as soon as it was read. Texts are bounded and made
visible before anybody sees them. What a scanner printed while it worked (`plugin_output`, descriptions of results) is not
kept: passwords that it found stand there in clear.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import IO, TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.diagnosis.strangers import visible_line
from sekisho.domain.text import Text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 300_000_000
MAX_DEPTH = 60
MAX_HOSTS = 10_000
MAX_ITEMS = 1_000_000


class ReportUnreadable(ValueError):
    """The file is no complete report of a scanner. `message` says where, why and what to do."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What one file says: a scan for each address, findings of the scanner itself, and what a reader must know."""

    scans: tuple[AddressScan, ...]
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Text, ...] = ()


class _Bounded:
    """A file that ends a reading which would never end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._left = stream, MAX_BYTES

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(min(size, 65536) if size >= 0 else 65536)
        self._left -= len(piece)
        if self._left < 0:
            raise ReportUnreadable(TOO_LARGE.filled(limit=MAX_BYTES // 1_000_000))
        return piece


def ends_of(
    stream: IO[bytes], is_whole: Callable[[str, int], bool], *, roots: frozenset[str]
) -> Iterator[tuple["Element", int]]:
    """Yield each element that `is_whole` (tag, depth) picks when it ends, with its depth, and let go of it afterwards.

    The root has depth 1, and its tag must be among `roots`. The root itself is yielded at its end, empty: a file that
    breaks off never gets there.

    Raises:
        ReportUnreadable: another root, broken off, damaged, with a document type, too deep or too large.
    """
    depth = 0
    path: list[Element] = []
    try:
        for event, element in iterparse(_Bounded(stream), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                depth += 1
                if depth == 1 and element.tag not in roots:
                    raise ReportUnreadable(NOT_A_REPORT)
                if depth > MAX_DEPTH:
                    raise ReportUnreadable(TOO_DEEP.filled(limit=MAX_DEPTH))
                path.append(element)
                continue
            if is_whole(element.tag, depth) or depth == 1:
                yield element, depth
                element.clear()
                if len(path) > 1:
                    path[-2].remove(element)
            depth -= 1
            path.pop()
    except DefusedXmlException:
        raise ReportUnreadable(DOCUMENT_TYPE) from None
    except ParseError as error:
        line = error.position[0]
        raise ReportUnreadable((CUT_OFF if depth else NOT_A_REPORT).filled(line=line)) from None
    except (UnicodeDecodeError, LookupError, ValueError) as error:
        if isinstance(error, ReportUnreadable):
            raise
        raise ReportUnreadable(NOT_A_REPORT) from None


def text_in(element: "Element", tag: str, limit: int = 300) -> str:
    """Return the text of the child `tag`, bounded and on one line; "" when there is none."""
    return visible_line(element.findtext(tag) or "", limit)


def address_in(text: str) -> str:
    """Return the canonical spelling of an address, "" when `text` is none (a name resolves elsewhere tomorrow)."""
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return ""


def port_number(text: str) -> int:
    """Return the number of a port, 0 for what is about the host or is none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= 5
    return int(text) if is_number and int(text) <= 65535 else 0


TOO_LARGE = Text(
    "ファイルが大きすぎます（{limit} MB まで）。病院ごと、またはアドレスごとに分けて書き出してください。",
    "The file is too large (at most {limit} MB). Export it by hospital or by address.",
)
TOO_DEEP = Text(
    "入れ子が深すぎて（{limit} 段を超えます）、診断の道具が書いたものとは思えません。元のファイルを入れてください。",
    "It is nested deeper than {limit} levels, as no scanner writes it. Put in the original file.",
)
TOO_MANY = Text(
    "項目が多すぎます（{limit} まで）。病院ごとに分けて書き出してください。",
    "There are too many entries (at most {limit}). Export it by hospital.",
)
DOCUMENT_TYPE = Text(
    "診断の結果には現れない書き方（文書型や実体の定義）が含まれているため、読みません。道具が書き出した元のファイルを入れてください。",
    "The file defines a document type or entities, which no report does, so it is not read. Put in the file as exported.",
)
CUT_OFF = Text(
    "{line}行目でファイルが切れているか壊れています。途中までの結果は使えません。もう一度書き出したファイルを入れてください。",
    "The file breaks off or is damaged at line {line}. Part of a result cannot be used: export it again.",
)
NOT_A_REPORT = Text(
    "読める診断の結果ではありません。nmap の XML（-oX）、Nessus の .nessus、Greenbone（OpenVAS）の XML のどれかを入れてください。",
    "This is no result that can be read. Put in nmap XML (-oX), a .nessus file, or the XML of Greenbone (OpenVAS).",
)
NAME_ONLY = Text(
    "「{name}」はアドレスが書かれていないため、取り込めませんでした（名前は、別のアドレスを指すことがあります）。",
    "“{name}” has no address and was left out: a name may point elsewhere tomorrow.",
)
"""Messages that more than one format uses."""
