"""Puts together what the lines of a YAMAHA configuration said: rule sets, interfaces, routes, pools."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sekisho.adapters.configurations.statements import UNKNOWN_ROUTE
from sekisho.adapters.configurations.yamaha import nat as yamaha_nat
from sekisho.adapters.configurations.yamaha.faces import (
    NO_SUCH_FILTER,
    NO_SUCH_INTERFACE,
    NO_SUCH_SET,
    NOT_ENABLED,
    ONLY_DYNAMIC,
    POLICY_ROUTE,
    Applied,
    Face,
    Gathered,
    WrittenRoute,
    face_name,
)
from sekisho.adapters.configurations.yamaha.filters import resolved
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, NotAnAddress, address_number, prefix_span, prefixes_of
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration, VpnPool
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    Direction,
    Everywhere,
    Interface,
    Route,
    Rule,
    RuleSet,
    SourceNat,
    State,
    StaticNat,
)
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE

SEQ_UNFILTERED = 0
"""The rule for the family of addresses that no list of its own filters."""
SEQ_IPV6 = 6_000_000_000
"""Added to the number of an IPv6 filter that an IPv4 filter of the same rule set has too."""
SEQ_DYNAMIC = 8_000_000_000
"""Added to the number of a dynamic filter that a static filter of the same rule set has too."""
SEQ_UNSURE = 9_000_000_000
"""From here on, rules for what could not be read and has no number."""
_OTHER_WAY = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}
_MOST_POOL_ROUTES = 64


def configuration_of(gathered: Gathered) -> DeviceConfiguration:
    """Return what was gathered as a configuration; interfaces that are not in use are left out."""
    faces = list(_with_copies(gathered))
    used = [face for face in faces if _is_up(gathered, face)]
    _fill_pools(gathered, used)
    rulesets = [ruleset for face in used for ruleset in _rulesets(gathered, face)]
    if gathered.policy_filter is not None:
        rulesets.append(RuleSet("", Everywhere(), Action.UNKNOWN, name="ip policy filter"))
    static_nats: list[StaticNat] = []
    source_nats: list[SourceNat] = []
    for face in used:
        statics, sources = yamaha_nat.nats_of(gathered, face)
        static_nats += statics
        source_nats += sources
    routes, extra = _routes(gathered, used, {face.id for face in faces})
    account = gathered.account
    return DeviceConfiguration(
        "yamaha",
        gathered.model,
        gathered.prompt.rstrip("#> "),
        (*(_interface(face) for face in used), *extra),
        tuple(routes),
        tuple(rulesets),
        tuple(static_nats),
        tuple(source_nats),
        tuple(VpnPool(face.id, face.pool, face.name, face.pool_line) for face in used if face.pool is not None),
        tuple(sorted(account.unparsed, key=lambda one: one.line)),
        tuple(sorted(account.notices, key=lambda one: one.line)),
        max(account.understood, 0),
    )


# ---- interfaces ----


def _with_copies(gathered: Gathered) -> Iterator[Face]:
    """Yield the interfaces, and those that a tunnel's template makes of it."""
    for face in gathered.faces.values():
        yield face
        for number in face.copies:
            if f"tunnel{number}" not in gathered.faces:
                yield replace(face, id=f"tunnel{number}", copies=[])


def _is_up(gathered: Gathered, face: Face) -> bool:
    if face.layer2 or face.enabled is False:
        return False
    if not face.needs_enabling:
        return face.is_used
    if face.enabled is None and face.id != gathered.open_block:
        gathered.account.notice(face.line, "not-enabled", NOT_ENABLED.filled(face=face.id))
        return False
    # The last block of a file that breaks off may have lost its enable line: better one interface too many.
    return True


def _fill_pools(gathered: Gathered, used: list[Face]) -> None:
    """Give remote users whose address a DHCP server chooses those of the scopes, else of the LANs."""
    spans = [span for scope in gathered.scopes for span in scope.spans]
    spans = spans or [face.network for face in used if face.network is not None and face.id.startswith(("lan", "vlan"))]
    for face in used:
        if face.pool_by_dhcp:
            given = Ranges.of(spans) or ANY_V4
            face.pool = given if face.pool is None else face.pool | given


def _interface(face: Face) -> Interface:
    return Interface(face.id, address=face.address, network=face.network, name=face.name)


# ---- rule sets ----


