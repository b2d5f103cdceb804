"""Reads numbers, years, postal codes and telephone numbers as people and Excel write them.

Excel drops leading zeros, turns "1-2" into a date and a long number into 1.0E+11. Where the lost part can be told for
certain (a postal code has seven digits) it is put back with a warning; elsewhere the cell is refused.

Source of the eras: 元号を改める政令 (平成 1989-01-08, 令和 2019-05-01).
"""

import re
from datetime import date, datetime, timedelta

from sekisho.domain.workbook.cleaning import folded
from sekisho.domain.workbook.readings import NOTHING, Reading, doubted, refused

_NOTHING_WORDS = frozenset({"", "-", "--", "なし", "無し", "該当なし", "n/a", "入力不要", "記入不要"})
# As texts, which `re` compiles when they are first asked for: most numbers need none of them.
_APPROXIMATE = r"(?i)約|およそ|だいたい|程度|くらい|ぐらい|前後|以上|以下|弱$|強$|頃|ごろ|~|about|approx"
_COUNT = r"(?i)(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?\s*(?:床|台|人|名|個|本|回線|beds?)?\Z"
_ERA = r"(?i)(明治|大正|昭和|平成|令和|[mtshr])\s*\.?\s*(元|\d{1,2})(?:\s*年|\b)"
_WESTERN = r"(?<!\d)(\d{4})(?!\d)"
_ERAS = {"明治": (1868, 45), "大正": (1912, 15), "昭和": (1926, 64), "平成": (1989, 31), "令和": (2019, 99)}
_ERA_LETTERS = {"m": "明治", "t": "大正", "s": "昭和", "h": "平成", "r": "令和"}
_EPOCH = date(1899, 12, 30)
_FIRST_YEAR, _LAST_YEAR = 1970, 2100


def read_integer(raw: object) -> Reading:
    """Read a whole number of things: "１２３床" is 123, "約120" and 120.5 are refused."""
    if isinstance(raw, bool):
        return _truth_refused(raw)
    if isinstance(raw, date):
        return _date_refused()
    text = _number_text(raw)
    if text.casefold() in _NOTHING_WORDS:
        return NOTHING
    if (match := re.match(_COUNT, text)) and len(match.group(1)) < 16:
        return Reading(int(match.group(1).replace(",", "")))
    if re.search(_APPROXIMATE, text) or re.search(r"\d\s*-\s*\d", text):
        return refused(
            "number-approximate",
            "「{value}」はおおよその数か、幅のある数です。届け出ている数を、数字だけで書いてください。",
            '"{value}" is an approximate number. Please write the registered one, in digits only.',
            value=text,
        )
    return refused(
        "not-a-number",
        "「{value}」は数として読めません。数字だけで書いてください（例：120）。",
        '"{value}" cannot be read as a whole number. Please write digits only, for example 120.',
        value=text,
    )


def _number_text(raw: object) -> str:
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    return folded(str(raw))


def _truth_refused(raw: bool) -> Reading:
    return refused(
        "truth-value-in-cell",
        "Excelの真偽値（{value}）が入っています。式やチェックの結果が残っていることがあります。答えを書き直してください。",
        "The cell holds Excel's truth value {value}, perhaps left by a formula or a check box. Please write the answer instead.",
        value="TRUE" if raw else "FALSE",
    )


def _date_refused() -> Reading:
    return refused(
        "date-in-number-cell",
        "Excelがこのセルを日付にしています。セルの書式を「標準」に直してから、数字を書き直してください。",
        "Excel made a date of this cell. Please set its format to General and write the number again.",
    )


def read_year(raw: object) -> Reading:
    """Read a year: 2019, 2019年, 平成31年, R2, 2019/4, a date, or a date's serial number."""
    if isinstance(raw, bool):
        return _truth_refused(raw)
    if isinstance(raw, int | float) and _FIRST_YEAR <= raw <= _LAST_YEAR and raw % 1 == 0:
        return Reading(int(raw))
    if isinstance(raw, date):
        return _year_of_date(raw.date() if isinstance(raw, datetime) else raw)
    text = _number_text(raw)
    if text.casefold() in _NOTHING_WORDS:
        return NOTHING
    if isinstance(raw, int | float) and text.isdecimal() and len(text) == 5:
        return _year_of_serial(int(text))
    years = {int(year) for year in re.findall(_WESTERN, text)} | {_western(*found) for found in re.findall(_ERA, text)}
    if len(years) != 1 or not _FIRST_YEAR <= (year := years.pop()) <= _LAST_YEAR:
        return _year_refused(text)
    if re.search(_APPROXIMATE, text):
        return doubted(
            year,
            "year-approximate",
            "「{value}」を{year}年と読みました。装置の裏のラベルや納品書で確かめられれば、直してください。",
            '"{value}" was read as {year}. Please correct it if the label or the delivery note says otherwise.',
            value=text,
            year=year,
        )
    return Reading(year)


def _western(era: str, count: str) -> int:
    """Return the western year of an era's year, 0 when that era never had it (平成40年)."""
    first, length = _ERAS[_ERA_LETTERS.get(era.casefold(), era)]
    number = 1 if count == "元" else int(count)
    return first + number - 1 if 1 <= number <= length else 0


