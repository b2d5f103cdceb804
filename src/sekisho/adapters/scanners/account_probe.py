"""The program that tries the account printed in a device's manual, at most twice, and says only which product let it in.

Run by its path inside the gate, with nothing but the standard library: `account_probe.py ADDRESS PORT tls|plain`. Its
input is one JSON object: `pause_s` and `accounts` (product, realm, user, password). Its output is one JSON object without
any of the accounts: `asked` (did the page ask for a password), `realm`, `tried`, `accepted` (product or null), `ended`.

It tries nothing unless the page asks by HTTP Basic with words that name the device, one try for each user name, and it
stops at the first answer that is neither "come in" nor "who are you": a device that begins to lock out is left alone.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import ssl
import sys
import time

MOST_TRIES = 2
ANSWER_S = 10
MOST_REALM = 200
MOST_INPUT = 100_000

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(arguments: list[str]) -> int:
    """Ask the page, try what fits, and print what came of it."""
    address, port, kind = arguments
    given: dict[str, Any] = json.loads(sys.stdin.read(MOST_INPUT))
    sys.stdout.write(json.dumps(tried(address, int(port), kind == "tls", given["accounts"], given["pause_s"])) + "\n")
    return 0


def tried(address: str, port: int, is_tls: bool, accounts: list[dict[str, str]], pause_s: float) -> dict[str, Any]:
    """Return what the page asked, how often it was tried, and which product let us in."""
    outcome: dict[str, Any] = {"asked": False, "realm": "", "tried": 0, "accepted": None, "ended": "no-question"}
    status, realm = _answer(address, port, is_tls, None)
    if status is None:
        return outcome | {"ended": "no-answer"}
    if status != 401 or realm is None:
        return outcome
    outcome |= {"asked": True, "realm": realm, "ended": "not-known"}
    names: set[str] = set()
    for account in accounts:
        if account["user"] in names or not re.search(account["realm"], realm, re.IGNORECASE):
            continue
        if len(names) >= MOST_TRIES:
            break
        names.add(account["user"])
        time.sleep(pause_s)
        status, _ = _answer(address, port, is_tls, account)
        outcome |= {"tried": len(names), "ended": "refused"}
        if status is not None and 200 <= status < 400:
            return outcome | {"accepted": account["product"], "ended": "accepted"}
        if status != 401:
            return outcome | {"ended": "stopped"}
    return outcome


def _answer(address: str, port: int, is_tls: bool, account: dict[str, str] | None) -> tuple[int | None, str | None]:
    """Return the status of one request for the first page and the words of its question by HTTP Basic."""
    headers = {"User-Agent": "sekisho", "Connection": "close"}
    if account is not None:
        pair = f"{account['user']}:{account['password']}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    connection = _connection(address, port, is_tls)
    try:
        connection.request("GET", "/", headers=headers)
        response = connection.getresponse()
        question = response.getheader("WWW-Authenticate") or ""
        asked = re.match(r"\s*basic\b(.*)", question, re.IGNORECASE | re.DOTALL)
        return response.status, asked[1].strip()[:MOST_REALM] if asked else None
    except (OSError, http.client.HTTPException, ValueError):
        return None, None
    finally:
        connection.close()


def _connection(address: str, port: int, is_tls: bool) -> http.client.HTTPConnection:
    if not is_tls:
        return http.client.HTTPConnection(address, port, timeout=ANSWER_S)
    # Devices sign their own certificates; who answers is not the question here.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(address, port, timeout=ANSWER_S, context=context)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
