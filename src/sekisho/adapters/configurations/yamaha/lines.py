"""The commands of a YAMAHA configuration, put together again where a console had broken them in the middle.

A console of 80 columns (`console columns`) breaks a long line wherever the 80th column falls, in the middle of a number
too: `ip lan2 secure filter in 2000` / `99 200100`. Whoever copies the screen has those breaks in the file.

Source: `console columns` in the YAMAHA command reference; the manner of breaking as seen in published logs. Uncertain:
whether a blank at the break survives the copying; when it is lost, numbers of defined filters decide.
"""

import re
from dataclasses import dataclass

from sekisho.adapters.configurations.redaction import MASK, columns, fold_width

_DEFINED = re.compile(r"[ \t]*ip(?:v6)?[ \t]+filter[ \t]+(?:dynamic[ \t]+)?(\d{1,10})(?=[ \t])")
_PROMPT = re.compile(r"(?:[\w.()@-]{1,64}[>#]|>)[ \t]*")
_SHOWS = re.compile(r"(?:show|administrator|exit|quit|save|less|console)?(?:[ \t]|$)")
_COMMANDS = re.compile(
    r"(?:no|ip|ipv6|pp|tunnel|nat|ipsec|dns|dhcp|snmp|snmpv2c|snmpv3|login|administrator|console|syslog|schedule|sshd|telnetd|httpd|sftpd"
    r"|lan|vlan|bridge|l2tp|pptp|pppoe|ppp|description|isdn|ethernet|security|timezone|date|time|statistics|alarm|upnp|mail|url|save"
    r"|exit|quit|queue|speed|user|radius|ntp|ntpdate|switch|mobile|wan|usbhost|external-memory|operation|rip|ospf|bgp|sip|line|auth"
    r"|yno|pki|system|netvolante-dns|provider|cooperation|heartbeat2?|embedded|lua|show|loopback|null|onu1)(?=\s|$)"
)
_MOST_PIECES = 64


@dataclass(frozen=True, slots=True)
class Command:
    """One command: number of its first line from 1, its text, and how many lines it took."""

    line: int
    text: str
    pieces: int = 1


def commands_of(text: str) -> tuple[list[Command], list[str]]:
    """Return the commands of `text`, and its comments and prompts apart."""
    lines = text.split("\n")
    width = fold_width(lines)
    defined = {found[1] for line in lines if (found := _DEFINED.match(line))} if width else set()
    commands: list[Command] = []
    comments: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        stripped = line.strip()
        prompt = _PROMPT.match(stripped)
        if not stripped:
            pass
        elif stripped[0] == "#" or (prompt and _SHOWS.match(stripped, prompt.end())):
            comments.append(stripped)
        elif prompt:
            # What somebody typed counts like what is saved.
            commands.append(Command(at + 1, stripped[prompt.end() :]))
        elif width:
            joined, end = _joined(lines, at, width, defined)
            commands.append(Command(at + 1, joined, end - at))
            at = end - 1
        else:
            commands.append(Command(at + 1, stripped))
        at += 1
    return commands, comments


def _joined(lines: list[str], at: int, width: int, defined: set[str]) -> tuple[str, int]:
    whole, end = lines[at], at + 1
    while end < len(lines) and end - at < _MOST_PIECES and _continues(lines[end - 1], lines[end], width):
        piece = lines[end]
        if whole.endswith(MASK) and piece.startswith(MASK):
            piece = piece[len(MASK) :]
        whole = f"{whole}{_between(whole, piece, columns(lines[end - 1]) < width, defined)}{piece}"
        end += 1
    return whole.strip(), end


def _continues(above: str, line: str, width: int) -> bool:
    first = line.strip()
    if not first or first[0] == "#" or _COMMANDS.match(first):
        return False
    # A masked secret has changed the length of its line; where the break was within it, the mask goes on below.
    return columns(above) >= width - 1 or (above.endswith(MASK) and line.startswith(MASK))


def _between(above: str, below: str, short: bool, defined: set[str]) -> str:
    """Return "" for a break within a word, " " for one between words whose blank was lost."""
    if short and not above.endswith(" ") and not below.startswith(" "):
        return " "
    tail, head = re.search(r"\d+$", above), re.match(r"\d+", below)
    if tail and head and tail[0] + head[0] not in defined and {tail[0], head[0]} <= defined:
        return " "
    return ""
