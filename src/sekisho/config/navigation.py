"""The navigation: what a person may open, in the order of the work."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.components import NavItem


def navigation(request: HttpRequest, hospital: Hospital | None, may: frozenset[Permission]) -> list[NavItem]:
    """Return the entries for the page that is shown; the one it belongs to is marked."""
    entries = list(_of_hospital(hospital, may)) if hospital else list(_of_programme(may))
    # The longest address that the page's own begins with is where the reader is.
    here = max((url for _label, url in entries if request.path.startswith(url)), key=len, default="")
    return [NavItem(label, url, current=url == here) for label, url in entries]


def _of_hospital(hospital: Hospital, may: frozenset[Permission]) -> Iterator[tuple[str, str]]:
    for permission, label, name in (
        (Permission.REGISTER_VIEW, _("ホーム"), "hospital:home"),
        (Permission.OWN_LINES_VIEW, _("御社の回線"), "register:own_lines"),
        (Permission.REGISTER_VIEW, _("外部接続の台帳"), "register:line_list"),
        (Permission.WORKBOOK_UPLOAD, _("別紙2-1"), "workbooks:start"),
        (Permission.OVERVIEW_VIEW, _("俯瞰図"), "overview:page"),
        (Permission.NETWORK_VIEW, _("つながり"), "network:start"),
        (Permission.DIAGNOSIS_VIEW, _("脆弱性診断"), "diagnosis:start"),
        (Permission.FINDING_VIEW, _("見つかったこと"), "findings:list"),
        (Permission.WEAKNESS_VIEW, _("機器の弱点"), "vulnerabilities:start"),
        (Permission.LEVEL_VIEW, _("安全レベル"), "judgement:level"),
        (Permission.REPORT_VIEW, _("報告書"), "reports:list"),
        (Permission.BASICS_VIEW, _("基本情報"), "programme:basics"),
        (Permission.MEMBERS_VIEW, _("参加者"), "members:list"),
        (Permission.HISTORY_VIEW, _("変更の記録"), "hospital:history"),
    ):
        if permission in may:
            yield label, reverse(name, kwargs={"hospital_code": hospital.code})


def _of_programme(may: frozenset[Permission]) -> Iterator[tuple[str, str]]:
    for permission, label, name in (
        (Permission.HOSPITALS_LIST, _("医療機関の一覧"), "portal:hospital_list"),
        (Permission.DIAGNOSIS_OVERSEE, _("診断の進み具合"), "scans:office"),
        (Permission.WEAKNESS_OVERSEE, _("機器の弱点"), "weaknesses:list"),
        (Permission.FEEDS_VIEW, _("弱点の情報源"), "feeds:list"),
        (Permission.REPORT_TEMPLATE, _("報告書のひな形"), "report_templates:list"),
        (Permission.STAFF_INVITE, _("利用者の招待"), "invitations:staff"),
    ):
        if permission in may:
            yield label, reverse(name)
