"""Declared needs that keep working: where they pass today, and the exact permits that a change carries along for them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sekisho.domain.network.classes import positions
from sekisho.domain.network.explain import Decision, Explainer, Explanation
from sekisho.domain.network.model import Action, AtInterface, DeclaredFlow, Direction, Network, Rule, State
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.services import ANY_PORT, WITH_PORTS, port_of, ports_of, protocol_of
from sekisho.domain.tri import Tri


class KeptNeeds:
    """Where the declared needs pass today, and the exact permits that keep them."""

    def __init__(self, reach: Reachability, needs: Sequence[DeclaredFlow]) -> None:
        self._by_rule: dict[tuple[int, int], list[Rule]] = {}
        self._by_place: dict[tuple[str, str], list[Rule]] = {}
        self._positions = {id(ruleset): at for at, ruleset in enumerate(reach.network.rulesets)}
        explainer = Explainer(reach)
        for flow in needs:
            for service in _asked(flow, reach):
                for sender in positions(reach.senders(flow.source)):
                    surely, _ = reach.passing(sender, service)
                    there = reach.classes.of_node[flow.target] & reach.listening[service]
                    for at in positions(surely & there):
                        self._note(reach, flow, explainer.between(sender, at, service))

    def _note(self, reach: Reachability, flow: DeclaredFlow, witness: Explanation) -> None:
        asked = _need(reach.network, flow, witness.service)
        for step in witness.steps:
            at_entry = asked
            for decision in step.decisions:
                if decision.rule is None:
                    continue
                need = _as_seen(asked, decision, witness.service)
                need = replace(need, service=need.service - _stopped_before(decision, need))
                exact = _within(_reply_of(need) if decision.is_reply else need, decision.rule)
                if not (exact.src and exact.dst and exact.service):
                    continue
                if decision.ruleset.at == AtInterface(step.entering, Direction.IN) and not decision.is_reply:
                    at_entry = exact
                position = self._positions[id(decision.ruleset)]
                self._by_rule.setdefault((position, decision.rule.seq), []).append(exact)
            self._by_place.setdefault((step.device, step.entering), []).append(at_entry)

    def of_rule(self, position: int, rule: Rule) -> tuple[Rule, ...]:
        """Return the exact permits for the needs that a rule lets pass today."""
        return tuple(dict.fromkeys(self._by_rule.get((position, rule.seq), ())))

    def of_place(self, device: str, at: AtInterface, src: Ranges, dst: Ranges, services: Ranges) -> tuple[Rule, ...]:
        """Return the exact permits for the needs that enter at an interface and that a deny there would hit."""
        needs = dict.fromkeys(self._by_place.get((device, at.interface), ()))
        return tuple(
            need
            for need in needs
            if need.src.overlaps(src) and need.dst.overlaps(dst) and need.service.overlaps(services)
        )


def _need(network: Network, flow: DeclaredFlow, service: int) -> Rule:
    """Return the need as a permit: of its services those of the span around `service` that is of one protocol."""
    nodes = {node.id: node.addresses for node in network.nodes}
    lines = {line.id: line.source for line in network.lines}
    source = nodes[flow.source] if flow.source in nodes else lines[flow.source]
    around = next(
        span for span in (flow.service & ports_of(protocol_of(service))).spans if span[0] <= service <= span[1]
    )
    return Rule(0, Action.PERMIT, source, nodes[flow.target], Ranges((around,)), name="sekisho")


def _as_seen(need: Rule, decision: Decision, service: int) -> Rule:
    """Return a need as the packets look where a rule set judges them: with translated addresses and service."""
    packet = decision.packet
    if packet is None:
        return need
    first = packet.answered() if decision.is_reply else packet
    return replace(
        need,
        src=need.src if first.source in need.src else Ranges.single(first.source),
        dst=need.dst if first.target in need.dst else Ranges.single(first.target),
        service=need.service if first.service == service else Ranges.single(first.service),
    )


def _stopped_before(decision: Decision, need: Rule) -> Ranges:
    """Return the services that rules before the deciding one do not let pass between the ends of a need."""
    stopped: list[Span] = []
    if decision.is_reply or decision.packet is None:  # a rule over replies names the port of the sender
        return Ranges()
    for rule in decision.ruleset.rules:
        if rule is decision.rule:
            break
        meets = rule.takes_part and rule.src.overlaps(need.src) and rule.dst.overlaps(need.dst)
        if meets and rule.action is not Action.PERMIT:
            stopped += rule.service.spans
    return Ranges.of(stopped) - Ranges.single(decision.packet.service)


def _within(need: Rule, rule: Rule) -> Rule:
    """Return the part of a need that a rule lets pass: a permit that stands in for the rule opens nothing new."""
    return replace(
        need,
        src=need.src & rule.src,
        dst=need.dst & rule.dst,
        service=need.service & rule.service,
        source_ports=need.source_ports & rule.source_ports,
        entering=rule.entering,
        leaving=rule.leaving,
    )


def _reply_of(need: Rule) -> Rule:
    protocol = protocol_of(need.service.first)
    ports = tuple((port_of(first), port_of(last)) for first, last in need.service.spans)
    return Rule(
        0,
        Action.PERMIT,
        need.dst,
        need.src,
        ports_of(protocol),
        Ranges(ports) if protocol in WITH_PORTS else ANY_PORT,
        State.ESTABLISHED,
        name="sekisho",
    )


def witness_matches(keep: Rule, witness: Explanation) -> bool:
    """Return whether a permit that is kept would let the witness pass all the same."""
    return (
        keep.state is not State.ESTABLISHED
        and witness.source_address in keep.src
        and (witness.target_address in keep.dst or witness.dialled in keep.dst)
        and witness.service in keep.service
    )


def _asked(flow: DeclaredFlow, reach: Reachability) -> list[int]:
    return [service for service in reach.asked if service in flow.service]


def works(reach: Reachability, flow: DeclaredFlow) -> bool:
    """Return whether a declared need surely works; one between unknown ends, or not asked about, does not."""
    try:
        answers = [reach.answer(flow.source, flow.target, service) for service in _asked(flow, reach)]
    except KeyError:
        return False
    return bool(answers) and Tri.YES in answers


def broken_flows(before: Reachability, after: Reachability, flows: Iterable[DeclaredFlow]) -> list[DeclaredFlow]:
    """Return the declared needs that worked before and no longer do."""
    return [flow for flow in flows if works(before, flow) and not works(after, flow)]
