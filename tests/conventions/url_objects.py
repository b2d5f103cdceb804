"""How to make the record that an address with `<record_id>` (say) shows: one maker for each name, or for one address.

A maker gets the cast and the address, runs in the scope of `cast.hospital`, and returns what goes into the address.
To add an address with a new kind of record, add its maker here.
"""

import hashlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils import timezone

from sekisho.apps.diagnosis import stops
from sekisho.apps.diagnosis.models import DiagnosisRun, EmergencyStop, RunAddress, RunEvidence
from sekisho.apps.findings.models import BulkMove, Finding, FindingEvidence, FindingLine, Observation, ObservedAddress
from sekisho.apps.network import actions as network
from sekisho.apps.network import configurations
from sekisho.apps.network.analysis import analysis_of
from sekisho.apps.network.comparison import figures_of
from sekisho.apps.network.models import (
    ChangeRequest,
    DeviceConfigurationFile,
    NeedsTable,
    NetworkPlan,
    UnparsedConfigurationLine,
)
from sekisho.apps.register import actions as register
from sekisho.apps.register.models import Attachment, Contract, OpenQuestion, Place, Terminator, Vendor
from sekisho.apps.reports.models import IssuedReport, ReportFile, ReportTemplate
from sekisho.apps.vulnerabilities.models import FeedLoad, HospitalProduct, WatchLetter, WatchMail, WatchNotice
from sekisho.apps.workbooks import actions as workbooks
from sekisho.apps.workbooks.models import Upload
from sekisho.domain.diagnosis.kept import scan_to_plain
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.files.actions import store
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.files.sniffing import SniffedFile
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.models import Assignment, Invitation
from sekisho.foundation.ui.models import SavedView
from tests.cast import VENDOR, Cast
from tests.conventions.url_list import Url
from tests.factories import diagnosis

Maker = Callable[[Cast, Url], Any]


def _invitation(cast: Cast, url: Url) -> int:
    in_programme = url.name.startswith("invitations:")
    return Invitation.objects.create(
        email=f"{uuid.uuid4()}@example.com",
        hospital=None if in_programme else cast.hospital,
        role=(Role.SECRETARIAT if in_programme else Role.DIRECTOR).value,
        token_hash=uuid.uuid4().hex,
        invited_by=cast.ada if in_programme else cast.alice,
        expires_at=timezone.now() + timedelta(days=7),
    ).pk


def _assignment(cast: Cast, url: Url) -> int:
    return Assignment.objects.get(user=cast.sumi if url.name.startswith("invitations:") else cast.bob).pk


def _line(cast: Cast) -> Any:
    return register.add_line(cast.hospital, answers={}, devices={1: {"maker": "YAMAHA"}}, by=cast.alice, source="test")


def _record(cast: Cast, url: Url) -> uuid.UUID:
    kind = url.name.rpartition(":")[2].partition("_")[0]
    record: Any
    if kind == "line" or url.name.endswith("device_add_below"):
        record = _line(cast)
    elif kind == "device":
        record = _line(cast).devices.get()
    elif kind == "terminal":
        record = register.add_terminal(cast.hospital, answers={}, by=cast.alice, source="test")
    else:
        name = str(uuid.uuid4())
        fields = {"place": {"label": name}, "vendor": {"name": name}, "contract": {"title": name}, "terminator": {}}
        model = {"place": Place, "vendor": Vendor, "contract": Contract, "terminator": Terminator}[kind]
        record = model.objects.create(hospital=cast.hospital, **fields[kind])
    if url.name.endswith("_restore"):
        register.retire(record, reason="test", by=cast.alice)
    return record.pk


def _stored_file(cast: Cast) -> StoredFile:
    file = SniffedFile(name="メモ.txt", content_type="text/plain", content=b"memo")
    return store(hospital=cast.hospital, file=file, by=cast.alice)


def _attachment(cast: Cast, url: Url) -> uuid.UUID:
    return Attachment.objects.create(
        hospital=cast.hospital,
        subject_kind="line",
        subject_id=_line(cast).pk,
        file=_stored_file(cast),
        created_by=cast.alice,
        removed_at=timezone.now() if url.name.endswith("restore") else None,
    ).pk


def _question(cast: Cast, url: Url) -> uuid.UUID:
    return OpenQuestion.objects.create(
        hospital=cast.hospital, subject_kind="line", subject_id=_line(cast).pk, subject_label="回線1", key="carrier"
    ).pk


