"""Order of measures: urgency × effect ÷ effort, deterministic, every finding that calls for one is answered."""

from dataclasses import replace

from sekisho.catalogue.reporting import load_report_knowledge
from sekisho.domain.reporting.document import Mark
from sekisho.domain.reporting.findings import Finding
from sekisho.domain.reporting.knowledge import Measure
from sekisho.domain.reporting.ranking import proposals
from sekisho.domain.text import Text
from tests.factories.reporting import level

T = Text("あ", "a")


def measure(name: str, trigger: str, effect: int, effort: int) -> Measure:
    return Measure(name, (trigger,), T, T, T, effort, effect, "", "✎")


def finding(rule: str, urgency: int) -> Finding:
    return Finding(rule, T, T, urgency, Mark.BAD)


def ranked(measures: tuple[Measure, ...], *found: Finding) -> list[str]:
    knowledge = replace(load_report_knowledge(), measures=measures)
    return [p.measure.id for p in proposals(found, knowledge, replace(level(), controls=()))]


def test_ranking_goes_by_urgency_times_effect_over_effort():
    measures = (measure("slow", "a", 4, 4), measure("quick", "a", 4, 1), measure("urgent", "b", 4, 2))
    assert ranked(measures, finding("a", 1), finding("b", 4)) == ["urgent", "quick", "slow"]


def test_ranking_breaks_ties_by_urgency_then_id():
    measures = (measure("b", "x", 2, 1), measure("a", "x", 2, 1), measure("c", "y", 1, 1))
    assert ranked(measures, finding("x", 1), finding("y", 2)) == ["c", "a", "b"]
    assert ranked(measures[::-1], finding("y", 2), finding("x", 1)) == ["c", "a", "b"]


def test_ranking_takes_the_most_urgent_call():
    assert ranked(
        (measure("m", "a", 1, 1), measure("n", "b", 2, 1)), finding("a", 1), finding("a", 3), finding("b", 1)
    ) == ["m", "n"]


def test_ranking_proposes_nothing_that_nobody_calls_for():
    assert ranked((measure("m", "a", 5, 1),), finding("other", 4)) == []
