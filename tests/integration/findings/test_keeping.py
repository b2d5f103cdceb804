"""What an observation does to the findings: new, still there, gone, seen again, told by several sources, told late."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sekisho.apps.findings import moves, queries, reports
from sekisho.apps.findings.keeping import Taken
from sekisho.apps.findings.models import Finding, FindingEvidence, Observation, ObservedAddress
from sekisho.apps.findings.runs import keep_run, take_run
from sekisho.domain.diagnosis.results import AddressScan, Covered
from sekisho.domain.diagnosis.statuses import Status
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.files.sniffing import FileRefused
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast
from tests.factories.diagnosis import ADDRESS, make_line
from tests.factories.findings import HTTPS, IKE, RDP, a_result, a_run, a_scan, nessus_xml, nmap_xml

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
MONTH = timedelta(days=30)


@pytest.fixture
def line(cast: Cast) -> Any:
    with hospital_scope(cast.hospital):
        return make_line(cast.hospital, cast.alice, circuit_id="CAF0000001", purpose="画像の遠隔読影")


@pytest.fixture(autouse=True)
def _scope(cast: Cast) -> Any:
    with hospital_scope(cast.hospital):
        yield


def run(cast: Cast, line: Any, *scans: AddressScan) -> Taken:
    return keep_run(a_run(cast.hospital, *([line] if line else [])), a_result(*scans))


def kinds() -> set[str]:
    return {f"{one.kind} {one.port_name}" for one in Finding.objects.filter(status="open")}


def the(kind: str, port: int) -> Finding:
    return Finding.objects.get(kind=kind, port=port)


def test_run_makes_findings_of_its_line_with_evidence(cast: Cast, line: Any) -> None:
    run(cast, line, a_scan(HTTPS, RDP, at=NOW - MONTH))
    found = the("open-port", 3389)
    assert found.lines == ["CAF0000001"]
    assert [tie.line for tie in found.line_ties.all()] == [line]
    assert found.evidence.get().source == "nmap 7.93"
    assert found.evidence.get().file == "block-1.xml"
    assert (found.first_seen_at, found.last_seen_at) == (NOW - MONTH, NOW - MONTH)
    assert "画像の遠隔読影" in queries.spoken(found, queries.line_contexts(found)).why.ja
    assert AuditEvent.objects.get(verb="findings.observation.taken").changes["new"][1] == Finding.objects.count()


def test_same_run_told_twice_changes_nothing(cast: Cast, line: Any) -> None:
    started, result = a_run(cast.hospital, line), a_result(a_scan(RDP, at=NOW))
    take_run(started, result)
    before = [(one.pk, one.version, one.evidence.count()) for one in Finding.objects.order_by("pk")]
    assert before
    take_run(started, result)
    assert [(one.pk, one.version, one.evidence.count()) for one in Finding.objects.order_by("pk")] == before
    assert Observation.objects.count() == 1


def test_run_that_goes_on_adds_to_what_it_had(cast: Cast, line: Any) -> None:
    started = a_run(cast.hospital, line)
    half = a_scan(RDP, at=NOW, is_complete=False, covered=(Covered("tcp", ((1, 5000),)),))
    keep_run(started, a_result(half))
    assert "not-complete " in kinds()
    keep_run(started, a_result(a_scan(RDP, HTTPS, at=NOW)))
    assert ObservedAddress.objects.get().is_complete
    assert "not-complete " not in kinds()
    assert the("open-port", 443).status == "open"


def test_gone_in_a_whole_run_is_verified_and_seen_again_is_open(cast: Cast, line: Any) -> None:
    run(cast, line, a_scan(RDP, at=NOW - 2 * MONTH))
    assert run(cast, line, a_scan(HTTPS, at=NOW - MONTH)).fixed >= 1
    gone = the("open-port", 3389)
    assert (gone.status, gone.version) == ("verified_fixed", 2)
    assert gone.last_seen_at == NOW - 2 * MONTH
    # It was verified just now; only a run that begins later can see it again.
    again = run(cast, line, a_scan(RDP, at=timezone.now() + timedelta(hours=1)))
    assert again.reopened >= 1
    gone.refresh_from_db()
    assert (gone.status, gone.reopened, gone.why_reopened) == ("open", 1, "seen-again")
    verbs = list(AuditEvent.objects.filter(object_id=str(gone.pk)).values_list("verb", flat=True).order_by("pk"))
    assert verbs == ["findings.finding.verified", "findings.finding.reopened"]


@pytest.mark.parametrize(
    "later",
    [
        {"covered": (Covered("tcp", ((443, 443),)),)},
        {"is_complete": False},
    ],
    ids=["port not asked", "not complete"],
)
def test_not_looked_at_is_not_gone(cast: Cast, line: Any, later: dict[str, Any]) -> None:
    run(cast, line, a_scan(RDP, at=NOW - MONTH))
    run(cast, line, a_scan(HTTPS, at=NOW, **later))
    assert the("open-port", 3389).status == "open"


def test_recheck_of_one_port_closes_that_port_alone(cast: Cast, line: Any) -> None:
    run(cast, line, a_scan(RDP, HTTPS, at=NOW - MONTH))
    run(cast, line, a_scan(at=NOW, covered=(Covered("tcp", ((3389, 3389),)),)))
    assert the("open-port", 3389).status == "verified_fixed"
    assert the("open-port", 443).status == "open"


def test_older_file_neither_closes_nor_reopens_what_a_later_run_saw(cast: Cast, line: Any) -> None:
    run(cast, line, a_scan(RDP, at=NOW))
    reports.take_in(cast.hospital, name="old.xml", content=nmap_xml(at=NOW - MONTH), by=cast.alice)
    assert the("open-port", 3389).status == "open"
    run(cast, line, a_scan(at=timezone.now()))
    assert the("open-port", 3389).status == "verified_fixed"
    older = nmap_xml(("tcp", 3389), at=NOW - 2 * MONTH)
    reports.take_in(cast.hospital, name="older.xml", content=older, by=cast.alice)
    found = the("open-port", 3389)
    assert (found.status, found.first_seen_at) == ("verified_fixed", NOW - 2 * MONTH)


def test_old_file_about_something_long_gone_is_verified_at_once(cast: Cast, line: Any) -> None:
    run(cast, line, a_scan(HTTPS, at=NOW))
    reports.take_in(cast.hospital, name="old.xml", content=nmap_xml(("tcp", 3389), at=NOW - MONTH), by=cast.alice)
    assert the("open-port", 3389).status == "verified_fixed"


def test_three_sources_make_one_finding_with_the_evidence_of_all(cast: Cast, line: Any) -> None:
    run(cast, line, a_scan(RDP, at=NOW - 2 * MONTH))
    reports.take_in(cast.hospital, name="a.xml", content=nmap_xml(("tcp", 3389), at=NOW - MONTH), by=cast.alice)
    nessus = nessus_xml([(10940, "Remote Desktop", 3389, "0")], at=NOW)
    taken = reports.take_in(cast.hospital, name="b.nessus", content=nessus, by=cast.alice)
    found = the("open-port", 3389)
    assert {one.observation.scanner for one in found.evidence.all()} == {"nmap", "nessus"}
    assert found.evidence.count() == 3
    files = {one.file: one.sha256 for one in found.evidence.all()}
    assert files["b.nessus"] == taken.observation.file.sha256
    assert found.last_seen_at == NOW


def test_what_only_another_scanner_can_tell_is_not_closed_by_our_run(cast: Cast, line: Any) -> None:
    nessus = nessus_xml([(99999, "Some weakness of a web server", 443, "3")], at=NOW - MONTH)
    reports.take_in(cast.hospital, name="b.nessus", content=nessus, by=cast.alice)
    run(cast, line, a_scan(HTTPS, at=NOW))
    assert the("imported", 443).status == "open"
    # The shut port shows that it is gone all the same.
    run(cast, line, a_scan(at=timezone.now()))
    assert the("imported", 443).status == "verified_fixed"


def test_same_file_is_taken_in_once(cast: Cast, line: Any) -> None:
    content = nmap_xml(("tcp", 3389), at=NOW)
    first = reports.take_in(cast.hospital, name="a.xml", content=content, by=cast.alice)
    second = reports.take_in(cast.hospital, name="other-name.xml", content=content, by=cast.bob)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.observation == first.observation
    assert FindingEvidence.objects.count() == Finding.objects.count()


def test_findings_of_a_dynamic_line_stay_when_its_address_changes(cast: Cast) -> None:
    dynamic = make_line(cast.hospital, cast.alice, address=None)
    first = a_run(cast.hospital, dynamic)
    keep_run(first, a_result(a_scan(RDP, at=NOW - MONTH)))
    second = a_run(cast.hospital, dynamic, address="203.0.113.99")
    keep_run(second, a_result(a_scan(RDP, IKE, at=NOW, address="203.0.113.99")))
    found = the("open-port", 3389)
    assert (found.address, found.place) == ("203.0.113.99", f"line:{dynamic.pk}")
    assert found.evidence.count() == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "空"),
        (b"   \n", "空"),
        (b"hello", ""),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><nmaprun>&a;</nmaprun>', ""),
        (nmap_xml(("tcp", 80), at=NOW)[:-30], ""),
        (nmap_xml(("tcp", 80), at=NOW, address="192.168.1.1"), "内側"),
        (b"<html><body>not found</body></html>", ""),
        (b"\xff\xfe\x00\x00" * 100, ""),
        (b'<NessusClientData_v2><Report name="r"></Report></NessusClientData_v2>', ""),
    ],
    ids=["empty", "blank", "text", "entities", "cut", "inside", "html", "binary", "no host"],
)
def test_hostile_or_broken_file_is_refused_and_leaves_nothing(cast: Cast, content: bytes, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        reports.take_in(cast.hospital, name="x.xml", content=content, by=cast.alice)
    assert said in refused.value.message.ja
    assert len(refused.value.message.ja) > 10
    assert not Observation.objects.exists()
    assert not Finding.objects.exists()


def test_too_many_addresses_and_too_large_are_refused(cast: Cast, settings: Any) -> None:
    host = (
        '<ReportHost name="198.51.{a}.{b}"><HostProperties><tag name="HOST_START">x</tag></HostProperties></ReportHost>'
    )
    hosts = "".join(host.format(a=100, b=b) for b in range(250)) + "".join(host.format(a=101, b=b) for b in range(250))
    body = f'<NessusClientData_v2><Report name="r">{hosts}</Report></NessusClientData_v2>'.encode()
    with pytest.raises(FileRefused, match="300"):
        reports.take_in(cast.hospital, name="x", content=body, by=None)
    settings.UPLOAD_LIMIT_BYTES = 100
    with pytest.raises(FileRefused, match="大きすぎ"):
        reports.take_in(cast.hospital, name="x", content=body, by=None)


def test_what_strangers_say_is_kept_harmless(cast: Cast) -> None:
    nasty = "<script>alert(1)</script>\u202e=cmd|' /C calc'!A0" + "😀" * 5000
    nessus = nessus_xml([(99999, nasty, 443, "4")], at=NOW)
    reports.take_in(cast.hospital, name="../../etc/passwd\x00.nessus", content=nessus, by=None)
    found = Finding.objects.get(kind="imported")
    evidence = found.evidence.get()
    assert len(evidence.said) <= 320
    assert "\u202e" not in evidence.said
    assert "/" not in evidence.file
    assert "\x00" not in evidence.file
    assert str(Observation.objects.get())


def test_put_away_comes_back_on_its_day_without_anybody_writing(cast: Cast, line: Any) -> None:
    run(cast, line, a_scan(RDP, at=NOW))
    found = the("open-port", 3389)
    today = timezone.localdate()
    wish = moves.Wish(Status.ACCEPTED, reason="今月中に回線をやめる", expires_on=today + timedelta(days=3))
    moves.move(found, wish, version=1, by=cast.alice)
    rows = queries.findings_of(cast.hospital, today + timedelta(days=2))
    assert rows.get(pk=found.pk).stands == "accepted"
    woken = queries.findings_of(cast.hospital, today + timedelta(days=3)).get(pk=found.pk)
    assert woken.stands == "open"
    standing = woken.standing(today + timedelta(days=3))
    assert (standing.status, standing.why_reopened) == (Status.OPEN, "expired")


def test_other_hospitals_findings_are_not_there(cast: Cast, line: Any) -> None:
    run(cast, line, a_scan(RDP, at=NOW))
    with hospital_scope(cast.other_hospital):
        assert not queries.findings_of(cast.other_hospital).exists()
        assert not queries.findings_of(cast.hospital).exists()
        assert not ObservedAddress.objects.filter(address=ADDRESS).exists()


def test_large_file_is_taken_in_without_asking_for_each_finding_what_came_later(
    cast: Cast, line: Any, django_assert_max_num_queries: Any
) -> None:
    run(cast, line, a_scan(HTTPS, at=NOW))
    before = Finding.objects.count()
    items = [(90_000 + n, f"weakness {n}", 1 + n % 900, "2") for n in range(200)]
    content = nessus_xml(items, at=NOW - MONTH)
    # Each weakness has its port too: 400 findings.
    with django_assert_max_num_queries(400 * 6):
        taken = reports.take_in(cast.hospital, name="many.nessus", content=content, by=None).taken
    assert taken.new == Finding.objects.count() - before == 400
    numbers = list(Finding.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
