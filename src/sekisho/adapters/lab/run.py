"""Runs the lab of a network and compares what passed with what was expected.

Needs `unshare`, `ip` and `nft`, and either root or a kernel that lets users have namespaces of their own. Everything
happens in network, process and mount namespaces made for it: no packet leaves them, and nothing is left behind, also
when this process is killed.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import sekisho
from sekisho.adapters.lab.filters import NotInTheLab
from sekisho.adapters.lab.plan import Lab, plan_lab
from sekisho.adapters.lab.stand_in import stand_in
from sekisho.domain.network.addresses import address_text
from sekisho.domain.network.model import Network, StaticNat
from sekisho.domain.network.services import PORTS, TCP, UDP, port_of, protocol_of, service_number
from sekisho.domain.tri import Tri

Expectation = Callable[[str, str, int], Tri]
"""Answers for a source (node or line), a target node and a service; unknown contradicts nothing."""
MAX_SECONDS = 300
_PROTOCOLS = {TCP: "tcp", UDP: "udp"}
_LAST_PORT = 65_535


class LabUnavailable(Exception):
    """The lab cannot run here; the words say what is missing."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One question: does a connection from `source` to `service` of `target` pass?"""

    source: str
    target: str
    service: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A flow that was expected one way and went the other."""

    flow: Flow
    expected: Tri
    has_passed: bool


@dataclass(frozen=True, slots=True)
class LabReport:
    """What the lab found. `undecided` counts flows whose expectation was unknown: they were tried as well."""

    flows: int
    passed: frozenset[Flow]
    undecided: int
    differences: tuple[Difference, ...]
    seconds: float


def run_lab(
    network: Network,
    services: Iterable[int],
    expectation_of: Callable[[Network], Expectation],
    *,
    flows: Callable[[Flow], bool] = lambda flow: True,
    seconds: int = MAX_SECONDS,
) -> LabReport:
    """Build the stand-in of `network`, try every node and line against every other node, and compare.

    `services` are TCP and UDP services; `expectation_of` is given the stand-in; `flows` chooses which are tried.
    After `seconds` the lab is torn down and counts as failed.

    Raises:
        LabUnavailable: see there; also when the lab did not end in time.
        NotInTheLab: the network has something that the lab cannot build.
    """
    began = time.monotonic()
    asked = sorted(set(services))
    if any(protocol_of(service) not in _PROTOCOLS for service in asked):
        raise NotInTheLab("only TCP and UDP services are tried")
    model = stand_in(network, asked)
    lab = plan_lab(model)
    expected = expectation_of(model)
    tried = [flow for flow in _flows(model, lab, asked) if flows(flow)]
    answers = [expected(flow.source, flow.target, flow.service) for flow in tried]
    passed = {tried[at] for at in _run(_document(model, network, lab, tried, answers, asked, seconds), seconds)}
    differences = tuple(
        Difference(flow, answer, flow in passed)
        for flow, answer in zip(tried, answers, strict=True)
        if answer is not Tri.UNKNOWN and (answer is Tri.YES) != (flow in passed)
    )
    undecided = answers.count(Tri.UNKNOWN)
    return LabReport(len(tried), frozenset(passed), undecided, differences, time.monotonic() - began)


def _flows(model: Network, lab: Lab, services: list[int]) -> Iterator[Flow]:
    sources = [*(node.id for node in model.nodes), *(line.id for line in model.lines if line.id in lab.homes)]
    for source in sources:
        for node in model.nodes:
            if node.id != source:
                yield from (Flow(source, node.id, service) for service in services)


def _document(
    model: Network, network: Network, lab: Lab, flows: list[Flow], answers: list[Tri], asked: list[int], seconds: int
) -> dict[str, Any]:
    addresses = {one.id: list(one.addresses) for one in model.nodes} | {one.id: list(one.source) for one in model.lines}
    return {
        "namespaces": [[space.name, "\n".join(space.commands), space.rules] for space in lab.namespaces],
        "listeners": list(_listeners(model, network, lab, asked)),
        "probes": [probe for at, flow in enumerate(flows) for probe in _probes(model, lab, addresses, at, flow)],
        "there": [at for at, flow in enumerate(flows) if flow.source < flow.target],
        "source_ports": _source_ports(model),
        "should_pass": [at for at, answer in enumerate(answers) if answer is Tri.YES],
        "seconds": seconds,
    }


def _listeners(model: Network, network: Network, lab: Lab, asked: list[int]) -> Iterator[list[Any]]:
    """Yield what hosts really listen to. A closed TCP port answers by itself; a closed UDP port does not in UDP."""
    listening = {node.id: node.listens for node in network.nodes}
    for node in model.nodes:
        for address in node.addresses:
            for service in asked:
                protocol = protocol_of(service)
                if protocol == UDP or service in listening[node.id]:
                    yield [lab.homes[node.id], address_text(address), _PROTOCOLS[protocol], port_of(service)]


def _probes(model: Network, lab: Lab, addresses: dict[str, list[int]], number: int, flow: Flow) -> Iterator[list[Any]]:
    for target in addresses[flow.target]:
        for called, service in _names_of(model, target, flow.service):
            for source in addresses[flow.source]:
                yield [
                    number, lab.homes[flow.source], address_text(source), address_text(called),
                    _PROTOCOLS[protocol_of(service)], port_of(service),
                ]  # fmt: skip


def _names_of(model: Network, address: int, service: int) -> Iterator[tuple[int, int]]:
    """Yield the addresses and services by which a host is called: its own, and those that devices translate."""
    yield address, service
    for nat in model.static_nats:
        called = _called_service(nat, service)
        outside = list(nat.outside) if nat.outside.size <= PORTS else []
        if called is not None and 0 <= address - nat.inside < len(outside):
            yield outside[address - nat.inside], called


def _called_service(nat: StaticNat, service: int) -> int | None:
    moved = 0 if nat.inside_port is None else port_of(nat.service.first) - nat.inside_port
    port = port_of(service) + moved
    called = service_number(protocol_of(service), port)
    return called if 0 < port <= _LAST_PORT and called in nat.service else None


def _source_ports(model: Network) -> list[int]:
    """Return one source port of each part that no rule tells apart, the largest part first: senders choose freely."""
    cuts = {1, 1024, _LAST_PORT + 1}
    for rules in model.rulesets:
        for rule in (*rules.rules, *rules.tracked):
            spans = list(rule.source_ports.spans)
            if not rules.stateful:
                spans += [(port_of(first), port_of(last)) for first, last in rule.service.spans]
            cuts |= {cut for first, last in spans for cut in (first, last + 1)}
    kept = sorted(cut for cut in cuts if 1 <= cut <= _LAST_PORT + 1)
    parts = sorted(pairwise(kept), key=lambda part: part[0] - part[1])
    return [(first + last - 1) // 2 for first, last in parts]


def _run(document: dict[str, Any], seconds: int) -> list[int]:
    missing = [tool for tool in ("unshare", "setpriv", "ip", "nft", "mount") if shutil.which(tool) is None]
    if missing:
        raise LabUnavailable(f"not installed: {', '.join(missing)}")
    as_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = [
        "setpriv", "--pdeathsig", "KILL", "--",
        "unshare", *as_user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--",
        sys.executable, "-m", "sekisho.adapters.lab.inside",
    ]  # fmt: skip
    environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(Path(sekisho.__file__).parents[1])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            output, said = process.communicate(json.dumps(document), timeout=seconds + 5)
        except BaseException as error:
            process.kill()
            if isinstance(error, subprocess.TimeoutExpired):
                raise LabUnavailable(f"not done after {seconds} seconds") from None
            raise
    if process.returncode != 0 or not output:
        raise LabUnavailable(said.strip()[-2000:] or f"ended with status {process.returncode}")
    result = json.loads(output)
    if "error" in result:
        raise LabUnavailable(result["error"])
    passed: list[int] = result["passed"]
    return passed
