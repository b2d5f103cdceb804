"""The product as people meet it: its pages, a filled hospital, a worker, the workbook that has faults."""

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
from django.conf import settings
from django.db import connection
from django.urls import reverse
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.apps.network.models import DeviceConfigurationFile
from sekisho.apps.portal import sample
from sekisho.apps.register.models import AnswerRecord, Contact, Contract, Device, Line, Terminal
from sekisho.apps.workbooks.models import Upload
from sekisho.catalogue.samples import sample_folder
from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import hospital_scope

WORKBOOK = sample_folder("aoba") / "workbook.xlsx"
LINES_SHEET = "回線・機器情報記入シート"
HELD = {"C16": "調査希望なし", "N17": "198.51.100.77", "H23": "CAF1320001515"}
"""The cells of the sample workbook that hold rows back, each with what mends it."""

HOSPITAL_PAGES = (
    "hospital:home",
    "hospital:history",
    "register:line_list",
    "register:line_add",
    "register:device_list",
    "register:terminal_list",
    "register:terminal_add",
    "register:place_list",
    "register:vendor_list",
    "register:vendor_add",
    "register:contract_list",
    "register:contract_add",
    "register:terminator_list",
    "register:question_list",
    "register:retired_list",
    "workbooks:start",
    "overview:page",
    "network:start",
    "network:why",
    "network:matrix",
    "network:backups",
    "network:what_if",
    "network:changes",
    "network:sheets",
    "network:configurations",
    "network:plan",
    "diagnosis:start",
    "vulnerabilities:start",
    "diagnosis:consents",
    "diagnosis:consent_add",
    "diagnosis:consents_sign",
    "judgement:level",
    "judgement:facts",
    "judgement:risk",
    "reports:list",
    "programme:basics",
    "programme:basics_edit",
    "programme:terms",
    "members:list",
    "members:invite",
)
"""The pages of a hospital that need nothing in it."""

OFFICE_PAGES = (
    "/hospitals/",
    "/hospitals/add/",
    "/weaknesses/",
    "/weaknesses/notices/",
    "/weaknesses/cve/CVE-2024-21762/",
    "/feeds/",
    "/templates/",
    "/templates/built-in/",
)


def load_sample(name: str = "aoba") -> tuple[Hospital, User]:
    """Return a sample hospital with everything in it, and the clerk who works there."""
    accounts = sample.load(name)
    hospital = Hospital.objects.get(code=name.upper())
    return hospital, User.objects.get(email=accounts[0].email)


def pages_of(hospital: Hospital) -> list[str]:
    """Return the addresses of a hospital's pages."""
    return [reverse(name, kwargs={"hospital_code": hospital.code}) for name in HOSPITAL_PAGES]


def record_pages(hospital: Hospital) -> list[str]:
    """Return the addresses of pages about one record each: of the first of each kind."""
    found: list[str] = []
    with hospital_scope(hospital):
        for model in (Line, Device, Terminal, Contract):
            record: AnswerRecord | None = model.objects.filter(retired_at__isnull=True).first()
            if record is not None:
                deeds = ("detail", "edit", "retire")
                found += [address_of(hospital, f"{model.__name__.lower()}_{deed}", record.pk) for deed in deeds]
        line = Line.objects.filter(retired_at__isnull=True).first()
        if line is not None:
            found += [address_of(hospital, name, line.pk) for name in ("device_add_below", "line_share")]
        for upload in Upload.objects.filter(hospital=hospital)[:1]:
            found.append(f"/h/{hospital.code}/workbook/{upload.pk}/")
        for configuration in DeviceConfigurationFile.objects.filter(hospital=hospital)[:1]:
            found.append(f"/h/{hospital.code}/network/configurations/{configuration.pk}/?line=5")
            found.append(f"/h/{hospital.code}/network/entry/?line=line-4")
            found.append(f"/h/{hospital.code}/network/why/?src=line-4&dst=catering-sv&service=tcp/3389")
            found.append(f"/h/{hospital.code}/network/what-if/?cut=3")
        for contact in Contact.objects.filter(hospital=hospital)[:1]:
            found.append(f"/h/{hospital.code}/basics/contacts/{contact.position}/")
    return found


def address_of(hospital: Hospital, name: str, record_id: uuid.UUID) -> str:
    """Return the address of a page of the register about one record."""
    return reverse(f"register:{name}", kwargs={"hospital_code": hospital.code, "record_id": record_id})


def line(hospital: Hospital, number: int) -> Line:
    """Return a line by its number."""
    with hospital_scope(hospital):
        return Line.objects.select_related("hospital").get(number=number, retired_at__isnull=True)


def lines_sheet(path: Path) -> Worksheet:
    """Return the sheet of the lines of a workbook."""
    return openpyxl.load_workbook(path)[LINES_SHEET]


def mended(path: Path, out: Path) -> Path:
    """Write the workbook with its faults mended, as a clerk would: in the marked file, cell by cell."""
    book = openpyxl.load_workbook(path)
    for cell, value in HELD.items():
        book[LINES_SHEET][cell] = value
    book.save(out)
    return out


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """Run `sekisho work` on the test's database and files while the block lasts."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "SEKISHO_STATE_DIR": str(settings.STATE_DIR),
        "SEKISHO_TASKS_BACKEND": "django_tasks_db.DatabaseBackend",
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sekisho.cli.main", "work"], env=environment, stdout=log, stderr=log
        )
        try:
            yield process
            assert process.poll() is None, "the worker has died"
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-3000:])
            raise
        finally:
            process.terminate()
            process.wait(20)
