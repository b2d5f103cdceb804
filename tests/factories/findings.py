"""What a look from outside brings, written by hand: results of runs, and files of scanners."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import quoteattr

from django.utils import timezone

from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress
from sekisho.domain.diagnosis.completeness import Completeness
from sekisho.domain.diagnosis.results import AddressScan, Covered, ObservedPort
from sekisho.domain.diagnosis.runs import AddressResult, RunResult, State
from sekisho.domain.text import Text
from sekisho.foundation.tenancy.models import Hospital
from tests.factories.diagnosis import ADDRESS

EVERYTHING = (Covered("tcp", ((1, 65535),)), Covered("udp", ((500, 500), (4500, 4500))))
RDP = ObservedPort("tcp", 3389, "open", service="ms-wbt-server", basis="probed")
HTTPS = ObservedPort("tcp", 443, "open", service="https", product="nginx", version="1.18.0", basis="probed")
IKE = ObservedPort("udp", 500, "open", service="isakmp", basis="probed")


def a_scan(*ports: ObservedPort, at: datetime, address: str = ADDRESS, **given: Any) -> AddressScan:
    """Return a whole scan of an address, begun at `at`."""
    given = {"covered": EVERYTHING, "is_complete": True, "asked_services": True, **given}
    return AddressScan(
        address, at, True, ports, tool="nmap 7.93", evidence="block-1.xml", ended_at=at + timedelta(hours=1), **given
    )


def a_result(*scans: AddressScan) -> RunResult:
    """Return what a run brings with `scans`."""
    complete = Completeness(expected_missed=0.0002, is_shown=True, why=None)
    addresses = [
        AddressResult(
            address=scan.address,
            hospital="MINATO",
            lines=(),
            state=State.COMPLETE if scan.is_complete else State.INCOMPLETE,
            ports=scan.ports,
            completeness=complete,
            scan=scan,
            started_at=scan.started_at,
            ended_at=scan.ended_at,
        )
        for scan in scans
    ]
    return RunResult(
        started_at=scans[0].started_at or timezone.now(),
        ended_at=scans[0].ended_at or timezone.now(),
        gate="namespace",
        tools={"nmap": "7.93"},
        addresses=tuple(addresses),
        notes=(Text("注意書き", "a note"),),
    )


def a_run(hospital: Hospital, *lines: Any, address: str = ADDRESS) -> DiagnosisRun:
    """Return a finished run over `address` with `lines` behind it."""
    number = DiagnosisRun.objects.count() + 1
    run = DiagnosisRun.objects.create(hospital=hospital, number=number, state=DiagnosisRun.State.DONE)
    RunAddress.objects.create(
        hospital=hospital,
        run=run,
        address=address,
        lines=[str(line) for line in lines],
        line_records=[str(line.pk) for line in lines],
        state=RunAddress.State.COMPLETE,
    )
    return run


def nmap_xml(
    *ports: tuple[str, int], at: datetime, address: str = ADDRESS, services: str = "1-65535", state: str = "open"
) -> bytes:
    """Return what nmap writes about one address with these ports open."""
    entries = "".join(
        f'<port protocol="{protocol}" portid="{port}"><state state="{state}" reason="syn-ack" reason_ttl="60"/></port>'
        for protocol, port in ports
    )
    began = int(at.timestamp())
    return (
        '<?xml version="1.0"?><nmaprun scanner="nmap" args="nmap -sS -p1-65535" version="7.93" '
        f'start="{began}"><scaninfo type="syn" protocol="tcp" numservices="65535" services="{services}"/>'
        f'<host starttime="{began}" endtime="{began + 60}"><status state="up" reason="reset"/>'
        f'<address addr="{address}" addrtype="ipv4"/><ports>{entries}</ports></host>'
        f'<runstats><finished time="{began + 60}" exit="success"/><hosts up="1" down="0" total="1"/></runstats></nmaprun>'
    ).encode()


def nessus_xml(
    items: Sequence[tuple[int, str, int, str]], *, at: datetime, address: str = ADDRESS, policy: str = ""
) -> bytes:
    """Return a .nessus file; `items` are (plug-in, name, port, severity 0-4)."""
    reported = "".join(
        f'<ReportItem port="{port}" svc_name="www" protocol="tcp" severity="{severity}" pluginID="{plugin}" '
        f'pluginName={quoteattr(name)} pluginFamily="General"><solution>Update.</solution></ReportItem>'
        for plugin, name, port, severity in items
    )
    began = at.strftime("%a %b %d %H:%M:%S %Y")
    return (
        f'<?xml version="1.0" ?><NessusClientData_v2><Policy>{policy}</Policy><Report name="r">'
        f'<ReportHost name="{address}"><HostProperties><tag name="host-ip">{address}</tag>'
        f'<tag name="HOST_START">{began}</tag><tag name="HOST_START_TIMESTAMP">{int(at.timestamp())}</tag>'
        f'<tag name="HOST_END_TIMESTAMP">{int(at.timestamp()) + 60}</tag></HostProperties>{reported}</ReportHost>'
        "</Report></NessusClientData_v2>"
    ).encode()
