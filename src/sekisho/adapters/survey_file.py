"""Reads survey.yaml: the line terminators seen on site and the state of the surveyed PCs.

    surveyed_on: 2026-11-10
    sightings:
      - {number: 1, kind: onu, location: 3F 受付窓口, line: CAF00001, photo: IMG_0001.jpg}
      - {number: 2, kind: mobile_router, location: 検査室, line: null}
    terminals:
      - {number: 1, host_name: PC01, os_name: Windows 10 Pro 22H2, os_state: サポート終了, antivirus: Microsoft Defender,
         signature_on: 2026-11-09, usb_storage: 遮断}

`line` is a line's number, circuit id or "回線3"; one that the register does not have is told, and the sighting counts
as unlisted. An entry that is wrong is left out and told, the rest stands.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sekisho.adapters.yaml_file import FileProblem, Path, YamlDocument, YamlReading, read_yaml
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.level_schema import folded_spelling
from sekisho.domain.register.records import Line
from sekisho.domain.survey.observations import Sighting, SurveyObservations, TerminalState
from sekisho.domain.text import Text
from sekisho.domain.workbook.credentials import holds_credentials

MAX_TEXT = 500
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_USB_WORDS = {
    "blocked": ("遮断", "blocked"),
    "allowed_only": ("許可機器のみ", "allowed_only", "allowed_devices_only"),
    "read_only": ("読取のみ可", "読み取りのみ可", "読取のみ", "read_only", "read only"),
    "unrestricted": ("制限なし", "unrestricted"),
}
USB_CODES = {folded_spelling(word): code for code, words in _USB_WORDS.items() for word in words}
UNKNOWN_WORDS = frozenset(folded_spelling(word) for word in ("不明", "確認不可", "unknown", "not_confirmed", "?"))


@dataclass(frozen=True, slots=True)
class SurveyFile:
    """What the file says was seen, and what was wrong with it."""

    survey: SurveyObservations
    problems: tuple[FileProblem, ...] = ()


def read_survey(raw: bytes, lines: Sequence[Line] = ()) -> SurveyFile:
    """Return the observations of `raw`; `lines` are those of the register.

    Raises:
        YamlUnreadable: the file as a whole cannot be read.
    """
    reading = _Reading(read_yaml(raw), lines)
    survey = SurveyObservations(
        surveyed_on=reading.day(reading.document.value, ("surveyed_on",)),
        sightings=tuple(reading.sightings()),
        terminals=tuple(reading.terminals()),
    )
    return SurveyFile(survey, tuple(reading.problems))


class _Reading(YamlReading):
    """One pass over the document; collects problems as it goes."""

    area = "survey"
    example = "{number: 1, ...}"

    def __init__(self, document: YamlDocument, lines: Sequence[Line]) -> None:
        super().__init__(document)
        self.numbers: dict[str, int] = {}
        for line in lines:
            for name in (line.reference, f"回線{line.number}", str(line.number)):
                self.numbers[folded_spelling(name)] = line.number

    def sightings(self) -> Iterator[Sighting]:
        for path, entry in self.entries("sightings"):
            yield Sighting(
                number=self._number(path, entry),
                kind=self._answer(path, entry, "kind"),
                location=self._text(path, entry, "location"),
                line_number=self._line(path, entry),
                photo=self._text(path, entry, "photo"),
                remarks=self._text(path, entry, "remarks"),
            )

    def terminals(self) -> Iterator[TerminalState]:
        for path, entry in self.entries("terminals"):
            usb = self._answer(path, entry, "usb_storage")
            yield TerminalState(
                number=self._number(path, entry),
                host_name=self._answer(path, entry, "host_name"),
                os_name=self._answer(path, entry, "os_name"),
                os_state=self._answer(path, entry, "os_state"),
                antivirus=self._answer(path, entry, "antivirus"),
                signature_on=self.day(entry, (*path, "signature_on")),
                usb_storage=USB_CODES.get(folded_spelling(usb), usb) if isinstance(usb, str) else usb,
                comment=self._text(path, entry, "comment"),
            )

    def day(self, entry: Mapping[str, Any], path: Path) -> date | None:
        """Return the day under the last key of `path`; the reader of YAML has already made it a date."""
        value = entry.get(str(path[-1]))
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date) or value is None:
            return value
        if isinstance(value, str) and (written := _DAY.fullmatch(folded_spelling(value))):
            try:
                return date(*(int(part) for part in written.groups()))
            except ValueError:
                pass
        self.problem("day", _NO_DAY, *path)
        return None

    def _number(self, path: Path, entry: Mapping[str, Any]) -> int:
        """Return the entry's number, else its place in the list, from 1."""
        value = entry.get("number")
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 100_000:
            return value
        if value is not None:
            self.problem("number", _NO_NUMBER, *path, "number")
        return int(path[-1]) + 1

    def _line(self, path: Path, entry: Mapping[str, Any]) -> int | None:
        value = entry.get("line", entry.get("line_number"))
        if value is None or not str(value).strip():
            return None
        number = self.numbers.get(folded_spelling(str(value)))
        if number is None:
            self.problem("no-such-line", _NO_SUCH_LINE, *path, "line")
        return number

    def _text(self, path: Path, entry: Mapping[str, Any], key: str) -> str:
        value = entry.get(key)
        text = str(value).strip()[:MAX_TEXT] if isinstance(value, str | int | float) else ""
        if holds_credentials(text):
            self.problem("credentials-present", _CREDENTIALS, *path, key)
            return ""
        return text

    def _answer(self, path: Path, entry: Mapping[str, Any], key: str) -> Answer[str]:
        text = self._text(path, entry, key)
        if not text:
            return None
        return Unknown() if folded_spelling(text) in UNKNOWN_WORDS else text


_NO_DAY = Text("日付は 2026-11-10 のように書いてください。", "Write the date like 2026-11-10.")
_NO_NUMBER = Text("番号（number）は 1 から始まる数で書いてください。", "Write number as a number from 1.")
_NO_SUCH_LINE = Text(
    "この名前の回線は別紙2-1にありません。一覧にない回線として扱います。回線番号か回線IDを確かめてください。",
    "The sheet has no line of this name; it is treated as unlisted. Check the line's number or circuit id.",
)
_CREDENTIALS = Text(
    "パスワードのようなものが書かれていたため、取り込みませんでした。元のファイルからも消してください。",
    "This seems to hold a password, so it was not taken over. Remove it from the file as well.",
)