def _plan(cast: Cast) -> NetworkPlan:
    number = NetworkPlan.objects.count() + 1
    raw = f"segments: [{{id: s{number}, cidr: 10.0.{number}.0/24}}]".encode()
    reading = network.read_plan(cast.hospital, raw)
    return network.add_plan(cast.hospital, network=reading.network, source="upload", by=cast.alice, base=None)


def _configuration(cast: Cast) -> DeviceConfigurationFile:
    content = f"ip lan1 address 10.0.0.1/24 # {uuid.uuid4()}".encode()
    return configurations.take_in(cast.hospital, name="rt1.txt", content=content, by=cast.alice)[0]


def _change_request(cast: Cast) -> uuid.UUID:
    plan = _plan(cast)
    figures = figures_of(analysis_of(plan)).as_plain()
    number = ChangeRequest.objects.count() + 1
    return ChangeRequest.objects.create(
        hospital=cast.hospital,
        number=number,
        title="#1",
        plan=plan,
        before=figures,
        after=figures,
        made_by=cast.alice,
    ).pk


def _run(cast: Cast) -> DiagnosisRun:
    number = DiagnosisRun.objects.count() + 1
    return DiagnosisRun.objects.create(hospital=cast.hospital, number=number, made_by=cast.dai)


def _run_address(cast: Cast) -> RunAddress:
    return RunAddress.objects.create(hospital=cast.hospital, run=_run(cast), address="203.0.113.10")


def _evidence(cast: Cast) -> int:
    row = _run_address(cast)
    now = timezone.now()
    file = stops.folder_of(row.run) / "block.xml"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"<nmaprun/>")
    return RunEvidence.objects.create(
        hospital=cast.hospital, run=row.run, run_address=row, path="block.xml", tool="nmap", outcome="finished",
        sha256=hashlib.sha256(b"<nmaprun/>").hexdigest(), started_at=now, ended_at=now,
    ).pk  # fmt: skip


def _stop(cast: Cast, url: Url) -> int:
    hospital = cast.hospital if url.of_hospital else None
    return EmergencyStop.objects.create(hospital=hospital, reason="試験", by=cast.sumi).pk


def _report(cast: Cast) -> IssuedReport:
    issue = IssuedReport.objects.count() + 1
    return IssuedReport.objects.create(
        hospital=cast.hospital, issue=issue, content="{}", content_hash="0" * 64, level=1
    )


def _document(cast: Cast, url: Url) -> int:
    return ReportFile.objects.create(
        hospital=cast.hospital, report=_report(cast), kind=ReportFile.Kind.PDF, file=_stored_file(cast)
    ).pk


@cache
def _blank_workbook() -> bytes:
    return workbooks.blank_workbook()


def _upload(cast: Cast, url: Url) -> uuid.UUID:
    upload = workbooks.take_in(cast.hospital, name="別紙2-1.xlsx", content=_blank_workbook(), by=cast.alice)
    if upload.marked is None:
        Upload.objects.filter(pk=upload.pk).update(marked=_stored_file(cast))
    return upload.pk


def _feed_load(cast: Cast, url: Url) -> uuid.UUID:
    return FeedLoad.objects.create(name="kev.json", sha256=uuid.uuid4().hex * 2, size_bytes=1, made_by=cast.ada).pk


def _hospital_product(cast: Cast) -> HospitalProduct:
    return HospitalProduct.objects.get(device=_line(cast).devices.get())


def _notice(cast: Cast, url: Url) -> uuid.UUID:
    subject = _hospital_product(cast)
    return WatchNotice.objects.create(hospital=cast.hospital, subject=subject, key="k", kind="new", cve="CVE-2026-1").pk


def _watch_mail(cast: Cast, url: Url) -> int:
    letter = WatchLetter.objects.create(hospital=cast.hospital)
    return WatchMail.objects.create(letter=letter, to="it@minato.example", state="failed").pk


def _observation(cast: Cast) -> Observation:
    number = Observation.objects.count() + 1
    return Observation.objects.create(
        hospital=cast.hospital, number=number, kind="file", file=_stored_file(cast), scanner="nmap"
    )


def _observed(cast: Cast, url: Url) -> int:
    return ObservedAddress.objects.create(
        hospital=cast.hospital,
        observation=_observation(cast),
        address="203.0.113.10",
        place="203.0.113.10",
        scan=scan_to_plain(AddressScan("203.0.113.10", timezone.now(), True, ())),
    ).pk


