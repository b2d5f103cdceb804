"""What answers at open ports: service, product and version, a few ports at a time, each group evidence of its own."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from sekisho.adapters.nmap.parse import NmapUnreadable, parse_nmap_xml
from sekisho.adapters.scanners.nmap import MAX_BYTES, service_command
from sekisho.adapters.scanners.tools import run_watched
from sekisho.diagnosis.address import AddressRun
from sekisho.diagnosis.keeper import Halted
from sekisho.diagnosis.memory import Memory, command_fields
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.diagnosis.runs import CommandRecord, Stage
from sekisho.domain.text import Text

GROUP = 8
"""Ports asked together; one that never comes to an end holds up only these."""
GROUP_LIMIT_S, SINGLE_LIMIT_S = 300.0, 120.0
MOST_PORTS = 96
"""A host with more open ports than this is no ordinary host; the common ports and as many others are asked."""
Port = tuple[str, int]


def detect_services(run: AddressRun) -> None:
    """Ask every open port which service it is; what an earlier run finished is not asked again.

    Raises:
        Halted: the leave ended.
    """
    run.stage = Stage.SERVICES
    run.tell()
    ports = chosen(run.memory.opened, run.settings.tcp_first)
    if not run.settings.is_raw:
        ports = [port for port in ports if port[0] == "tcp"]
    if len(ports) < len(run.memory.opened):
        run.note(ONLY_SOME.filled(asked=len(ports), opened=len(run.memory.opened)))
    done = {port for key in run.memory.services for port in _ports_from(key)}
    left = [port for port in ports if port not in done]
    for at in range(0, len(left), GROUP):
        _ask_group(run, left[at : at + GROUP], GROUP_LIMIT_S)


def chosen(opened: Sequence[Port], first: Iterable[int]) -> list[Port]:
    """Return the ports to ask: all; of very many the common ones, then the lowest."""
    if len(opened) <= MOST_PORTS:
        return list(opened)
    common = set(first)
    ranked = sorted(opened, key=lambda port: (port[0] == "tcp" and port[1] not in common, port[1]))
    return sorted(ranked[:MOST_PORTS])


def _ask_group(run: AddressRun, ports: Sequence[Port], limit_s: float) -> None:
    key = ports_key(ports)
    name = f"services-{ports[0][0]}-{ports[0][1]}{'' if len(ports) == 1 else f'-and-{len(ports) - 1}'}.xml"
    draft = run.evidence.draft(name)
    argv = service_command(run.settings.nmap, run.leave.address, ports, draft, raw=run.settings.is_raw)
    started_at = run.settings.clock()
    halted, ended = _watched(run, argv, draft, limit_s)
    if halted is not None:
        raise halted
    if ended and _is_readable(draft.read_bytes() if draft.exists() else b""):
        file, sha256 = run.evidence.keep(name)
        record = _record(run, argv, started_at, "finished", file, sha256)
        run.write("service", ports=key, **command_fields(record))
    elif len(ports) > 1:
        run.write("command", **command_fields(_record(run, argv, started_at, "stopped")))
        for port in ports:
            _ask_group(run, [port], SINGLE_LIMIT_S)
    else:
        run.write("service", ports=key, **command_fields(_record(run, argv, started_at, "failed")))
        run.note(NO_VERSION.filled(port=f"{ports[0][1]}/{ports[0][0]}"))


def _watched(run: AddressRun, argv: list[str], draft: Path, limit_s: float) -> tuple[Halted | None, bool]:
    halted: list[Halted] = []
    held = time.monotonic()

    def watch() -> bool:
        nonlocal held
        if time.monotonic() - held >= 0.25:
            held = time.monotonic()
            try:
                run.leave.hold()
            except Halted as error:
                halted.append(error)
        return bool(halted)

    run.leave.hold()
    ended = run_watched(run.leave.command(argv), watch=watch, errors=draft.with_suffix(".errors"), limit_s=limit_s)
    return (halted[0] if halted else None), ended.status == 0


def _record(
    run: AddressRun, argv: Sequence[str], started_at: datetime, outcome: str, file: str = "", sha256: str = ""
) -> CommandRecord:
    return CommandRecord(
        tuple(argv), "nmap", run.settings.nmap.version, started_at, run.settings.clock(), file, sha256, outcome
    )


def _is_readable(raw: bytes) -> bool:
    try:
        return len(raw) <= MAX_BYTES and len(parse_nmap_xml(raw).scans) == 1
    except NmapUnreadable:
        return False


def ports_key(ports: Iterable[Port]) -> str:
    """Return the ports as a ledger names them: "tcp/22,udp/500"."""
    return ",".join(f"{protocol}/{port}" for protocol, port in ports)


def _ports_from(key: str) -> list[Port]:
    return [(protocol, int(port)) for protocol, port in (one.split("/") for one in key.split(","))]


def observed_ports(out: Path, memory: Memory) -> tuple[ObservedPort, ...]:
    """Return every open port, with what its service said where it was asked.

    A port stays open when its service kept silent later: what answered once was open.
    """
    return observed(memory.opened, services_read(out, memory))


def services_read(out: Path, memory: Memory) -> dict[Port, ObservedPort]:
    """Return what the evidence of finished service detections says, by port."""
    found: dict[Port, ObservedPort] = {}
    for entry in memory.services.values():
        if entry["outcome"] != "finished":
            continue
        raw = (out / entry["file"]).read_bytes()
        for scan in parse_nmap_xml(raw, evidence=entry["file"]).scans:
            found |= {(port.protocol, port.port): port for port in scan.ports}
    return found


def observed(opened: Iterable[Port], said: dict[Port, ObservedPort]) -> tuple[ObservedPort, ...]:
    """Return `opened` as open ports, with what was `said` of each."""
    ports = []
    for protocol, port in opened:
        one = said.get((protocol, port))
        if one is not None and one.state == "open":
            ports.append(one)
        else:
            reason = "syn-ack" if protocol == "tcp" else "udp-response"
            ports.append(ObservedPort(protocol, port, "open", reason=reason))
    return tuple(ports)


ONLY_SOME = Text(
    "開いているポートが{opened}個あるため、動いているソフトは、よく使われるものを中心に{asked}個だけ調べました。",
    "{opened} ports are open; only {asked} of them, the common ones first, were asked what they are.",
)
NO_VERSION = Text(
    "{port} の動いているソフトは分かりませんでした（応答が終わらないか、読めない形でした）。",
    "What runs at {port} could not be told: its answer had no end, or could not be read.",
)