def _year_of_date(day: date) -> Reading:
    # A year typed into a cell that is formatted as a date: 2019 shows as 1905-07-11.
    typed = (day - _EPOCH).days
    if day.year < 1920 and _FIRST_YEAR <= typed <= _LAST_YEAR:
        return doubted(
            typed,
            "year-shown-as-date",
            "日付の書式のセルに{year}と入力されています。{year}年と読みました。正しいか確かめてください。",
            "The cell is formatted as a date and holds {year}. It was read as the year {year}; please check.",
            year=typed,
        )
    return Reading(day.year) if _FIRST_YEAR <= day.year <= _LAST_YEAR else _year_refused(day.isoformat())


def _year_of_serial(serial: int) -> Reading:
    day = _EPOCH + timedelta(days=serial)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        return _year_refused(str(serial))
    return doubted(
        day.year,
        "year-from-serial",
        "「{value}」はExcelの日付の内部番号なので、{year}年と読みました。正しいか確かめてください。",
        '"{value}" is the serial number of a date in Excel and was read as the year {year}. Please check.',
        value=serial,
        year=day.year,
    )


def _year_refused(text: str) -> Reading:
    return refused(
        "not-a-year",
        "「{value}」は年として読めません。西暦4桁（例：2019）か和暦（例：平成31年）で書いてください。分からなければ「不明」と書けます。",
        '"{value}" cannot be read as a year. Please write four digits (2019) or an era year (平成31年), or "不明" when you do not know.',
        value=text,
    )


def read_postal_code(raw: object) -> Reading:
    """Read a Japanese postal code as "123-4567"; a leading zero that Excel dropped is put back with a warning."""
    if isinstance(raw, bool):
        return _truth_refused(raw)
    if isinstance(raw, date):
        return _code_refused()
    text = _number_text(raw)
    if text.casefold() in _NOTHING_WORDS:
        return NOTHING
    digits = re.sub(r"[〒Tt\s-]", "", text)
    if re.fullmatch(r"\d{7}", digits):
        return Reading(f"{digits[:3]}-{digits[3:]}")
    if re.fullmatch(r"\d{6}", digits) and isinstance(raw, int | float):
        restored = f"0{digits[:2]}-{digits[2:]}"
        return doubted(
            restored,
            "leading-zero-lost",
            "頭の0がExcelで消えたとみて「{answer}」と読みました。正しいか確かめてください。",
            'Excel seems to have dropped the leading zero; it was read as "{answer}". Please check.',
            answer=restored,
        )
    return refused(
        "not-a-postal-code",
        "「{value}」は郵便番号として読めません。7桁（例：100-0001）で書いてください。",
        '"{value}" cannot be read as a postal code. Please write seven digits, for example 100-0001.',
        value=text,
    )


def _code_refused() -> Reading:
    return refused(
        "date-in-text-cell",
        "Excelがこのセルを日付に変えています。セルの書式を「文字列」にしてから、書き直してください。",
        "Excel turned this cell into a date. Please set its format to Text and write it again.",
    )


def read_phone(raw: object) -> Reading:
    """Read a telephone number: digits and hyphens, an extension kept in brackets."""
    if isinstance(raw, bool):
        return _truth_refused(raw)
    if isinstance(raw, date):
        return _code_refused()
    text = _number_text(raw)
    if text.casefold() in _NOTHING_WORDS:
        return NOTHING
    number, extension = _split_extension(text)
    number = re.sub(r"^\+81\s*-?\s*(?:\(0\))?", "0", number)
    number = re.sub(r"[\s()./-]+", "-", number).strip("-")
    digits = number.replace("-", "")
    if not digits.isdecimal() or not 9 <= len(digits) <= 11:
        return _phone_refused(text)
    suffix = f" (内線{extension})" if extension else ""
    if digits[0] != "0":
        return _zero_restored(number, digits, suffix, text)
    return Reading(number + suffix) if len(digits) >= 10 else _phone_refused(text)


def _split_extension(text: str) -> tuple[str, str]:
    match = re.search(r"[(\s,]*(?:内線|ext\.?|内)\s*[:.]?\s*(\d{1,6})\)?\s*\Z", text, re.IGNORECASE)
    return (text[: match.start()], match.group(1)) if match else (text, "")


def _zero_restored(number: str, digits: str, suffix: str, text: str) -> Reading:
    # 9 digits of a fixed line or 10 of a mobile one: the area code's 0 is what Excel dropped.
    if len(digits) == 9 or (len(digits) == 10 and digits[:2] in ("90", "80", "70", "60", "50")):
        return doubted(
            f"0{number}{suffix}",
            "leading-zero-lost",
            "頭の0がExcelで消えたとみて「{answer}」と読みました。正しいか確かめてください。",
            'Excel seems to have dropped the leading zero; it was read as "{answer}". Please check.',
            answer=f"0{number}{suffix}",
        )
    return _phone_refused(text)


def _phone_refused(text: str) -> Reading:
    return refused(
        "not-a-phone-number",
        "「{value}」は電話番号として読めません。市外局番から書いてください（例：03-1234-5678）。",
        '"{value}" cannot be read as a telephone number. Please write it with the area code, for example 03-1234-5678.',
        value=text,
    )
