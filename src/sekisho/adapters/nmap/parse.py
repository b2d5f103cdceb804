"""Reads nmap's XML (`-oX`) into plain values, and refuses what could pass for "nothing open" without being it.

A file that breaks off, a run that ended in an error and a file that is no nmap output raise. A host that nmap gave up
or a target that it skipped is left out and named in `warnings`: a missing result must never look like a clean one.

What scripts and services say is bounded and made visible (`domain.diagnosis.strangers`) before it becomes a value. The two
protocols of one number are two ports, here as everywhere.

masscan writes the same form: a `host` for each answer instead of each address, no `exit`, and nothing of the ports and
addresses that did not answer. Its answers are read, and a warning says what they do not prove.
"""

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from sekisho.adapters.nmap.scripts import MAX_SCRIPTS, script_output
from sekisho.domain.diagnosis.results import AddressScan, Covered, ObservedPort, ScriptOutput
from sekisho.domain.diagnosis.strangers import visible_line
from sekisho.domain.text import Text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 16_000_000
"""A result of a few addresses is far smaller. Read into memory, a file takes up to 25 times its size."""
ADDRESS_TYPES = ("ipv4", "ipv6")
MAX_CPES, MAX_HOSTNAMES = 10, 10
HIGHEST_PORT = 65535
PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
"""What has ports. nmap also lists protocols of IP by their number (-sO): no door that a program listens at."""
_SCRIPT_OPTION = re.compile(r"--script[ =]([^ ]+)")
_SCRIPT_NAME = re.compile(r"\+?[a-z0-9]+(?:-[a-z0-9]+)*")
_CATEGORIES = frozenset(
    [
        "all",
        "auth",
        "broadcast",
        "brute",
        "default",
        "discovery",
        "dos",
        "exploit",
        "external",
        "fuzzer",
        "intrusive",
        "malware",
        "safe",
        "version",
        "vuln",
    ]
)
"""Words after --script that name many scripts at once: which of them ran, the file does not say."""
_VERSIONS = re.compile(r"(?:^|\s)-(?:s[A-Z]*V[A-Z]*|A)(?:\s|$)")
"""Options of nmap that ask what stands behind a port."""


class NmapUnreadable(ValueError):
    """The file is no complete nmap result. `message` says why and what to do."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


@dataclass(frozen=True, slots=True)
class NmapRun:
    """What one file says: a scan per host, in the file's order, and what a reader must know beside them."""

    scans: tuple[AddressScan, ...]
    warnings: tuple[Text, ...] = ()


def parse_nmap_xml(raw: bytes, *, evidence: str = "") -> NmapRun:
    """Return the hosts of one nmap XML file. `evidence` names the file in each scan.

    Raises:
        NmapUnreadable: no nmap XML, incomplete, too large, or with entities that XML from a tool never has.
    """
    root = _root(raw)
    finished = root.find("runstats/finished")
    if finished is None:
        raise NmapUnreadable(_NO_END.filled(tool=_spoken_tool(root)))
    if finished.get("exit", "success") != "success":
        raise NmapUnreadable(_ENDED_IN_ERROR)
    run = _RunFacts(
        started_at=_instant(root.get("start")),
        evidence=evidence,
        tool=" ".join(part for part in (root.get("scanner", ""), root.get("version", "")) if part),
        covered=_covered(root),
        tells_silence=not _is_masscan(root),
        asked_services=_VERSIONS.search(root.get("args", "")) is not None,
        asked_scripts=_asked_scripts(root.get("args", "")),
    )
    hosts = [(host, _address(host)) for host in root.findall("host")]
    scans = tuple(_scan(host, address, run) for host, address in hosts if address and not _gave_up(host))
    return NmapRun(scans, _warnings(root, hosts))


@dataclass(frozen=True, slots=True)
class _RunFacts:
    """What a file says once for all its hosts."""

    started_at: datetime | None
    evidence: str
    tool: str
    covered: tuple[Covered, ...]
    tells_silence: bool
    asked_services: bool
    asked_scripts: frozenset[str]


def _root(raw: bytes) -> "Element":
    if len(raw) > MAX_BYTES:
        raise NmapUnreadable(_TOO_LARGE)
    if not raw.strip():
        raise NmapUnreadable(_EMPTY)
    try:
        root: Element = fromstring(raw)
    except DefusedXmlException:
        raise NmapUnreadable(_ENTITIES) from None
    except ParseError as error:
        raise NmapUnreadable(_why_not_parsed(raw, error.position[0])) from None
    except (ValueError, LookupError):  # an encoding that does not exist, or that the bytes do not follow
        raise NmapUnreadable(_NOT_NMAP) from None
    if root.tag != "nmaprun":
        raise NmapUnreadable(_NOT_NMAP)
    return root


def _why_not_parsed(raw: bytes, line: int) -> Text:
    if b"<nmaprun" not in raw[:4096]:
        return _NOT_NMAP
    return _DAMAGED.filled(line=line) if raw.rstrip().endswith(b"</nmaprun>") else _CUT_OFF


