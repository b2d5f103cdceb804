"""Cells as people and Excel write them: what is read, what is doubted, what is refused."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import Unknown
from sekisho.domain.workbook.cleaning import matching_key, plain
from sekisho.domain.workbook.normalise import Reading, read_cell
from sekisho.domain.workbook.rows import CLEARED
from sekisho.domain.workbook.schema import Severity

EDITION = load_edition("1.0")


def read(sheet: str, key: str, raw: object) -> Reading:
    return read_cell(EDITION.sheet(sheet).column(key), raw, EDITION)


def line(key: str, raw: object) -> Reading:
    return read("lines", key, raw)


def rules(reading: Reading) -> list[str]:
    return [note.rule for note in reading.notes]


def is_refused(reading: Reading, rule: str) -> bool:
    return reading.answer is None and rules(reading) == [rule] and reading.notes[0].severity is Severity.ERROR


def is_doubted(reading: Reading, rule: str) -> bool:
    return reading.answer is not None and rules(reading) == [rule] and reading.notes[0].severity is Severity.WARNING


# ---- characters ----


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("　ＩＳＲ　９２１　", "ISR 921"),
        ("本館\n3F\r\nサーバ室", "本館 3F サーバ室"),
        ("\ufeffSi-R\u200b570B", "Si-R570B"),
        ("ｻｰﾊﾞｰ室", "サーバー室"),
        ("か\u3099いらい", "がいらい"),
        ("サーバ室①", "サーバ室①"),
        ("A\u00a0B", "A B"),
        ("\u202eabc\u202c", "abc"),
        ("a\tb", "a b"),
        ("13:00～14:00", "13:00～14:00"),
    ],
)
def test_text_is_made_plain_without_changing_its_meaning(raw, expected):
    assert line("terminator_location", raw) == Reading(expected)


@pytest.mark.parametrize("raw", ["PA-410\x00", "PA-410\ud83d", "\ufffdPA-410"])
def test_text_with_broken_characters_is_kept_and_doubted(raw):
    reading = line("terminator_location", raw)
    assert "PA-410" in reading.answer
    assert is_doubted(reading, "broken-characters")
    reading.answer.encode("utf-8")


def test_text_decodes_the_escapes_that_excel_writes():
    assert line("remarks", "一行目_x000D_\n二行目").answer == "一行目 二行目"


def test_text_beyond_its_length_is_refused_not_cut():
    assert is_refused(line("terminator_location", "あ" * 5000), "too-long")


@given(st.text(max_size=60))
def test_plain_is_idempotent_and_encodable(text):
    once = plain(text)
    assert plain(once) == once
    once.encode("utf-8")


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30))
def test_matching_key_ignores_width(text):
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in text)
    assert matching_key(wide) == matching_key(text)


# ---- unknown, nothing, deletion ----


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("不明", ""),
        (" 不 明 ".replace(" 明", "明"), ""),
        ("不明（ベンダ確認中）", "ベンダ確認中"),
        ("不明(ベンダ確認中)", "ベンダ確認中"),
        ("不明：保守会社に問い合わせ中", "保守会社に問い合わせ中"),
        ("不明 装置に触れないため", "装置に触れないため"),
        ("わからない", ""),
        ("わかりません。", ""),
        ("不明です", ""),
        ("？", ""),
        ("?", ""),
        ("UNKNOWN", ""),
    ],
)
def test_unknown_is_kept_with_its_reason(raw, reason):
    assert line("circuit_number", raw) == Reading(Unknown(reason))


@pytest.mark.parametrize("raw", ["不明瞭", "不明者対応システム", "例不明"])
def test_unknown_is_not_seen_inside_other_words(raw):
    assert line("remarks", raw) == Reading(raw)


@pytest.mark.parametrize("raw", [None, "", "  ", "-", "—", "ー", "－", "該当なし", "N/A"])
def test_nothing_written_is_nobody_has_answered(raw):
    assert line("circuit_number", raw) == Reading(None)
    assert line("global_address", raw) == Reading(None)


def test_none_where_it_is_a_choice_is_an_answer():
    assert line("global_ip", "なし").answer == "no"
    assert read("terminals", "antivirus", "なし").answer == "none"
    assert line("scan_day_check", "入力不要").answer == "not_needed"


def test_same_as_above_is_refused():
    assert is_refused(line("terminator_location", "同上"), "same-as-above")
    assert is_refused(line("terminator_location", "〃"), "same-as-above")


def test_deletion_is_its_own_answer():
    assert line("circuit_id", "（削除）").answer is CLEARED


# ---- choices ----


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("インターネットVPN", "internet_vpn"),
        ("インターネットＶＰＮ", "internet_vpn"),
        ("ｲﾝﾀｰﾈｯﾄVPN", "internet_vpn"),
        (" インターネット VPN\n", "internet_vpn"),
        ("IP－VPN", "ip_vpn"),
        ("ip-vpn", "ip_vpn"),
        ("専用線", "leased_line"),
    ],
)
def test_choice_is_found_in_other_spellings(raw, code):
    assert line("communication", raw) == Reading(code)


def test_choice_outside_the_list_is_refused_and_the_list_is_told():
    reading = line("communication", "衛星")
    assert is_refused(reading, "not-in-list")
    assert "インターネットVPN" in reading.notes[0].message.ja
    assert "Internet VPN" in reading.notes[0].message.en


def test_choice_with_a_remark_is_read_and_doubted():
    reading = line("global_ip", "あり（2つ）")
    assert reading.answer == "yes"
    assert is_doubted(reading, "choice-note-dropped")


def test_choice_of_both_is_refused():
    assert is_refused(line("global_ip", "あり・なし"), "not-in-list")


def test_choice_quotes_braces_without_failing():
    assert is_refused(line("global_ip", "{0}{x"), "not-in-list")


def test_open_choice_takes_free_words():
    assert line("purpose", "電カル").answer == "ehr"
    assert line("purpose", "手術部門システム") == Reading("手術部門システム")


@pytest.mark.parametrize("raw", [True, 3, datetime.date(2024, 5, 9)])
def test_choice_of_another_type_is_refused(raw):
    assert is_refused(line("communication", raw), "not-in-list")


# ---- numbers ----


@pytest.mark.parametrize(
    "raw", [120, 120.0, "120", "１２３床".replace("３", "０"), "120 床", "120床", "120.0", " 120\n", "120台"]
)
def test_integer_is_read_however_it_is_written(raw):
    assert read("basic", "beds", raw) == Reading(120)


def test_integer_takes_thousands_separators():
    assert read("basic", "beds", "１，２００床").answer == 1200


@pytest.mark.parametrize("raw", ["約120", "120程度", "100〜120", "100-120", "120弱", "120床以上"])
def test_integer_that_is_approximate_is_refused(raw):
    assert is_refused(read("basic", "beds", raw), "number-approximate")


@pytest.mark.parametrize(
    "raw", ["百二十", 120.5, "-120", "120床（うち精神20）", "1,20", "9" * 40, float("inf"), float("nan")]
)
def test_integer_that_is_none_is_refused(raw):
    assert is_refused(read("basic", "beds", raw), "not-a-number")


@pytest.mark.parametrize("raw", [datetime.date(1900, 4, 29), datetime.datetime(1900, 4, 29)])
def test_integer_that_excel_made_a_date_is_refused(raw):
    assert is_refused(read("basic", "beds", raw), "date-in-number-cell")


@pytest.mark.parametrize(
    ("sheet", "key"), [("basic", "beds"), ("basic", "postal_code"), ("lines", "manufactured_year")]
)
@pytest.mark.parametrize("raw", [True, False])
def test_truth_value_is_called_one_and_no_date(sheet, key, raw):
    reading = read(sheet, key, raw)
    assert is_refused(reading, "truth-value-in-cell")
    (note,) = reading.notes
    assert str(raw).upper() in note.message.ja
    assert "日付" not in note.message.ja
    assert "date" not in note.message.en


def test_truth_value_where_text_is_asked_is_called_one_and_no_number():
    reading = line("remarks", True)
    assert reading.answer == "TRUE"
    assert is_doubted(reading, "truth-value-in-cell")


# ---- years ----


@pytest.mark.parametrize(
    "raw",
    [
        2019, 2019.0, "2019", "２０１９年", "平成31年", "平成３１年", "H31", "h31", "令和元年", "令和1年", "R1", "R元年",
        "2019/4", "2019-04-01", "2019年4月", "2019年製", datetime.date(2019, 4, 1), datetime.datetime(2019, 4, 1), "平成31(2019)年",
    ],
)  # fmt: skip
def test_year_is_read_in_both_calendars(raw):
    assert line("manufactured_year", raw) == Reading(2019)


@pytest.mark.parametrize(
    ("raw", "year", "rule"),
    [
        (43556, 2019, "year-from-serial"),
        (43556.0, 2019, "year-from-serial"),
        (datetime.date(1905, 7, 11), 2019, "year-shown-as-date"),
        ("2019年頃", 2019, "year-approximate"),
        ("約2019年", 2019, "year-approximate"),
    ],
)
def test_year_that_had_to_be_worked_out_is_doubted(raw, year, rule):
    reading = line("manufactured_year", raw)
    assert reading.answer == year
    assert is_doubted(reading, rule)


@pytest.mark.parametrize(
    "raw", ["19", "'19", "2018～2020", "平成40年", "1850", 99999, "平成31年（2018）", "5年前", "H0"]
)
def test_year_with_no_single_meaning_is_refused(raw):
    assert is_refused(line("manufactured_year", raw), "not-a-year")


# ---- what Excel does to text ----


@pytest.mark.parametrize("raw", [datetime.date(2010, 1, 2), datetime.datetime(2024, 1, 2)])
@pytest.mark.parametrize("key", ["software_version", "circuit_id", "terminator_location", "global_address", "fqdn"])
def test_text_that_became_a_date_is_refused(key, raw):
    assert is_refused(line(key, raw), "date-in-text-cell")


def test_remarks_may_hold_a_date_and_a_time():
    assert line("remarks", datetime.date(2024, 5, 9)).answer == "2024年5月9日"
    assert line("remarks", datetime.time(12, 0)).answer == "12:00"
    assert line("remarks", datetime.timedelta(hours=30)).answer == "30:00"


@pytest.mark.parametrize(
    ("key", "raw", "text"),
    [
        ("software_version", 15, "15"),
        ("software_version", 7.1, "7.1"),
        ("circuit_id", 100000.0, "100000"),
        ("circuit_number", 312345678, "312345678"),
        ("circuit_number", 120123456789.0, "120123456789"),
    ],
)
def test_number_that_may_have_lost_characters_is_doubted(key, raw, text):
    reading = line(key, raw)
    assert reading.answer == text
    assert is_doubted(reading, "number-in-text-cell")


def test_number_in_a_text_cell_without_loss_is_read():
    assert line("terminator_location", 3.0) == Reading("3")


def test_number_with_lost_digits_is_refused():
    assert is_refused(line("circuit_id", 1.23456789012346e17), "digits-lost")


# ---- codes ----


@pytest.mark.parametrize(
    "raw", ["100-0001", "〒100-0001", "１００－０００１", "1000001", "100ー0001", 1000001, 1000001.0, "〒 100 0001"]
)
def test_postal_code_is_read_however_it_is_written(raw):
    assert read("basic", "postal_code", raw) == Reading("100-0001")


def test_postal_code_gets_its_zero_back_with_a_warning():
    reading = read("basic", "postal_code", 600001.0)
    assert reading.answer == "060-0001"
    assert is_doubted(reading, "leading-zero-lost")


@pytest.mark.parametrize("raw", ["600001", "100-00012", "東京都", 12345, datetime.date(2024, 5, 9)])
def test_postal_code_that_is_none_is_refused(raw):
    reading = read("basic", "postal_code", raw)
    assert reading.answer is None
    assert reading.notes


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("03-1234-5678", "03-1234-5678"),
        ("０３－１２３４－５６７８", "03-1234-5678"),
        ("03(1234)5678", "03-1234-5678"),
        ("(03)1234-5678", "03-1234-5678"),
        ("0312345678", "0312345678"),
        ("+81-3-1234-5678", "03-1234-5678"),
        ("090 1234 5678", "090-1234-5678"),
        ("03-1234-5678 内線123", "03-1234-5678 (内線123)"),
        ("03-1234-5678（内線：123）", "03-1234-5678 (内線123)"),
    ],
)
def test_phone_is_read_however_it_is_written(raw, number):
    assert read("basic", "phone", raw) == Reading(number)


@pytest.mark.parametrize(("raw", "number"), [(312345678.0, "0312345678"), (9012345678.0, "09012345678")])
def test_phone_gets_its_zero_back_with_a_warning(raw, number):
    reading = read("basic", "phone", raw)
    assert reading.answer == number
    assert is_doubted(reading, "leading-zero-lost")


@pytest.mark.parametrize("raw", ["1234-5678", "代表", "03-1234-5678 03-8765-4321", 5, "119"])
def test_phone_that_is_none_is_refused(raw):
    assert is_refused(read("basic", "phone", raw), "not-a-phone-number")


@pytest.mark.parametrize(
    "raw",
    ["joho@example.jp", "ｊｏｈｏ＠example.jp", "mailto:joho@EXAMPLE.jp", "情報 <joho@example.jp>", "joho @example.jp"],
)
def test_email_is_read_however_it_is_written(raw):
    assert read("basic", "email", raw) == Reading("joho@example.jp")


@pytest.mark.parametrize(
    "raw", ["joho", "joho@", "a@b", "a@example.jp, b@example.jp", "a..b@example.jp", "a@example.jp\r\nBcc: x@y.z"]
)
def test_email_that_is_none_is_refused(raw):
    assert is_refused(read("basic", "email", raw), "not-an-email")


def test_kana_takes_either_kana_and_doubts_kanji():
    assert read("basic", "name_kana", "ｾｷｼｮﾁｭｳｵｳ").answer == "セキショチュウオウ"
    assert read("basic", "name_kana", "せきしょ ちゅうおう") == Reading("せきしょ ちゅうおう")
    assert is_doubted(read("basic", "name_kana", "関所ちゅうおう"), "not-kana")


# ---- everything ----

COLUMNS = [(sheet.key, column.key) for sheet in EDITION.sheets for column in (*sheet.columns, *sheet.group)]
RAW = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789./:-,%[]()不明　約年月日ａ１。、あり@", max_size=30),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.none(),
)


@given(st.sampled_from(COLUMNS), RAW)
def test_any_cell_yields_an_answer_or_says_why_not(place, raw):
    reading = read(*place, raw)
    assert reading.answer is None or isinstance(reading.answer, str | int | Unknown) or reading.answer is CLEARED
    for note in reading.notes:
        assert note.message.ja
        assert note.message.en
        assert "\n" not in note.message.ja
    if any(note.severity is Severity.ERROR for note in reading.notes):
        assert reading.answer is None


@given(st.sampled_from(COLUMNS), RAW)
def test_what_was_read_reads_the_same_again(place, raw):
    reading = read(*place, raw)
    if isinstance(reading.answer, str | int) and not reading.notes:
        assert read(*place, reading.answer).answer == reading.answer
