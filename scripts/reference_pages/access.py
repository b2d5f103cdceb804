"""Roles, permissions, invitations and addresses, from the code that guards them."""

from scripts.reference_pages.markdown import table
from sekisho.foundation.accounts.permissions import (
    MAY_INVITE,
    PROGRAMME_ROLES,
    ROLE_LABELS,
    ROLE_PERMISSIONS,
    SECOND_FACTOR_ROLES,
    Permission,
    Role,
)
from tests.conventions.url_list import all_urls


def permissions(language: str) -> str:
    """Return the page of roles, permissions, invitations and addresses."""
    ja = language == "ja"
    # In English the value says it; the catalogue of translations need not be compiled to write this page.
    labels = {role: str(ROLE_LABELS[role]) if ja else role.value.replace("_", " ") for role in Role}
    yes, no = "○", "－"
    roles = table(
        ["役割", "名前", "どこで", "2つ目の確認"] if ja else ["role", "name", "held for", "second factor"],
        (
            [
                f"`{role.value}`",
                labels[role],
                (
                    ("運営全体" if ja else "the programme")
                    if role in PROGRAMME_ROLES
                    else "病院ごと"
                    if ja
                    else "one hospital"
                ),
                (("必須" if ja else "compulsory") if role in SECOND_FACTOR_ROLES else "任意" if ja else "optional"),
            ]
            for role in Role
        ),
    )
    matrix = table(
        ["権限" if ja else "permission", *(labels[role] for role in Role)],
        ([f"`{p.value}`", *(yes if p in ROLE_PERMISSIONS[role] else no for role in Role)] for p in Permission),
    )
    invitations = table(
        ["招待する人" if ja else "who invites", *(labels[role] for role in Role)],
        ([labels[role], *(yes if given in MAY_INVITE[role] else no for given in Role)] for role in MAY_INVITE),
    )
    if ja:
        return f"""# 役割と権限

このページは `src/sekisho/foundation/accounts/permissions.py` から作られています。手で直さず、`make docs` で作り直してください。

画面はすべて、開くのに要る権限を1つ持つか、サインインだけで開けるか、だれでも開けるかのどれかです。
関わりのない病院の画面は、存在しない画面と同じ「404」になります。関わりがあっても権限がないときは「403」です。

## 役割

{roles}

## 役割ごとの権限

{matrix}

## だれがだれを招待できるか

自分自身に役割を与えることは、だれにもできません。役割を終えられるのも、その役割を与えられる人だけです。

{invitations}

## 画面と権限

{_addresses(ja)}
"""
    return f"""# Roles and permissions

This page is made from `src/sekisho/foundation/accounts/permissions.py`. Do not edit it; run `make docs`.

Each address needs one permission, or a sign-in, or nothing. An address of a hospital that a person has nothing to do
with is not found (404), just like one that never was; without the permission it is forbidden (403).

## Roles

{roles}

## What each role may do

{matrix}

## Who may invite whom

Nobody gives a role to themselves. Whoever may give a role may also end it, and nobody else may.

{invitations}

## Addresses

{_addresses(ja)}
"""


def _addresses(ja: bool) -> str:
    names = (
        {"public": "（だれでも）", "signed-in": "（サインイン）"}
        if ja
        else {"public": "(everybody)", "signed-in": "(sign-in)"}
    )
    rows = []
    for url in sorted(all_urls(), key=lambda url: url.route):
        mark = url.mark
        rows.append([f"`{url.route}`", f"`{mark.value}`" if isinstance(mark, Permission) else names[str(mark)]])
    return table(["アドレス", "権限"] if ja else ["address", "permission"], rows)
