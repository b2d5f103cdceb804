"""Checks that ike-scan makes: how an IKE service answers to main mode, aggressive mode, version 2 and port 4500.

nmap's own script misses 4500/udp and tells nothing of aggressive mode, hence the second tool. A negotiation is begun and
never carried on: no key is guessed. First weak proposals are offered, because taking one is the finding; when none is taken,
strong ones, because the answer names the device.
"""

import re
from dataclasses import dataclass

from sekisho.adapters.scanners.tools import Tool, found_tool
from sekisho.domain.diagnosis.consents import Address
from sekisho.domain.diagnosis.results import ScriptOutput
from sekisho.domain.diagnosis.strangers import visible, visible_line

OLDEST = (1, 9)
MOST_BYTES = 200_000
"""Of what it prints; an answer has a few hundred bytes."""
GROUP_NAME = "sekisho-check"
"""The name under which aggressive mode is asked: one that no device knows."""

_WEAK = ("5,2,1,2", "5,1,1,2", "1,2,1,2", "1,1,1,1", "7/128,2,1,2", "7/256,2,1,5")
"""Cipher, hash, method (1 = pre-shared key), group, in IANA's numbers for IKEv1: 3DES, DES, AES with groups 2, 1, 5."""
_STRONG = ("7/256,4,1,14", "7/256,5,1,14", "7/128,4,1,14", "7/256,2,1,14", "7/256,4,3,14")
_MODES: dict[str, tuple[tuple[str, ...], ...]] = {
    "main": (
        tuple(f"--trans={one}" for one in _WEAK),
        tuple(f"--trans={one}" for one in _STRONG),
    ),
    "aggressive": (
        ("--aggressive", f"--id={GROUP_NAME}", "--dhgroup=2", "--trans=5,2,1,2", "--trans=7/128,2,1,2"),
        ("--aggressive", f"--id={GROUP_NAME}", "--dhgroup=14", "--trans=7/256,4,1,14", "--trans=7/256,2,1,14"),
    ),
    "v2": (("--ikev2",),),
    "nat-t": (("--nat-t",), ("--nat-t", "--ikev2")),
}
_ANSWER = re.compile(r"^\S+\t(?P<said>[^\t\n].*)$", re.MULTILINE)
_ENDING = re.compile(r"^Ending ike-scan [\d.]+: .*?(\d+) returned handshake; (\d+) returned notify", re.MULTILINE)
_PAYLOAD = re.compile(r"^\t(?P<name>\w+)=(?P<value>.*)$", re.MULTILINE)
_PROPOSAL = re.compile(r"(\w+)=(\S+)")
_VENDOR = re.compile(r"^[0-9a-fA-F]+(?: \((?P<name>.*)\))?$")


@dataclass(frozen=True, slots=True)
class IkeAnswer:
    """What one run of ike-scan printed: None for `output` when nobody answered."""

    output: ScriptOutput | None
    is_handshake: bool


class NotFinished(ValueError):
    """The text is no finished run of ike-scan."""


def ike_tool() -> Tool:
    """Return the installed ike-scan.

    Raises:
        ToolUnusable: not installed or too old.
    """
    return found_tool("ike-scan", r"ike-scan (\d+\.\d+\S*)", OLDEST)


def ike_commands(ike_scan: Tool, address: Address, mode: str, port: int, *, rate: float) -> list[list[str]]:
    """Return the commands that ask in `mode` (main, aggressive, v2, nat-t), to be run until one brings a handshake."""
    pause_ms = max(round(1000 / max(rate, 1.0)), 20)
    usual = [
        *(ike_scan.path, "--nodns", "--multiline", "--retry=3", "--timeout=1000", "--backoff=1.5"),
        *(f"--interval={pause_ms}",),
    ]
    # Ports come last: --nat-t sets its own.
    return [[*usual, *how, "--sport=0", f"--dport={port}", str(address)] for how in _MODES[mode]]


def read_ike(text: str, mode: str) -> IkeAnswer:
    """Return what ike-scan printed, as an output called "ike-MODE" with `sa/*`, `vid/*` and one of
    `handshake` (it went along), `accepted` (it went along until it looked for our key) and `notify` (it refused).

    Raises:
        NotFinished: it did not come to its end.
    """
    if not (ending := _ENDING.search(text)):
        raise NotFinished(mode)
    answer = _ANSWER.search(text, 0, ending.start())
    if answer is None:
        return IkeAnswer(None, False)
    said = visible_line(answer["said"])
    is_handshake = "Handshake returned" in said
    name = "handshake" if is_handshake else "accepted" if _is_accepted(said, mode) else "notify"
    elements = [(name, said), *_payloads(text[answer.end() : ending.start()])]
    shown = visible(text[answer.start() : ending.start()].strip())
    return IkeAnswer(ScriptOutput(f"ike-{mode}", shown, tuple(elements)), is_handshake)


def _is_accepted(said: str, mode: str) -> bool:
    # It took the proposal and derived keys for its answer, and only then found no key for our name.
    return mode == "aggressive" and said.startswith("Unexpected IKE payload returned: Hash")


def _payloads(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for match in list(_PAYLOAD.finditer(text))[:100]:
        name, value = match["name"], match["value"].strip()
        if name == "SA":
            found += [(f"sa/{key}", visible_line(said)) for key, said in _PROPOSAL.findall(value.strip("()"))]
        elif name == "VID" and (vendor := _VENDOR.match(value)):
            found.append(
                (f"vid/{sum(key.startswith('vid/') for key, _ in found)}", visible_line(vendor["name"] or value))
            )
    return found
