"""A file whose bytes changed in the store, or are gone: nobody is given the wrong bytes, and the page says what to do."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from sekisho.apps.reports.models import IssuedReport, ReportFile
from sekisho.apps.workbooks.models import Upload
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.files.actions import store
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.files.sniffing import PLAIN, SniffedFile
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
CONTENT = "回線の一覧".encode()


@pytest.fixture
def stored(cast: Cast) -> StoredFile:
    file = SniffedFile(name="回線<1>.txt", content_type=PLAIN, content=CONTENT)
    with hospital_scope(cast.hospital):
        return store(hospital=cast.hospital, file=file, by=cast.alice)


def plain(cast: Cast, stored: StoredFile) -> str:
    return f"/h/MINATO/files/{stored.pk}/"


def marked(cast: Cast, stored: StoredFile) -> str:
    with hospital_scope(cast.hospital):
        upload = Upload.objects.create(
            hospital=cast.hospital, name="b.xlsx", sha256="0" * 64, marked=stored, uploaded_by=cast.alice
        )
    return reverse("workbooks:marked", args=["MINATO", upload.pk])


def document(cast: Cast, stored: StoredFile) -> str:
    with hospital_scope(cast.hospital):
        report = IssuedReport.objects.create(hospital=cast.hospital, issue=1, level=1, issued_by=cast.alice)
        found = ReportFile.objects.create(hospital=cast.hospital, report=report, kind="pdf", file=stored)
    return reverse("reports:document", args=["MINATO", found.pk])


@pytest.mark.parametrize("address", [plain, marked, document])
@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_damaged_file_is_not_given_out_and_the_page_says_what_to_do(
    cast: Cast, stored: StoredFile, storage: Path, address: Callable[[Cast, StoredFile], str], damage: str
) -> None:
    url = address(cast, stored)
    client = signed_in(cast.alice)
    assert client.get(url).status_code == 200
    before = AuditEvent.objects.filter(verb__endswith="downloaded").count()
    if damage == "changed":
        (storage / stored.path).write_bytes("別の中身".encode())
    else:
        (storage / stored.path).unlink()
    answer = client.get(url)
    page = answer.content.decode()
    assert answer.status_code == 410
    assert "ファイルが壊れています" in page
    assert "回線&lt;1&gt;.txt" in page
    assert "同じファイルをもう一度アップロードすると" in page
    assert stored.sha256 in page, "what the administrator looks for in the backup"
    assert str(storage) not in page
    assert AuditEvent.objects.filter(verb__endswith="downloaded").count() == before, "nothing was taken"


def test_same_file_handed_in_again_mends_it(cast: Cast, stored: StoredFile, storage: Path) -> None:
    (storage / stored.path).unlink()
    with hospital_scope(cast.hospital):
        store(
            hospital=cast.hospital,
            file=SniffedFile(name="again.txt", content_type=PLAIN, content=CONTENT),
            by=cast.alice,
        )
    assert signed_in(cast.alice).get(plain(cast, stored)).content == CONTENT


def test_stranger_learns_nothing_of_a_damaged_file(cast: Cast, stored: StoredFile, storage: Path) -> None:
    (storage / stored.path).unlink()
    for client in (signed_in(cast.mallory), Client()):
        answer = client.get(plain(cast, stored))
        assert answer.status_code in (302, 404)
        assert stored.sha256 not in answer.content.decode()
    assert signed_in(cast.alice).get(f"/h/MINATO/files/{uuid.uuid4()}/").status_code == 404
