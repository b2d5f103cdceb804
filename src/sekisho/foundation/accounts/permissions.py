"""Roles and what each may do. The access model lives in code, so that a change to it is read in a review.

`docs/reference/permissions.md` is made from this file.
"""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """Who somebody is in the programme."""

    HOSPITAL_STAFF = "hospital_staff"
    DIRECTOR = "director"
    SURVEYOR = "surveyor"
    DIAGNOSTICIAN = "diagnostician"
    VENDOR = "vendor"
    SECRETARIAT = "secretariat"
    MINISTRY = "ministry"
    ADMINISTRATOR = "administrator"


ROLE_LABELS = {
    Role.HOSPITAL_STAFF: _("病院担当者"),
    Role.DIRECTOR: _("病院長・経営層"),
    Role.SURVEYOR: _("現地調査員"),
    Role.DIAGNOSTICIAN: _("診断員"),
    Role.VENDOR: _("ベンダ"),
    Role.SECRETARIAT: _("事務局"),
    Role.MINISTRY: _("厚生労働省・研究者"),
    Role.ADMINISTRATOR: _("システム管理者"),
}

PROGRAMME_ROLES = frozenset({Role.SECRETARIAT, Role.MINISTRY, Role.ADMINISTRATOR})
"""Roles held for the whole programme; every other role is held for one hospital."""

SECOND_FACTOR_ROLES = frozenset(
    {Role.SECRETARIAT, Role.SURVEYOR, Role.DIAGNOSTICIAN, Role.MINISTRY, Role.ADMINISTRATOR}
)
"""Staff roles: they see many hospitals, so a password alone never opens the door."""


class Permission(StrEnum):
    """What can be allowed. One permission guards each view."""

    HOSPITAL_VIEW = "hospital.view"
    BASICS_VIEW = "basics.view"
    BASICS_EDIT = "basics.edit"
    TERMS_ACCEPT = "terms.accept"
    REGISTER_VIEW = "register.view"
    REGISTER_EDIT = "register.edit"
    REGISTER_EXPORT = "register.export"
    WORKBOOK_UPLOAD = "workbook.upload"
    WORKBOOK_DOWNLOAD = "workbook.download"
    OVERVIEW_VIEW = "overview.view"
    NETWORK_VIEW = "network.view"
    NETWORK_EDIT = "network.edit"
    NETWORK_EXPORT = "network.export"
    CONSENT_VIEW = "consent.view"
    CONSENT_EDIT = "consent.edit"
    CONSENT_SIGN = "consent.sign"
    CONSENT_WITHDRAW = "consent.withdraw"
    CONSENT_CONFIRM = "consent.confirm"
    DIAGNOSIS_VIEW = "diagnosis.view"
    DIAGNOSIS_RUN = "diagnosis.run"
    DIAGNOSIS_EVIDENCE = "diagnosis.evidence"
    DIAGNOSIS_STOP = "diagnosis.stop"
    DIAGNOSIS_STOP_EVERYWHERE = "diagnosis.stop-everywhere"
    DIAGNOSIS_LIFT = "diagnosis.lift"
    DIAGNOSIS_OVERSEE = "diagnosis.oversee"
    FINDING_VIEW = "finding.view"
    FINDING_MOVE = "finding.move"
    FINDING_RECHECK = "finding.recheck"
    FINDING_IMPORT = "finding.import"
    FINDING_EXPORT = "finding.export"
    WEAKNESS_VIEW = "weakness.view"
    WEAKNESS_ANSWER = "weakness.answer"
    WEAKNESS_OVERSEE = "weakness.oversee"
    FEEDS_VIEW = "feeds.view"
    FEEDS_LOAD = "feeds.load"
    LEVEL_VIEW = "level.view"
    LEVEL_DECLARE = "level.declare"
    LEVEL_OVERRIDE = "level.override"
    REPORT_VIEW = "report.view"
    REPORT_ISSUE = "report.issue"
    REPORT_TEMPLATE = "report.template"
    HISTORY_VIEW = "history.view"
    OWN_LINES_VIEW = "own-lines.view"
    MEMBERS_VIEW = "members.view"
    MEMBERS_INVITE = "members.invite"
    HOSPITALS_LIST = "hospitals.list"
    HOSPITAL_CREATE = "hospital.create"
    STAFF_INVITE = "staff.invite"
    STYLE_VIEW = "style.view"


P = Permission

