"""Turns the raw value of a cell into an answer, by what its column asks for.

Raw values are what a spreadsheet reader gives: str, int, float, bool, date, datetime, time, timedelta or None. The
result is a value, `Unknown` with the reason that was written beside it, or None, with notes on how it was read (see
`readings`). What an answer may be *together with other answers* is a matter of the checks.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from sekisho.domain.facts import Unknown
from sekisho.domain.workbook.address_readings import (
    read_fqdn,
    read_global_address,
    read_host_name,
    read_interface_address,
)
from sekisho.domain.workbook.cleaning import decoded, folded, has_broken_characters, matching_key, plain
from sekisho.domain.workbook.number_readings import read_integer, read_phone, read_postal_code, read_year
from sekisho.domain.workbook.readings import NOTHING, Note, Reading, doubted, refused
from sekisho.domain.workbook.rows import CLEARED
from sekisho.domain.workbook.schema import Column, Edition, Kind, Severity

Raw = str | int | float | bool | date | time | timedelta | None
Reader = Callable[[Raw], Reading]

# What stands for "nothing to write" in a text cell. なし alone is not among them: 「ウイルス対策：なし」 is an answer.
_BLANKS = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "該当なし",
        "n/a",
        "na",
        "空欄",
        "記入不要",
        "入力不要",
        "...",
        "…",
        "(空白)",
    }
)
_SAME_AS_ABOVE = frozenset({"同上", "〃", "''", '"', "々", "上に同じ", "上と同じ", "↑"})
_VERSION_COLUMNS = frozenset({"software_version"})
_DATE_TEXT_COLUMNS = frozenset({"remarks"})
_KANA = re.compile(r"[\u3040-\u30ffー・\s!-~、。]*\Z")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'/=?^{|}~#$&*!-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")


def reader_of(column: Column, edition: Edition) -> Reader:
    """Return the function that reads the cells of `column`. It remembers what it has read: workbooks repeat.

    Its order of meaning: an option of the column, then a word for deletion, for unknown, for nothing, then the kind.
    """
    unknown_words = tuple(sorted(_folded_words(edition.unknown_words), key=len, reverse=True))
    blank_words, clear_words = _folded_words(edition.blank_words) | _BLANKS, _folded_words(edition.clear_words)
    read_known = _KINDS[column.kind](column)
    has_options = column.kind in (Kind.CHOICE, Kind.OPEN_CHOICE)

    def read(raw: Raw) -> Reading:
        if raw is None or raw == "":
            return NOTHING
        if not isinstance(raw, str):
            return _with_length(read_known(raw), column)
        text = decoded(raw)
        if not (has_options and _option_of(column, text)):
            said = folded(text)
            word = said.casefold()
            if word in clear_words:
                return Reading(CLEARED)
            if word in blank_words:
                return NOTHING
            if unknown := _unknown(said, word, unknown_words):
                return Reading(unknown)
        reading = _with_length(read_known(text), column)
        return _with_broken_characters(reading) if has_broken_characters(text) else reading

    # typed: 1, 1.0 and True are equal to a dictionary and different to a reader.
    return lru_cache(maxsize=2048, typed=True)(read)


def read_cell(column: Column, raw: Raw, edition: Edition) -> Reading:
    """Read one cell. For many cells of a column make its reader once with `reader_of`."""
    return reader_of(column, edition)(raw)


@lru_cache(maxsize=64)
def _folded_words(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(folded(word).casefold() for word in words) - {""}


def _unknown(said: str, lowered: str, words: tuple[str, ...]) -> Unknown | None:
    """Return `Unknown` when `said` is one of the words, alone or followed by a reason: 不明（ベンダ確認中）."""
    if not lowered.startswith(words):
        return None
    for word in words:
        if not lowered.startswith(word):
            continue
        rest = said[len(word) :].strip()
        if not rest.rstrip("。.!?です"):
            return Unknown()
        if rest[0] in "(（:,./[【-" or said[len(word)] == " ":
            return Unknown(plain(rest.strip(" ()（）:,./[]【】-")))
    return None


def _with_length(reading: Reading, column: Column) -> Reading:
    if not isinstance(reading.answer, str) or len(reading.answer) <= column.max_length:
        return reading
    return refused(
        "too-long",
        "文字が多すぎます（{length}文字）。{limit}文字までにまとめてください。",
        "The text is too long ({length} characters). Please keep it to {limit}.",
        length=len(reading.answer),
        limit=column.max_length,
    )


def _with_broken_characters(reading: Reading) -> Reading:
    note = doubted(
        "",
        "broken-characters",
        "壊れた文字が混じっていたため除きました。セルの内容を書き直してください。",
        "Broken characters were left out. Please write the content of this cell again.",
    ).notes
    return Reading(reading.answer, reading.notes + note)


# ---- choices ----


def _option_of(column: Column, text: str) -> str | None:
    return _option_index(column).get(matching_key(text))


@lru_cache(maxsize=512)
def _index_of_options(options: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    index: dict[str, str] = {}
    for code, *names in options:
        for name in names:
            index.setdefault(matching_key(name), code)
    index.pop("", None)
    return index


def _option_index(column: Column) -> dict[str, str]:
    return _index_of_options(tuple((o.code, o.label.ja, o.label.en, o.code, *o.spellings) for o in column.options))


def _choice_reader(column: Column) -> Reader:
    index = _option_index(column)
    labels = "、".join(option.label.ja for option in column.options)
    labels_en = ", ".join(option.label.en for option in column.options)

    def read(raw: Raw) -> Reading:
        text = plain(raw) if isinstance(raw, str) else _as_text(raw)
        if code := index.get(matching_key(text)):
            return Reading(code)
        if folded(text).casefold() in _BLANKS:
            return NOTHING
        bare = re.sub(r"\s*[(（][^()（）]*[)）]\s*\Z", "", text)
        if bare != text and (code := index.get(matching_key(bare))):
            return doubted(
                code,
                "choice-note-dropped",
                "「{value}」を「{answer}」と読みました。説明は備考に書いてください。",
                '"{value}" was read as "{answer}". Please write the remark under Remarks.',
                value=text,
                answer=bare,
            )
        return refused(
            "not-in-list",
            f"「{{value}}」は選べる答えにありません。次から選んでください：{_quoted(labels)}",
            f'"{{value}}" is not among the choices. Please choose one of: {_quoted(labels_en)}',
            value=text,
        )

    return read


def _quoted(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _open_choice_reader(column: Column) -> Reader:
    index = _option_index(column)
    read_text = _text_reader(column)

    def read(raw: Raw) -> Reading:
        text = raw if isinstance(raw, str) else _as_text(raw)
        code = index.get(matching_key(text))
        return Reading(code) if code else read_text(raw)

    return read


# ---- text ----


def _text_reader(column: Column) -> Reader:
    def read(raw: Raw) -> Reading:
        if not isinstance(raw, str):
            return _text_of_value(column, raw)
        text = plain(raw)
        if text in _SAME_AS_ABOVE:
            return refused(
                "same-as-above",
                "「{value}」では、並べ替えたときに内容が分からなくなります。上の行と同じ内容をそのまま書いてください。",
                '"{value}" loses its meaning when rows are sorted. Please write the content itself.',
                value=text,
            )
        return Reading(text)

    return read


def _text_of_value(column: Column, raw: Raw) -> Reading:
    """Read a number, date or time that stands where text was asked for."""
    if isinstance(raw, date):
        if column.key in _DATE_TEXT_COLUMNS:
            return Reading(_as_text(raw))
        return refused(
            "date-in-text-cell",
            "Excelがこのセルを日付（{value}）に変えています。「10.1.2」や「1-2」は日付にされることがあります。"
            "セルの書式を「文字列」にしてから、書き直してください。",
            'Excel made a date of this cell ({value}): it does so with "10.1.2" or "1-2". Please set its format to Text and write it again.',
            value=_as_text(raw),
        )
    text = _as_text(raw)
    if isinstance(raw, bool):
        return doubted(
            text,
            "truth-value-in-cell",
            "Excelの真偽値（{value}）が入っています。式やチェックの結果が残っていることがあります。「{value}」でよいか確かめてください。",
            'The cell holds Excel\'s truth value {value}, perhaps left by a formula or a check box. Please check that "{value}" is right.',
            value=text,
        )
    if isinstance(raw, float) and abs(raw) >= 1e15:
        return refused(
            "digits-lost",
            "Excelが長い番号を数として扱い、桁が失われています。セルの書式を「文字列」にしてから、書き直してください。",
            "Excel took this long number for a quantity and lost digits. Please set the cell's format to Text and write it again.",
        )
    if _may_have_lost_characters(column, raw):
        return doubted(
            text,
            "number-in-text-cell",
            "Excelが数として扱っているため、頭の0や小数点の後の0が消えていることがあります（例：7.10 → 7.1）。「{value}」でよいか確かめてください。",
            'Excel took this for a number, so leading zeros or zeros after the point may be gone (7.10 → 7.1). Please check that "{value}" is right.',
            value=text,
        )
    return Reading(text)


def _may_have_lost_characters(column: Column, raw: Raw) -> bool:
    if not isinstance(raw, int | float):
        return False
    if column.key in _VERSION_COLUMNS or raw % 1 != 0:
        return True
    # A round number of six digits and more may be "1E5"; nine digits and more may have begun with 0.
    return abs(raw) >= 1e8 or (abs(raw) >= 1e5 and raw % 1e4 == 0)


def _as_text(raw: Raw) -> str:
    """Return how the value would be written in a cell of text."""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, datetime):
        day = f"{raw.year}年{raw.month}月{raw.day}日"
        return day if raw.time() == time(0) else f"{day} {raw:%H:%M}"
    if isinstance(raw, date):
        return f"{raw.year}年{raw.month}月{raw.day}日"
    if isinstance(raw, time):
        return f"{raw:%H:%M}"
    if isinstance(raw, timedelta):
        minutes = int(raw.total_seconds()) // 60
        return f"{minutes // 60}:{minutes % 60:02d}"
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        return str(int(raw))
    return str(raw)


def _kana_reader(column: Column) -> Reader:
    read_text = _text_reader(column)

    def read(raw: Raw) -> Reading:
        reading = read_text(raw)
        if not isinstance(reading.answer, str) or _KANA.match(reading.answer):
            return reading
        return doubted(
            reading.answer,
            "not-kana",
            "ふりがなに漢字などが混じっています（「{value}」）。ひらがなかカタカナで書いてください。",
            'The reading has characters other than kana ("{value}"). Please write it in hiragana or katakana.',
            value=reading.answer,
        )

    return read


def _email_reader(column: Column) -> Reader:
    def read(raw: Raw) -> Reading:
        text = folded(_as_text(raw) if not isinstance(raw, str) else raw)
        if text.casefold() in _BLANKS | {"なし"}:
            return NOTHING
        bare = text.removeprefix("mailto:")
        if match := re.fullmatch(r"[^<>]*<([^<>]+)>", bare):
            bare = match.group(1)
        bare = bare.replace(" ", "")
        if _EMAIL.match(bare) and ".." not in bare:
            name, _, domain = bare.rpartition("@")
            return Reading(f"{name}@{domain.lower()}")
        return refused(
            "not-an-email",
            "「{value}」はメールアドレスとして読めません。1つだけ、name@example.jp の形で書いてください。",
            '"{value}" cannot be read as a mail address. Please write exactly one, in the form name@example.jp.',
            value=text,
        )

    return read


def _from_text(read_text: Callable[[str], Reading], column: Column) -> Reader:
    """Return a reader for codes that are text: a number or a date in such a cell is Excel's doing."""

    def read(raw: Raw) -> Reading:
        if isinstance(raw, date):
            return _text_of_value(column, raw)
        if isinstance(raw, str):
            return read_text(raw)
        return refused(
            "number-in-text-cell",
            "Excelがこのセルを数（{value}）として扱っています。セルの書式を「文字列」にしてから、点も含めて書き直してください。",
            "Excel took this cell for a number ({value}). Please set its format to Text and write it again with its dots.",
            value=_as_text(raw),
        )

    return read


