"""The list of all hospitals for the secretariat, and adding one."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.apps.judgement.queries import level_subquery
from sekisho.apps.programme import actions as programme
from sekisho.apps.register.queries import counts_by_hospital
from sekisho.apps.reports.queries import last_issue_subquery
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import all_hospitals, hospital_scope
from sekisho.foundation.ui.lists import Column, Filter, ListPattern


def home_url(hospital: Hospital) -> str:
    """Return the address of a hospital's first page."""
    return reverse("hospital:home", kwargs={"hospital_code": hospital.code})


def _levels(values: Sequence[str]) -> Q:
    found = Q(level__in=[int(value) for value in values if value.isdigit()])
    return found | Q(level__isnull=True) if "none" in values else found


HOSPITALS = ListPattern(
    name="portal.hospitals",
    noun=pgettext_lazy("list", "医療機関"),
    columns=[
        Column("code", _("施設コード"), order=("code",), fixed=True),
        Column("name", _("医療機関名"), order=("name",), link=home_url, fixed=True),
        Column("lines", pgettext_lazy("list", "回線"), order=("lines",), numeric=True),
        Column("questions", _("不明"), order=("questions",), numeric=True),
        Column(
            "level",
            _("レベル"),
            value=lambda h: "" if h.level is None else str(h.level),
            order=("level",),
            numeric=True,
        ),
        Column("reported_at", _("最後の報告書"), value=lambda h: h.reported_at or "", order=("reported_at",)),
        Column("created_at", _("登録日"), order=("created_at",), shown=False),
    ],
    filters=[
        Filter(
            "level",
            _("レベル"),
            choices=[("1", "1"), ("2", "2"), ("3", "3"), ("none", _("まだ"))],
            condition=_levels,
        ),
        Filter(
            "reported",
            _("報告書"),
            choices=[("yes", _("ある")), ("no", _("まだない"))],
            condition=lambda values: Q() if len(values) != 1 else Q(reported_at__isnull="no" in values),
        ),
    ],
    search_fields=("code", "name"),
    search_hint=_("施設コードか医療機関名"),
    default_order=("code",),
)


def with_figures(hospitals: QuerySet[Hospital]) -> QuerySet[Hospital]:
    """Return `hospitals` with the figures that the list shows. Only numbers and dates leave the scope."""
    with all_hospitals(reason="the secretariat's list shows figures of every hospital"):
        lines, questions = counts_by_hospital()
        return hospitals.annotate(
            lines=_count(lines),
            questions=_count(questions),
            level=level_subquery(),
            reported_at=last_issue_subquery(),
        )


def _count(rows: QuerySet[Any]) -> Coalesce:
    per_hospital = (
        rows.filter(hospital=OuterRef("pk")).order_by().values("hospital").annotate(n=Count("pk")).values("n")
    )
    return Coalesce(Subquery(per_hospital, output_field=IntegerField()), 0)


class HospitalForm(forms.ModelForm[Hospital]):
    """A new hospital."""

    class Meta:
        model = Hospital
        fields = ("code", "name")
        help_texts = {"code": _("書類の名前と番地に使います。半角の英数字とハイフン。後から変えられません。例：H0123")}


@transaction.atomic
def add_hospital(form: HospitalForm, *, by: User) -> Hospital:
    """Add the hospital and ask it to check its basic information."""
    hospital = form.save()
    record("portal.hospital.added", hospital, by=by, hospital=hospital, changes={"code": [None, hospital.code]})
    with hospital_scope(hospital):
        programme.ask_to_check(hospital, by=by)
    return hospital
