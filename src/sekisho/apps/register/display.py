"""Answers as people read them: option labels instead of codes, unknown and unanswered in words."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.workbook.schema import Column
from sekisho.foundation.audit.kept_texts import kept
from sekisho.foundation.ui.texts import speak

LINE_WITH_CIRCUIT = kept(gettext_noop("回線%(number)d（%(circuit)s）"))
LINE = kept(gettext_noop("回線%(number)d"))
DEVICE = kept(gettext_noop("装置%(position)d"))
TERMINAL = kept(gettext_noop("調査端末%(number)d"))
CONTACT = kept(gettext_noop("担当者%(n)d"))
"""What a record is called that nobody has given a name."""


class AnswerText(str):
    """An answer as text for a file, that still knows the answer for the screen."""

    __slots__ = ("answer",)
    answer: Answer[Any]

    def __new__(cls, column: Column, answer: Answer[Any]) -> "AnswerText":
        """Return the text of `answer` to `column`."""
        text = super().__new__(cls, as_text(column, answer))
        text.answer = labelled(column, answer)
        return text


def labelled(column: Column, answer: Answer[Any]) -> Answer[Any]:
    """Return `answer` with an option's code replaced by its label."""
    option = column.option(answer)
    return speak(option.label) if option else answer


def as_text(column: Column, answer: Answer[Any]) -> str:
    """Return `answer` as plain text: "" when unanswered, 不明（reason） when unknown."""
    if answer is None:
        return ""
    if isinstance(answer, Unknown):
        return _("不明（%(reason)s）") % {"reason": answer.reason} if answer.reason else _("不明")
    return str(labelled(column, answer))


def line_label(number: int, circuit_id: str | None = "") -> str:
    """Return what people call a line, in the reader's language."""
    if circuit_id:
        return _(LINE_WITH_CIRCUIT) % {"number": number, "circuit": circuit_id}
    return _(LINE) % {"number": number}


def terminator_label(kind: str | None, location: str | None) -> str:
    """Return what people call a box: its kind and where it stands."""
    option = load_edition().sheet("lines").column("terminator_kind").option(kind)
    name = speak(option.label) if option else kind or _("回線終端装置")
    return f"{name} {location or ''}".strip()