def _rulesets(gathered: Gathered, face: Face) -> Iterator[RuleSet]:
    for direction in Direction:
        here = {v6: _list_at(gathered, face, direction, v6=v6) for v6 in (False, True)}
        unsure = face.unsure.get(direction, [])
        filtered = [v6 for v6 in (False, True) if here[v6] is not None]
        if not filtered and not unsure:
            continue
        rules = list(unsure)
        for v6 in filtered:
            applied = here[v6]
            if applied is not None:
                rules += _of_list(gathered, applied, rules, v6=v6)
        if len(filtered) == 1:
            rules += _unfiltered(face, v6=not filtered[0])
        yield RuleSet(
            "",
            AtInterface(face.id, direction),
            Action.DENY if filtered else Action.PERMIT,
            tuple(rules),
            stateful=False,
            tracked=tuple(_tracked(gathered, face, _OTHER_WAY[direction])),
        )


def _list_at(gathered: Gathered, face: Face, direction: Direction, *, v6: bool) -> Applied | None:
    written = face.applied.get((v6, direction))
    if written is not None or v6 not in face.sets:
        return written
    name, origin = face.sets[v6]
    known = gathered.sets.get((v6, name))
    if known is None:
        gathered.lose(origin, Bearing.FILTER, NO_SUCH_SET, name)
        return Applied((None,), (), origin)
    return known.get(direction)


def _of_list(gathered: Gathered, applied: Applied, before: list[Rule], *, v6: bool) -> list[Rule]:
    """Return the rules of one list in its order. A number that stands twice counts where it stands first."""
    taken = {rule.seq for rule in before}
    rules: list[Rule] = []
    seen: set[int] = set()
    for number in applied.static:
        if number is not None and number in seen:
            continue
        rule = gathered.static[v6].get(number) if number is not None else None
        if rule is None:
            rule = _unknown(applied, SEQ_UNSURE + len(before) + len(rules) if number is None else number, v6=v6)
            if number is not None:
                gathered.lose(applied.origin, Bearing.FILTER, NO_SUCH_FILTER, str(number))
        if number is not None:
            seen.add(number)
        if rule.seq in taken:
            rule = replace(rule, seq=rule.seq + SEQ_IPV6, name=rule.name or f"ipv6 filter {rule.seq}")
        rules.append(rule)
    return rules + list(_of_dynamic(gathered, applied, taken | {rule.seq for rule in rules}, rules, v6=v6))


def _unknown(applied: Applied, seq: int, *, v6: bool) -> Rule:
    every = ANY_V6 if v6 else ANY_V4
    return Rule(seq, Action.UNKNOWN, every, every, is_exact=False, origin=applied.origin)


def _of_dynamic(
    gathered: Gathered, applied: Applied, taken: set[int], rules: list[Rule], *, v6: bool
) -> Iterator[Rule]:
    """Yield what the dynamic filters of a list might do to packets that no static one of it matches."""
    every = ANY_V6 if v6 else ANY_V4
    if not applied.dynamic:
        return
    if not applied.static:
        gathered.account.notice(applied.origin.line, "only-dynamic", ONLY_DYNAMIC)
        yield _unknown(applied, SEQ_UNSURE + len(taken), v6=v6)
        return
    if any(_is_catch_all(rule) and rule.src == every and rule.dst == every for rule in rules):
        return
    for rule in _dynamic_rules(gathered, applied, v6=v6):
        seq = rule.seq if rule.seq not in taken else SEQ_DYNAMIC + rule.seq
        taken.add(seq)
        yield replace(rule, seq=seq, is_exact=False)


def _is_catch_all(rule: Rule) -> bool:
    return (
        rule.is_exact and rule.service == ANY_SERVICE and rule.state is State.ANY and rule.action is not Action.UNKNOWN
    )


def _unfiltered(face: Face, *, v6: bool) -> Iterator[Rule]:
    """Yield the rule for the family that has no list here: it passes, where the interface speaks it."""
    if not v6 or face.has_v6:
        every = ANY_V6 if v6 else ANY_V4
        yield Rule(SEQ_UNFILTERED, Action.PERMIT, every, every, name="no ipv6 filter" if v6 else "no ip filter")


def _tracked(gathered: Gathered, face: Face, direction: Direction) -> Iterator[Rule]:
    """Yield the dynamic filters of the other direction: answers to what they match pass here."""
    for v6 in (False, True):
        applied = _list_at(gathered, face, direction, v6=v6)
        if applied is not None:
            yield from _dynamic_rules(gathered, applied, v6=v6)


