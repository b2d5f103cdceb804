"""How well each surveyed PC is prepared against ransomware, from what was read on it.

Age rule of patterns: up to 3 days fresh, 4 to 7 attention, older stale（own proposal, domain facts 6.5.3）, counted from
the day of the survey. Words for USB storage: domain facts 6.6. A value that the tables do not list is printed as it is
and never counted as good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.level_schema import folded_spelling
from sekisho.domain.register.records import Terminal
from sekisho.domain.reporting.document import Mark
from sekisho.domain.reporting.printable import printable
from sekisho.domain.reporting.wording import spoken
from sekisho.domain.survey.observations import SurveyObservations, TerminalState
from sekisho.domain.text import Text

RULES_VERSION = "1.0"
FRESH_DAYS = 3
STALE_AFTER_DAYS = 7

NOT_CONFIRMED = Text("確認不可", "Not confirmed")
NOT_SURVEYED = Text("未調査", "Not surveyed")


@dataclass(frozen=True, slots=True)
class Judged:
    """One value of one PC with how it should be taken."""

    text: Text
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class PcState:
    """One PC: what the register and the survey say. `observed` is None when nobody looked at it."""

    number: int
    host: Text
    system_kind: Answer[str]
    observed: TerminalState | None
    os_name: Judged
    os_state: Judged
    antivirus: Judged
    signature: Judged
    usb: Judged

    @property
    def marks(self) -> tuple[Mark | None, ...]:
        """Return the marks of all judged values."""
        return tuple(part.mark for part in (self.os_name, self.os_state, self.antivirus, self.signature, self.usb))


_OS_STATES: dict[str, Judged] = {}
_USB: dict[str, Judged] = {}
_ANTIVIRUS: dict[str, Judged] = {}


def _say(table: dict[str, Judged], text: Text, mark: Mark, *words: str) -> None:
    table.update({folded_spelling(word): Judged(text, mark) for word in (*words, text.ja, text.en)})


_say(_OS_STATES, Text("最新状態", "Up to date"), Mark.GOOD, "latest", "current", "up_to_date", "最新")
_say(_OS_STATES, Text("サポート中", "Supported"), Mark.GOOD, "supported")
_say(_OS_STATES, Text("更新が必要", "Update needed"), Mark.CAUTION, "outdated", "update_needed", "要更新")
_say(
    _OS_STATES, Text("サポート終了", "Out of support"), Mark.BAD, "unsupported", "end_of_support", "eol", "サポート切れ"
)
_say(_USB, Text("遮断", "Blocked"), Mark.GOOD, "blocked", "あり")
_say(
    _USB, Text("許可機器のみ", "Allowed devices only"), Mark.GOOD, "allowed_only", "allowed_devices_only", "allow_list"
)
_say(_USB, Text("読取のみ可", "Read only"), Mark.CAUTION, "read_only", "partly", "一部")
_say(_USB, Text("制限なし", "No limit"), Mark.BAD, "unrestricted", "none", "なし", "open")
_say(_USB, NOT_CONFIRMED, Mark.UNKNOWN, "not_confirmed", "unknown", "不明")
_say(_ANTIVIRUS, Text("未導入", "Not installed"), Mark.BAD, "none", "not_installed", "なし")


def pc_states(terminals: tuple[Terminal, ...], survey: SurveyObservations) -> tuple[PcState, ...]:
    """Return every PC of the register and every PC that the survey saw, by number, each observation once."""
    named = {terminal.number: terminal for terminal in terminals}
    states: list[PcState] = []
    for number in sorted({*named, *(state.number for state in survey.terminals)}):
        observed: list[TerminalState | None] = [state for state in survey.terminals if state.number == number]
        states += [_pc_state(number, named.get(number), state, survey.surveyed_on) for state in observed or [None]]
    return tuple(states)


def _pc_state(number: int, terminal: Terminal | None, state: TerminalState | None, surveyed_on: date | None) -> PcState:
    host = (state.host_name if state else None) or (terminal.host_name if terminal else None)
    return PcState(
        number=number,
        host=spoken(host) if isinstance(host, str) and printable(host) else Text("端末", "PC "),
        system_kind=terminal.system_kind if terminal else None,
        observed=state,
        os_name=_judged(state.os_name if state else None, {}, state),
        os_state=_judged(state.os_state if state else None, _OS_STATES, state),
        antivirus=_judged(state.antivirus if state else None, _ANTIVIRUS, state),
        signature=_signature(state, surveyed_on),
        usb=_judged(state.usb_storage if state else None, _USB, state),
    )


def _judged(value: Answer[str], words: Mapping[str, Judged], state: TerminalState | None) -> Judged:
    if state is None:
        return Judged(NOT_SURVEYED, Mark.UNKNOWN)
    if not isinstance(value, str) or not printable(value):
        reason = printable(value.reason) if isinstance(value, Unknown) else ""
        text = Text("確認不可（{r}）", "Not confirmed ({r})").filled(r=reason) if reason else NOT_CONFIRMED
        return Judged(text, Mark.UNKNOWN)
    return words.get(folded_spelling(value), Judged(spoken(value), None))


def _signature(state: TerminalState | None, surveyed_on: date | None) -> Judged:
    if state is None:
        return Judged(NOT_SURVEYED, Mark.UNKNOWN)
    antivirus = state.antivirus
    if isinstance(antivirus, str) and folded_spelling(antivirus) in _ANTIVIRUS:
        return Judged(Text("-", "-"), None)
    if state.signature_on is None or surveyed_on is None:
        return Judged(NOT_CONFIRMED, Mark.UNKNOWN)
    days = (surveyed_on - state.signature_on).days
    if days < 0:
        late = Text("日付が調査日より後\n（{on}）", "later than the survey\n({on})")
        return Judged(late.filled(on=state.signature_on), Mark.UNKNOWN)
    mark = Mark.GOOD if days <= FRESH_DAYS else Mark.CAUTION if days <= STALE_AFTER_DAYS else Mark.BAD
    return Judged(Text("{n}日前\n（{on}）", "{n} days old\n({on})").filled(on=state.signature_on, n=days), mark)
