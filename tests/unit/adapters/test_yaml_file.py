"""YAML that people wrote, and YAML that strangers sent."""

import time

import pytest

from sekisho.adapters.yaml_file import MAX_BYTES, YamlReading, YamlUnreadable, read_yaml

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_read_yaml_gives_values_with_their_lines() -> None:
    document = read_yaml(b"controls:\n  usb_rule: yes\n\n  usb_enforced:\n    value: no\nlist:\n  - a\n  - b\n")
    assert document.value == {"controls": {"usb_rule": "yes", "usb_enforced": {"value": "no"}}, "list": ["a", "b"]}
    assert document.line_of("controls", "usb_rule") == 2
    assert document.line_of("controls", "usb_enforced", "value") == 5
    assert document.line_of("list", 1) == 8
    assert document.line_of("controls", "nowhere") == 1
    assert document.line_of("nowhere") is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_read_yaml_reads_what_japanese_editors_save(encoding: str) -> None:
    assert read_yaml("病院: 青葉みなと\n".encode(encoding)).value == {"病院": "青葉みなと"}


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"# only a comment\n", b"~", b"---\n"])
def test_read_yaml_takes_an_empty_file_for_an_empty_mapping(raw: bytes) -> None:
    assert read_yaml(raw).value == {}


def test_read_yaml_takes_only_true_and_false_for_truth_values() -> None:
    assert read_yaml(b"on: nas1\nmfa: false\noff: y\nno: True\n").value == {
        "on": "nas1",
        "mfa": False,
        "off": "y",
        "no": True,
    }


def test_read_yaml_follows_honest_references() -> None:
    assert read_yaml(b"a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n").value["c"] == {"b": 1, "d": 2}


@pytest.mark.parametrize(
    ("raw", "line", "said"),
    [
        (b"a: 1\n\tb: 2\n", 2, "タブ"),
        (b"a: 1\nb: 2\na: 3\n", 3, "1行目にもあります"),
        (b"a: !!python/object/apply:os.system ['id']\n", 1, "「!」"),
        (b"a: 1\n---\nb: 2\n", 2, "「---」"),
        (b"a: *nobody\n", 1, "参照先がありません"),
        (b"a: &a\n  b: *a\n", 1, "自分自身"),
        (b"- a\n- b\n", 1, "「項目: 値」"),
        (b"just words\n", 1, "「項目: 値」"),
        (b"ok: 1\nday: 2026-02-30\n", 2, "日付は"),
        (b"a: 1" + b"0" * 5000 + b"\n", 1, "読み取れない値"),
        (b"? [a, b]\n: c\n", 1, "読み取れない値"),
        (b'a: "no end\nb: 2\n', None, "引用符"),
        (b"a: b: c\n", 1, "コロン"),
        (b"a: \x00\n", None, "使えない文字"),
        (b'a: "\\0"\n', 1, "使えない文字"),
        (b"a: " + b"[" * 100_000, 1, "入れ子が深すぎる"),
        (b"a: " + b"{b: " * 100_000, 1, "入れ子が深すぎる"),
        (LAUGHS.encode(), None, "参照"),
        (bytes(range(256)), None, "文字のファイル"),
        (b"PK\x03\x04\xff\xfe\x00\x81", None, "UTF-8"),
    ],
)
def test_read_yaml_says_where_why_and_how(raw: bytes, line: int | None, said: str) -> None:
    started = time.monotonic()
    with pytest.raises(YamlUnreadable) as refused:
        read_yaml(raw)
    assert said in refused.value.message.ja
    if line is not None:
        assert refused.value.line == line
        assert refused.value.message.ja.startswith(f"{line}行目：")
    assert time.monotonic() - started < 2


def test_read_yaml_refuses_a_file_that_is_too_large() -> None:
    with pytest.raises(YamlUnreadable) as refused:
        read_yaml(b"#" * (MAX_BYTES + 1))
    assert "5MB" in refused.value.message.ja


@pytest.mark.parametrize(
    "raw",
    [
        b"controls: {pw: Tops3cret!, pw: Tops3cret!}",
        b"Tops3cret!",
        b"a: !!Tops3cret! x",
        b"a: Tops3cret!: Tops3cret!",
        b"a: *Tops3cret",
        b'a: "Tops3cret',
    ],
)
def test_read_yaml_never_repeats_what_the_file_says(raw: bytes) -> None:
    with pytest.raises(YamlUnreadable) as refused:
        read_yaml(raw)
    said = f"{refused.value} {refused.value.message.ja} {refused.value.message.en}"
    assert "Tops3cret" not in said


class _Reading(YamlReading):
    area = "survey"
    example = "{number: 1}"


def test_yaml_reading_tells_what_is_no_entry_with_an_example_and_keeps_the_rest() -> None:
    reading = _Reading(read_yaml(b"seen:\n  - {number: 1}\n  - words\n  - {number: 2}\nother: words\n"))
    assert list(reading.entries("seen")) == [(("seen", 0), {"number": 1}), (("seen", 2), {"number": 2})]
    assert list(reading.entries("other")) == list(reading.entries("absent")) == []
    assert [(told.line, told.rule) for told in reading.problems] == [
        (3, "survey.not-an-entry"),
        (5, "survey.not-a-list"),
    ]
    assert all(
        "「- {number: 1}」" in told.message.ja and "“- {number: 1}”" in told.message.en for told in reading.problems
    )
