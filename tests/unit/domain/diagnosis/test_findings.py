"""Findings: their key, and how those of several tools become one."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.findings import Certainty, Evidence, Finding, Severity, merged, ordered

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def finding(kind: str = "smb-v1", **changes: object) -> Finding:
    usual: dict[str, object] = {"address": "203.0.113.10", "protocol": "tcp", "port": 445}
    return Finding(kind, **(usual | changes))  # type: ignore[arg-type]


def test_key_holds_no_wording_and_no_tool() -> None:
    ours = finding(facts={"said": "a"}, evidence=(Evidence("nmap 7.93"),), severity=Severity.URGENT)
    theirs = finding(facts={"said": "b"}, evidence=(Evidence("Nessus"),), certainty=Certainty.STATED)
    assert ours.key == theirs.key


def test_key_tells_the_two_protocols_of_a_port_apart() -> None:
    assert finding("dns-open-resolver", port=53).key != finding("dns-open-resolver", port=53, protocol="udp").key


def test_key_of_a_dynamic_connection_survives_a_new_address() -> None:
    old, new = (finding(address=address, place="line:回線3") for address in ("203.0.113.10", "203.0.113.99"))
    assert old.key == new.key
    assert finding().key != finding(address="203.0.113.99").key


def test_merged_keeps_the_evidence_of_all_and_the_surest_words() -> None:
    banner = finding(certainty=Certainty.STATED, facts={"version": "1", "product": "x"}, evidence=(Evidence("Nessus"),))
    tested = finding(certainty=Certainty.CONFIRMED, facts={"version": "2"}, evidence=(Evidence("nmap 7.93"),))
    (one,) = merged([banner, tested])
    assert one.certainty is Certainty.CONFIRMED
    assert dict(one.facts) == {"version": "2", "product": "x"}
    assert [piece.source for piece in one.evidence] == ["Nessus", "nmap 7.93"]


def test_merged_takes_the_graver_severity_but_no_unknown_over_a_known_one() -> None:
    (one,) = merged([finding(severity=Severity.PLANNED), finding(severity=Severity.URGENT)])
    assert one.severity is Severity.URGENT
    (one,) = merged([finding(severity=Severity.UNKNOWN), finding(severity=Severity.NOTE)])
    assert one.severity is Severity.NOTE


def test_ordered_puts_what_is_not_known_before_what_can_wait() -> None:
    found = [finding(kind, severity=severity) for kind, severity in (("a", Severity.PLANNED), ("b", Severity.UNKNOWN))]
    assert [one.kind for one in ordered(found)] == ["b", "a"]


def test_every_severity_and_certainty_has_a_word_in_both_languages_and_a_shape_of_its_own() -> None:
    assert len({severity.shape for severity in Severity}) == len(Severity)
    assert all(one.word.ja and one.word.en for one in (*Severity, *Certainty))


FINDINGS = st.builds(
    Finding,
    kind=st.sampled_from(["a", "b"]),
    address=st.sampled_from(["203.0.113.1", "2001:db8::1"]),
    lines=st.lists(st.sampled_from(["回線1", "回線2"]), max_size=2).map(tuple),
    protocol=st.sampled_from(["tcp", "udp"]),
    port=st.sampled_from([53, 443]),
    subject=st.sampled_from(["", "x"]),
    facts=st.dictionaries(st.sampled_from(["product", "version"]), st.sampled_from(["", "1", "2"])),
    certainty=st.sampled_from(Certainty),
    severity=st.sampled_from(Severity),
    evidence=st.lists(st.builds(Evidence, source=st.sampled_from(["nmap", "Nessus"]), seen_at=st.just(AT))).map(tuple),
)


@given(st.lists(FINDINGS, max_size=12), st.randoms())
def test_merged_does_not_depend_on_order_and_is_done_once(found: list[Finding], random: object) -> None:
    once = merged(found)
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merged(shuffled) == once
    assert merged(once) == once
    assert len({one.key for one in once}) == len(once) == len({one.key for one in found})


@given(st.lists(FINDINGS, max_size=8), st.lists(FINDINGS, max_size=8))
def test_merged_loses_no_evidence(first: list[Finding], second: list[Finding]) -> None:
    given_pieces = {(one.key, piece) for one in (*first, *second) for piece in one.evidence}
    kept = {(one.key, piece) for one in merged([*first, *second]) for piece in one.evidence}
    assert kept == given_pieces
