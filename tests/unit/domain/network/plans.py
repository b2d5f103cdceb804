"""Small networks for the engine's tests, written as the network.yaml that people write."""

from sekisho.adapters.network.read import read_network_model
from sekisho.domain.network.model import Network
from sekisho.domain.network.reach import Reachability, listened
from sekisho.domain.network.services import service_span
from sekisho.domain.tri import Tri


def network(text: str) -> Network:
    """Return the network of a network.yaml that must be without problems."""
    reading = read_network_model(text.encode())
    assert reading.problems == ()
    return reading.network


def service(text: str) -> int:
    """Return the number of one service."""
    return service_span(text)[0]


def reached(plan: str | Network, source: str, target: str, asked: str = "tcp/445") -> Tri:
    """Return whether `source` reaches a service of `target`."""
    built = network(plan) if isinstance(plan, str) else plan
    return Reachability(built, listened(built) | {service(asked)}).answer(source, target, service(asked))


def two_segments(*, rules: str = "", device: str = "", extra: str = "") -> str:
    """Return a plan: segments a and b at router r, a node on each, b's listening on tcp/445 and udp/53."""
    return f"""
segments:
  - {{id: a, cidr: 10.0.1.0/24, gateway: r}}
  - {{id: b, cidr: 10.0.2.0/24, gateway: r}}
nodes:
  - {{id: pc, addresses: [10.0.1.10]}}
  - {{id: sv, addresses: [10.0.2.10], listens: [tcp/445, udp/53, tcp/80]}}
devices:
  - {{id: r, interfaces: [{{id: ia, segment: a, address: 10.0.1.1}}, {{id: ib, segment: b, address: 10.0.2.1}}]{device}}}
rulesets:
{rules or "  []"}
{extra}
"""
