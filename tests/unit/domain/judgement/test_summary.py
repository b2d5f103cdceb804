"""The level in words for a clerk."""

import pytest

from sekisho.domain.facts import Answer
from sekisho.domain.judgement.summary import summarise
from tests.unit.domain.judgement.hospitals import DIRECT, FLAT, GOOD, VPN, judged

SAYINGS: list[tuple[dict[str, Answer[str]], str]] = [
    (GOOD, "レベル3：外との境目、USBなどの媒体、院内の仕切りの3つがそろって守られています。"),
    (
        GOOD | FLAT,
        "レベル2：外との境目は守られていますが、中の仕切りがありません。レベル3まで、あと3つの設定です。",
    ),
    (
        GOOD | {"department_segments": "no"},
        "レベル2：外との境目は守られていますが、中の仕切りは一部だけです。レベル3まで、あと1つの設定です。",
    ),
    (
        GOOD | FLAT | {"department_segments": None},
        "レベル2：外との境目は守られていますが、中の仕切りがありません。レベル3まで、あと2つの設定と1つの確認です。",
    ),
    (
        GOOD | dict.fromkeys(FLAT),
        "レベル2：外との境目は守られていますが、中の仕切りがまだ確かめられていません。"
        "レベル3まで、あと3つの確認です。分かっていないことがすべて良い結果なら、レベル3です。",
    ),
    (
        GOOD | FLAT | {"usb_rule": "no", "usb_enforced": "no"},
        "レベル1：外との境目は守られています。USBなどの媒体には歯止めがありません。レベル2まで、あと2つの設定です。",
    ),
    (
        GOOD | FLAT | {"usb_rule": "no", "usb_enforced": None},
        "レベル1：外との境目は守られています。USBなどの媒体の管理は、まだ確かめられていません。"
        "レベル2まで、あと1つの設定と1つの確認です。",
    ),
    (
        GOOD | {"access_reviewed": "partly"},
        "レベル1：外との境目は、ある程度守られていますが十分ではありません。USBなどの媒体は管理されています。"
        "レベル3まで、あと1つの設定です。",
    ),
    (
        {},
        "レベル1：外との境目がどう守られているか、まだ確かめられていません。"
        "USBなどの媒体の管理は、まだ確かめられていません。レベル2まで、あと11個の確認です。"
        "分かっていないことがすべて良い結果なら、レベル3です。",
    ),
]


@pytest.mark.parametrize(("answers", "said"), SAYINGS)
def test_summarise_says_where_the_hospital_stands_and_what_is_next(answers: dict[str, Answer[str]], said: str) -> None:
    assert summarise(judged(answers)).ja == said


def test_summarise_says_the_urgent_thing_first() -> None:
    said = summarise(judged(GOOD, VPN, DIRECT))
    assert said.ja.startswith("レベル1（要緊急確認）：診療のネットワークがインターネットから切り離されていません。")
    assert said.en.startswith("Level 1 (check urgently): The medical network is not kept apart")


def test_summarise_counts_in_english() -> None:
    assert summarise(judged(GOOD | {"department_segments": "no"})).en.endswith("1 setting away from level 3.")
    assert "3 settings away from level 3." in summarise(judged(GOOD | FLAT)).en
