"""Answers as people read them: option labels instead of codes, unknown and unanswered in words."""

from typing import Any

from django.utils.translation import gettext as _

from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.workbook.schema import Column
from sekisho.foundation.ui.texts import speak


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
