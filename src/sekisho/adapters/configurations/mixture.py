"""Finds where the configuration of a second device begins in one file: pasted below the first by mistake.

Read as one, the second would change the first's rules without anybody noticing. The place is told by the lines that
each vendor's device writes above its configuration, or by a second host name.
"""

import re

from sekisho.domain.text import Text

OTHER_DEVICE = Text(
    "ここから別の装置の設定が始まっているようです。装置ごとに1つのファイルに分けて読み込ませてください。ここから下は読んでいません。",
    "Another device's configuration seems to begin here. Give each device a file of its own. From here on nothing was read.",
)
LEAST_LINES = 3
"""Lines of commands above a head; below that it still belongs to the first device."""
_HEADS = (
    ("yamaha", re.compile(r"#[ \t]*(?:RTX?|NVR|FWX|SRT|vRX)[\w-]{0,12}[ \t]+(?:BootROM[ \t]+)?Rev\.")),
    ("fortios", re.compile(r"#config-version=")),
    ("cisco-asa", re.compile(r"ASA Version \d")),
    ("cisco-ios", re.compile(r"Current configuration[ \t]*:[ \t]*\d+ bytes")),
    ("nec-ix", re.compile(r"![ \t]*NEC Portable Internetwork Core")),
    ("panos", re.compile(r"<config[ \t>]")),
)
_NAMED = re.compile(r"(?:hostname|sysname)[ \t]+(\S+)")


def second_device(lines: list[str]) -> int | None:
    """Return the line number (from 1) where a second device's configuration begins; None when there is one device."""
    seen, commands = "", 0
    name = ""
    for number, line in enumerate(lines, 1):
        head = _head(line)
        if head and commands >= LEAST_LINES:
            return number
        seen = head or seen
        if line[:8] in ("hostname", "sysname ") and (named := _NAMED.match(line)):
            if name and named[1] != name and commands >= LEAST_LINES:
                return _head_above(lines, number)
            name = named[1]
        if line.strip() and line.lstrip()[0] not in "!#;:":
            commands += 1
    return None


def _head(line: str) -> str:
    if line[:1] not in ("#", "A", "C", "!", "<"):
        return ""
    return next((vendor for vendor, pattern in _HEADS if pattern.match(line)), "")


def _head_above(lines: list[str], number: int) -> int:
    """Return where the block of comments and blanks right above line `number` begins, else `number`."""
    start = number
    while start > 1 and (not lines[start - 2].strip() or lines[start - 2].lstrip()[:1] in ("!", "#", ":")):
        start -= 1
    return start