def _is_masscan(root: "Element") -> bool:
    return root.get("scanner", "").strip().casefold() == "masscan"


def _spoken_tool(root: "Element") -> str:
    return "masscan" if _is_masscan(root) else "nmap"


def _address(host: "Element") -> str:
    """Return the host's address in canonical text, "" when it has none (a MAC address alone is none)."""
    for entry in host.findall("address"):
        if entry.get("addrtype", "ipv4") in ADDRESS_TYPES:
            try:
                return str(ipaddress.ip_address(entry.get("addr", "")))
            except ValueError:
                continue
    return ""


def _gave_up(host: "Element") -> bool:
    return host.get("timedout") == "true"


def _scan(host: "Element", address: str, run: _RunFacts) -> AddressScan:
    status = host.find("status")
    ports = [port for entry in host.findall("ports/port") if (port := _port(entry, run.evidence)) is not None]
    return AddressScan(
        address=address,
        started_at=_instant(host.get("starttime")) or run.started_at,
        ended_at=_instant(host.get("endtime")),
        is_up=status is None or status.get("state") != "down",
        ports=tuple(sorted(ports, key=lambda port: (port.protocol, port.port))),
        evidence=run.evidence,
        tool=run.tool,
        is_complete=run.tells_silence,
        covered=run.covered,
        undecided=_undecided(host, run.covered),
        asked_services=run.asked_services,
        asked_scripts=run.asked_scripts,
        hostnames=_hostnames(host),
        scripts=_scripts(host.findall("hostscript/script")),
    )


def _hostnames(host: "Element") -> tuple[str, ...]:
    names = [visible_line(entry.get("name", "")) for entry in host.findall("hostnames/hostname")]
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_HOSTNAMES]


def _port(entry: "Element", evidence: str) -> ObservedPort | None:
    state, service = entry.find("state"), entry.find("service")
    number = entry.get("portid", "")
    protocol = entry.get("protocol", "")
    if state is None or protocol not in PROTOCOLS:
        return None
    if not number.isascii() or not number.isdigit() or len(number) > 5 or int(number) > HIGHEST_PORT:
        return None
    said = {key: visible_line(value) for key, value in service.attrib.items()} if service is not None else {}
    tunnel = "ssl/" if said.get("tunnel") == "ssl" else ""
    name = said.get("name", "")
    return ObservedPort(
        protocol=protocol,
        port=int(number),
        state=visible_line(state.get("state", "")),
        service=f"{tunnel}{name}" if name else "",
        product=said.get("product", ""),
        version=said.get("version", ""),
        reason=visible_line(state.get("reason", "")),
        extra=said.get("extrainfo", ""),
        os=said.get("ostype", ""),
        device=said.get("devicetype", ""),
        basis=said.get("method", ""),
        cpes=_cpes(service),
        scripts=_scripts(entry.findall("script")),
        evidence=evidence,
    )


def _cpes(service: "Element | None") -> tuple[str, ...]:
    names = [visible_line(entry.text or "") for entry in service.findall("cpe")] if service is not None else []
    return tuple(dict.fromkeys(name for name in names if name.startswith("cpe:")))[:MAX_CPES]


def _scripts(entries: "list[Element]") -> tuple[ScriptOutput, ...]:
    return tuple(script_output(entry) for entry in entries[:MAX_SCRIPTS] if entry.get("id"))


def _asked_scripts(arguments: str) -> frozenset[str]:
    """Return the scripts that a command line names; a category or a pattern names none for sure."""
    named = [match[1].strip("'\"") for match in _SCRIPT_OPTION.finditer(arguments)]
    names = [one.removeprefix("+") for part in named for one in part.split(",") if _SCRIPT_NAME.fullmatch(one)]
    return frozenset(names) - _CATEGORIES


def _covered(root: "Element") -> tuple[Covered, ...]:
    """Return what the run asked; a service list that cannot be read covers nothing."""
    by_protocol: dict[str, list[tuple[int, int]]] = {}
    for entry in root.findall("scaninfo"):
        ranges = [_range(part) for part in entry.get("services", "").split(",")[: HIGHEST_PORT + 1]]
        by_protocol.setdefault(visible_line(entry.get("protocol", "")), []).extend(one for one in ranges if one)
    return tuple(Covered(protocol, tuple(sorted(ranges))) for protocol, ranges in by_protocol.items() if ranges)


def _undecided(host: "Element", covered: tuple[Covered, ...]) -> tuple[Covered, ...]:
    """Return the ports that nmap sums up as neither open nor shut; without their numbers, all of UDP that it asked."""
    found: dict[str, list[tuple[int, int]]] = {}
    for extra in host.findall("ports/extraports"):
        if extra.get("state", "") in {"open", "closed", "filtered"}:
            continue
        reasons = extra.findall("extrareasons")
        if not reasons or any(not reason.get("ports") for reason in reasons):
            return tuple(one for one in covered if one.protocol == "udp")
        for reason in reasons:
            ranges = [_range(part) for part in reason.get("ports", "").split(",")[: HIGHEST_PORT + 1]]
            found.setdefault(visible_line(reason.get("proto", "udp")), []).extend(one for one in ranges if one)
    return tuple(Covered(protocol, tuple(sorted(ranges))) for protocol, ranges in found.items() if ranges)


