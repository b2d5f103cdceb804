"""The hospital's answers from questionnaire.yaml."""

import pytest

from sekisho.adapters.questionnaire_file import read_questionnaire
from sekisho.catalogue.levels import load_level_rules
from sekisho.domain.facts import Answer, Unknown

RULES = load_level_rules()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("true", "yes"), ("Yes", "yes"), ('"yes"', "yes"), ("はい", "yes"), ("一部", "partly"),
        ("partly", "partly"), ("ある", "yes"), ("×", "no"), ("文書で決めている", "yes"), ("不明", Unknown()),
        ("unknown", Unknown()), ("分からない", Unknown()), ('"？"', Unknown()), ("", None), ("null", None), ('" "', None),
        ("{value: yes}", "yes"), ("{value: いいえ}", "no"), ("{remark: まだ}", None), ("{value: 不明}", Unknown()),
    ],
)  # fmt: skip
def test_read_questionnaire_understands_how_people_answer(written: str, value: Answer[str]) -> None:
    answered = read_questionnaire(f"controls:\n  usb_rule: {written}\n".encode(), RULES)
    assert answered.problems == ()
    assert answered.declarations.of("usb_rule").value == value


def test_read_questionnaire_keeps_remark_and_place() -> None:
    raw = "controls:\n  usb_enforced: {value: partly, remark: 病棟のPCだけ}\n".encode()
    declared = read_questionnaire(raw, RULES).declarations.of("usb_enforced")
    assert (declared.value, declared.remark) == ("partly", "病棟のPCだけ")
    assert declared.source == "questionnaire.yaml: controls.usb_enforced"


def test_read_questionnaire_keeps_why_something_is_unknown() -> None:
    raw = "controls:\n  usb_enforced: {value: 不明, remark: 業者に確認中}\n".encode()
    assert read_questionnaire(raw, RULES).declarations.of("usb_enforced").value == Unknown("業者に確認中")


def test_read_questionnaire_takes_the_good_answers_and_tells_of_the_others() -> None:
    raw = "controls:\n  usb_rule: 多分\n  usb_enforce: yes\n  usb_enforced: yes\n  1: 2\n  default_passwords_changed: [yes]\n"
    answered = read_questionnaire(raw.encode(), RULES)
    assert set(answered.declarations.facts) == {"usb_enforced"}
    assert [(problem.line, problem.rule) for problem in answered.problems] == [
        (2, "questionnaire.no-such-answer"),
        (3, "questionnaire.no-such-question"),
        (5, "questionnaire.no-such-question"),
        (6, "questionnaire.no-such-answer"),
    ]
    assert "「usb_enforced」のことではありませんか" in answered.problems[1].message.ja


def test_read_questionnaire_names_the_answers_that_would_do() -> None:
    (problem,) = read_questionnaire("controls: {usb_rule: 多分}".encode(), RULES).problems
    assert "yes（文書で決めている）、partly" in problem.message.ja
    assert "no (No rule)" in problem.message.en


@pytest.mark.parametrize("raw", [b"", b"staff: 3\nthreats: [1, 2]\n", b"controls:\n"])
def test_read_questionnaire_leaves_other_parts_alone(raw: bytes) -> None:
    answered = read_questionnaire(raw, RULES)
    assert answered.declarations.facts == {}
    assert answered.problems == ()


@pytest.mark.parametrize("controls", ["[a, b]", "yes", "5"])
def test_read_questionnaire_says_what_the_form_is(controls: str) -> None:
    (problem,) = read_questionnaire(f"controls: {controls}".encode(), RULES).problems
    assert problem.line == 1


def test_read_questionnaire_drops_a_remark_with_a_password_and_says_so() -> None:
    raw = "controls:\n  usb_rule: {value: yes, remark: 'ルータの ID: admin / PW: Tops3cret!'}\n".encode()
    answered = read_questionnaire(raw, RULES)
    assert answered.declarations.of("usb_rule").value == "yes"
    assert "Tops3cret" not in repr(answered)
    assert [problem.rule for problem in answered.problems] == ["questionnaire.credentials-present"]


def test_read_questionnaire_never_repeats_an_answer_it_does_not_know() -> None:
    raw = b"controls: {usb_rule: Tops3cret!, Tops3cret: yes, passwords: {admin: Tops3cret!}}"
    assert "Tops3cret" not in repr(read_questionnaire(raw, RULES))