def _finding(cast: Cast) -> Finding:
    number = Finding.objects.count() + 1
    finding = Finding.objects.create(
        hospital=cast.hospital,
        number=number,
        place="203.0.113.10",
        address="203.0.113.10",
        protocol="tcp",
        port=number,
        kind="open-port",
        certainty="confirmed",
        severity="planned",
    )
    line = register.add_line(cast.hospital, answers={"vendor_name": VENDOR}, by=cast.alice, source="test")
    FindingLine.objects.create(hospital=cast.hospital, finding=finding, line=line)
    return finding


def _piece(cast: Cast, url: Url) -> int:
    return FindingEvidence.objects.create(
        hospital=cast.hospital, finding=_finding(cast), observation=_observation(cast), source="nmap", digest="0" * 64
    ).pk


PLAIN = frozenset({"file_format", "position", "cve"})
"""Names that stand for no record of a hospital."""

MAKERS: dict[str, Maker] = {
    "finding_id": lambda cast, _url: _finding(cast).pk,
    "seen_id": _observed,
    "piece_id": _piece,
    "batch_id": lambda cast, _url: BulkMove.objects.create(hospital=cast.hospital, to="in_work", made_by=cast.alice).pk,
    "upload_id": _upload,
    "plan_id": lambda cast, _url: _plan(cast).pk,
    "configuration_id": lambda cast, _url: _configuration(cast).pk,
    "unread_id": lambda cast, _url: (
        UnparsedConfigurationLine.objects.create(
            hospital=cast.hospital, configuration=_configuration(cast), line=1, text="x", bearing="filter"
        ).pk
    ),
    "change_id": lambda cast, _url: _change_request(cast),
    "table_id": lambda cast, _url: (
        NeedsTable.objects.create(
            hospital=cast.hospital, name="needs.xlsx", plan=_plan(cast), uploaded_by=cast.alice
        ).pk
    ),
    "consent_id": lambda cast, _url: diagnosis.prepared(cast.hospital, cast.alice).pk,
    "line_id": lambda cast, _url: diagnosis.make_line(cast.hospital, cast.alice, None).pk,
    "run_id": lambda cast, _url: _run(cast).pk,
    "address_id": lambda cast, _url: _run_address(cast).pk,
    "evidence_id": lambda cast, _url: _evidence(cast),
    "stop_id": _stop,
    "load_id": _feed_load,
    "product_id": lambda cast, _url: _hospital_product(cast).pk,
    "notice_id": _notice,
    "mail_id": _watch_mail,
    "cve": lambda _cast, _url: "CVE-2024-21762",
    "invitation_id": _invitation,
    "assignment_id": _assignment,
    "record_id": _record,
    "attachment_id": _attachment,
    "question_id": _question,
    "file_id": lambda cast, _url: _stored_file(cast).pk,
    "report_id": lambda cast, _url: _report(cast).pk,
    "document_id": _document,
    "template_id": lambda cast, _url: (
        ReportTemplate.objects.create(name="様式", content=b"x", sha256="0" * 64, added_by=cast.sumi).pk
    ),
    "job_id": lambda cast, _url: Job.objects.create(hospital=cast.hospital, kind="test", title="仕事").pk,
    "view_id": lambda cast, _url: (
        SavedView.objects.create(user=cast.alice, list_name="register.line", name="v", query="").pk
    ),
    "position": lambda _cast, _url: 1,
    "guide:page/name": lambda _cast, _url: "start",
    "style:error/number": lambda _cast, _url: 404,
    "style:job/done": lambda _cast, _url: 3,
    "file_format": lambda _cast, _url: "csv",
    "token": lambda _cast, _url: "made-up-token",
    "uidb36": lambda cast, _url: cast.alice.pk,
    "key": lambda _cast, _url: "made-up-key",
    "pk": lambda cast, _url: (
        Authenticator.objects.create(user=cast.alice, type=Authenticator.Type.WEBAUTHN, data={"name": "鍵"}).pk
    ),
}
"""By the name in angle brackets; "namespace:name/kwarg" comes before it when one address needs something else."""


def make_objects(cast: Cast, url: Url) -> dict[str, Any]:
    """Return the keyword arguments of `url` but the hospital's code.

    Raises:
        LookupError: nobody has said how to make what the address shows.
    """
    made = {}
    for kwarg in sorted(url.objects):
        maker = MAKERS.get(f"{url.name}/{kwarg}") or MAKERS.get(kwarg)
        if maker is None:
            raise LookupError(f"Say in tests/conventions/url_objects.py how to make <{kwarg}> of {url.name}.")
        made[kwarg] = maker(cast, url)
    return made
