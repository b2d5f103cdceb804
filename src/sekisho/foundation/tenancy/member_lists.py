"""The list of members, as the list pattern wants it declared."""

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sekisho.foundation.accounts.permissions import PROGRAMME_ROLES, ROLE_LABELS, Role
from sekisho.foundation.tenancy.models import Assignment
from sekisho.foundation.ui.lists import Column, Filter, ListPattern


def _last_login(member: Assignment) -> object:
    return member.user.last_login or gettext("まだありません")


def _pattern(name: str, roles: frozenset[Role]) -> ListPattern:
    return ListPattern(
        name=name,
        noun=_("参加している人"),
        columns=[
            Column("name", _("氏名"), value="user", order=("user__name",), template="tenancy/_name.html", fixed=True),
            Column("email", _("メールアドレス"), value="user__email", order=("user__email",)),
            Column("role", _("役割"), value="get_role_display", order=("role",)),
            Column("vendor_name", _("ベンダ名"), order=("vendor_name",), shown=Role.VENDOR in roles),
            Column("created_at", _("参加した日時"), order=("created_at",)),
            Column("last_login", _("最後のサインイン"), value=_last_login, order=("user__last_login",)),
            Column("end", _("操作"), value="", template="tenancy/_end.html", fixed=True),
        ],
        filters=[
            Filter(
                "role",
                _("役割"),
                choices=[(role.value, ROLE_LABELS[role]) for role in Role if role in roles],
                condition=lambda values: Q(role__in=values),
            )
        ],
        search_fields=("user__name", "user__email", "vendor_name"),
        search_hint=_("氏名・メールアドレス・ベンダ名"),
        default_order=("role", "user__name"),
    )


MEMBERS = _pattern("tenancy.members", frozenset(Role) - PROGRAMME_ROLES)
STAFF = _pattern("tenancy.staff", PROGRAMME_ROLES)
