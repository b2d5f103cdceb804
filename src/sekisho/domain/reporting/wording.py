"""How the answers of the register read in print: option labels instead of codes, and words for unknown and unanswered."""

from dataclasses import dataclass

from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.register.records import Device, Line
from sekisho.domain.reporting.document import same
from sekisho.domain.reporting.printable import printable
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Column, Edition, Sheet

UNKNOWN = Text("不明", "Unknown")
UNKNOWN_BECAUSE = Text("不明（{reason}）", "Unknown ({reason})")
UNANSWERED = Text("未記入", "Not filled in")
LINE = Text("回線{number}", "Line {number}")
LINE_FOR = Text("回線{number}（{purpose}）", "Line {number} ({purpose})")
BRIEF = 40
"""Characters of a person's own words that a sentence quotes; the annex holds the rest."""


def spoken(value: object) -> Text:
    """Return a value that a person or a tool wrote, made printable, the same in both languages."""
    return same(printable(str(value)))


def brief(text: str, limit: int = BRIEF) -> str:
    """Return `text` on one line and no longer than `limit` characters; "…" says that there is more."""
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def brief_text(text: Text, limit: int = BRIEF) -> Text:
    """Return both languages of `text` shortened as `brief` does."""
    return Text(brief(text.ja, limit), brief(text.en, limit))


def joined(texts: list[Text], ja: str = "、", en: str = ", ") -> Text:
    """Return `texts` in one, with the separator of each language."""
    return Text(ja.join(text.ja for text in texts), en.join(text.en for text in texts))


@dataclass(frozen=True, slots=True)
class Wording:
    """Speaks answers with the headings and option labels of one edition of the workbook."""

    edition: Edition

    def sheet_with(self, key: str) -> Sheet | None:
        """Return the sheet that asks the question `key`."""
        for sheet in self.edition.sheets:
            if any(column.key == key for column in (*sheet.columns, *sheet.group)):
                return sheet
        return None

    def column(self, key: str, beside: str) -> Column | None:
        """Return the column `key` of the sheet that also asks `beside`."""
        sheet = self.sheet_with(beside)
        if sheet is None:
            return None
        return next((column for column in (*sheet.columns, *sheet.group) if column.key == key), None)

    def heading(self, key: str, beside: str) -> Text:
        """Return the heading of a question; its key when this edition does not ask it."""
        column = self.column(key, beside)
        return column.heading if column else same(key)

    def answer(self, key: str, value: Answer[str] | Answer[int], beside: str = "communication") -> Text:
        """Return an answer as print: its label, its text, or the word for unknown or unanswered."""
        if value is None or value == "":
            return UNANSWERED
        if isinstance(value, Unknown):
            return UNKNOWN_BECAUSE.filled(reason=printable(value.reason)) if value.reason else UNKNOWN
        column = self.column(key, beside)
        option = column.option(value) if column else None
        return option.label if option else spoken(value)

    def line(self, line: Line) -> Text:
        """Return "回線3（給食）": what sentences call a line. Its circuit id stands in the tables."""
        if not isinstance(line.purpose, str) or not line.purpose:
            return LINE.filled(number=line.number)
        return LINE_FOR.filled(number=line.number, purpose=brief_text(self.answer("purpose", line.purpose), 24))


def circuit_id(line: Line) -> Text:
    """Return the circuit id of `line`, or 回線n and why there is none."""
    if isinstance(line.circuit_id, str) and printable(line.circuit_id):
        return spoken(line.circuit_id)
    why = UNKNOWN if isinstance(line.circuit_id, Unknown) else UNANSWERED
    return Text("回線{number}（回線ID {why}）", "Line {number} (line ID: {why})").filled(number=line.number, why=why)


def device_name(device: Device) -> Text:
    """Return maker and model, or what says that nobody knows them."""
    if device.name:
        return same(brief(device.name, 80))
    return UNKNOWN if isinstance(device.maker, Unknown) or isinstance(device.model, Unknown) else UNANSWERED
