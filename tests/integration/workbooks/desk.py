"""A clerk with a workbook: what a person does on the pages, as short words for tests."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from sekisho.apps.register import actions as register
from sekisho.apps.register import queries
from sekisho.apps.workbooks.models import Upload
from sekisho.catalogue.samples import sample_folder
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.register.records import Register
from sekisho.domain.workbook.normalise import read_cell
from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import signed_in
from tests.samples.workbooks import saved


@cache
def aoba() -> bytes:
    """Return the workbook of the full sample: 18 lines, 5 PCs, three rows with errors."""
    return (sample_folder("aoba") / "workbook.xlsx").read_bytes()


class Desk:
    """One person at one hospital's pages."""

    def __init__(self, user: User, hospital: Hospital) -> None:
        self.user, self.hospital, self.client = user, hospital, signed_in(user)
        self.home = f"/h/{hospital.code}/workbook/"

    def send(self, content: bytes, name: str = "別紙2-1.xlsx", client: Client | None = None) -> Any:
        """Upload a file and return the answer."""
        file = SimpleUploadedFile(name, content, content_type="application/octet-stream")
        return (client or self.client).post(f"{self.home}upload/", {"file": file})

    def take_in(self, content: bytes, name: str = "別紙2-1.xlsx") -> Upload:
        """Upload a file that is taken, and return its row."""
        answer = self.send(content, name)
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        return self.upload(answer["Location"].rstrip("/").rsplit("/", 1)[-1])

    def upload(self, key: Any) -> Upload:
        with hospital_scope(self.hospital):
            return Upload.objects.select_related("file", "marked").get(pk=key)

    def page(self, upload: Upload) -> str:
        answer = self.client.get(f"{self.home}{upload.pk}/")
        assert answer.status_code == 200
        return str(answer.content.decode())

    def fingerprint(self, upload: Upload) -> str:
        """Return what the page of the upload shows, as the form sends it back."""
        found = re.search(r'name="fingerprint" value="([0-9a-f]+)"', self.page(upload))
        assert found
        return found[1]

    def accept(self, upload: Upload, *, gaps: bool = False, fingerprint: str = "") -> Any:
        sent = {"fingerprint": fingerprint or self.fingerprint(upload)} | ({"accept_gaps": "1"} if gaps else {})
        return self.client.post(f"{self.home}{upload.pk}/accept/", sent)

    def bring(self, content: bytes, *, gaps: bool = False) -> Upload:
        """Upload and accept in one go."""
        upload = self.take_in(content)
        assert self.accept(upload, gaps=gaps).status_code == 302
        return self.upload(upload.pk)

    def post(self, upload: Upload, deed: str) -> Any:
        return self.client.post(f"{self.home}{upload.pk}/{deed}/")

    def export(self) -> bytes:
        """Take the prefilled workbook."""
        answer = self.client.get(f"{self.home}prefilled.xlsx")
        assert answer.status_code == 200
        return bytes(answer.content)

    @property
    def register(self) -> Register:
        with hospital_scope(self.hospital):
            return queries.register_of(self.hospital)


def as_read(sheet: str, **written: str) -> dict[str, Any]:
    """Return answers as the register keeps them when a person writes them so."""
    edition = load_edition()
    return {key: read_cell(edition.sheet(sheet).column(key), text, edition).answer for key, text in written.items()}


def three_lines(hospital: Hospital, by: User) -> None:
    """Give the hospital a small register: three lines, one with a router, and a PC."""
    first = as_read(
        "lines",
        circuit_id="CAF00001",
        communication="Internet VPN",
        carrier="NTT東日本",
        terminator_kind="ONU",
        terminator_location="本館 2F サーバ室",
        remarks="平日のみ使用",
    )
    router = {1: as_read("lines", maker="YAMAHA", model="RTX1210")}
    second = as_read("lines", circuit_id="CAF00002", carrier="不明（総務に確認中）")
    third = as_read("lines", circuit_id="CAF00003", provider="ぷらら")
    with hospital_scope(hospital):
        register.add_line(hospital, answers=first, devices=router, by=by)
        register.add_line(hospital, answers=second, by=by)
        register.add_line(hospital, answers=third, by=by)
        register.add_terminal(hospital, answers=as_read("terminals", host_name="PC0001"), by=by)


def changed(book: bytes, change: Callable[[Workbook], None]) -> bytes:
    """Return the workbook after a person has worked on it."""
    workbook = load_workbook(io.BytesIO(book))
    change(workbook)
    return saved(workbook)


def everything_stored(storage: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every stored file, and every part of those that are archives."""
    for path in sorted(storage.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield path.name, content
            if content[:2] == b"PK":
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    yield from ((f"{path.name}!{name}", archive.read(name)) for name in archive.namelist())


def everything_in_the_database() -> str:
    """Return every value of every table as one text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found.append(repr(cursor.fetchall()))
    return "\n".join(found)
