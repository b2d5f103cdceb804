"""Values from the events of YAML: as the library gives them, counted and bounded."""

import contextlib
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.yaml_file import MAX_PROBLEMS, YamlDocument, YamlReading, YamlUnreadable, read_yaml
from sekisho.adapters.yaml_tree import MAX_DEPTH, MAX_WRITTEN

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_categories=("Cs", "Cc")), max_size=12)
LEAVES = st.one_of(
    WORDS, st.booleans(), st.none(), st.integers(), st.floats(allow_nan=False), st.dates(min_value=date(1000, 1, 1)),
    st.datetimes(min_value=datetime(1000, 1, 1)),
)  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda parts: st.lists(parts, max_size=5) | st.dictionaries(WORDS, parts, max_size=5), max_leaves=30
)


@given(tree=st.dictionaries(WORDS, TREES, max_size=6), flow=st.sampled_from([True, False, None]))
def test_build_gives_back_what_the_library_wrote(tree: dict[str, Any], flow: bool | None) -> None:
    written = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow)
    assert read_yaml(written.encode()).value == tree


@pytest.mark.parametrize(
    "text",
    [
        "a: 0x1F\nb: 0b11\nc: 017\nd: 1_000\ne: 1:30\nf: .inf\ng: 1.5e+3\nh: ~\ni: null\nj:\n",
        "a: 2026-11-21\nb: 2026-11-21 10:00:00\nc: 2026-11-21T10:00:00Z\n",
        "a: |\n  two\n  lines\nb: >\n  folded\n  words\nc: 'it''s'\nd: \"tab\\there\"\n",
        "1: number\n2026-11-21: day\n~: nothing\ntrue: truth\n'2': text\n",
        "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nfirst: {<<: [*b, *o], x: 9}\nlast: {<<: *b, q: 1}\n",
        "a: &w word\n*w : *w\nlist: &l [1, 2]\nagain: [*l, *l]\n",
        "inline: {<<: {a: 1}, b: 2}\nnested: {<<: [{a: 1}, {a: 2, c: 3}]}\n",
        "a: !!str 5\nb: !!map {c: !!seq [1]}\nd: ! 7\ne: !!int '5'\nf: !!timestamp '2026-11-21'\ng: !!float '1'\n",
        "a: [1, [2, [3, {b: [4]}]], {}]\nb: {}\nc: []\n",
    ],
)
def test_build_means_what_the_library_means(text: str) -> None:
    value = read_yaml(text.encode()).value
    assert repr(value) == repr(yaml.load(text, Loader=yaml.CSafeLoader))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: !!int 'five'\n", 2, "読み取れない値"),
        ("a: !!int ''\n", 1, "読み取れない値"),
        ("a: !!bool perhaps\n", 1, "読み取れない値"),
        ("a: !!timestamp perhaps\n", 1, "読み取れない値"),
        ("a: !!str [1]\n", 1, "「!」"),
        ("a: !!int {}\n", 1, "「!」"),
        ("a: !!set {x, y}\n", 1, "「!」"),
        ("a: !!binary aGVsbG8=\n", 1, "「!」"),
        ("a: !!map [1]\n", 1, "「!」"),
        ("a: &x 1\nb: &x 2\n", 2, "書き方"),
        ("a: 1\nb:\n  <<: word\n", 3, "書き方"),
        ("a: 1\nb: {c: &d {e: [*d]}}\n", 2, "自分自身"),
        ("a: &a\n  <<: *a\n", 1, "自分自身"),
        ("a: &k [1]\nb:\n  *k : 2\n", 3, "読み取れない値"),
        ("a: 0x" + "f" * 6000 + "\n", 1, "読み取れない値"),
        ("a: 1" + ":1" * 6000 + "\n", None, ""),
    ],
)
def test_build_refuses_with_the_line(text: str, line: int | None, said: str) -> None:
    if line is None:
        assert read_yaml(text.encode()).value["a"] == text[3:-1], "too long for a number: a text"
        return
    with pytest.raises(YamlUnreadable) as refused:
        read_yaml(text.encode())
    assert said in refused.value.message.ja
    assert refused.value.line in (line, line - 1)


