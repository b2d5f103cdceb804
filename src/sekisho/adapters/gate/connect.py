"""What may run where no namespace can be made: nmap's connect scan of one address, by the kernel's own connections.

There is no filter in the way of such a scan, so its command line is read like a consent: what is not known to send
nothing else is refused. Beside nmap only our own canary may run, which asks one port of the same address.
"""

import ipaddress
import re
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath

import sekisho
from sekisho.adapters.gate.words import NEEDED, NOT_ALLOWED, NOT_NMAP, OTHER_TARGET, TOO_FAST
from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.diagnosis.grants import connect_rate
from sekisho.domain.text import Text

_ALONE = frozenset(
    {
        *("-sT", "-sV", "-n", "-Pn", "-6", "-v", "-d", "-d1", "-T0", "-T1", "-T2", "-T3", "-r", "--reason", "--open"),
        *(
            "--version-light",
            "--version-all",
            "--unprivileged",
            "--noninteractive",
            "--no-stylesheet",
            "--disable-arp-ping",
        ),
    }
)
_WITH_VALUE = frozenset(
    {
        *("-p", "-oX", "-oN", "-oG", "--exclude-ports", "--max-rate", "--max-retries", "--host-timeout"),
        *("--initial-rtt-timeout", "--min-rtt-timeout", "--max-rtt-timeout", "--scan-delay", "--max-scan-delay"),
        *("--min-rate", "--max-parallelism", "--version-intensity", "--stats-every"),
        *("--script", "--script-args", "--script-timeout"),
    }
)
_NEEDED = ("-sT", "-n", "-Pn", "--max-rate")


_CANARY = Path(sekisho.__file__).parent / "adapters" / "scanners" / "canary_probe.py"
_SCRIPT = re.compile(r"\+?[a-z0-9]+(-[a-z0-9]+)+")
_SCRIPTS_OF_OTHERS = ("broadcast-", "targets-", "lltd-", "mrinfo", "ipv6-", "asn-", "whois-", "hostmap-", "shodan-")
"""Scripts that ask somebody else than the target. A name without a hyphen may be a whole category, and is refused."""


class NotPlain(Exception):
    """The command is more than an unprivileged connect scan of one address. `reason` says what is in the way."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


def plain_command(argv: Sequence[str], address: Address, consented: int) -> list[str]:
    """Return the command with `--unprivileged`, when it is an nmap connect scan of `address` within its rate.

    `consented` is in packets per second. See `connect_rate` for what of it is asked for.

    Raises:
        NotPlain: anything else.
    """
    if list(argv) == [sys.executable, "-I", "-S", str(_CANARY), str(address), "connect"]:
        return list(argv)
    if not argv or PurePath(argv[0]).name != "nmap":
        raise NotPlain(NOT_NMAP)
    given, targets = _read(list(argv[1:]))
    for option in _NEEDED:
        if option not in given:
            raise NotPlain(NEEDED.filled(option=option))
    if not _is_within(given["--max-rate"], connect_rate(consented)):
        raise NotPlain(TOO_FAST.filled(rate=connect_rate(consented)))
    if len(targets) != 1 or not _is(targets[0], address):
        raise NotPlain(OTHER_TARGET.filled(address=address))
    return [argv[0], "--unprivileged", *argv[1:]]


def _read(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return options with their values, and what is no option.

    Every option is written out in full and apart from its value, but for `-p80`: nmap reads more, such as shortened
    names, and whatever is read differently here would be a way around.
    """
    given: dict[str, str] = {}
    targets: list[str] = []
    while arguments:
        one = arguments.pop(0)
        if one in _WITH_VALUE and arguments:
            given[one] = arguments.pop(0)
        elif one in _ALONE or (one.startswith("-p") and _is_ports(one[2:])):
            given[one] = ""
        elif one.startswith("-"):
            raise NotPlain(NOT_ALLOWED.filled(option=one))
        else:
            targets.append(one)
    if "newtargets" in given.get("--script-args", ""):
        raise NotPlain(NOT_ALLOWED.filled(option="--script-args newtargets"))
    scripts = given.get("--script")
    if scripts is not None and not all(_is_harmless(one) for one in scripts.split(",")):
        raise NotPlain(NOT_ALLOWED.filled(option=f"--script {scripts}"))
    if "-p" in given and not _is_ports(given["-p"]):
        raise NotPlain(NOT_ALLOWED.filled(option=f"-p {given['-p']}"))
    return given, targets


def _is_harmless(script: str) -> bool:
    return _SCRIPT.fullmatch(script) is not None and not script.removeprefix("+").startswith(_SCRIPTS_OF_OTHERS)


def _is_ports(text: str) -> bool:
    return re.fullmatch(r"(T:)?[0-9,-]+", text) is not None


def _is_within(text: str, most: int) -> bool:
    return re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text) is not None and 0 < float(text) <= most


def _is(text: str, address: Address) -> bool:
    try:
        return ipaddress.ip_address(text) == address
    except ValueError:
        return False
