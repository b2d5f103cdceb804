"""Matching: configurations with AND and OR, "running on", what has no versions, several sources; each verdict with its reason."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.tri import Tri
from sekisho.domain.values import replace
from sekisho.domain.vulnerabilities.advisories import (
    Advisory,
    Claim,
    Configuration,
    Exploited,
    Likelihood,
    Node,
    Score,
    Source,
)
from sekisho.domain.vulnerabilities.candidates import candidates_of, hear
from sekisho.domain.vulnerabilities.claims import installed
from sekisho.domain.vulnerabilities.knowledge import KnowledgeBase
from sekisho.domain.vulnerabilities.lifecycles import Cycle, LifeCycle
from sekisho.domain.vulnerabilities.matching import Confidence, Matcher, gaps, match
from sekisho.domain.vulnerabilities.priority import Situation, Urgency
from sekisho.domain.vulnerabilities.products import Product, ProductName
from sekisho.domain.vulnerabilities.stored import advisory_of, plain_advisory

TODAY = date(2026, 11, 21)
FORTIOS = ProductName("o", "fortinet", "fortios")
FORTIPROXY = ProductName("a", "fortinet", "fortiproxy")
FG60F = ProductName("h", "fortinet", "fortigate-60f")
FG100D = ProductName("h", "fortinet", "fortigate_100d")


def advisory(*configurations, cve="CVE-2024-0001", source=Source.NVD, **more):
    made = tuple(one if isinstance(one, Configuration) else Configuration((Node((one,)),)) for one in configurations)
    return Advisory(cve, source, made, **more)


def fortigate(version="7.2.4", around=(), **more):
    return Product((FORTIOS,), version, "fortios", "FortiGate-60F", around, **more)


def the_match(product, *advisories, situation=None, **knowledge):
    (found,) = match(product, KnowledgeBase(advisories, **knowledge), today=TODAY, situation=situation, unaffected=True)
    return found


RANGE = Claim(FORTIOS, low="7.2.0", high="7.2.5")


def test_match_says_affected_inside_a_range_with_the_range_and_the_fix():
    found = the_match(fortigate(), advisory(RANGE))
    assert (found.verdict, found.confidence, found.fixed_in) == (Tri.YES, Confidence.EXACT, ("7.2.5",))
    assert "7.2.0 以上 7.2.5 未満" in found.reason.ja
    assert "from 7.2.0 before 7.2.5" in found.reason.en


@pytest.mark.parametrize("version", ["7.2.5", "7.4.0", "7.0.17", "6.4.15"])
def test_match_says_not_affected_outside_a_range(version):
    found = the_match(fortigate(version), advisory(RANGE))
    assert (found.verdict, found.priority.urgency) == (Tri.NO, Urgency.NONE)
    assert "入っていません" in found.reason.ja


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("", "版が分からない"),
        ("7.2", "比べられません"),
        ("最新", "書き方を読み取れない"),
        ("v7", "書き方を読み取れない"),
    ],
)
def test_match_cannot_tell_what_the_version_leaves_open(version, said):
    found = the_match(fortigate(version), advisory(RANGE))
    assert found.verdict is Tri.UNKNOWN
    assert said in found.reason.ja


def test_match_leaves_out_what_does_not_affect_unless_asked():
    assert match(fortigate("7.4.0"), KnowledgeBase([advisory(RANGE)]), today=TODAY) == ()


def test_a_range_without_lower_bound_reaches_down():
    assert the_match(fortigate("5.0.0"), advisory(Claim(FORTIOS, high="7.2.5"))).verdict is Tri.YES


def test_a_range_without_upper_bound_reaches_up():
    found = the_match(fortigate("9.0.0"), advisory(Claim(FORTIOS, low="7.2.0", low_included=False)))
    assert (found.verdict, found.fixed_in) == (Tri.YES, ())


@pytest.mark.parametrize(("included", "verdict"), [(True, Tri.YES), (False, Tri.NO)])
def test_a_bound_is_meant_itself_only_when_it_says_so(included, verdict):
    assert (
        the_match(fortigate("7.2.5"), advisory(Claim(FORTIOS, high="7.2.5", high_included=included))).verdict is verdict
    )
    low = advisory(Claim(FORTIOS, low="7.2.5", low_included=included))
    assert the_match(fortigate("7.2.5"), low).verdict is verdict


def test_any_version_without_bounds_is_product_only_and_never_exact():
    found = the_match(fortigate(), advisory(Claim(FORTIOS)))
    assert (found.verdict, found.confidence) == (Tri.YES, Confidence.PRODUCT_ONLY)
    assert "すべての版" in found.reason.ja


def test_not_applicable_matches_nothing_we_detect():
    assert the_match(fortigate(), advisory(Claim(FORTIOS, version="-"))).verdict is Tri.NO
    assert the_match(fortigate(""), advisory(Claim(FORTIOS, version="-"))).verdict is Tri.NO


OPENSSH = ProductName("a", "openbsd", "openssh")


@pytest.mark.parametrize(
    ("update", "version", "verdict"),
    [("p1", "9.2p1", Tri.YES), ("p1", "9.2p2", Tri.NO), ("p1", "9.3p1", Tri.NO), ("*", "9.2p2", Tri.YES), ("-", "9.2p2", Tri.NO), ("p1", "", Tri.UNKNOWN)],
)  # fmt: skip
def test_an_exact_version_with_an_update_means_that_update(update, version, verdict):
    product = Product((OPENSSH,), version, "openssh")
    assert the_match(product, advisory(Claim(OPENSSH, version="9.2", update=update))).verdict is verdict


@pytest.mark.parametrize(
    ("update", "version", "verdict"),
    [("h1", "10.2.9-h1", Tri.YES), ("h1", "10.2.9", Tri.NO), ("-", "10.2.9", Tri.YES), ("-", "10.2.9-h1", Tri.NO), ("*", "10.2.9-h14", Tri.YES)],
)  # fmt: skip
def test_a_hotfix_of_pan_os_is_cpes_update(update, version, verdict):
    name = ProductName("o", "paloaltonetworks", "pan-os")
    assert (
        the_match(Product((name,), version, "pan_os"), advisory(Claim(name, version="10.2.9", update=update))).verdict
        is verdict
    )


def test_a_list_of_exact_versions_of_ios_is_looked_through():
    name = ProductName("o", "cisco", "ios")
    listed = Configuration(
        (Node(tuple(Claim(name, version=one) for one in ("15.7(3)m", "15.8(3)m2", "12.2ya", "zzz"))),)
    )
    assert the_match(Product((name,), "15.8(3)M2", "ios"), advisory(listed)).verdict is Tri.YES
    assert the_match(Product((name,), "15.8(3)M3", "ios"), advisory(listed)).verdict is Tri.NO


# AND, OR, running on


def running_on(hardware, vulnerable=False):
    return Configuration((Node((RANGE,)), Node((Claim(hardware, vulnerable, version="-"),))), is_all=True)


def test_running_on_the_hardware_at_hand_affects():
    assert the_match(fortigate(around=(FG60F,)), advisory(running_on(FG60F))).verdict is Tri.YES


def test_running_on_other_hardware_of_the_family_does_not_affect():
    assert the_match(fortigate(around=(FG60F,)), advisory(running_on(FG100D))).verdict is Tri.NO


def test_running_on_unknown_hardware_cannot_be_told_and_names_it():
    found = the_match(fortigate(), advisory(running_on(FG100D)))
    assert found.verdict is Tri.UNKNOWN
    assert "fortinet fortigate 100d" in found.reason.ja


def test_running_on_never_excludes_what_is_only_spelled_otherwise():
    found = the_match(
        fortigate(around=(ProductName("h", "fortinet", "fortigate-60f-poe"),)), advisory(running_on(FG60F))
    )
    assert found.verdict is Tri.UNKNOWN


def test_a_version_outside_is_not_affected_whatever_it_runs_on():
    assert the_match(fortigate("7.4.1"), advisory(running_on(FG100D))).verdict is Tri.NO


def test_a_condition_raises_no_finding_for_what_it_names():
    windows = ProductName("o", "microsoft", "windows_server_2019")
    on_windows = Configuration((Node((Claim(FORTIPROXY, high="9"),)), Node((Claim(windows, False),))), is_all=True)
    knowledge = KnowledgeBase([advisory(on_windows)])
    assert match(Product((windows,), "10.0.17763.1", "windows"), knowledge, today=TODAY, unaffected=True) == ()


def test_another_program_that_must_be_there_too_leaves_it_open():
    both = Configuration((Node((RANGE,)), Node((Claim(FORTIPROXY, high="8.0"),))), is_all=True)
    assert the_match(fortigate(), advisory(both)).verdict is Tri.UNKNOWN


def test_other_products_of_the_same_list_change_nothing():
    listed = Configuration((Node((Claim(FORTIPROXY, high="8.0"), RANGE, Claim(FG100D, True, version="-"))),))
    assert the_match(fortigate(), advisory(listed)).verdict is Tri.YES
    assert the_match(fortigate("7.4.0"), advisory(listed)).verdict is Tri.NO


def test_one_affected_configuration_is_enough():
    assert the_match(fortigate(), advisory(running_on(FG100D), RANGE)).verdict is Tri.YES


def test_negate_turns_a_condition_round():
    but_not = Configuration((Node((RANGE,)), Node((Claim(FG60F, False, version="-"),), negate=True)), is_all=True)
    assert the_match(fortigate(around=(FG60F,)), advisory(but_not)).verdict is Tri.NO
    assert the_match(fortigate(around=(FG100D,)), advisory(but_not)).verdict is Tri.YES
    assert the_match(fortigate(), advisory(but_not)).verdict is Tri.UNKNOWN


def test_target_software_is_a_condition():
    claim = Claim(FORTIPROXY, high="8.0", on_software="windows")
    product = Product((FORTIPROXY,), "7.0.0", "fortios")
    assert the_match(product, advisory(claim)).verdict is Tri.UNKNOWN
    on = {"windows": Tri.YES, "linux": Tri.NO}
    for system, verdict in on.items():
        vendor = {"windows": "microsoft", "linux": "debian"}[system]
        placed = Product((FORTIPROXY,), "7.0.0", "fortios", around=(ProductName("o", vendor, f"{system}_10"),))
        assert the_match(placed, advisory(claim)).verdict is verdict


def test_a_generic_system_is_met_by_its_versions():
    claim = Claim(ProductName("o", "microsoft", "windows"), False, version="-")
    on_windows = Configuration((Node((Claim(FORTIPROXY, high="8.0"),)), Node((claim,))), is_all=True)
    placed = Product((FORTIPROXY,), "7.0.0", "fortios", around=(ProductName("o", "microsoft", "windows_server_2019"),))
    assert the_match(placed, advisory(on_windows)).verdict is Tri.YES


# Sources


@pytest.mark.parametrize("source", [Source.JVN, Source.KEV])
def test_a_source_without_versions_only_names_the_product(source):
    found = the_match(fortigate(), advisory(Claim(FORTIOS), source=source, title="題名"))
    assert (found.verdict, found.confidence) == (Tri.UNKNOWN, Confidence.PRODUCT_ONLY)


def test_the_makers_own_advisory_is_heard_before_nvd():
    maker = advisory(Claim(FORTIOS, low="7.2.0", high="7.2.4", high_included=False), source=Source.FORTINET)
    found = the_match(fortigate("7.2.4"), advisory(RANGE), maker)
    assert (found.verdict, found.source) == (Tri.NO, Source.FORTINET)


def test_nvd_answers_what_the_maker_leaves_open():
    maker = advisory(running_on(FG100D), source=Source.FORTINET)
    found = the_match(fortigate(), maker, advisory(RANGE))
    assert (found.verdict, found.source) == (Tri.YES, Source.NVD)


def test_words_of_the_exploited_catalogue_do_not_count_where_versions_are_known():
    elsewhere = advisory(Claim(FORTIPROXY, high="8.0"))
    named = advisory(Claim(FORTIOS), source=Source.KEV)
    assert match(fortigate(), KnowledgeBase([elsewhere, named]), today=TODAY, unaffected=True) == ()
    assert match(fortigate(), KnowledgeBase([named]), today=TODAY)[0].verdict is Tri.UNKNOWN


def test_a_rejected_number_says_nothing():
    assert match(fortigate(), KnowledgeBase([advisory(RANGE, status="Rejected")]), today=TODAY, unaffected=True) == ()


def test_jvn_gives_the_japanese_title():
    jvn = advisory(Claim(FORTIOS), source=Source.JVN, title="FortiOS における境界外書き込みの脆弱性")
    found = the_match(fortigate(), advisory(RANGE, summary="An out-of-bounds write."), jvn)
    assert (found.title.ja, found.title.en) == (jvn.title, "An out-of-bounds write.")
    assert found.source is Source.NVD


@pytest.mark.parametrize(
    "version", ["9.2p1 Debian 2+deb12u3", "OpenSSH_8.9p1 Ubuntu-3ubuntu0.10", "1:9.2p1-2+deb12u3", "8.7p1-38.el9"]
)
def test_what_a_distribution_mends_in_place_cannot_be_told_by_number(version):
    found = the_match(Product((OPENSSH,), version, "openssh"), advisory(Claim(OPENSSH, low="8.5p1", high="9.8p1")))
    assert found.verdict is Tri.UNKNOWN
    assert "配布元" in found.reason.ja


def test_a_distributions_version_outside_of_the_range_is_not_affected():
    product = Product((OPENSSH,), "9.9p1 Debian 2", "openssh")
    assert the_match(product, advisory(Claim(OPENSSH, high="9.8p1"))).verdict is Tri.NO


def test_a_concluded_version_is_rough():
    assert the_match(fortigate(is_rough=True), advisory(RANGE)).confidence is Confidence.ROUGH


def test_the_newest_version_of_cvss_counts():
    scores = (Score("3.1", 9.8), Score("4.0", 8.7), Score("2.0", 10.0))
    assert the_match(fortigate(), advisory(RANGE, scores=scores)).cvss == Score("4.0", 8.7)


# Priority, order, end of support


def kev(ransomware=False, cve="CVE-2024-0001"):
    return Exploited(cve, date(2024, 2, 9), ransomware, title="a title")


@pytest.mark.parametrize(
    ("facts", "exposed", "urgency"),
    [
        ({"exploited": [kev(True)]}, Tri.NO, Urgency.NOW),
        ({"exploited": [kev()]}, Tri.YES, Urgency.NOW),
        ({"exploited": [kev()]}, Tri.UNKNOWN, Urgency.NOW),
        ({"exploited": [kev()]}, Tri.NO, Urgency.SOON),
        ({"likelihoods": [Likelihood("CVE-2024-0001", 0.2, 0.95)]}, Tri.YES, Urgency.SOON),
        ({"likelihoods": [Likelihood("CVE-2024-0001", 0.2, 0.95)]}, Tri.NO, Urgency.PLANNED),
        ({"likelihoods": [Likelihood("CVE-2024-0001", 0.01, 0.5)]}, Tri.YES, Urgency.WATCHED),
        ({}, Tri.UNKNOWN, Urgency.WATCHED),
    ],
)
def test_priority_rises_with_exploitation_exposure_and_likelihood(facts, exposed, urgency):
    found = the_match(fortigate(), advisory(RANGE), situation=Situation(exposed), **facts)
    assert found.priority.urgency is urgency
    assert found.priority.reasons


@pytest.mark.parametrize(
    ("base", "exposed", "urgency"),
    [(9.8, Tri.YES, Urgency.SOON), (9.8, Tri.NO, Urgency.PLANNED), (7.5, Tri.YES, Urgency.PLANNED), (7.5, Tri.NO, Urgency.WATCHED), (5.0, Tri.YES, Urgency.WATCHED)],
)  # fmt: skip
def test_priority_rises_with_severity(base, exposed, urgency):
    found = the_match(fortigate(), advisory(RANGE, scores=(Score("3.1", base),)), situation=Situation(exposed))
    assert found.priority.urgency is urgency


def test_critical_systems_behind_the_device_raise_the_priority_by_one_and_say_so():
    scored = advisory(RANGE, scores=(Score("3.1", 5.0),))
    found = the_match(fortigate(), scored, situation=Situation(Tri.YES, reach=40, critical=3))
    assert found.priority.urgency is Urgency.PLANNED
    assert any("3 台" in reason.ja for reason in found.priority.reasons)


def test_what_cannot_be_told_is_never_now_but_first_found_out():
    found = the_match(fortigate(""), advisory(RANGE), exploited=[kev(True)])
    assert (found.verdict, found.priority.urgency) == (Tri.UNKNOWN, Urgency.SOON)


def test_matches_come_with_ransomware_first_then_exploited_then_likely():
    cves = [f"CVE-2024-000{number}" for number in range(1, 6)]
    advisories = [advisory(RANGE, cve=cve, scores=(Score("3.1", 9.9),)) for cve in cves]
    knowledge = KnowledgeBase(
        advisories,
        exploited=[kev(cve=cves[3]), kev(True, cve=cves[4])],
        likelihoods=[Likelihood(cves[2], 0.9, 0.99), Likelihood(cves[1], 0.3, 0.97)],
    )
    found = match(fortigate(), knowledge, today=TODAY)
    assert [one.cve for one in found] == [cves[4], cves[3], cves[2], cves[1], cves[0]]
    assert found[0].ransomware


def test_every_match_carries_the_end_of_support():
    cycles = LifeCycle(
        "FortiOS", (FORTIOS.key,), (Cycle("7.2", "7.2", supported_until=date(2026, 9, 30)),), "endoflife.date"
    )
    assert the_match(fortigate(), advisory(RANGE), lifecycles=[cycles]).end_of_support == date(2026, 9, 30)


# What nobody can answer


def test_a_product_that_no_feed_names_is_a_gap_and_not_safe():
    rtx = Product((ProductName("o", "yamaha", "rtx1210_firmware"),), "Rev.14.01.40", "yamaha", "RTX1210")
    (gap,) = gaps(rtx, KnowledgeBase(), ())
    assert "安全という意味ではありません" in gap.ja


def test_an_unknown_version_is_a_gap():
    knowledge = KnowledgeBase([advisory(RANGE)])
    assert "版が分からない" in gaps(fortigate(""), knowledge, ())[0].ja
    assert "読み取れません" in gaps(fortigate("最新"), knowledge, ())[0].ja
    assert gaps(fortigate("7.4.1"), knowledge, ()) == ()


# Many devices


def test_a_matcher_answers_as_match_does_and_forgets_when_knowledge_changes():
    class Changing(KnowledgeBase):
        revision = "1"

    knowledge = Changing([advisory(RANGE)])
    matcher = Matcher(knowledge)
    first = matcher.match(fortigate(), today=TODAY)
    assert first == match(fortigate(), knowledge, today=TODAY)
    assert matcher.match(fortigate(), today=TODAY) is first
    Changing.revision = "2"
    knowledge._advisories.clear()
    assert matcher.match(fortigate(), today=TODAY) == ()


names = st.sampled_from([FORTIOS, FORTIPROXY, FG60F, FG100D])
versions = st.sampled_from(["*", "-", "7.2.4", "7.2", "7.4.1", "x"])
bounds = st.sampled_from(["", "7.0.0", "7.2.4", "7.2.5", "7.2", "broken"])
claims = st.builds(
    Claim,
    names,
    st.booleans(),
    versions,
    st.sampled_from(["*", "-", "p1"]),
    bounds,
    st.booleans(),
    bounds,
    st.booleans(),
)
nodes = st.builds(Node, st.lists(claims, max_size=3).map(tuple), st.booleans(), st.booleans())
configurations = st.builds(Configuration, st.lists(nodes, max_size=3).map(tuple), st.booleans(), st.booleans())
times = st.sampled_from([None, datetime(2024, 5, 1, 12, 0, tzinfo=UTC)])
advisories = st.builds(
    Advisory,
    st.just("CVE-2024-0001"),
    st.sampled_from(Source),
    st.lists(configurations, max_size=3).map(tuple),
    st.lists(st.builds(Score, st.sampled_from(["3.1", "4.0"]), st.floats(0, 10)), max_size=2).map(tuple),
    st.text(max_size=5),
    modified_at=times,
    references=st.lists(st.text(max_size=5), max_size=2).map(tuple),
)


@given(advisories)
def test_an_advisory_is_stored_and_read_back(one):
    assert advisory_of(plain_advisory(one)) == one


@given(advisories, st.sampled_from(["7.2.4", "7.4.1", "", "7.2", "broken"]))
def test_no_advisory_breaks_matching_and_learning_the_version_never_contradicts(one, version):
    knowledge = KnowledgeBase([one])
    unknown = match(fortigate(""), knowledge, today=TODAY, unaffected=True)
    found = match(fortigate(version), knowledge, today=TODAY, unaffected=True)
    assert len(found) == len(unknown) <= 1
    is_plain = not any(each.negate or any(node.negate for node in each.nodes) for each in one.configurations)
    if found and is_plain and unknown[0].verdict is Tri.NO:
        assert found[0].verdict is Tri.NO


@given(advisories)
def test_learning_the_hardware_never_turns_a_known_verdict_round(one):
    knowledge = KnowledgeBase([one])
    before = match(fortigate(), knowledge, today=TODAY, unaffected=True)
    after = match(fortigate(around=(FG60F,)), knowledge, today=TODAY, unaffected=True)
    if before and before[0].verdict is not Tri.UNKNOWN:
        assert after[0].verdict is before[0].verdict


# Places between bounds against claims one by one

OF_ORDER = {
    "fortios": ("o:x:f", ["7.0.0", "7.2.4", "7.2.5", "7.2", "v7.4.1,build9", "6.4", "broken", ""]),
    "ios": ("o:x:i", ["15.2(4)M6", "15.2(4)E8", "15.8(3)M2", "12.4(6)T2", "12.4(25)", "15.8", "12.2ya", "x", ""]),
    "junos": ("o:x:j", ["21.4R3-S5.4", "21.4", "21.4r3", "12.1X46-D65", "12.1X47-D10", "12.1R3", "21.2R1", ""]),
    "pan_os": ("o:x:p", ["10.2.9", "10.2.9-h1", "10.2.9-h14", "10.2", "11.0.0", "10.2.0-b3", ""]),
    "openssh": ("a:x:s", ["9.2", "9.2p1", "9.2p2", "9.3p1", "9.2p1 Debian 2", "8.0", ""]),
    "yamaha": ("o:x:y", ["14.01.38", "Rev.14.01.40", "15.02.17", "14.01", ""]),
    "windows": ("o:x:w", ["10.0.17763.5329", "10.0.17763.5328", "17763", "10.0.19045.1", ""]),
    "generic": ("a:x:g", ["1.0", "1.0.0", "1.0rc1", "1.0p1", "1.1", "2.0-beta", "x", ""]),
}


@st.composite
def asked(draw):
    order = draw(st.sampled_from(sorted(OF_ORDER)))
    key, written = OF_ORDER[order]
    name = ProductName.of(key)
    some = st.sampled_from(written)
    claim = st.builds(
        Claim, st.sampled_from([name, FORTIPROXY]), st.sampled_from([True, True, False]),
        st.one_of(st.just("*"), st.just("*"), st.just("-"), some.map(str.lower).map(lambda text: text or "*")),
        st.sampled_from(["*", "*", "-", "p1", "h1"]), some, st.booleans(), some, st.booleans(),
        st.sampled_from(["*", "*", "*", "windows"]),
    )  # fmt: skip
    node = st.builds(Node, st.lists(claim, min_size=1, max_size=4).map(tuple), st.sampled_from([False, False, True]))
    configuration = st.builds(
        Configuration, st.lists(node, min_size=1, max_size=2).map(tuple), st.sampled_from([False, False, True])
    )
    lists = st.lists(configuration, min_size=1, max_size=2).map(tuple)
    sources = st.sampled_from([Source.NVD, Source.NVD, Source.FORTINET, Source.JVN])
    made = st.builds(Advisory, st.sampled_from([f"CVE-2024-000{number}" for number in range(6)]), sources, lists)
    return Product((name,), draw(some), order), draw(st.lists(made, max_size=12)), draw(st.lists(some, max_size=4))


@given(asked())
def test_places_say_the_same_as_claims_one_by_one(drawn):
    product, given_advisories, others = drawn
    knowledge = KnowledgeBase(given_advisories)
    matcher = Matcher(knowledge)
    for version in others:
        # What was worked out for other versions must not change the answer.
        matcher.match(replace(product, version=version), today=TODAY, unaffected=True)
    found = {
        one.cve: (one.verdict, one.source, set(one.ground.claims))
        for one in matcher.match(product, today=TODAY, unaffected=True)
    }
    own = installed(product)
    heard = {
        one.cve: hear(one, product, own) for one in candidates_of(knowledge.advisories_of(product.keys[0]), knowledge)
    }
    wanted = {cve: (one.ground.verdict, one.advisory.source) for cve, one in heard.items()}
    assert {cve: one[:2] for cve, one in found.items()} == wanted
