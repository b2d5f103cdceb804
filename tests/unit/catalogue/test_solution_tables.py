"""Solutions, own measures and forms load, name what exists, and refuse to load when they do not."""

import pytest

from sekisho.catalogue.errors import CatalogueError
from sekisho.catalogue.solution_tables import (
    FORMS,
    SOLUTIONS,
    WANTED_SOLUTIONS,
    load_forms,
    load_solutions,
    parse_forms,
    parse_solutions,
)
from sekisho.catalogue.threat_tables import FOLDER, load_threats
from sekisho.domain.judgement.connection_forms import Trial, Viewpoint
from sekisho.domain.judgement.level_schema import Certainty

OPTIONS = (FOLDER / SOLUTIONS).read_text(encoding="utf-8")
NINE = (FOLDER / FORMS).read_text(encoding="utf-8")


def test_solutions_are_the_nine_in_their_layers() -> None:
    known = load_solutions()
    assert tuple(option.id for option in known.solutions) == WANTED_SOLUTIONS
    assert {option.layer for option in known.solutions} == {"account", "endpoint", "network", "detection"}


def test_every_effort_and_effect_is_marked_as_our_own() -> None:
    known = load_solutions()
    assert {option.certainty for option in (*known.solutions, *known.own, known.cut)} == {Certainty.OWN}


def test_something_puts_every_control_in_place() -> None:
    known = load_solutions()
    reached = {control for option in (*known.solutions, *known.own, known.cut) for control in option.puts}
    assert reached == {control.id for control in load_threats().controls}


def test_forms_are_nine_with_four_views_each_and_no_rating() -> None:
    known = load_forms()
    assert [form.number for form in known.forms] == list(range(1, 10))
    for form in known.forms:
        assert set(form.views) == set(Viewpoint)
        assert all(not set("◎○△×") & set(view.ja) for view in form.views.values())
        assert all(view.ja.endswith("。") and view.en.endswith(".") for view in form.views.values())
    assert known.certainty is Certainty.READ


def test_forms_to_be_tried_out_are_those_of_the_research() -> None:
    assert [form.id for form in load_forms().forms if form.trial is Trial.CANDIDATE] == ["sase", "isolated-browser"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: pam", "id: iam", "iam stands twice"),
        ("id: ndr", "id: mdr", "the solutions must be"),
        ("layer: endpoint", "layer: endpoints", "unknown layer endpoints"),
        ("puts: [spread-watched]", "puts: []", "puts nothing in place"),
        ("puts: [hole-closed]", "puts: [hole-shut]", "unknown control hole-shut"),
        ("measure: M04-update-vpn", "measure: M99", "unknown measure M99"),
        ("effort: 4", "effort: 0", "TypeError"),
        ("effort: 4", "effort: true", "TypeError"),
        ("puts: [lan-entry-guarded]", "puts: [media-control]", "nothing puts lan-entry-guarded in place"),
    ],
)  # fmt: skip
def test_parse_solutions_stops_on_a_slip(old: str, new: str, says: str) -> None:
    assert old in OPTIONS
    with pytest.raises(CatalogueError) as refused:
        parse_solutions(OPTIONS.replace(old, new, 1))
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("number: 2", "number: 3", "numbered from 1"),
        ("id: ip-vpn", "id: leased-line", "leased-line stands twice"),
        ("poc: candidate", "poc: perhaps", "ValueError"),
        ("traits: [client-software, cuts-lan, inspected]", "traits: [client-software, cuts-lan]", "no form has the trait inspected"),
        ("traits: [line-per-service", "traits: [many-lines, line-per-service", "unknown trait many-lines"),
        ("fact: network_staff, is: [partly]", "fact: network_people, is: [partly]", "unknown fact network_people"),
        ("fact: network_staff, is: [partly]", "fact: network_staff, is: [some]", "some is no option of network_staff"),
        ("points: -2", "points: much", "TypeError"),
        ("guard: {ja: 閉じた", "watch: {ja: 閉じた", "KeyError"),
    ],
)  # fmt: skip
def test_parse_forms_stops_on_a_slip(old: str, new: str, says: str) -> None:
    assert old in NINE
    with pytest.raises(CatalogueError) as refused:
        parse_forms(NINE.replace(old, new, 1))
    assert says in str(refused.value)


@pytest.mark.parametrize("document", ["", "[]", "{", "version: 1", "a: \x00"])
def test_parse_stops_on_what_is_no_catalogue(document: str) -> None:
    for parse in (parse_solutions, parse_forms):
        with pytest.raises(CatalogueError):
            parse(document)