def _dynamic_rules(gathered: Gathered, applied: Applied, *, v6: bool) -> Iterator[Rule]:
    every = ANY_V6 if v6 else ANY_V4
    for number in dict.fromkeys(applied.dynamic):
        dynamic = gathered.dynamic[v6].get(number)
        rules = resolved(dynamic, gathered.static[v6]) if dynamic is not None else None
        if rules is None:
            gathered.lose(applied.origin, Bearing.FILTER, NO_SUCH_FILTER, str(number))
            rules = (Rule(number, Action.PERMIT, every, every, is_exact=False, origin=applied.origin),)
        yield from rules


# ---- routes ----


def _routes(gathered: Gathered, used: list[Face], known: set[str]) -> tuple[list[Route], list[Interface]]:
    """Return the routes, those of the least metric first, and interfaces that only routes name."""
    up = {face.id for face in used}
    found: list[tuple[int, Route]] = []
    extra: dict[str, Interface] = {}
    for written in gathered.routes.values():
        for metric, route in _ways(gathered, written):
            way = route.interface
            if way is not None and way not in up:
                if way in known:
                    continue
                if way != "null" and not way.startswith("loopback"):
                    gathered.lose(written.origin, Bearing.ROUTE, NO_SUCH_INTERFACE, way)
                extra.setdefault(way, Interface(way))
            found.append((metric, route))
    routes = [route for _, route in sorted(found, key=lambda one: one[0])]
    routes += [Route(span, interface=face.id) for face in used for span in face.secondary]
    return routes + [route for face in used for route in _pool_routes(face)], list(extra.values())


def _pool_routes(face: Face) -> Iterator[Route]:
    """Yield host routes to remote users: more exact than the LAN whose addresses they borrow."""
    if face.pool is None or face.pool == ANY_V4:
        return
    prefixes = [prefix for span in face.pool.spans for prefix in prefixes_of(span)]
    for prefix in prefixes[:_MOST_POOL_ROUTES]:
        yield Route(prefix_span(prefix), interface=face.id)


def _ways(gathered: Gathered, written: WrittenRoute) -> Iterator[tuple[int, Route]]:
    """Yield the ways of one `ip route` line with their metric, without those for some kinds of packets only."""
    ways: list[tuple[int, Route, bool]] = []
    for words in _gateways(written.words):
        way = _way(written, words)
        if way is None:
            gathered.lose(written.origin, Bearing.ROUTE, UNKNOWN_ROUTE, words[0] if words else "")
        else:
            ways.append((_metric(words), way, "filter" in words))
    plain = [(metric, way) for metric, way, filtered in ways if not filtered]
    choice = len(plain) < len(ways) and len({way for _, way, _ in ways}) > 1
    if choice or (ways and not plain):
        gathered.lose(written.origin, Bearing.ROUTE, POLICY_ROUTE)
    yield from plain


def _gateways(words: Iterable[str]) -> list[list[str]]:
    """Return the words after each "gateway"."""
    found: list[list[str]] = []
    for word in words:
        if word == "gateway":
            found.append([])
        elif found:
            found[-1].append(word)
    return found


def _metric(words: list[str]) -> int:
    at = words.index("metric") + 1 if "metric" in words else len(words)
    return int(words[at]) if at < len(words) and words[at].isdecimal() and len(words[at]) < 4 else 1


def _way(written: WrittenRoute, words: list[str]) -> Route | None:
    match words:
        case ["pp" | "tunnel" as kind, number, *_]:
            return Route(written.prefix, interface=f"{kind}{'-anonymous' if number == 'anonymous' else number}")
        case ["dhcp" | "pdp", name, *_] if face_name(name):
            return Route(written.prefix, interface=name)
        case [name, *_] if face_name(name):
            return Route(written.prefix, interface=name)
        case [address, *_]:
            return _next_hop(written, address)
    return None


def _next_hop(written: WrittenRoute, word: str) -> Route | None:
    address, _, zone = word.partition("%")
    try:
        via = address_number(address)
    except NotAnAddress:
        return None
    if zone:
        return Route(written.prefix, interface=f"lan{zone}" if zone.isdecimal() else zone)
    return Route(written.prefix, via=via)
