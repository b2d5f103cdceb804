"""Bring a sample hospital into the portal the way its people would: upload the workbook, answer, hand in files, report."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sekisho.adapters.questionnaire_file import read_questionnaire
from sekisho.apps.judgement import actions as judgement
from sekisho.apps.judgement import case_files
from sekisho.apps.judgement.models import CaseFile
from sekisho.apps.network import actions as network
from sekisho.apps.network import configurations
from sekisho.apps.network.models import NetworkPlan
from sekisho.apps.programme import actions as programme
from sekisho.apps.programme.queries import terms_in_force
from sekisho.apps.reports import actions as reports
from sekisho.apps.workbooks import actions as workbooks
from sekisho.apps.workbooks.intake import intake_of
from sekisho.catalogue.levels import load_level_rules
from sekisho.catalogue.samples import sample_folder
from sekisho.catalogue.terms_texts import load_terms
from sekisho.catalogue.threat_tables import load_threats
from sekisho.foundation.accounts.models import User
from sekisho.foundation.accounts.permissions import Role
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy.models import Assignment, Hospital
from sekisho.foundation.tenancy.scope import hospital_scope

MAIL_DOMAIN = "sample.invalid"
"""Reserved: no mail can ever leave for it."""


class SampleRefused(Exception):
    """Samples have no place in a portal in production."""


class CodeTaken(Exception):
    """A hospital that is no sample has the sample's code; its message is the code."""


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """An account to try the portal with. `password` is new with every loading and kept nowhere but as a hash."""

    email: str
    password: str
    role: Role
    hospital: str


_PEOPLE = {
    "aoba": (("clerk", "青葉 花子", Role.HOSPITAL_STAFF), ("director", "青葉 一郎", Role.DIRECTOR)),
    "hinata": (("hinata-clerk", "日向 あい", Role.HOSPITAL_STAFF),),
}
_OFFICE = ("office", "関所 つかさ", Role.SECRETARIAT)


def is_loaded(name: str) -> bool:
    """Return True when the sample hospital is in the portal already."""
    return Hospital.objects.filter(code=name.upper(), is_sample=True).exists()


def load(name: str) -> list[SampleAccount]:
    """Load a sample hospital with its accounts. Loading it again only gives the accounts new passwords.

    Raises:
        SampleRefused: the portal runs in production.
        CodeTaken: a hospital of the portal's own has the sample's code.
    """
    if settings.PRODUCTION:
        raise SampleRefused
    if not is_loaded(name):
        if Hospital.objects.filter(code=name.upper()).exists():
            raise CodeTaken(name.upper())
        _load_hospital(name)
    hospital = Hospital.objects.get(code=name.upper())
    return [_account(*person, hospital=hospital) for person in _PEOPLE[name]]


def office_account() -> SampleAccount:
    """Return the secretariat's sample account. Its first sign-in asks to set up a second factor, as a real one does."""
    return _account(*_OFFICE, hospital=None)


@transaction.atomic
def _account(login: str, name: str, role: Role, *, hospital: Hospital | None) -> SampleAccount:
    email = f"{login}@{MAIL_DOMAIN}"
    password = "-".join(secrets.token_hex(3) for _ in range(3))
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
    user.set_password(password)
    user.save()
    Assignment.objects.get_or_create(user=user, hospital=hospital, role=role.value, vendor_name="", ended_at=None)
    record("portal.sample.account", user, by=None, hospital=hospital)
    return SampleAccount(email, password, role, hospital.name if hospital else "")


@transaction.atomic
def _load_hospital(name: str) -> None:
    folder = sample_folder(name)
    hospital = Hospital.objects.create(code=name.upper(), name=name, is_sample=True)
    record("portal.hospital.added", hospital, by=None, hospital=hospital, changes={"code": [None, hospital.code]})
    if terms_in_force(timezone.localdate()) is None:  # terms of the portal's own stay as they are
        terms = load_terms()
        programme.publish_terms(
            version=terms.version, title=terms.title, text=terms.text, effective_on=terms.effective_on, by=None
        )
    with hospital_scope(hospital):
        _hand_in_workbook(hospital, folder)
        _answer(hospital, folder)
        _hand_in_files(hospital, folder)
        _hand_in_network(hospital, folder)
        programme.ask_to_check(hospital, by=None)
        if (folder / "questionnaire.yaml").exists():
            reports.issue_report(hospital, language="ja", by=None)


def _hand_in_workbook(hospital: Hospital, folder: Path) -> None:
    content = (folder / "workbook.xlsx").read_bytes()
    upload = workbooks.take_in(hospital, name="別紙2-1.xlsx", content=content, by=None)
    workbooks.accept(upload, accept_gaps=True, fingerprint=intake_of(upload).fingerprint, by=None)


def _answer(hospital: Hospital, folder: Path) -> None:
    path = folder / "questionnaire.yaml"
    if not path.exists():
        return
    answered = read_questionnaire(path.read_bytes(), load_level_rules(), further=load_threats().own_questions)
    for fact, declaration in answered.declarations.facts.items():
        judgement.declare(
            hospital, fact=fact, answer=declaration.value, remark=declaration.remark, by=None, source=path.name
        )


def _hand_in_files(hospital: Hospital, folder: Path) -> None:
    files = [(CaseFile.Kind.SURVEY, folder / "survey.yaml")]
    files += [(CaseFile.Kind.SCAN, path) for path in sorted((folder / "nmap").glob("*.xml"))]
    for kind, path in files:
        if path.exists():
            case_files.add(hospital, kind=kind, name=path.name, content=path.read_bytes(), by=None)


def _hand_in_network(hospital: Hospital, folder: Path) -> None:
    """Make the map as its people would: first network.yaml, then the configurations that the vendors have sent."""
    path = folder / "network.yaml"
    if not path.exists():
        return
    reading = network.read_plan(hospital, path.read_bytes())
    network.add_plan(
        hospital,
        network=reading.network,
        source=NetworkPlan.Source.SAMPLE,
        by=None,
        base=None,
        problems=reading.problems,
    )
    added = [
        configurations.take_in(hospital, name=file.name, content=file.read_bytes(), by=None)[0]
        for file in sorted((folder / "configs").glob("*"))
    ]
    for configuration in added:
        configurations.read_one(configuration, by=None)
    configurations.tie_as_suggested(hospital, added, by=None)