def _range(text: str) -> tuple[int, int] | None:
    first, dash, last = text.strip().partition("-")
    if not (first.isascii() and first.isdigit() and len(first) <= 5) or (dash and not last.isascii()):
        return None
    if dash and not (last.isdigit() and len(last) <= 5):
        return None
    low, high = int(first), int(last) if dash else int(first)
    return (low, high) if low <= high <= HIGHEST_PORT else None


def _instant(seconds: str | None) -> datetime | None:
    """Return the aware time of nmap's seconds since 1970, None when there are none or they cannot be true."""
    try:
        return datetime.fromtimestamp(int(seconds or ""), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _warnings(root: "Element", hosts: list[tuple["Element", str]]) -> tuple[Text, ...]:
    gave_up = [_GAVE_UP.filled(address=address) for host, address in hosts if address and _gave_up(host)]
    skipped = [_SKIPPED for target in root.findall("target") if target.get("status") == "skipped"]
    nothing = [_NO_HOST] if not hosts and not skipped else []
    silent = [_ONLY_ANSWERS] if _is_masscan(root) else []
    return tuple([*gave_up, *skipped[:1], *nothing, *silent])


_TOO_LARGE = Text(
    "ファイルが大きすぎます。診断の結果を、アドレスごとに分けて出力してください。",
    "The file is too large. Write the results of the scan address by address.",
)
_ENTITIES = Text(
    "診断の結果には現れない書き方（実体の定義）が含まれているため、読みません。nmap が出力した元のファイルを入れてください。",
    "The file defines XML entities, which a scan result never does, so it is not read. Put in the file as nmap wrote it.",
)
_CUT_OFF = Text(
    "ファイルの終わりがありません。診断が途中で止まったか、写すときに切れたかで、結果として使えません。元のファイルを写し直すか、もう一度診断したファイルを入れてください。",
    "The end of the file is missing: the scan was stopped, or the file was cut off when it was copied. It cannot be used as "
    "a result. Copy the original again, or put in a file of a complete run.",
)
_DAMAGED = Text(
    "終わりまでありますが、{line}行目の書き方が XML として正しくないため、結果として使えません。人の手で直したり、つなぎ合わせたりせず、診断の道具が出力した元のファイルを入れてください。",
    "The file is there to its end, but line {line} is no valid XML, so it cannot be used as a result. Put in the file as the "
    "scanner wrote it, neither edited nor joined from several.",
)
_NO_END = Text(
    "{tool} の結果ですが、診断が終わったという記録（runstats の finished）がないため、結果として使えません。もう一度実行したファイルを入れてください。",
    "This is a result of {tool}, but it does not say that the scan finished (runstats, finished), so it cannot be used. Put "
    "in a file of a complete run.",
)
_EMPTY = Text(
    "空のファイルです。何も応答しなかったのか、診断が動かなかったのかは分かりません。nmap でもう一度診断したファイルを入れてください。",
    "The file is empty. Whether nothing answered or nothing was scanned cannot be told from it. Scan again with nmap and put in "
    "that file.",
)
_ONLY_ANSWERS = Text(
    "masscan の結果です。答えたポートだけが書かれ、診断したアドレスや答えなかったポートは書かれていません。ここに出ていないことは、閉じている証拠になりません。確かめるには nmap で診断してください。",
    "This is a result of masscan. It lists the ports that answered, neither the addresses scanned nor the ports that kept "
    "silent: what is not in it is not proven closed. Scan with nmap to be sure.",
)
_ENDED_IN_ERROR = Text(
    "診断がエラーで終わっているため、結果として使えません。もう一度実行したファイルを入れてください。",
    "The scan ended with an error and cannot be used as a result. Put in a file of a complete run.",
)
_NOT_NMAP = Text(
    "nmap の XML 形式（-oX）ではありません。nmap が出力した元のファイルを入れてください。",
    "This is not nmap XML (-oX). Put in the file as nmap wrote it.",
)
_GAVE_UP = Text(
    "{address}の診断は時間切れで終わっていません。開いているポートは分かっていません。もう一度診断してください。",
    "The scan of {address} ran out of time; nothing is known of its ports. Scan it again.",
)
_SKIPPED = Text(
    "診断できずに飛ばされたアドレスがあります。診断したつもりの番号が結果にあるか確かめてください。",
    "An address was skipped. Check that every address you meant to scan is among the results.",
)
_NO_HOST = Text(
    "診断したアドレスが一つもありません。何も応答しなかったのか、宛先が抜けていたのかは、このファイルからは分かりません。",
    "There is no address in it. Whether nothing answered or no target was given cannot be told from this file.",
)
