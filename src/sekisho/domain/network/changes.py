"""Changes to a network, each small enough for one line of a work order, and the network after them.

The same changes serve as what-if questions, as the proposals of `cuts`, and as what the writers put into a vendor's
commands. A change only ever takes connections away, except that what it says it keeps stays as it was: `keeps` are
permits for declared flows, no wider than the rule they come from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Connect,
    Device,
    Direction,
    ExternalLine,
    Isolation,
    Network,
    Rule,
    RuleSet,
)
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE


@dataclass(frozen=True, slots=True)
class DisableRule:
    """Take rule `seq` out of the rule set at position `ruleset`; `keeps` stand in its place."""

    ruleset: int
    seq: int
    keeps: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class NarrowRule:
    """Take `services` out of what rule `seq` permits; `keeps` come before it."""

    ruleset: int
    seq: int
    services: Ranges
    keeps: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class InsertDeny:
    """Deny `services` from `src` to `dst` before all other rules of an interface's side; `keeps` come before it.

    Where the side has no rule set, one is attached that permits the rest.
    """

    device: str
    at: AtInterface
    src: Ranges
    dst: Ranges
    services: Ranges
    keeps: tuple[Rule, ...] = ()
    attaches: bool = False


@dataclass(frozen=True, slots=True)
class CloseLine:
    """Switch an external line off, to be opened only for an agreed time."""

    line: str


@dataclass(frozen=True, slots=True)
class IsolateSegment:
    """Let the hosts of a segment reach only their gateway (private VLAN, port isolation)."""

    segment: str


@dataclass(frozen=True, slots=True)
class CutCable:
    """Pull the cable of one interface."""

    device: str
    interface: str


@dataclass(frozen=True, slots=True)
class TakeOffline:
    """Keep a backup copy out of the drive but for the time of writing, in turn on at least two media."""

    copy: str


@dataclass(frozen=True, slots=True)
class PutJumpHost:
    """Let a line reach only the node `host`, from which each session goes on with a second factor and a record."""

    line: str
    host: str


Change = DisableRule | NarrowRule | InsertDeny | CloseLine | IsolateSegment | CutCable | TakeOffline | PutJumpHost


def changed(network: Network, changes: Iterable[Change]) -> Network:
    """Return the network after all `changes`; positions of existing rule sets stay, new ones come last.

    Raises:
        LookupError: a change names a rule, line, segment, interface or copy that is not there.
    """
    by_ruleset: dict[int, list[Change]] = {}
    new: dict[tuple[str, AtInterface], list[InsertDeny]] = {}
    after = network
    places = {(ruleset.device, ruleset.at): at for at, ruleset in reversed(list(enumerate(network.rulesets)))}
    for change in changes:
        if isinstance(change, DisableRule | NarrowRule):
            by_ruleset.setdefault(change.ruleset, []).append(change)
        elif isinstance(change, InsertDeny):
            position = places.get((change.device, change.at))
            if position is None:
                new.setdefault((change.device, change.at), []).append(change)
            else:
                by_ruleset.setdefault(position, []).append(change)
        else:
            after = _elsewhere(after, change)
    if not by_ruleset and not new:
        return after
    rulesets = list(after.rulesets)
    for position, its_changes in by_ruleset.items():
        rulesets[position] = _edited(rulesets[position], its_changes)
    for (device, at), denies in new.items():
        base = RuleSet(device, at, Action.PERMIT, (), stateful=_is_stateful(network, device), source="proposed")
        rulesets.append(_edited(base, denies))
    return replace(after, rulesets=tuple(rulesets))


def ruleset_at(network: Network, device: str, at: AtInterface) -> int | None:
    """Return the position of the first rule set on one side of an interface."""
    return next(
        (n for n, ruleset in enumerate(network.rulesets) if ruleset.device == device and ruleset.at == at), None
    )


def _is_stateful(network: Network, device: str) -> bool:
    """Return whether a new filter on the device keeps state: as the others there do."""
    return all(ruleset.stateful for ruleset in network.rulesets if ruleset.device == device)


def _edited(ruleset: RuleSet, changes: Sequence[Change]) -> RuleSet:
    rules: list[Rule] = list(ruleset.rules)
    for change in changes:
        if isinstance(change, DisableRule | NarrowRule):
            at = next((at for at, rule in enumerate(rules) if rule.seq == change.seq), None)
            if at is None:
                raise LookupError(ruleset.reference(None) + f" seq {change.seq}")
            rules[at : at + 1] = [*change.keeps, *_narrowed(rules[at], change)]
    denies = [change for change in changes if isinstance(change, InsertDeny)]
    kept = dict.fromkeys(rule for change in denies for rule in change.keeps)
    inserted = [Rule(0, Action.DENY, deny.src, deny.dst, deny.services, name="sekisho") for deny in denies]
    return replace(ruleset, rules=tuple(_numbered([*kept, *inserted, *rules], ruleset)))


def _narrowed(rule: Rule, change: DisableRule | NarrowRule) -> list[Rule]:
    if isinstance(change, DisableRule):
        return [replace(rule, enabled=False)]
    left = rule.service - change.services
    return [replace(rule, service=left)] if left else [replace(rule, enabled=False)]


def _numbered(rules: list[Rule], ruleset: RuleSet) -> list[Rule]:
    """Give the new rules (seq 0) numbers that no old rule has; order, not number, decides here."""
    free = max((rule.seq for rule in ruleset.rules), default=0)
    numbered = []
    for rule in rules:
        if rule.seq == 0 and rule.name == "sekisho":
            free += 1
            rule = replace(rule, seq=free)
        numbered.append(rule)
    return numbered


def _elsewhere(network: Network, change: Change) -> Network:
    if isinstance(change, CloseLine):
        lines = tuple(line for line in network.lines if line.id != change.line)
        return replace(network, lines=_shorter(lines, network.lines, change.line))
    if isinstance(change, IsolateSegment):
        _expect(change.segment, (segment.id for segment in network.segments))
        return replace(
            network,
            segments=tuple(
                replace(segment, isolation=Isolation.PORT) if segment.id == change.segment else segment
                for segment in network.segments
            ),
        )
    if isinstance(change, CutCable):
        return replace(network, devices=_without_interface(network.devices, change))
    if isinstance(change, TakeOffline):
        _expect(change.copy, (copy.id for copy in network.backups))
        return replace(
            network,
            backups=tuple(
                replace(copy, connect=Connect.MANUAL_EJECT, generations=max(copy.generations or 0, 2))
                if copy.id == change.copy
                else copy
                for copy in network.backups
            ),
        )
    if isinstance(change, PutJumpHost):
        return _with_jump_host(network, change)
    raise TypeError(type(change).__name__)


def _shorter(new: tuple[ExternalLine, ...], old: tuple[ExternalLine, ...], name: str) -> tuple[ExternalLine, ...]:
    if len(new) == len(old):
        raise LookupError(name)
    return new


def _expect(name: str, known: Iterable[str]) -> None:
    if name not in set(known):
        raise LookupError(name)


def _without_interface(devices: tuple[Device, ...], change: CutCable) -> tuple[Device, ...]:
    device = next((device for device in devices if device.id == change.device), None)
    if device is None or device.interface(change.interface) is None:
        raise LookupError(f"{change.device} {change.interface}")
    left = tuple(interface for interface in device.interfaces if interface.id != change.interface)
    return tuple(replace(one, interfaces=left) if one.id == change.device else one for one in devices)


def _with_jump_host(network: Network, change: PutJumpHost) -> Network:
    """Deny everything from the line but towards the jump host, where it enters."""
    line = next((line for line in network.lines if line.id == change.line), None)
    host = next((node for node in network.nodes if node.id == change.host), None)
    if line is None or host is None or line.device is None or line.interface is None:
        raise LookupError(change.line if host is not None else change.host)
    at = AtInterface(line.interface, Direction.IN)
    deny = InsertDeny(line.device, at, line.source, ANY_ADDRESS - host.addresses, ANY_SERVICE)
    nodes = tuple(replace(node, is_jump_host=True) if node.id == host.id else node for node in network.nodes)
    return changed(replace(network, nodes=nodes), [deny])
