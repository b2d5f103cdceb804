"""Takes from an assessed network what verdicts stand on: lines, pairs of departments, copies, with names and rules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sekisho.assessment.network import NetworkAssessment
from sekisho.domain.judgement.line_paths import LinePath, paths_of
from sekisho.domain.judgement.network_grounds import (
    NO_FILTER,
    KeptSystem,
    LineGround,
    MediaGround,
    NetworkGrounds,
    PairGround,
    PairState,
    Passage,
    Reached,
    SharedSegment,
)
from sekisho.domain.network.classes import positions
from sekisho.domain.network.explain import Explanation
from sekisho.domain.network.hygiene import WIDE
from sekisho.domain.network.impact import TERMINALS
from sekisho.domain.network.intrusion import Entry, EntryKind
from sekisho.domain.network.matrix import Cell, MatrixCell, groups_of_nodes
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Connect,
    Device,
    Direction,
    ExternalLine,
    Isolation,
    MediaControl,
    Node,
    State,
)
from sekisho.domain.network.services import ANY_SERVICE, service_text
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.survival import DWELL_DAYS
from sekisho.domain.network.taking import How, Taking
from sekisho.domain.register.records import Line, Register
from sekisho.domain.tri import Tri, any_of

SHOWN = 3
"""How many passages of a line or pair are explained."""
MAX_EXPLAINED = 2000
"""How many passages are explained in all: a flat hospital of 60 departments has thousands of open pairs."""
MAX_ORIGINS = 200
"""How many segments are tried as the place of a stranger's device."""
CARE_STOPS = 3
_OF_PARTY = {"vendor": LinePath.VENDOR, "public": LinePath.PARTNER, "partner": LinePath.PARTNER}
SHARED_ROLES = frozenset(
    {"ehr", "ehr-interface", "accounting", "directory", "file", "antivirus", "backup", "hypervisor", "storage", "gateway",
     "jump", "management", "dns", "mail", "web", "proxy"}
)  # fmt: skip
"""Roles of what serves the whole hospital; every other system is one department's."""


def ground_network(assessed: NetworkAssessment, register: Register | None = None) -> NetworkGrounds:
    """Return the grounds. `register` says which line is whose, and which do not reach the EHR network."""
    return _Grounds(assessed, {line.number: line for line in register.lines} if register else {}).all()


