"""Showing and editing the hospital's own facts and its contacts, for the app that asks to check them."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.utils.translation import gettext as _

from sekisho.apps.register import actions
from sekisho.apps.register.conflicts import ChangedMeanwhile
from sekisho.apps.register.display import labelled
from sekisho.apps.register.forms import AnswersForm
from sekisho.apps.register.models import AnswerRecord, Basics, Contact
from sekisho.apps.register.pages import changes_rows, facts_of, history_entries
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import Answer
from sekisho.domain.workbook.schema import Column, Need
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.queries import history_of
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.components import Fact, Record
from sekisho.foundation.ui.texts import speak

MAX_CONTACTS = 4


def basics_columns() -> tuple[Column, ...]:
    """Return what the hospital is asked about itself; what the secretariat fills in is left out."""
    return tuple(column for column in load_edition().sheet("basic").columns if column.need is not Need.OFFICE)


def contact_columns() -> tuple[Column, ...]:
    """Return what is asked about a contact."""
    return load_edition().sheet("basic").group


def basics_record(hospital: Hospital) -> Record:
    """Return the facts and the history of the hospital itself."""
    basics = actions.basics_of(hospital)
    events = list(history_of(basics))
    return Record(
        facts=facts_of(basics_columns(), basics.answers(), events),
        history=history_entries(basics_columns(), events),
    )


def contacts_shown(hospital: Hospital) -> list[dict[str, Any]]:
    """Return the four places for contacts, each with what is known."""
    known = {contact.position: contact for contact in Contact.objects.filter(hospital=hospital)}
    return [
        {
            "position": position,
            "contact": known.get(position),
            "facts": _contact_facts(known[position]) if position in known else [],
        }
        for position in range(1, MAX_CONTACTS + 1)
    ]


def _contact_facts(contact: Contact) -> list[Fact]:
    return [Fact(speak(column.heading), labelled(column, contact.answer(column.key))) for column in contact_columns()]


class Editor(Protocol):
    """Edits one record made of answers."""

    title: str

    def form(self, data: Mapping[str, Any] | None) -> AnswersForm: ...
    def save(self, form: AnswersForm, *, by: User) -> bool: ...
    def conflict_rows(self, met: ChangedMeanwhile) -> list[dict[str, Any]]: ...
    def rebased(self, form: AnswersForm) -> AnswersForm: ...


class _RecordEditor:
    """What the editors have in common."""

    def __init__(self, record: AnswerRecord, columns: Iterable[Column]) -> None:
        self.record = record
        self.columns = tuple(columns)

    def answers(self) -> dict[str, Answer[Any]]:
        return self.record.answers()

    def form(self, data: Mapping[str, Any] | None) -> AnswersForm:
        return AnswersForm(data, columns=self.columns, answers=self.answers())

    def save(self, form: AnswersForm, *, by: User) -> bool:
        """Save what was sent; False when there was nothing to make a record of."""
        actions.change_answers(
            self.record, answers=form.answers, base=form.base_answers, by=by, reason=form.cleaned_data["reason"]
        )
        return True

    def conflict_rows(self, met: ChangedMeanwhile) -> list[dict[str, Any]]:
        return changes_rows(self.columns, met.conflicts)

    def rebased(self, form: AnswersForm) -> AnswersForm:
        self.record.refresh_from_db()
        fresh = AnswersForm(columns=self.columns, answers=self.answers())
        data = {**{key: form.data[key] for key in form.data}, "base": fresh.initial["base"]}
        return AnswersForm(data, columns=self.columns, answers=self.answers())


class BasicsEditor(_RecordEditor):
    """Edits the hospital's own facts."""

    def __init__(self, hospital: Hospital) -> None:
        record: Basics = actions.basics_of(hospital)
        super().__init__(record, basics_columns())
        self.title = _("基本情報を直す")


class ContactEditor(_RecordEditor):
    """Edits contact 1 to 4, who is added on the first save."""

    def __init__(self, hospital: Hospital, position: int) -> None:
        known = Contact.objects.filter(hospital=hospital, position=position).first()
        super().__init__(known or Contact(hospital=hospital, position=position), contact_columns())
        self.title = _("担当者%(position)sを直す") % {"position": position}

    def save(self, form: AnswersForm, *, by: User) -> bool:
        contact = self.record
        if not isinstance(contact, Contact):
            raise TypeError(contact)
        saved = actions.set_contact(
            contact.hospital,
            position=contact.position,
            answers=form.answers,
            base=form.base_answers,
            by=by,
            reason=form.cleaned_data["reason"],
        )
        return saved is not None
