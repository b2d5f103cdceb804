"""注目情報: one word per line by explicit rules; what is not known is never "-" as if it were safe."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.diagnosis.results import AddressScan, ObservedPort
from sekisho.domain.facts import Unknown
from sekisho.domain.register.records import Line
from sekisho.domain.reporting.attention import CLOSED, FACES_INTERNET, RULES, Attention, LineResult, results
from tests.factories.reporting import EDITION, line

ADDRESS = "203.0.113.9"
OPEN_LINE = line(
    1,
    communication="internet_vpn",
    ehr_connection="yes",
    global_ip="yes",
    address_assignment="fixed",
    global_address=ADDRESS,
    scan_wanted="wanted",
)


def scan(*ports: ObservedPort, address: str = ADDRESS, is_up: bool = True, day: int = 14) -> AddressScan:
    return AddressScan(address, datetime(2026, 11, day, tzinfo=UTC), is_up, ports, "line.xml", "nmap 7.93")


def judged(answers: Line, *scans: AddressScan) -> LineResult:
    return results([answers], scans)[0]


def test_attention_is_caution_when_a_port_answers():
    found = judged(OPEN_LINE, scan(ObservedPort("tcp", 443, "open"), ObservedPort("tcp", 22, "closed")))
    assert (found.attention, found.rule_id) == (Attention.CAUTION, "ATT-OPEN")
    assert "443/tcp" in found.result.ja
    assert "22/tcp" not in found.result.ja


def test_attention_says_no_open_port_only_after_a_run_that_covered_the_address():
    found = judged(OPEN_LINE, scan())
    assert (found.attention, found.rule_id, found.is_examined) == (Attention.NONE, "OK-NO-OPEN", True)
    assert "オープンポートは確認されませんでした" in found.result.ja
    assert "2026-11-14" in found.result.ja


def test_attention_says_of_silent_udp_that_it_is_not_proven_closed():
    found = judged(OPEN_LINE, scan(ObservedPort("udp", 500, "open|filtered")))
    assert (found.attention, found.rule_id) == (Attention.NONE, "OK-UNDECIDED")
    assert "500/udp は返事がなく" in found.result.ja


@pytest.mark.parametrize(
    ("answers", "scans", "rule"),
    [
        (OPEN_LINE, (), "UNK-NOT-SCANNED"),
        (OPEN_LINE, (scan(address="203.0.113.10"),), "UNK-NOT-SCANNED"),
        (OPEN_LINE, (scan(is_up=False),), "UNK-NO-ANSWER"),
        (replace(OPEN_LINE, global_address="192.168.10.1"), (scan(address="192.168.10.1"),), "UNK-INSIDE-ADDRESS"),
        (replace(OPEN_LINE, global_address="0.0.0.0"), (), "UNK-INSIDE-ADDRESS"),
        (replace(OPEN_LINE, global_address="fe80::1"), (), "UNK-INSIDE-ADDRESS"),
        (replace(OPEN_LINE, global_address="回線の人に聞く"), (), "UNK-INSIDE-ADDRESS"),
        (replace(OPEN_LINE, scan_wanted="not_wanted"), (), "UNK-DECLINED"),
        (replace(OPEN_LINE, global_address=None), (), "UNK-ADDRESS"),
        (replace(OPEN_LINE, global_address=Unknown("台帳になし")), (scan(),), "UNK-ADDRESS"),
        (replace(OPEN_LINE, communication=None), (), "UNK-COMMUNICATION"),
        (replace(OPEN_LINE, communication=Unknown()), (scan(),), "UNK-COMMUNICATION"),
        (replace(OPEN_LINE, communication="たぶん専用線"), (), "UNK-COMMUNICATION"),
        (replace(OPEN_LINE, communication="ip_vpn", global_ip="yes"), (), "UNK-CLOSED-GLOBAL"),
        (replace(OPEN_LINE, address_assignment="dynamic", global_address=None), (), "UNK-DYNAMIC"),
        (
            replace(
                OPEN_LINE,
                address_assignment="dynamic",
                global_address=None,
                scan_day_check="unconfirmed",
                scan_day_address=ADDRESS,
            ),
            (scan(),),
            "UNK-DYNAMIC",
        ),
        (replace(OPEN_LINE, ehr_connection=Unknown(), global_address=None), (), "UNK-ADDRESS"),
    ],
)
def test_attention_is_not_examined_when_something_is_unknown(answers, scans, rule):
    found = judged(answers, *scans)
    assert (found.attention, found.rule_id) == (Attention.NOT_EXAMINED, rule)
    assert "オープンポートは確認されませんでした" not in found.result.ja


@pytest.mark.parametrize("form", sorted(CLOSED))
def test_attention_leaves_closed_lines_out_of_scope_even_when_a_scan_was_wished(form):
    found = judged(replace(OPEN_LINE, communication=form, global_ip="no", global_address=None, scan_wanted="wanted"))
    assert (found.attention, found.rule_id) == (Attention.NONE, "OUT-CLOSED")
    assert "診断対象外" in found.result.ja


def test_attention_leaves_lines_without_ehr_connection_out_but_not_their_open_ports():
    apart = replace(OPEN_LINE, ehr_connection="no")
    assert judged(apart).rule_id == "OUT-NO-EHR"
    assert judged(apart, scan(ObservedPort("tcp", 3389, "open"))).attention is Attention.CAUTION


def test_attention_uses_a_dynamic_address_that_was_confirmed_on_the_day():
    confirmed = replace(
        OPEN_LINE,
        address_assignment="dynamic",
        global_address=None,
        scan_day_check="confirmed",
        scan_day_address=ADDRESS,
    )
    assert judged(confirmed, scan()).rule_id == "OK-NO-OPEN"


def test_attention_compares_addresses_not_spellings():
    answers = replace(OPEN_LINE, global_address="2001:db8::1")
    found = judged(answers, scan(ObservedPort("tcp", 22, "open"), address="2001:0DB8:0:0::1"))
    assert found.attention is Attention.CAUTION


def test_attention_believes_the_later_run_about_a_port():
    first, second = scan(ObservedPort("tcp", 443, "open"), day=1), scan(ObservedPort("tcp", 443, "closed"), day=20)
    assert judged(OPEN_LINE, first, second).rule_id == "OK-NO-OPEN"
    assert judged(OPEN_LINE, second, first).rule_id == "OK-NO-OPEN"
    assert judged(OPEN_LINE, first, scan(day=20)).attention is Attention.CAUTION


def test_attention_knows_every_form_of_communication_of_the_workbook():
    codes = {option.code for option in EDITION.sheet("lines").column("communication").options}
    assert codes == FACES_INTERNET | CLOSED


def test_attention_rules_have_unique_ids_and_the_last_one_always_holds():
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert RULES[-1].attention is Attention.NOT_EXAMINED


answer = st.sampled_from([None, Unknown("?"), "yes", "no", "internet", "ip_vpn", "fixed", "dynamic", ADDRESS, "x"])


@given(
    communication=answer,
    ehr_connection=answer,
    global_ip=answer,
    address_assignment=answer,
    global_address=answer,
    scan_day_check=st.sampled_from([None, "confirmed", "unconfirmed"]),
    scan_day_address=answer,
    scanned=st.booleans(),
)
def test_attention_never_reads_a_gap_as_safe(scanned, **answers):
    found = judged(Line(number=1, **answers), *([scan()] if scanned else []))
    if found.attention is Attention.NONE:
        assert found.rule_id.startswith("OUT-") or (found.is_examined and scanned)
