"""The level catalogue loads, fits together, and refuses to load when it does not."""

from importlib.resources import files

import pytest

from sekisho.catalogue.errors import CatalogueError
from sekisho.catalogue.levels import NAME, load_level_rules, parse_level_rules
from sekisho.domain.judgement.level import Control
from sekisho.domain.judgement.level_schema import FactInput

DOCUMENT = (files("sekisho.catalogue") / NAME).read_text(encoding="utf-8")


def test_level_rules_have_the_three_controls_of_the_level_table() -> None:
    assert [rule.control for rule in load_level_rules().controls] == list(Control)


def test_level_rules_speak_plainly_in_both_languages() -> None:
    rules = load_level_rules()
    for fact in rules.facts:
        assert fact.question.ja.endswith("か。"), fact.key
        assert fact.question.en.endswith("?"), fact.key
        for text in (fact.help, fact.evidence, *(option.label for option in fact.options)):
            assert text.ja
            assert text.en
    for rule in rules.predicates:
        for text in (rule.because.yes, rule.because.no, rule.because.unknown, rule.remedy):
            assert text.ja.endswith("。"), rule.id
            assert text.en.endswith("."), rule.id
            assert "{" not in text.ja + text.en


def test_level_rules_never_take_unknown_or_no_for_satisfied() -> None:
    accepted = {
        (given.fact, code)
        for rule in load_level_rules().predicates
        for given in rule.inputs
        if isinstance(given, FactInput)
        for code in given.accept
    }
    assert not [pair for pair in accepted if pair[1] in ("no", "unknown", "")]


def test_level_rules_never_ask_for_a_password() -> None:
    asked = [fact for fact in load_level_rules().facts if "パスワード" in fact.question.ja]
    assert asked
    assert all("書かないでください" in fact.help.ja for fact in asked)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("yes", "yes"),
        ("はい", "yes"),
        ("ＹＥＳ", "yes"),
        ("一部", "partly"),
        ("×", "no"),
        ("例外はない", "none"),
        ("No exceptions", "none"),
    ],
)
def test_fact_understands_codes_labels_and_spellings(written: str, code: str) -> None:
    option = load_level_rules().fact("usb_exceptions_recorded").option_written(written)
    assert option is not None
    assert option.code == code


@pytest.mark.parametrize("written", ["", "多分", "yesno", "limited"])
def test_fact_does_not_guess(written: str) -> None:
    assert load_level_rules().fact("usb_exceptions_recorded").option_written(written) is None


def test_fact_spellings_never_mean_two_options() -> None:
    for fact in load_level_rules().facts:
        for option in fact.options:
            for way in (option.code, option.label.ja, option.label.en):
                found = fact.option_written(way)
                assert found is not None
                assert found.code == option.code, (fact.key, way)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("fact: usb_rule, accept", "fact: usb_rules, accept", "unknown fact usb_rules"),
        ("register: lines_listed", "register: lines_counted", "unknown measure lines_counted"),
        ("{fact: boundary_device, accept: [\"yes\"]}", "{fact: boundary_device, accept: [\"no\"]}", "satisfied by a “no”"),
        ("{fact: boundary_device, accept: [\"yes\"]}", "{fact: boundary_device, accept: [perhaps]}", "accepts perhaps"),
        ("{fact: boundary_device, accept: [\"yes\"]}", "{fact: boundary_device, accept: []}", "accepts no answer"),
        ("- level.external.boundary-device\n", "- level.external.boundary\n", "unknown rule level.external.boundary"),
        ("- key: usb_enforced", "- key: usb_rule", "usb_rule stands twice"),
        ("  - control: internal\n    title", "  - control: media\n    title", "in this order"),
        ("control: media\n    question", "control: medium\n    question", "medium"),
        ("effort: low", "effort: tiny", "tiny"),
        ('"no": {ja: 決まりはない', "no: {ja: 決まりはない", "a text is wanted"),
        ("id: level.media.enforced\n", "id: level.usb.enforced\n", "must begin with"),
        ("partial: [level.media.some-restraint]", "partial: [level.internal.some-traffic-control]", "another control"),
        ("rules_version:", "version:", "rules_version"),
        ("facts:", "facts: [", "Error"),
    ],
)  # fmt: skip
def test_parse_level_rules_refuses_a_slip(old: str, new: str, complaint: str) -> None:
    assert old in DOCUMENT
    with pytest.raises(CatalogueError, match=complaint):
        parse_level_rules(DOCUMENT.replace(old, new, 1))