_KINDS: dict[Kind, Callable[[Column], Reader]] = {
    Kind.TEXT: _text_reader,
    Kind.CHOICE: _choice_reader,
    Kind.OPEN_CHOICE: _open_choice_reader,
    Kind.INTEGER: lambda column: read_integer,
    Kind.YEAR: lambda column: read_year,
    Kind.GLOBAL_ADDRESS: lambda column: _from_text(read_global_address, column),
    Kind.INTERFACE_ADDRESS: lambda column: _from_text(read_interface_address, column),
    Kind.HOST_NAME: lambda column: read_host_name_of_value,
    Kind.FQDN: lambda column: _from_text(read_fqdn, column),
    Kind.POSTAL_CODE: lambda column: read_postal_code,
    Kind.PHONE: lambda column: read_phone,
    Kind.EMAIL: _email_reader,
    Kind.KANA: _kana_reader,
}


def read_host_name_of_value(raw: Raw) -> Reading:
    """Read a computer's name; one of digits only may come as a number."""
    if isinstance(raw, date):
        return refused(
            "date-in-text-cell",
            "Excelがこのセルを日付に変えています。セルの書式を「文字列」にしてから、書き直してください。",
            "Excel made a date of this cell. Please set its format to Text and write it again.",
        )
    return read_host_name(raw if isinstance(raw, str) else _as_text(raw))


def raw_text(raw: Raw) -> str:
    """Return a raw value as the text that a problem quotes and the sheet would show."""
    return plain(raw) if isinstance(raw, str) else "" if raw is None else _as_text(raw)


def has_error(reading: Reading) -> bool:
    """True when the cell has to be mended before its row can be taken."""
    return any(note.severity is Severity.ERROR for note in reading.notes)


__all__ = ["Note", "Raw", "Reading", "has_error", "raw_text", "read_cell", "reader_of"]