_READ_HOSPITAL = frozenset(
    {
        P.HOSPITAL_VIEW,
        P.BASICS_VIEW,
        P.REGISTER_VIEW,
        P.OVERVIEW_VIEW,
        P.NETWORK_VIEW,
        P.CONSENT_VIEW,
        P.DIAGNOSIS_VIEW,
        # Whoever may see a scan may stop it: the one beside the router that stumbles is rarely the one who started it.
        P.DIAGNOSIS_STOP,
        P.FINDING_VIEW,
        P.WEAKNESS_VIEW,
        P.LEVEL_VIEW,
        P.REPORT_VIEW,
        P.HISTORY_VIEW,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.HOSPITAL_STAFF: _READ_HOSPITAL
    | {
        P.BASICS_EDIT,
        P.TERMS_ACCEPT,
        P.REGISTER_EDIT,
        P.REGISTER_EXPORT,
        P.WORKBOOK_UPLOAD,
        P.WORKBOOK_DOWNLOAD,
        P.NETWORK_EDIT,
        P.NETWORK_EXPORT,
        P.CONSENT_EDIT,
        P.CONSENT_SIGN,
        P.CONSENT_WITHDRAW,
        P.CONSENT_CONFIRM,
        P.DIAGNOSIS_EVIDENCE,
        P.FINDING_MOVE,
        P.FINDING_RECHECK,
        P.FINDING_IMPORT,
        P.FINDING_EXPORT,
        P.WEAKNESS_ANSWER,
        P.LEVEL_DECLARE,
        P.REPORT_ISSUE,
        P.MEMBERS_VIEW,
        P.MEMBERS_INVITE,
    },
    Role.DIRECTOR: _READ_HOSPITAL
    | {
        P.TERMS_ACCEPT,
        P.REGISTER_EXPORT,
        P.WORKBOOK_DOWNLOAD,
        P.NETWORK_EXPORT,
        P.CONSENT_SIGN,
        P.CONSENT_WITHDRAW,
        P.FINDING_MOVE,
        P.FINDING_EXPORT,
        P.MEMBERS_VIEW,
    },
    Role.SURVEYOR: _READ_HOSPITAL
    | {
        P.REGISTER_EDIT,
        P.REGISTER_EXPORT,
        P.WORKBOOK_DOWNLOAD,
        P.NETWORK_EDIT,
        P.NETWORK_EXPORT,
        P.CONSENT_CONFIRM,
    },
    # Runs scans, but never consents to one, nor says itself which address a line has today.
    Role.DIAGNOSTICIAN: (_READ_HOSPITAL - {P.BASICS_VIEW})
    | {
        P.CONSENT_EDIT,
        P.DIAGNOSIS_RUN,
        P.DIAGNOSIS_EVIDENCE,
        P.DIAGNOSIS_STOP_EVERYWHERE,
        P.DIAGNOSIS_LIFT,
        P.FINDING_MOVE,
        P.FINDING_RECHECK,
        P.FINDING_IMPORT,
        P.FINDING_EXPORT,
    },
    # What was found on lines in its own name, and nothing else: mending it is mostly the vendor's work.
    Role.VENDOR: frozenset({P.HOSPITAL_VIEW, P.OWN_LINES_VIEW, P.FINDING_VIEW, P.FINDING_MOVE}),
    Role.SECRETARIAT: _READ_HOSPITAL
    | {
        P.BASICS_EDIT,
        P.REGISTER_EDIT,
        P.REGISTER_EXPORT,
        P.WORKBOOK_UPLOAD,
        P.WORKBOOK_DOWNLOAD,
        P.NETWORK_EDIT,
        P.NETWORK_EXPORT,
        P.CONSENT_EDIT,
        P.DIAGNOSIS_RUN,
        P.DIAGNOSIS_EVIDENCE,
        P.DIAGNOSIS_STOP_EVERYWHERE,
        P.DIAGNOSIS_LIFT,
        P.FINDING_MOVE,
        P.FINDING_RECHECK,
        P.FINDING_IMPORT,
        P.FINDING_EXPORT,
        P.DIAGNOSIS_OVERSEE,
        P.WEAKNESS_ANSWER,
        P.WEAKNESS_OVERSEE,
        P.FEEDS_VIEW,
        P.FEEDS_LOAD,
        P.LEVEL_DECLARE,
        P.LEVEL_OVERRIDE,
        P.REPORT_ISSUE,
        P.REPORT_TEMPLATE,
        P.MEMBERS_VIEW,
        P.MEMBERS_INVITE,
        P.HOSPITALS_LIST,
        P.HOSPITAL_CREATE,
        P.STYLE_VIEW,
    },
    # Sees masked aggregates only (they come with the statistics): nothing of a single hospital.
    Role.MINISTRY: frozenset(),
    # Keeps accounts and feeds; reads no hospital's data.
    Role.ADMINISTRATOR: frozenset({P.STAFF_INVITE, P.FEEDS_VIEW, P.FEEDS_LOAD, P.STYLE_VIEW}),
}

MAY_INVITE: dict[Role, frozenset[Role]] = {
    Role.HOSPITAL_STAFF: frozenset({Role.HOSPITAL_STAFF, Role.DIRECTOR, Role.VENDOR}),
    Role.SECRETARIAT: frozenset({Role.HOSPITAL_STAFF, Role.DIRECTOR, Role.VENDOR, Role.SURVEYOR, Role.DIAGNOSTICIAN}),
    Role.ADMINISTRATOR: PROGRAMME_ROLES,
}
"""Which roles somebody may give to others and take away again; nobody else may give any, and nobody to themselves."""
