"""Bytes become text: whatever code they are in, with the lines an editor shows; what is no text is refused in words."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.decoding import MAX_BYTES, ConfigurationUnreadable, decoded

TEXT = '# 給食業者の保守回線（常時接続）\nip filter 10 pass 10.1.0.0/16 * tcp * 3389\ndescription pp "ﾎｼｭ 業者用"\n'
CODES = ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso2022_jp"]


@pytest.mark.parametrize("code", CODES)
def test_japanese_is_read_in_every_code_it_is_written_in(code):
    text = TEXT.replace("ﾎｼｭ", "保守") if code == "iso2022_jp" else TEXT
    assert decoded(text.encode(code)) == text


@pytest.mark.parametrize("code", ["cp932", "euc_jp"])
@pytest.mark.parametrize(
    "word", ["病院", "情報システム部", "外来", "検査データ連携用", "第二回線", "〇〇株式会社", "カルテ"]
)
def test_single_japanese_words_are_told_apart(code, word):
    assert decoded(f"description lan2 {word}\n".encode(code)) == f"description lan2 {word}\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\n\r"])
def test_lines_end_in_one_character(end):
    assert decoded(end.join(["ip a", "ip b", "ip c"]).encode()) == "ip a\nip b\nip c"


def test_line_numbers_are_those_of_an_editor_whatever_characters_stand_in_a_line():
    raw = "a\x0bb\x0cc\x1cd\u2028e\x85f\nzweite".encode()
    assert decoded(raw).split("\n") == decoded(raw).splitlines()
    assert decoded(raw).split("\n")[1] == "zweite"


def test_what_a_terminal_leaves_behind_is_taken_away():
    raw = (
        b"show run\r\n\x1b[2J\x1b[1;1Hip filter 1 pass * *\r\n --More-- \x08\x08\x08\x08\x08\x08\x08\x08\x08\x08          "
        b"\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08ip filter 2 reject * *\r\nip filteq\x08r 3 pass * *\r\n"
        b"---more---\r          \rip filter 4 pass * *\r\n\x07"
    )
    assert decoded(raw).split("\n") == [
        "show run",
        "ip filter 1 pass * *",
        "ip filter 2 reject * *",
        "ip filter 3 pass * *",
        "ip filter 4 pass * *",
        "",
    ]


def test_a_few_lost_bytes_do_not_lose_the_rest():
    raw = (
        b"ip filter 1 pass * *\n" * 20
        + b"# \xff\xfe\xff bad\n"
        + "# 保守\n".encode()
        + "# 給食\n".encode("cp932")
        + b"\0\0x\n"
    )
    text = decoded(raw)
    assert text.count("ip filter 1 pass * *") == 20
    assert "# 保守" in text
    assert "# 給食" in text
    assert "\0" not in text


def test_a_file_cut_within_a_character_is_read():
    raw = ("ip filter 1 pass * *\n" * 20 + "# 保守").encode()[:-1]
    assert decoded(raw).startswith("ip filter 1 pass * *\n")


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "空"),
        (b" \r\n\t\n", "空"),
        (b"\0" * 4096, "空"),
        (b"PK\x03\x04" + b"x" * 100, "圧縮"),
        (b"\x1f\x8b\x08" + b"x" * 100, "圧縮"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "画像"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office"),
        (b"\x7fELF\x02\x01", "文字"),
        (bytes(range(256)) * 40, "文字"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_send_instead(raw, word):
    with pytest.raises(ConfigurationUnreadable) as refused:
        decoded(raw)
    assert word in refused.value.text.ja
    assert refused.value.text.en.endswith(".")


def test_more_than_the_limit_is_refused_at_once():
    started = time.perf_counter()
    with pytest.raises(ConfigurationUnreadable) as refused:
        decoded(b"a" * (MAX_BYTES + 1))
    assert "50 MB" in refused.value.text.ja
    assert time.perf_counter() - started < 1


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_become_text_without_controls_or_are_refused(raw):
    try:
        text = decoded(raw)
    except ConfigurationUnreadable:
        return
    assert not any(ord(one) < 32 and one not in "\n\t" for one in text)
    assert text.split("\n") == text.splitlines() + ([""] if text.endswith("\n") else [])


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("abc 123\n/.*-保守回線病院情報システム給食検査カルテのはを"), min_size=1, max_size=300))
def test_japanese_of_any_length_is_read_in_shift_jis_and_euc(text):
    if not text.strip():
        return
    for code in ("cp932", "euc_jp"):
        assert decoded(text.encode(code)) == text
