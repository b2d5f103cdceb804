"""Which of the three ways in from outside a line of the register is: staff, vendors, or a connected organisation.

The purpose says it where it can; what remains open may be any of them, and then nothing good is concluded from it.
Closed lines are those that share no path with the internet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from sekisho.domain.facts import known
from sekisho.domain.judgement.register_measures import SOURCE, Measure, Measurement, lines_in_scope, names_of
from sekisho.domain.judgement.verdict import Evidence, Missing
from sekisho.domain.register.records import Line, Register
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri, all_of


class LinePath(Enum):
    """The access paths that lead over a line."""

    STAFF = "staff-remote"
    VENDOR = "vendor-remote"
    PARTNER = "external-service"


ANY_PATH = frozenset(LinePath)
_OF_PURPOSE = {
    "remote_access": frozenset({LinePath.STAFF}),
    "department_maintenance": frozenset({LinePath.VENDOR}),
    **dict.fromkeys(
        ("catering", "regional_link", "teleradiology", "outside_laboratory", "qualification", "claims_online"),
        frozenset({LinePath.PARTNER}),
    ),
}
_SYSTEMS = frozenset({"ehr", "order_entry", "billing", "pacs", "laboratory", "pharmacy"})
_WORDS = (
    (("保守", "メンテ", "maintenance"), LinePath.VENDOR),
    (("在宅", "職員", "リモートアクセス", "telework"), LinePath.STAFF),
)
CLOSED = frozenset({"ip_vpn", "leased_line", "closed_mobile", "other_closed"})
FACES_INTERNET = frozenset({"internet", "internet_vpn"})


def paths_of(line: Line) -> frozenset[LinePath]:
    """Return the paths that the line may be; one when it is certain."""
    purpose = known(line.purpose)
    if purpose in _OF_PURPOSE:
        return _OF_PURPOSE[purpose]
    if purpose in _SYSTEMS:
        is_vendors = line.contract_party == "vendor"
        return frozenset({LinePath.VENDOR}) if is_vendors else frozenset({LinePath.VENDOR, LinePath.PARTNER})
    written = purpose.casefold() if isinstance(purpose, str) else ""
    found = frozenset(path for words, path in _WORDS if any(word in written for word in words))
    return found or ANY_PATH


def is_closed(line: Line) -> Tri:
    """Return whether the line shares no path with the internet."""
    communication = known(line.communication)
    if communication in CLOSED:
        return Tri.YES
    return Tri.NO if communication in FACES_INTERNET else Tri.UNKNOWN


def is_on(line: Line, path: LinePath) -> Tri:
    """Return whether the line is of that path."""
    paths = paths_of(line)
    return Tri.NO if path not in paths else Tri.YES if len(paths) == 1 else Tri.UNKNOWN


@dataclass(frozen=True, slots=True)
class _PathQuestion:
    """One measure over the lines of the register: what is asked of each, and what is said.

    With `about`, a register without a line that surely is of that path answers UNKNOWN: nothing is concluded from lines
    that nobody has listed.
    """

    key: str
    label: Text
    truth: Callable[[Line], Tri]
    no: Text
    unknown: Text
    about: LinePath | None = None

    def measure(self, register: Register) -> Measurement:
        if not register.lines:
            return self._answer(Tri.UNKNOWN, _NO_LINES, (), _NO_LINES)
        lines = lines_in_scope(register)
        if self.about is not None and not any(is_on(line, self.about) is Tri.YES for line in lines):
            return self._answer(Tri.UNKNOWN, _NONE_LISTED.filled(name=_NAMES[self.about]), (), _NO_LINES)
        truths = [(line, self.truth(line)) for line in lines]
        outcome = all_of(truth for _, truth in truths)
        deciding = tuple(line for line, truth in truths if truth is outcome and outcome is not Tri.YES)
        said = {Tri.NO: self.no, Tri.UNKNOWN: self.unknown, Tri.YES: _WELL}[outcome]
        return self._answer(outcome, said.filled(lines=names_of(deciding)), deciding, self.unknown)

    def _answer(self, outcome: Tri, said: Text, lines: tuple[Line, ...], question: Text) -> Measurement:
        witness = "、".join(line.reference for line in lines)
        asked = Missing(f"register.{self.key}", _ASK.filled(lines=names_of(lines)) if lines else _WHICH_LINES)
        missing = (asked,) if outcome is Tri.UNKNOWN else ()
        return Measurement(outcome, said, Evidence(self.label, said, SOURCE, witness), missing)


def _closed_on(path: LinePath) -> Callable[[Line], Tri]:
    """Return the question whether a line, if it is of that path, is closed. A doubtful line never counts as open."""

    def truth(line: Line) -> Tri:
        on_path, closed = is_on(line, path), is_closed(line)
        return (~on_path) | closed

    return truth


def _not_on(path: LinePath) -> Callable[[Line], Tri]:
    return lambda line: ~is_on(line, path)


_NAMES = {
    LinePath.STAFF: Text("職員が院外から入る回線", "staff's lines from outside"),
    LinePath.VENDOR: Text("業者が遠隔から入る回線", "vendors' lines"),
    LinePath.PARTNER: Text("外部サービスとつながる回線", "lines of connected services"),
}
_KEYS = {LinePath.STAFF: "staff", LinePath.VENDOR: "vendor", LinePath.PARTNER: "partner"}
_NONE_LISTED = Text("一覧に、{name}と分かるものがありません。", "The list names none of {name} for certain.")
_WELL = Text("対象の回線すべてで確かめられました。", "This holds for all lines in scope.")
_NO_LINES = Text("回線がまだ1本も書かれていません。", "No line has been entered yet.")
_WHICH_LINES = Text("外につながる回線には、どんなものがありますか。", "Which lines lead outside?")
_ASK = Text("{lines}の用途と通信形態は何ですか。", "What are purpose and communication of {lines}?")


def _of_path(path: LinePath) -> tuple[_PathQuestion, _PathQuestion]:
    key, name = _KEYS[path], _NAMES[path]
    closed = _PathQuestion(
        f"{key}_lines_closed",
        Text(f"{name.ja}の閉域化", f"Whether {name.en} are closed"),
        _closed_on(path),
        Text("{lines}はインターネットを通ります。", "{lines} runs over the internet."),
        Text("{lines}の用途か通信形態が分かっていません。", "Purpose or communication of {lines} is not known."),
        path,
    )
    absent = _PathQuestion(
        f"no_{key}_line",
        Text(f"{name.ja}の有無", f"Whether there are {name.en}"),
        _not_on(path),
        Text("{lines}があります。", "There is {lines}."),
        Text("{lines}の用途がはっきりしません。", "The purpose of {lines} is not clear."),
    )
    return closed, absent


_ALL = (
    *(question for path in LinePath for question in _of_path(path)),
    _PathQuestion(
        "no_line_faces_internet",
        Text("インターネットに面した回線の有無", "Whether a line faces the internet"),
        is_closed,
        Text("{lines}がインターネットに面しています。", "{lines} faces the internet."),
        Text("{lines}の通信形態が分かっていません。", "The communication of {lines} is not known."),
    ),
)
PATH_MEASURES: dict[str, Measure] = {question.key: question.measure for question in _ALL}
"""Every measure by the name that the catalogues use: `staff_lines_closed`, `no_vendor_line`, `no_line_faces_internet` ..."""
