"""The next measure is the one with the most risk removed per effort, and says why."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.catalogue.solution_tables import load_solutions
from sekisho.catalogue.threat_tables import load_threats
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.judgement.fact_sources import DeclaredFacts
from sekisho.domain.judgement.solutions import Kind, Option, effects, lowerings, next_measures
from sekisho.domain.judgement.threats import ThreatsVerdict, judge_threats
from sekisho.domain.register.records import Line, Register
from sekisho.domain.text import Text

KNOWN, OPTIONS = load_threats(), load_solutions()
ALL = (*OPTIONS.own, OPTIONS.cut, *OPTIONS.solutions)
REGISTER = Register(
    lines=(Line(1, ehr_connection="yes", communication="internet_vpn", purpose="department_maintenance"),)
)


def verdict(**answers: str) -> ThreatsVerdict:
    facts = Declarations({key: Declaration(value) for key, value in answers.items()})
    return judge_threats(REGISTER, (DeclaredFacts(facts),), KNOWN)


def option(name: str, effort: int, *puts: str) -> Option:
    said = Text(name, name)
    return Option(name, Kind.OWN, "own", said, said, said, effort, puts)


def test_measures_stand_in_the_order_of_risk_removed_per_effort() -> None:
    chosen = next_measures(verdict(), KNOWN, ALL, limit=30)
    ratios = [measure.per_effort for measure in chosen]
    assert ratios == sorted(ratios, reverse=True)
    assert chosen[0].per_effort == max(
        Fraction(sum((low.removed for low in lowerings(verdict(), one, KNOWN)), Decimal(0))) / one.effort for one in ALL
    )


def test_what_is_in_place_is_not_proposed() -> None:
    in_place = verdict(vendor_remote_mfa="yes", boundary_firmware_current="yes", management_closed="yes")
    chosen = {measure.option.id for measure in next_measures(in_place, KNOWN, ALL, limit=30)}
    assert not chosen & {"own-vendor-mfa", "own-firmware"}


def test_two_ways_to_the_same_control_are_proposed_once() -> None:
    twins = (option("dear", 4, "hole-closed"), option("cheap", 2, "hole-closed"))
    assert [measure.option.id for measure in next_measures(verdict(), KNOWN, twins)] == ["cheap"]


def test_ties_keep_less_effort_then_the_order_of_the_catalogue() -> None:
    same = (option("first", 2, "hole-closed"), option("second", 2, "hole-closed"))
    assert [m.option.id for m in next_measures(verdict(), KNOWN, same)] == ["first"]
    assert [m.option.id for m in next_measures(verdict(), KNOWN, same[::-1])] == ["second"]


def test_a_measure_tells_what_it_lowers_from_what_to_what() -> None:
    chosen = next_measures(verdict(), KNOWN, (option("mfa", 2, "vendor-mfa"),))[0]
    assert [(low.threat, str(low.before.shown), str(low.after.shown)) for low in chosen.lowers] == [
        ("VN-1", "9.0", "8.3")
    ]
    assert "VN-1 9.0→8.3" in chosen.because.ja
    assert "VN-1 9.0→8.3" in chosen.because.en


def test_a_measure_that_may_be_done_already_asks_first() -> None:
    unsure = next_measures(verdict(), KNOWN, (option("mfa", 2, "vendor-mfa"),))[0]
    sure = next_measures(verdict(vendor_remote_mfa="no"), KNOWN, (option("mfa", 2, "vendor-mfa"),))[0]
    assert [control.id for control in unsure.unknown] == ["vendor-mfa"]
    assert "先に確かめてください" in unsure.because.ja
    assert sure.unknown == ()
    assert "ask first" not in sure.because.en


def test_second_measure_counts_from_what_the_first_left() -> None:
    watch, backup = option("watch", 1, "spread-watched"), option("backup", 1, "offline-backup")
    alone = next_measures(verdict(), KNOWN, (backup,))
    both = next_measures(verdict(), KNOWN, (watch, backup))
    # Watching takes availability to partial already: a backup beside it lowers nothing more.
    assert [measure.option.id for measure in alone] == ["backup"]
    assert [measure.option.id for measure in both] == ["watch"]


def test_threats_that_do_not_exist_remove_nothing() -> None:
    nobody = judge_threats(
        replace(REGISTER, lines=(replace(REGISTER.lines[0], purpose="catering"),)),
        (DeclaredFacts(Declarations({"vendor_access_unified": Declaration("none")})),),
        KNOWN,
    )
    assert lowerings(nobody, option("mfa", 1, "vendor-mfa"), KNOWN) == ()


def test_table_of_solutions_by_threats_names_only_what_falls() -> None:
    found = effects(KNOWN, OPTIONS.solutions)
    assert {effect.option for effect in found} == {one.id for one in OPTIONS.solutions}
    assert all(effect.after.risk < effect.before.risk for effect in found)
    pam = {effect.threat for effect in found if effect.option == "pam"}
    assert {"VN-1", "VN-3", "VN-4"} == pam


@settings(max_examples=30, deadline=None)
@given(st.permutations(ALL))
def test_what_is_proposed_first_does_not_hang_on_the_order_unless_equal(options: list[Option]) -> None:
    ratios = [measure.per_effort for measure in next_measures(verdict(), KNOWN, options, limit=3)]
    assert ratios[0] == next_measures(verdict(), KNOWN, ALL, limit=1)[0].per_effort
    assert ratios == sorted(ratios, reverse=True)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(ALL), unique=True))
def test_measures_never_remove_more_than_there_is(options: list[Option]) -> None:
    start = verdict()
    assert sum((m.removed for m in next_measures(start, KNOWN, options, limit=40)), Decimal(0)) <= start.total
