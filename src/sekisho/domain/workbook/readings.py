"""What reading one cell yields: an answer, and what has to be said about how it was read.

A reading never guesses in silence. When the characters alone leave one meaning, the answer is that meaning; when a
person should look again, it carries a warning; when more than one meaning is possible, it carries an error and no
answer.
"""

from sekisho.domain.text import Text
from sekisho.domain.values import dataclass
from sekisho.domain.workbook.rows import ReadValue
from sekisho.domain.workbook.schema import Severity


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell about a cell; becomes a `Problem` once the cell's place is known."""

    rule: str
    severity: Severity
    message: Text


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer that a cell gives, with what has to be said about it."""

    answer: ReadValue
    notes: tuple[Note, ...] = ()


NOTHING = Reading(None)
_SHOWN = 60


def shown(value: object) -> object:
    """Return `value` short enough to quote in a message, with nothing in it that could draw over the screen."""
    if not isinstance(value, str):
        return value
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in value[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def refused(rule: str, ja: str, en: str, /, **values: object) -> Reading:
    """Return a reading without an answer: the cell has to be mended."""
    return Reading(None, (Note(rule, Severity.ERROR, _said(ja, en, values)),))


def doubted(answer: str | int, rule: str, ja: str, en: str, /, **values: object) -> Reading:
    """Return `answer` with a warning that asks to look again."""
    return Reading(answer, (Note(rule, Severity.WARNING, _said(ja, en, values)),))


def _said(ja: str, en: str, values: dict[str, object]) -> Text:
    return Text(ja, en).filled(**{name: shown(value) for name, value in values.items()})
