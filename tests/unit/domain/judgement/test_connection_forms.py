"""The advisor orders the forms by a hospital's answers, gives its reasons, and invents no rating."""

from hypothesis import given
from hypothesis import strategies as st

from sekisho.catalogue.solution_tables import load_forms
from sekisho.catalogue.threat_tables import load_threats
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.connection_forms import Advice, advise
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.judgement.fact_sources import DeclaredFacts

FORMS, QUESTIONS = load_forms(), load_threats()


def advice(**answers: Answer[str]) -> Advice:
    facts = Declarations({key: Declaration(value) for key, value in answers.items()})
    return advise((DeclaredFacts(facts),), FORMS, QUESTIONS)


def order(found: Advice) -> list[str]:
    return [one.form.id for one in found.ranked]


def test_without_answers_there_is_no_order_but_the_candidates_of_the_research() -> None:
    found = advice()
    assert order(found)[:3] == ["sase", "isolated-browser", "leased-line"]
    assert {one.points for one in found.ranked} == {0}
    assert "順位は付いていません" in found.note.ja
    assert len(found.missing) == 5
    assert found.needed is None


def test_many_clouds_and_old_machines_ask_for_an_isolated_browser() -> None:
    found = advice(
        cloud_services="many",
        unupdatable_devices="yes",
        client_software_allowed="no",
        addresses_overlap="yes",
        network_staff="partly",
    )
    assert order(found)[0] == "isolated-browser"
    assert order(found)[-1] in {"site-to-site-vpn", "remote-access-vpn", "ssl-vpn", "browser"}
    assert found.missing == ()


def test_one_cloud_and_nobody_for_networks_ask_for_a_closed_line() -> None:
    found = advice(
        cloud_services="one",
        unupdatable_devices="yes",
        client_software_allowed="no",
        addresses_overlap="no",
        network_staff="no",
    )
    assert {"leased-line", "ip-vpn"} & set(order(found)[:3])


def test_software_that_may_not_be_installed_puts_every_client_last() -> None:
    found = advice(cloud_services="few", client_software_allowed="no")
    assert set(order(found)[-2:]) == {"remote-access-vpn", "ssl-vpn"}


def test_each_point_has_its_reason() -> None:
    for one in advice(cloud_services="many", addresses_overlap="yes", network_staff="no").ranked:
        assert one.points == sum(rule.points for rule in one.reasons)
        assert all(rule.because.ja.endswith("。") for rule in one.reasons)
        assert {rule.fact for rule in one.open} <= {"client_software_allowed", "unupdatable_devices"}


def test_order_says_that_it_is_sekishos_own() -> None:
    assert "Sekisho が付けたもの" in advice(cloud_services="one").note.ja


def test_no_cloud_planned_needs_no_form() -> None:
    assert advice(cloud_services="no").needed is False
    assert advice(cloud_services="one").needed is True


@given(
    st.dictionaries(
        st.sampled_from(FORMS.asked),
        st.sampled_from(["yes", "no", "partly", "one", "few", "many", "nonsense", None, Unknown()]),
    )
)
def test_every_form_stands_once_in_a_stable_order(answers: dict[str, Answer[str]]) -> None:
    found = advice(**answers)
    assert sorted(order(found)) == sorted(form.id for form in FORMS.forms)
    assert order(found) == order(advice(**answers))
    points = [one.points for one in found.ranked]
    assert points == sorted(points, reverse=True)