@dataclass(frozen=True)
class _Grounds:
    """One pass over one assessed network."""

    assessed: NetworkAssessment
    lines: Mapping[int, Line]

    def all(self) -> NetworkGrounds:
        network = self.assessed.network
        pairs = tuple(self._pairs())
        terminals = [node for node in network.nodes if node.role in TERMINALS]
        said = {end for path in network.media for end in (path.source, path.target)}
        gateways = [device for device in network.devices if self._forwards(device.id)]
        systems = [node for node in network.nodes if self._is_departmental(node)]
        return NetworkGrounds(
            lines=tuple(self._line(line) for line in self._lines_in_scope()),
            pairs=pairs,
            groups=self.assessed.matrix.groups,
            blocked_by=self._blocked_by(pairs),
            department_systems=len(systems),
            departments_unclear=sum(not node.role and not node.department for node in network.nodes),
            shared_segments=tuple(self._shared(systems)),
            media=tuple(self._media()),
            terminals=len(terminals),
            terminals_unsaid=sum(node.id not in said for node in terminals),
            systems=tuple(self._kept()),
            gateways=len(gateways),
            gateways_known=sum(device.filters_known and device.routes_known for device in gateways),
            unread=len(network.unread),
            hosts_all=sum(node.count for node in network.nodes),
            reached=dict(self._reached()),
        )

    # ---- names ----

    @cached_property
    def _names(self) -> Mapping[str, str]:
        network = self.assessed.network
        named: list[Node | ExternalLine | Device] = [*network.nodes, *network.lines, *network.devices]
        return {one.id: one.name or one.id for one in named}

    def _name(self, name: str) -> str:
        return self._names.get(name, name)

    @cached_property
    def _budget(self) -> list[int]:
        return [MAX_EXPLAINED]

    # ---- lines ----

    def _lines_in_scope(self) -> Iterator[ExternalLine]:
        for line in self.assessed.network.lines:
            registered = self.lines.get(line.number) if line.number is not None else None
            if registered is None or registered.ehr_connection != "no":
                yield line

    def _line(self, line: ExternalLine) -> LineGround:
        blast, spread = self.assessed.blasts[line.id], self.assessed.spreads[line.id]
        opened = list(self._opened(line))
        undeclared = [one for one in opened if not one.declared]
        targets = {
            flow.target for flow in self.assessed.network.flows if flow.source == line.id and self._holds(flow.until)
        }
        beyond = [one for one in undeclared if one.target not in targets]
        return LineGround(
            id=line.id,
            name=line.name or line.id,
            number=line.number,
            path=self._path(line),
            where=" ".join(
                part for part in (self._name(line.device or ""), line.interface or line.segment or "") if part
            ),
            ends_at_device=self._ends_at_device(line),
            open_rule=self._open_rule(line),
            multi_factor=line.multi_factor,
            declared_count=sum(one.declared for one in opened),
            undeclared=self._explained(undeclared),
            undeclared_count=sum(one.surely for one in undeclared),
            doubtful_count=sum(not one.surely for one in undeclared),
            beyond_target=self._explained(beyond),
            beyond_count=sum(one.surely for one in beyond),
            hosts=blast.hosts,
            hosts_maybe=blast.hosts_maybe,
            systems=tuple(self._name(node.id) for node in blast.systems),
            systems_maybe=tuple(self._name(node.id) for node in blast.systems_maybe),
            steps=blast.steps,
            critical=any_of(
                spread.fallen(node.id) for node in self.assessed.network.nodes if node.critical >= CARE_STOPS
            ),
            copies_surviving=blast.copies_surviving,
            copies_lost=blast.copies_lost,
            copies_unknown=blast.copies_unknown,
            without_copy=tuple(self._name(node) for node in blast.systems_without_copy),
            way=tuple(self._way(spread)),
        )

    def _path(self, line: ExternalLine) -> LinePath | None:
        registered = self.lines.get(line.number) if line.number is not None else None
        stated = _OF_PARTY.get(line.party)
        if registered is None:
            return stated
        possible = paths_of(registered)
        # What the register leaves open, the party at the far end may decide; it never contradicts the register.
        return next(iter(possible)) if len(possible) == 1 else stated if stated in possible else None

    def _ends_at_device(self, line: ExternalLine) -> Tri:
        if line.device is not None:
            device = next((one for one in self.assessed.network.devices if one.id == line.device), None)
            return Tri.YES if device is not None and device.filters_known else Tri.UNKNOWN
        return Tri.NO if line.segment is not None else Tri.UNKNOWN

    def _open_rule(self, line: ExternalLine) -> str:
        for ruleset in self.assessed.network.rulesets:
            if (ruleset.device, ruleset.at) != (line.device, AtInterface(line.interface or "", Direction.IN)):
                continue
            for rule in ruleset.rules:
                is_open = rule.action is Action.PERMIT and rule.takes_part and rule.service == ANY_SERVICE
                if is_open and rule.dst.size >= WIDE and rule.state is not State.ESTABLISHED:
                    return ruleset.reference(rule)
        return ""

    def _opened(self, line: ExternalLine) -> Iterator["_Open"]:
        reach, network = self.assessed.reach, self.assessed.network
        needs = [flow for flow in network.flows if flow.source == line.id and self._holds(flow.until)]
        for service in reach.asked:
            surely, maybe = reach.reached_from(line.id, service)
            for node in dict.fromkeys(n for at in positions(maybe) for n in reach.classes.items[at].nodes):
                declared = any(flow.target == node and service in flow.service for flow in needs)
                yield _Open(line.id, node, service, bool(surely & reach.classes.of_node[node]), declared)

    def _holds(self, until: date | None) -> bool:
        return until is None or until >= self.assessed.today

    def _explained(self, opened: Iterable["_Open"]) -> tuple[Passage, ...]:
        """Return the first few as passages, sure ones first."""
        shown = sorted(opened, key=lambda one: not one.surely)[:SHOWN]
        return tuple(self._passage(one) for one in shown)

    def _passage(self, opened: "_Open") -> Passage:
        rule, line, text = "", 0, ""
        if self._budget[0] > 0:
            self._budget[0] -= 1
            explanation = self.assessed.explainer.explain(opened.source, opened.target, opened.service)
            rule, line, text = self._rule(explanation)
        return Passage(
            self._name(opened.source),
            self._name(opened.target),
            service_text(opened.service),
            rule,
            opened.surely,
            line,
            text,
        )

    def _rule(self, explanation: Explanation) -> tuple[str, int, str]:
        reference = explanation.rule_reference
        for decision in explanation.decisions:
            origin = decision.rule.origin if decision.rule is not None else None
            if decision.reference == reference and origin is not None:
                return reference, origin.line, origin.text
        if reference == "no-filter":
            return NO_FILTER + "・".join(self._name(step.device) for step in explanation.steps), 0, ""
        return reference, 0, ""

    def _way(self, spread: Spread) -> Iterator[tuple[str, str]]:
        nodes = {node.id: node for node in self.assessed.network.nodes}
        fallen = [nodes[name] for name in spread.takings if name in nodes]
        if not fallen:
            return
        goal = min(fallen, key=lambda node: (-node.critical, spread.takings[node.id].steps, node.id))
        for taking in spread.way_to(goal.id):
            yield self._name(taking.node), _how(taking)

    # ---- departments ----

    def _pairs(self) -> Iterator[PairGround]:
        matrix = self.assessed.matrix
        for cell in matrix.cells.values():
            if cell.cell in (Cell.ALLOWED, Cell.UNKNOWN):
                state = PairState.OPEN if cell.cell is Cell.ALLOWED else PairState.UNKNOWN
                yield PairGround(cell.source, cell.target, state, self._of_cell(cell), cell.count)
            else:
                yield self._quiet(cell)

    def _of_cell(self, cell: MatrixCell) -> tuple[Passage, ...]:
        wanted = [one for one in cell.openings if one.flow is None and (one.surely or cell.cell is Cell.UNKNOWN)]
        opened = [_Open(one.source, one.target, one.service, one.surely, False) for one in wanted[:SHOWN]]
        return tuple(self._passage(one) for one in opened)

    def _quiet(self, cell: MatrixCell) -> PairGround:
        """Return a pair through which nobody listed is reached, told apart by whether packets would pass."""
        surely, maybe = self._passing(cell.source, cell.target)
        if surely:
            state = PairState.UNGUARDED
        elif maybe:
            state = PairState.UNKNOWN
        else:
            state = PairState.DECLARED if cell.cell is Cell.EXCEPTION else PairState.BLOCKED
        return PairGround(cell.source, cell.target, state, (), cell.count)

    def _passing(self, source: str, target: str) -> tuple[int, int]:
        """Return the hosts of `target` that do not listen and that packets from `source` get to all the same."""
        surely = maybe = 0
        for service in self.assessed.matrix.services:
            there = self._members[target] & ~self.assessed.reach.listening[service]
            for sender in positions(self._members[source]) if there else ():
                passing = self.assessed.reach.passing(sender, service)
                surely, maybe = surely | passing[0] & there, maybe | passing[1] & there
            if surely:
                break
        return surely, maybe

    @cached_property
    def _members(self) -> Mapping[str, int]:
        reach = self.assessed.reach
        members = dict.fromkeys(self.assessed.matrix.groups, 0)
        for node, groups in groups_of_nodes(self.assessed.network, reach).items():
            for group in groups:
                members[group] = members.get(group, 0) | reach.classes.of_node.get(node, 0)
        return members

    def _blocked_by(self, pairs: Iterable[PairGround]) -> str:
        """Return one rule (or default) that surely stops a service between departments, "" when none was found."""
        reach = self.assessed.reach
        tries = SHOWN * 20
        for pair in pairs:
            if pair.state not in (PairState.BLOCKED, PairState.DECLARED) or tries <= 0:
                continue
            for service in self.assessed.matrix.services:
                sender = next(positions(self._members[pair.source]), None)
                target = next(positions(self._members[pair.target] & reach.listening[service]), None)
                if sender is None or target is None:
                    continue
                tries -= 1
                stopped = [
                    d for d in self.assessed.explainer.between(sender, target, service).decisions if d.passes is Tri.NO
                ]
                if stopped:
                    return f"{pair.source}→{pair.target} {service_text(service)}（{stopped[0].reference}）"
        return ""

    def _is_departmental(self, node: Node) -> bool:
        is_system = node.role not in TERMINALS and node.role not in SHARED_ROLES and bool(node.role or node.department)
        return is_system and node.critical > 0

    def _shared(self, systems: Iterable[Node]) -> Iterator[SharedSegment]:
        reach = self.assessed.reach
        on: dict[str, dict[str, str]] = {}
        for node in systems:
            for at in positions(reach.classes.of_node.get(node.id, 0)):
                on.setdefault(reach.classes.items[at].place, {})[self._name(node.id)] = node.department or node.role
        for segment in self.assessed.network.segments:
            there = on.get(segment.id, {})
            if segment.isolation is Isolation.NONE and len(set(there.values())) > 1:
                yield SharedSegment(segment.name or segment.id, tuple(there))

    # ---- the rest ----

    def _forwards(self, device_id: str) -> bool:
        device = next(one for one in self.assessed.network.devices if one.id == device_id)
        ends = any(line.device == device_id for line in self.assessed.network.lines)
        return ends or len(device.interfaces) > 1 or not device.filters_known

    def _media(self) -> Iterator[MediaGround]:
        enforced = {
            MediaControl.ENFORCED: Tri.YES, MediaControl.UNKNOWN: Tri.UNKNOWN, MediaControl.NONE: Tri.NO,
            MediaControl.RULE_ONLY: Tri.NO,
        }  # fmt: skip
        for path in self.assessed.network.media:
            yield MediaGround(self._name(path.source), self._name(path.target), enforced[path.control], path.recorded)

    def _kept(self) -> Iterator[KeptSystem]:
        """Yield each system whose data must be kept, by what kind of copies it has, wherever an attack comes from."""
        fates = self.assessed.fates
        first: Iterable[str] = [fate.node for fate in next(iter(fates.values()), ())]
        copies = self.assessed.network.backups
        for node in first:
            offline = any_of(
                _is_offline(copy.connect, copy.generations, copy.immutable_days) for copy in copies if copy.of == node
            )
            lost = [
                self._name(line)
                for line, its_fates in fates.items()
                for fate in its_fates
                if fate.node == node and fate.falls is not Tri.NO and fate.survives is not Tri.YES
            ]
            yield KeptSystem(self._name(node), offline, tuple(lost))

    def _reached(self) -> Iterator[tuple[str, Reached]]:
        network = self.assessed.network
        if len(network.segments) <= MAX_ORIGINS:
            spreads = [
                (segment.name or segment.id, self.assessed.spread_from(Entry(EntryKind.SEGMENT, segment.id)))
                for segment in network.segments
            ]
            if spreads:
                yield "inside", self._farthest(spreads)
        carried = dict.fromkeys(path.target for path in network.media if path.control is not MediaControl.ENFORCED)
        starts = [(self._name(node), self.assessed.spread_from(Entry(EntryKind.NODE, node))) for node in carried]
        if starts:
            yield "endpoint", self._farthest(starts)

    def _farthest(self, spreads: list[tuple[str, Spread]]) -> Reached:
        origin, spread = max(spreads, key=lambda one: one[1].hosts_surely)
        nodes = {node.id: node for node in self.assessed.network.nodes}
        systems = [self._name(name) for name in spread.surely if nodes[name].role not in TERMINALS]
        return Reached(origin, spread.hosts_surely, tuple(systems))


@dataclass(frozen=True, slots=True)
class _Open:
    """A connection by ids, before it is explained."""

    source: str
    target: str
    service: int
    surely: bool
    declared: bool


def _how(taking: Taking) -> str:
    if taking.how in (How.SERVICE, How.CONSOLE):
        return service_text(taking.service)
    return str(taking.how.value)


def _is_offline(connect: Connect, generations: int | None, immutable_days: int) -> Tri:
    """Return whether a copy outlives an attack on the device it is written by."""
    if connect is Connect.MANUAL_EJECT:
        return Tri.UNKNOWN if generations is None else Tri.of(generations > 1)
    if connect is Connect.IMMUTABLE:
        return Tri.YES if immutable_days >= DWELL_DAYS else Tri.UNKNOWN
    return Tri.NO if connect is Connect.ALWAYS_ON else Tri.UNKNOWN
