"""`sekisho user`: accounts without the browser — the first administrator, a portal that sends no mail, a lost phone."""

import json
import secrets
import sys
from argparse import Namespace
from getpass import getpass
from typing import TYPE_CHECKING, Any

from sekisho.cli.database import with_database
from sekisho.cli.main import DONE, CannotDo, Parser, both
from sekisho.domain.text import Text

if TYPE_CHECKING:
    from sekisho.foundation.accounts.models import User
    from sekisho.foundation.accounts.permissions import Role
    from sekisho.foundation.tenancy.models import Hospital

# Without letters and digits that look alike on paper.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def register(parser: Parser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)

    create = commands.add_parser("create", help=both("アカウントを作る", "make an account"))
    _add_email(create)
    create.add_argument("--name", required=True, help=both("氏名", "the person's name"))
    create.add_argument("--language", choices=("ja", "en"), default="ja", help=both("表示言語", "language of pages"))
    create.add_argument("--role", metavar="ROLE", help=both("役割（例：administrator）", "role, e.g. administrator"))
    _add_place(create)
    _add_password(create)
    create.set_defaults(run=with_database(create_account))

    listing = commands.add_parser("list", help=both("アカウントの一覧", "list the accounts"))
    listing.add_argument("--hospital", metavar="CODE", help=both("この施設コードの病院だけ", "of one hospital only"))
    listing.set_defaults(run=with_database(list_accounts))

    assign = commands.add_parser("assign", help=both("役割を与える", "give a role"))
    _add_email(assign)
    assign.add_argument("role", metavar="ROLE", help=both("役割（例：hospital_staff）", "role, e.g. hospital_staff"))
    _add_place(assign)
    assign.set_defaults(run=with_database(give_role))

    for name, run, purpose in (
        ("disable", disable_account, both("サインインを止める", "let nobody sign in to it")),
        ("enable", enable_account, both("サインインを再び許す", "let it sign in again")),
        ("reset-second-factor", reset_second_factor, both("2つ目の確認手段を外す", "take its authenticators away")),
    ):
        command = commands.add_parser(name, help=purpose)
        _add_email(command)
        command.add_argument("--reason", required=True, help=both("理由（記録に残る）", "why; kept in the trail"))
        command.set_defaults(run=with_database(run))

    password = commands.add_parser("set-password", help=both("パスワードを決め直す", "give it another password"))
    _add_email(password)
    _add_password(password)
    password.set_defaults(run=with_database(set_password))


def _add_email(parser: Parser) -> None:
    parser.add_argument("email", metavar="EMAIL", help=both("メールアドレス", "the e-mail address"))


def _add_place(parser: Parser) -> None:
    parser.add_argument("--hospital", metavar="CODE", help=both("病院の施設コード", "the hospital's facility code"))
    parser.add_argument("--vendor", metavar="NAME", default="", help=both("ベンダ名", "the vendor's name"))


def _add_password(parser: Parser) -> None:
    parser.add_argument(
        "--generate-password",
        action="store_true",
        help=both(
            "パスワードを作って一度だけ表示する（端末でないときの既定）",
            "make a password and show it once; the default when there is no terminal to ask on",
        ),
    )
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help=both("パスワードを標準入力の1行目から読む", "read the password from the first line of standard input"),
    )


def create_account(options: Namespace) -> int:
    """Make an account, with a role when one is named; all or nothing."""
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email
    from django.db import transaction

    from sekisho.foundation.accounts import actions
    from sekisho.foundation.tenancy.actions import assign

    try:
        validate_email(options.email)
    except ValidationError:
        raise CannotDo(
            Text(f"「{options.email}」はメールアドレスではありません。", f"“{options.email}” is not an e-mail address.")
        ) from None
    place = _place(options) if options.role else None
    password, generated = _new_password(options)
    try:
        with transaction.atomic():
            user = actions.create_user(
                email=options.email, name=options.name, password=password, language=options.language, by=None
            )
            if place is not None:
                role, hospital = place
                assign(user=user, role=role, hospital=hospital, vendor_name=options.vendor, by=None)
    except actions.AddressTaken:
        raise CannotDo(
            Text(
                f"「{options.email}」のアカウントはもうあります。", f"There is an account for {options.email} already."
            )
        ) from None
    except ValidationError as error:
        raise _weak(error) from None
    return _say(
        options,
        {**_described(user), **({"password": password} if generated else {})},
        Text(f"アカウントを作りました：{user.email}", f"Account made: {user.email}"),
        _shown_once(password) if generated else None,
    )


def list_accounts(options: Namespace) -> int:
    """Print every account with its roles and whether it can sign in."""
    from sekisho.foundation.accounts.models import User

    users = User.objects.order_by("email")
    if options.hospital:
        users = users.filter(
            assignments__hospital=_hospital(options.hospital), assignments__ended_at__isnull=True
        ).distinct()
    described = [_described(user) for user in users]
    if options.json:
        json.dump({"users": described}, sys.stdout, ensure_ascii=False)
        print()
        return DONE
    for entry in described:
        state = Text("有効", "active") if entry["active"] else Text("停止", "disabled")
        roles = ", ".join("/".join(filter(None, (r["role"], r["hospital"], r["vendor"]))) for r in entry["roles"])
        factor = "+2FA" if entry["second_factor"] else ""
        print("\t".join((entry["email"], entry["name"], state.within(options.lang), factor, roles)))
    return DONE


