"""The drawing in sentences."""

import re
from dataclasses import replace

import pytest

from sekisho.domain.facts import Unknown
from sekisho.domain.overview.description import describe
from sekisho.domain.overview.layout import EMPTY, lay_out
from sekisho.domain.register.records import Basics, Register
from sekisho.domain.survey.observations import Sighting
from tests.unit.domain.overview.registers import CLINIC, HOSPITAL, SIGHTINGS, SYSTEMS, large_register
from tests.unit.domain.overview.registers import EMPTY as NO_LINES

LINE = CLINIC.lines[0]


def sentence(language: str = "ja", **changes: object) -> str:
    register = Register(Basics(), (replace(LINE, **changes),))
    return describe(lay_out(register), language)[1]


def test_line_is_told_from_contract_to_purpose() -> None:
    assert sentence() == (
        "回線1（CAF12345、光回線）：病院契約、回線事業者はNTT西日本。通信形態はIP-VPN（フレッツ 光ネクスト／NTT西日本）。"
        "受付の裏のONU（光回線の終端装置）、NTT XG-100NEを通って、電子カルテのネットワークにつながります。用途：オンライン資格確認。"
    )


def test_line_is_told_in_english_with_the_names_as_they_are() -> None:
    told = sentence("en")
    assert told.startswith(
        "Line 1 (CAF12345, Optical line): Contracted by the hospital, other end: NTT西日本 (carrier)."
    )
    assert told.endswith("leads into the EHR network. Purpose: オンライン資格確認.")


@pytest.mark.parametrize(("answer", "word"), [(None, "未記入"), (Unknown("照会中"), "不明")])
def test_missing_facts_are_named_for_what_they_are(answer: object, word: str) -> None:
    told = sentence(communication=answer, contract_party=answer, purpose=answer)
    assert f"契約者は{word}" in told
    assert f"通信形態は{word}" in told
    assert f"用途：{word}" in told


@pytest.mark.parametrize("answer", [None, Unknown(), "maybe"])
def test_unknown_link_to_the_ehr_never_reads_as_none(answer: object) -> None:
    told = sentence(ehr_connection=answer)
    assert "つながるかどうかは分かっていません" in told
    assert "対象外" not in told


def test_line_out_of_scope_says_that_it_ends() -> None:
    assert "つながりません（対象外）" in sentence(ehr_connection="no")


def test_vendor_of_unknown_name_is_said_to_be_unknown() -> None:
    assert "ベンダ契約（ベンダ名？未記入）" in sentence(contract_party="vendor")


def test_missing_place_terminator_and_router_are_said() -> None:
    told = sentence(terminator_location=None, terminator_kind=None, devices=())
    assert "設置場所の分からない種類の分からない終端装置、未記入のルータ等を通って" in told


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_line_has_one_sentence_in_the_order_of_the_register(language: str) -> None:
    told = describe(lay_out(HOSPITAL, SYSTEMS, SIGHTINGS), language)
    numbers = [int(found.group(1)) for text in told if (found := re.match(r"(?:回線|Line )(\d+)(?:（| \()", text))]
    assert numbers == [line.number for line in HOSPITAL.lines]


def test_bundled_lines_keep_a_sentence_each() -> None:
    assert len(describe(lay_out(large_register(300)), "ja")) == 301


def test_unlisted_terminator_is_told_with_what_to_do() -> None:
    drawing = lay_out(NO_LINES, (), (Sighting(1, "usb_dongle", "手術室", remarks="光っていた"),))
    assert describe(drawing, "ja")[1] == (
        "現地で見つかった終端装置1：手術室にUSBドングルがあります（光っていた）。台帳になく、用途が不明です。"
        "使いみちと電子カルテとのつながりを確かめ、台帳に加えてください。"
    )


@pytest.mark.parametrize("language", ["ja", "en"])
def test_empty_register_says_what_to_do(language: str) -> None:
    assert describe(lay_out(NO_LINES), language)[1] == EMPTY.within(language)


def test_summary_counts_kinds_contracts_and_findings() -> None:
    assert describe(lay_out(HOSPITAL, SYSTEMS, SIGHTINGS), "ja")[0] == (
        "回線 18本（インターネット 7・モバイル 2・閉域網 5・通信形態が不明 2・対象外 2）"
        "　うち ベンダ契約 6・契約者が不明 2・電子カルテとのつながりが不明 2　台帳にない終端装置 2"
    )