def test_build_counts_references_as_if_written_out() -> None:
    text = b"a: &a [1, 2, 3]\nb: [*a, *a, *a]\n"  # root, two keys, 4, and 1 + 3 x 4
    assert read_yaml(text, max_parts=20).value["b"] == [[1, 2, 3]] * 3
    with pytest.raises(YamlUnreadable) as refused:
        read_yaml(text, max_parts=19)
    assert "参照" in refused.value.message.ja
    with pytest.raises(YamlUnreadable) as refused:
        read_yaml(b"a: [1, 2, 3]\n", max_parts=4)
    assert "項目が多すぎます" in refused.value.message.ja


def test_build_takes_what_is_as_deep_as_allowed_and_nothing_deeper() -> None:
    def nested(depth: int) -> bytes:
        return b"a: " + b"[" * (depth - 1) + b"]" * (depth - 1)

    assert read_yaml(nested(MAX_DEPTH)).value
    with pytest.raises(YamlUnreadable):
        read_yaml(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "raw",
    [
        b"a: 1" + b":1" * 2_000_000,
        b"a: 1" + b"0" * 4_000_000,
        b"a: 1." + b"_" * 4_000_000 + b"x",
        b"a: " + b"0x" + b"f" * 4_000_000,
        b"x: &a {a: 1}\nl: {" + b"<<: *a, " * 100_000 + b"}",
        b"".join(b"k%d: &k%d {<<: *k%d}\n" % (i, i, i - 1) if i else b"k0: &k0 {a: 1}\n" for i in range(20_000)),
        b"a: [" + b"{}," * 150_000 + b"]",
        b"a: {" + b"? a, " * 100_000 + b"}",
    ],
    ids=["base-60", "digits", "fraction", "hexadecimal", "merges", "chained-merges", "empty-mappings", "same-key"],
)
def test_build_hangs_on_nothing(raw: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(YamlUnreadable):
        read_yaml(raw)
    assert time.process_time() - started < 5


def test_a_number_may_be_as_long_as_any_number_is() -> None:
    assert read_yaml(b"a: 1" + b"0" * (MAX_WRITTEN - 2)).value["a"] == 10 ** (MAX_WRITTEN - 2)


def _fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def test_build_is_as_fast_as_the_library_without_any_check() -> None:
    text = "rules:\n" + "".join(
        f"- seq: {seq}\n  action: permit\n  src: [10.0.{seq % 250}.5]\n  dst: [any]\n  service: [tcp/{seq % 900}]\n"
        for seq in range(8_000)
    )
    floor = _fastest(lambda: yaml.load(text, Loader=yaml.CSafeLoader))
    assert _fastest(lambda: read_yaml(text.encode())) < 1.6 * floor


def test_lines_lead_through_references_and_to_the_nearest_part() -> None:
    document = read_yaml(b"base: &b\n  x: 1\n  y: [a,\n      b]\nuse: *b\n5: five\nlist:\n- {k: 1}\n- k: 2\n  m: 3\n")
    assert document.line_of("base", "y", 1) == 4
    assert (document.line_of("use"), document.line_of("use", "x"), document.line_of("use", "z")) == (5, 2, 5)
    assert document.line_of("5") == 6
    assert document.line_of("list", 1, "m") == 10
    assert document.line_of("list", 7, "m") == 7
    assert document.line_of("base", "x", "deeper") == 2
    assert document.line_of() is None


def test_a_document_without_text_knows_no_lines() -> None:
    assert YamlDocument({"a": 1}).line_of("a") is None


class _Reading(YamlReading):
    area = "survey"
    example = "{number: 1}"


def test_a_file_of_other_things_is_told_only_so_many_times() -> None:
    reading = _Reading(read_yaml(b"seen: [" + b"x," * (MAX_PROBLEMS + 500) + b"]\n"))
    assert list(reading.entries("seen")) == []
    assert len(reading.problems) == MAX_PROBLEMS + 1
    assert reading.problems[-1].rule == "survey.more-problems"
    assert str(MAX_PROBLEMS) in reading.problems[-1].message.ja
