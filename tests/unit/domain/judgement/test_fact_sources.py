"""Which source of a fact is believed."""

from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.judgement.fact_sources import Basis, DeclaredFacts, FactReading, ObservedFacts, readings_of
from sekisho.domain.survey.observations import SurveyObservations, TerminalState
from sekisho.domain.text import Text


class Says:
    def __init__(self, value: Answer[str], basis: Basis) -> None:
        self.said = FactReading(value, basis, Text(basis.value, basis.value))

    def reading(self, fact: str) -> FactReading | None:
        return self.said


def test_readings_of_puts_proven_before_observed_before_declared() -> None:
    sources = [Says("a", Basis.DECLARED), Says("b", Basis.PROVEN), Says("c", Basis.OBSERVED)]
    assert [reading.value for reading in readings_of("f", sources)] == ["b", "c", "a"]


def test_readings_of_puts_any_known_answer_before_an_unknown() -> None:
    sources = [Says(Unknown("読めない行がある"), Basis.PROVEN), Says("yes", Basis.DECLARED)]
    assert readings_of("f", sources)[0].value == "yes"


def test_declared_facts_say_nothing_of_what_was_not_answered() -> None:
    assert DeclaredFacts(Declarations({"a": Declaration(None)})).reading("a") is None
    assert DeclaredFacts(Declarations()).reading("a") is None


def test_declared_facts_keep_an_unknown_with_its_reason() -> None:
    reading = DeclaredFacts(Declarations({"a": Declaration(Unknown("担当者不在"))})).reading("a")
    assert reading is not None
    assert reading.value == Unknown("担当者不在")


def test_observed_facts_distinguish_some_open_pcs_from_all() -> None:
    some = SurveyObservations(
        terminals=(TerminalState(1, usb_storage="read_only"), TerminalState(2, usb_storage="unrestricted"))
    )
    every = SurveyObservations(
        terminals=(TerminalState(1, usb_storage=Unknown()), TerminalState(2, usb_storage="unrestricted"))
    )
    assert [ObservedFacts(survey).reading("usb_enforced").value for survey in (some, every)] == ["partly", "no"]  # type: ignore[union-attr]
