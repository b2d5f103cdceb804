"""Tries the accounts of manuals: the command, its input, and what its output means. No account is ever kept or printed."""

import json
import sys
from pathlib import Path

from sekisho.adapters.scanners import account_probe
from sekisho.adapters.scanners.tools import Tool
from sekisho.catalogue.default_accounts import load_default_accounts
from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.diagnosis.results import ScriptOutput
from sekisho.domain.diagnosis.strangers import visible_line

OUTPUT = "default-accounts"
MOST_BYTES = 20_000
VERSION = "1"


class NoOutcome(ValueError):
    """The text is no outcome of the probe."""


def accounts_tool() -> Tool:
    """Return our own probe; it is always there."""
    return Tool("account-probe", sys.executable, VERSION)


def accounts_command(tool: Tool, address: Address, port: int, *, is_tls: bool) -> list[str]:
    """Return the command. What it tries comes by its input, so that no record of commands holds an account."""
    return [
        tool.path,
        "-I",
        "-S",
        str(Path(account_probe.__file__)),
        str(address),
        str(port),
        "tls" if is_tls else "plain",
    ]


def accounts_input() -> bytes:
    """Return what the probe reads: the printed accounts, and the pause between two tries."""
    known = load_default_accounts()
    accounts = [
        {"product": one.product, "realm": one.realm, "user": one.user, "password": one.password}
        for one in known.accounts
    ]
    return json.dumps({"pause_s": known.pause_s, "accounts": accounts}).encode()


def read_accounts(text: str) -> ScriptOutput | None:
    """Return what the probe found; None when the page asked nothing, so that nothing was tried.

    Raises:
        NoOutcome: it did not come to its end, or got no answer.
    """
    try:
        outcome = json.loads(text[:MOST_BYTES])
        ended, tried = str(outcome["ended"]), int(outcome["tried"])
        accepted, realm = outcome["accepted"], str(outcome["realm"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NoOutcome(text[:40]) from None
    if ended == "no-answer":
        raise NoOutcome(ended)
    if not outcome.get("asked"):
        return None
    elements = [("ended", ended), ("tried", str(tried)), ("realm", visible_line(realm))]
    if isinstance(accepted, str):
        elements.append(("accepted", visible_line(accepted, 80)))
    return ScriptOutput(OUTPUT, visible_line(f"{ended}; tried {tried}; {realm}"), tuple(elements))
