"""A list over rows that every database has: the framework's own names of rights, which the portal does not use."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from sekisho.domain.facts import Unknown
from sekisho.foundation.ui.lists import Column, Filter, ListPattern
from sekisho.foundation.ui.statuses import Status

VERBS = [("add", _("追加")), ("change", _("変更")), ("delete", _("削除")), ("view", _("表示"))]
STATES = {"add": Status.OK, "change": Status.CAUTION, "delete": Status.DANGER, "view": Status.UNKNOWN}


def _verb(record: Permission) -> str:
    return record.codename.partition("_")[0]


def _answer(record: Permission) -> object:
    return {"add": True, "change": False, "delete": Unknown("確認中")}.get(_verb(record))


def _with_verbs(verbs: Any) -> Q:
    condition = Q()
    for verb in verbs:
        condition |= Q(codename__startswith=f"{verb}_")
    return condition


ROWS = ListPattern(
    name="style.rows",
    noun=_("一覧の例"),
    columns=[
        Column("codename", _("名前"), order=("codename",), link=lambda record: f"?record={record.pk}", fixed=True),
        Column("app", _("分類"), value="content_type__app_label", order=("content_type__app_label", "codename")),
        Column("state", _("状態"), value=lambda record: STATES[_verb(record)], template="style/_state.html"),
        Column("answer", _("答え"), value=_answer),
        Column("number", _("番号"), value="pk", order=("pk",), numeric=True),
        Column("sentence", _("説明"), value="name", shown=False),
    ],
    filters=[Filter("verb", _("操作"), choices=VERBS, condition=_with_verbs)],
    search_fields=["codename", "content_type__app_label"],
    search_hint=_("名前と分類から探します。"),
    default_order=("codename",),
)


def rows() -> QuerySet[Permission]:
    """Return every row."""
    return Permission.objects.select_related("content_type")