def give_role(options: Namespace) -> int:
    """Give a role to an account that exists."""
    from sekisho.foundation.tenancy.actions import assign

    user = _user(options.email)
    role, hospital = _place(options)
    assign(user=user, role=role, hospital=hospital, vendor_name=options.vendor, by=None)
    return _say(options, _described(user), Text(f"{user.email} に役割を与えました。", f"{user.email} has the role."))


def disable_account(options: Namespace) -> int:
    """Let nobody sign in to the account; open sessions end."""
    from sekisho.foundation.accounts import actions

    user = _user(options.email)
    actions.disable_user(user, reason=options.reason, by=None)
    return _say(options, _described(user), Text(f"{user.email} を止めました。", f"{user.email} is disabled."))


def enable_account(options: Namespace) -> int:
    """Let the account sign in again."""
    from sekisho.foundation.accounts import actions

    user = _user(options.email)
    actions.enable_user(user, reason=options.reason, by=None)
    return _say(options, _described(user), Text(f"{user.email} を再び使えます。", f"{user.email} can sign in again."))


def reset_second_factor(options: Namespace) -> int:
    """Take the authenticators away; staff must set up new ones at the next sign-in."""
    from sekisho.foundation.accounts import actions

    user = _user(options.email)
    removed = actions.reset_second_factor(user, reason=options.reason, by=None)
    return _say(
        options,
        {**_described(user), "removed": removed},
        Text(f"{user.email} の確認手段を {removed} 件外しました。", f"{removed} removed from {user.email}."),
    )


def set_password(options: Namespace) -> int:
    """Give the account another password."""
    from django.core.exceptions import ValidationError

    from sekisho.foundation.accounts import actions

    user = _user(options.email)
    password, generated = _new_password(options)
    try:
        actions.set_password(user, password, reason="sekisho user", by=None)
    except ValidationError as error:
        raise _weak(error) from None
    return _say(
        options,
        {**_described(user), **({"password": password} if generated else {})},
        Text(f"{user.email} のパスワードを変えました。", f"The password of {user.email} was changed."),
        _shown_once(password) if generated else None,
    )


# --- parts ----------------------------------------------------------------------------------------------------------


def _user(email: str) -> "User":
    from sekisho.foundation.accounts.models import User

    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise CannotDo(Text(f"「{email}」のアカウントがありません。", f"There is no account for {email}."))
    return user


def _hospital(code: str) -> "Hospital":
    from sekisho.foundation.tenancy.models import Hospital

    hospital = Hospital.objects.filter(code=code).first()
    if hospital is None:
        raise CannotDo(Text(f"施設コード「{code}」の病院がありません。", f"There is no hospital with the code {code}."))
    return hospital


def _place(options: Namespace) -> "tuple[Role, Hospital | None]":
    """Return role and hospital that fit each other, or say how they do not."""
    from sekisho.foundation.accounts.permissions import PROGRAMME_ROLES, Role

    try:
        role = Role(options.role.replace("-", "_"))
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise CannotDo(
            Text(f"「{options.role}」という役割はありません。使える役割：{known}", f"Unknown role; known: {known}")
        ) from None
    if (role in PROGRAMME_ROLES) == bool(options.hospital):
        raise CannotDo(
            Text(
                f"{role.value} には病院を指定しません。--hospital を外してください。",
                f"{role.value} has no --hospital.",
            )
            if options.hospital
            else Text(f"{role.value} には --hospital で病院を指定してください。", f"{role.value} needs --hospital.")
        )
    if (role is Role.VENDOR) != bool(options.vendor):
        raise CannotDo(
            Text("--vendor は役割 vendor のときに、必ず指定します。", "--vendor goes with the role vendor, always.")
        )
    return role, _hospital(options.hospital) if options.hospital else None


def _new_password(options: Namespace) -> tuple[str, bool]:
    """Return a password, and True when it was made here and must be shown."""
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if options.generate_password or not sys.stdin.isatty():
        return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4)), True
    first = getpass(both("新しいパスワード", "New password") + ": ")
    if getpass(both("もう一度", "Again") + ": ") != first:
        raise CannotDo(Text("2回の入力が違います。もう一度実行してください。", "The two entries differ. Run it again."))
    return first, False


def _weak(error: Any) -> CannotDo:
    return CannotDo(
        Text("パスワードを使えません。" + " ".join(error.messages), "Not accepted. " + " ".join(error.messages))
    )


def _shown_once(password: str) -> Text:
    return Text(
        f"パスワード（今だけ表示します）：{password}\n本人に安全な方法で渡し、サインイン後に変えてもらってください。",
        f"Password (shown this once): {password}\nHand it over safely; have it changed after the first sign-in.",
    )


def _described(user: "User") -> dict[str, Any]:
    from sekisho.foundation.accounts.second_factor import factors_of
    from sekisho.foundation.tenancy.models import Assignment

    current = Assignment.objects.filter(user=user, ended_at__isnull=True).select_related("hospital")
    return {
        "email": user.email,
        "name": user.name,
        "active": user.is_active,
        "second_factor": bool(factors_of(user)),
        "roles": [
            {"role": a.role, "hospital": a.hospital.code if a.hospital else "", "vendor": a.vendor_name}
            for a in current
        ],
    }


def _say(options: Namespace, document: dict[str, Any], *texts: Text | None) -> int:
    if options.json:
        json.dump(document, sys.stdout, ensure_ascii=False)
        print()
    else:
        for text in filter(None, texts):
            print(text.within(options.lang))
    return DONE
