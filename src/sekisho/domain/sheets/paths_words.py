"""What the paths sheet says at each hop: by what it falls, which rule lets it through, where the way ends."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sekisho.domain.drawing.parts import NOTHING
from sekisho.domain.drawing.words import join, same
from sekisho.domain.network.explain import Decision, Explainer, Explanation, Way
from sekisho.domain.network.model import Network, Node
from sekisho.domain.network.services import service_text
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.taking import How, Taking
from sekisho.domain.network.wording import decision_text, doubt_text, taking_text, way_text
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

COMMA = Text("、", ", ")
_TRIED = 4
"""From so many fallen hosts a way to a host that stands is looked for, those that opened most first."""


def node_name(node: Node) -> Text:
    """Return a node's name with its number of hosts."""
    name = same(node.name or node.id)
    return Text(f"{name.ja}（{node.count:,}台）", f"{name.en} ({node.count:,})") if node.count > 1 else name


def names_of(network: Network) -> Callable[[str], str]:
    """Return what gives people's name of a node or line."""
    names = {node.id: node.name or node.id for node in network.nodes}
    names |= {line.id: line.name or line.id for line in network.lines}
    return lambda identity: names.get(identity, identity)


def explanation_of(taking: Taking, explainer: Explainer) -> Explanation | None:
    """Return how packets come to a taken node; None where no packets are needed."""
    if taking.how not in (How.SERVICE, How.CONSOLE) or taking.sender < 0 or taking.target < 0:
        return None
    return explainer.between(taking.sender, taking.target, taking.service)


def service_name(service: int, services: Mapping[int, Text]) -> Text:
    """Return a service as people call it, with its number."""
    number = service_text(service)
    name = services.get(service)
    return Text(f"{name.ja} {number}", f"{name.en} {number}") if name else same(number)


def how_text(taking: Taking, names: Callable[[str], str], services: Mapping[int, Text]) -> Text:
    """Return by what a node falls."""
    if taking.how is How.SERVICE:
        service = service_name(taking.service, services)
        return Text(f"{service.ja} で入られる", f"taken by {service.en}")
    return taking_text(taking, lambda identity: same(names(identity)).ja)


def rule_text(explanation: Explanation | None) -> Text:
    """Return which rule lets the packets through, for the box of a hop."""
    if explanation is None:
        return NOTHING
    if explanation.doubts and explanation.reached is not Tri.YES:
        return doubt_text(explanation.doubts[0])
    ruled = [decision for decision in explanation.decisions if not decision.is_reply] or list(explanation.decisions)
    told = [decision for decision in ruled if decision.passes is not Tri.YES] or ruled[-1:]
    if told:
        return _decided(told[0])
    if explanation.way is Way.SAME_SEGMENT:
        return Text("同じネットワークの中で、止めるものがない", "same segment, nothing stands between")
    devices = join(*(same(step.device) for step in explanation.steps), by=COMMA)
    return Text(f"{devices.ja} に止める規則がない", f"no filter on {devices.en}")


def _decided(decision: Decision) -> Text:
    place = same(decision.ruleset.id)
    said = decision_text(decision)
    return Text(f"{place.ja}：{said.ja.rstrip('。')}", f"{place.en}: {said.en.rstrip('.')}")


def all_rules_text(explanation: Explanation | None) -> Text:
    """Return every decision on the way, for the title of a hop and its sentence."""
    if explanation is None:
        return NOTHING
    decided = join(*(_decided(decision) for decision in explanation.decisions), by=Text("、", "; "))
    return decided if decided.ja else rule_text(explanation)


def stops_of(
    network: Network, spread: Spread, explainer: Explainer, services: Iterable[int]
) -> list[tuple[Node, Text]]:
    """Return the critical nodes that stand, the most critical first, each with what stops the intruder before it."""
    standing = [node for node in network.nodes if node.critical >= 2 and node.id not in spread.takings]
    wanted = sorted(services)
    origins = _busiest(spread)
    return [
        (node, _stop_text(node, origins, explainer, [service for service in wanted if service in node.listens]))
        for node in sorted(standing, key=lambda node: -node.critical)
    ]


def _busiest(spread: Spread) -> list[str]:
    """Return the fallen nodes from which most others fell, then the entry."""
    opened: dict[str, int] = {}
    for taking in spread.takings.values():
        opened[taking.origin] = opened.get(taking.origin, 0) + 1
    fallen = sorted(spread.takings, key=lambda name: -opened.get(name, 0))[:_TRIED]
    return [*(name for name in fallen if spread.takings[name].surely), spread.entry.id]


def _stop_text(node: Node, origins: Sequence[str], explainer: Explainer, services: Sequence[int]) -> Text:
    if not services:
        return Text("乗っ取りに使われる通信を受け付けていない", "listens on nothing an intruder uses")
    tried = [explainer.explain(origin, node.id, service) for origin in origins for service in services]
    stopped = [found for found in tried if found.reached is Tri.NO]
    # The host that opens most others is nearest to the goal: what stops that one is the last barrier.
    for found in stopped:
        for decision in found.decisions:
            if decision.passes is Tri.NO:
                return _decided(decision)
    if stopped:
        way = way_text(stopped[0])
        return Text(way.ja.rstrip("。"), way.en.rstrip("."))
    return Text("届くが、入るための管理者のパスワードが別", "reached, but opened by other credentials only")
