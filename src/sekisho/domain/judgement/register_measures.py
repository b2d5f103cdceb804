"""What the register itself says about the outside connections, measured line by line.

A measure looks only at lines that are or may be joined to the EHR network. What is not written is UNKNOWN: a register
without lines says nothing good of a hospital.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sekisho.domain.facts import is_known
from sekisho.domain.judgement.verdict import Evidence, Missing
from sekisho.domain.register.records import Line, Register
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri, all_of

SOURCE = Text("別紙2-1「回線・機器」", "Line and device sheet")
SHOWN = 5
"""How many lines a sentence names before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measure of one register. `said` is a sentence for people, naming the lines that decided it."""

    outcome: Tri
    said: Text
    evidence: Evidence
    missing: tuple[Missing, ...] = ()


Measure = Callable[[Register], Measurement]


def lines_in_scope(register: Register) -> tuple[Line, ...]:
    """Return the lines that are joined to the EHR network, or of which nobody said that they are not."""
    return tuple(line for line in register.lines if line.ehr_connection != "no")


def names_of(lines: Iterable[Line]) -> Text:
    """Return "回線3（CAF00003）、回線7" for people to find, cut short after a few."""
    named = [_name(line) for line in lines]
    more = len(named) - SHOWN
    return Text(
        "、".join(name.ja for name in named[:SHOWN]) + (f" ほか{more}本" if more > 0 else ""),
        ", ".join(name.en for name in named[:SHOWN]) + (f" and {more} more" if more > 0 else ""),
    )


def _name(line: Line) -> Text:
    if isinstance(line.circuit_id, str) and line.circuit_id:
        return Text(f"回線{line.number}（{line.circuit_id}）", f"line {line.number} ({line.circuit_id})")
    return Text(f"回線{line.number}", f"line {line.number}")


_NEVER_SAID = Text("", "")


@dataclass(frozen=True, slots=True)
class _LineQuestion:
    """One measure: how each line answers it, and what is said of the lines that do not."""

    key: str
    label: Text
    truth: Callable[[Line], Tri]
    unknown: Text
    question: Text
    no: Text = _NEVER_SAID
    """Said of a NO; measures that can only be YES or UNKNOWN have none."""

    def measure(self, register: Register) -> Measurement:
        """Ask every line in scope; the worst answer decides."""
        if not register.lines:
            return self._without_lines()
        truths = [(line, self.truth(line)) for line in lines_in_scope(register)]
        bad = [line for line, truth in truths if truth is Tri.NO]
        open_lines = [line for line, truth in truths if truth is Tri.UNKNOWN]
        outcome = all_of(truth for _, truth in truths)
        well = _ALL_WELL if truths else _NONE_IN_SCOPE
        said = {Tri.NO: self.no, Tri.UNKNOWN: self.unknown, Tri.YES: well}[outcome]
        named = names_of(bad or open_lines)
        value = said.filled(lines=named, count=len(truths))
        witness = "、".join(line.reference for line in bad or open_lines)
        missing = (Missing(f"register.{self.key}", self.question.filled(lines=names_of(open_lines))),)
        return Measurement(outcome, value, Evidence(self.label, value, SOURCE, witness), missing if open_lines else ())

    def _without_lines(self) -> Measurement:
        return Measurement(
            Tri.UNKNOWN, _NO_LINES, Evidence(self.label, _NO_LINES, SOURCE), (Missing("register.lines", _WHICH_LINES),)
        )


_ALL_WELL = Text("対象の{count}本の回線すべてが満たしています。", "All {count} lines in scope meet this.")
_NONE_IN_SCOPE = Text(
    "一覧の回線は、どれも電子カルテのネットワークとつながっていません。", "No listed line is joined to the EHR network."
)
_NO_LINES = Text("回線がまだ1本も書かれていません。", "No line has been entered yet.")
_WHICH_LINES = Text("外につながる回線には、どんなものがありますか。", "Which lines lead outside?")


def _connection_is_stated(line: Line) -> Tri:
    return Tri.YES if is_known(line.ehr_connection) else Tri.UNKNOWN


def _stays_off_the_internet(line: Line) -> Tri:
    """Return NO for a line that is joined to the EHR network and carries the bare internet."""
    is_direct = Tri.of(line.communication == "internet" if _is_code(line.communication) else None)
    is_joined = Tri.of(line.ehr_connection == "yes" if is_known(line.ehr_connection) else None)
    return ~(is_direct & is_joined)


def _is_code(answer: object) -> bool:
    """Return True for an option code; what a person wrote in their own words may mean anything."""
    return isinstance(answer, str) and answer.isascii() and answer.replace("_", "a").isalnum() and answer.islower()


def _device_is_known(line: Line) -> Tri:
    return Tri.YES if any(device.name for device in line.devices) else Tri.UNKNOWN


def _terminator_is_located(line: Line) -> Tri:
    return Tri.YES if is_known(line.terminator_location) else Tri.UNKNOWN


def _contract_party_is_known(line: Line) -> Tri:
    if not is_known(line.contract_party):
        return Tri.UNKNOWN
    return Tri.YES if line.contract_party != "vendor" or is_known(line.vendor_name) else Tri.UNKNOWN


_QUESTIONS = (
    _LineQuestion(
        key="lines_listed",
        label=Text("電子カルテとの接続の記入", "Whether each line is joined to the EHR network"),
        truth=_connection_is_stated,
        unknown=Text(
            "{lines}は、電子カルテのネットワークとつながるかどうかが書かれていません。",
            "It is not written whether {lines} is joined to the EHR network.",
        ),
        question=Text(
            "{lines}は、電子カルテのネットワークとつながっていますか。", "Is {lines} joined to the EHR network?"
        ),
    ),
    _LineQuestion(
        key="no_direct_internet_line",
        label=Text("インターネットへ直接出る回線", "Lines straight to the internet"),
        truth=_stays_off_the_internet,
        no=Text(
            "{lines}は、電子カルテのネットワークとつながり、通信形態が「インターネット」です。",
            "{lines} is joined to the EHR network and its communication is “internet”.",
        ),
        unknown=Text(
            "{lines}は、通信形態か電子カルテとの接続が分かっていません。",
            "The communication of {lines}, or whether it is joined to the EHR network, is not known.",
        ),
        question=Text(
            "{lines}の通信形態（インターネット、インターネットVPN、閉域など）は何ですか。",
            "What is the communication of {lines} (internet, internet VPN, closed network ...)?",
        ),
    ),
    _LineQuestion(
        key="boundary_devices_known",
        label=Text("回線の先の装置", "Device behind each line"),
        truth=_device_is_known,
        unknown=Text(
            "{lines}は、先につながる装置のメーカーも機種も分かっていません。",
            "Neither maker nor model of the device behind {lines} is known.",
        ),
        question=Text(
            "{lines}の先につながる装置（ルータ、UTM など）のメーカーと機種は何ですか。",
            "Which device (router, UTM ...) is behind {lines}: maker and model?",
        ),
    ),
    _LineQuestion(
        key="terminators_located",
        label=Text("回線終端装置の設置場所", "Where each line ends"),
        truth=_terminator_is_located,
        unknown=Text(
            "{lines}は、回線終端装置の置き場所が分かっていません。",
            "It is not known where the line terminator of {lines} stands.",
        ),
        question=Text("{lines}の回線終端装置はどこにありますか。", "Where is the line terminator of {lines}?"),
    ),
    _LineQuestion(
        key="contract_parties_known",
        label=Text("回線の契約者", "Who holds each contract"),
        truth=_contract_party_is_known,
        unknown=Text(
            "{lines}は、契約者か業者の名前が分かっていません。",
            "The contract holder, or the vendor's name, of {lines} is not known.",
        ),
        question=Text(
            "{lines}は、病院と業者のどちらの契約ですか。業者なら、どの会社ですか。",
            "Who holds the contract of {lines}: the hospital or a vendor, and which vendor?",
        ),
    ),
)

MEASURES: dict[str, Measure] = {question.key: question.measure for question in _QUESTIONS}
"""Every measure by the name that the level catalogue uses."""
