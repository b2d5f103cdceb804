"""The `ip` and `ipv6` commands of YAMAHA routers: filters and where they apply, addresses, routes. See `yamaha`."""

from sekisho.adapters.configurations.statements import (
    NOT_AN_ADDRESS,
    UNKNOWN_FILTER,
    UNKNOWN_NAT,
    UNKNOWN_ROUTE,
    connected,
)
from sekisho.adapters.configurations.yamaha.faces import (
    INBOUND_FILTER,
    POLICY_FILTER,
    ROUTING_OFF,
    Applied,
    Face,
    Gathered,
    WrittenRoute,
    face_name,
)
from sekisho.adapters.configurations.yamaha.filters import (
    NotAFilter,
    addresses,
    dynamic_filter,
    number_of,
    static_rule,
)
from sekisho.adapters.configurations.yamaha.result import SEQ_UNSURE
from sekisho.adapters.configurations.yamaha.words import GLOBAL_IP, INTERFACE_IP
from sekisho.domain.network.addresses import (
    ANY_V4,
    ANY_V6,
    V6_BASE,
    NotAnAddress,
    address_number,
    address_span,
    prefix_span,
)
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Action, Direction, Origin, Rule
from sekisho.domain.network.ranges import Ranges


def take(gathered: Gathered, words: list[str], origin: Origin, *, v6: bool, negated: bool) -> None:
    """Take in the words after `ip` or `ipv6`."""
    match words:
        case ["filter", "set", name, *rest]:
            _filter_set(gathered, name, rest, origin, v6=v6, negated=negated)
        case ["filter", "dynamic", *rest]:
            _dynamic(gathered, rest, origin, v6=v6, negated=negated)
        case ["filter", "directed-broadcast" | "source-route" | "fragment" | "fqdn", *_]:
            pass
        case ["filter", *rest]:
            _static(gathered, rest, origin, v6=v6, negated=negated)
        case ["policy", "filter", "set", "enable", *_]:
            if not negated:
                gathered.policy_filter = (origin.line, origin.text)
                gathered.miss(origin, Bearing.FILTER, POLICY_FILTER)
        case ["policy", *_]:
            pass
        case ["inbound", "filter", *_]:
            pass
        case ["forward", "filter", *_]:
            pass
        case ["route", *rest]:
            _route(gathered, rest, origin, v6=v6, negated=negated)
        case ["routing", "off", *_] if not v6 and not negated:
            gathered.miss(origin, Bearing.ROUTE, ROUTING_OFF)
        case [name, what, *rest] if name in ("pp", "tunnel") or (face_name(name) and what):
            _interface(gathered, name, what, rest, origin, v6=v6, negated=negated)
        case [name, *_] if name in GLOBAL_IP or (v6 and name in ("prefix", "rh0", "multicast", "nd", "max")):
            pass
        case _:
            gathered.miss(origin, Bearing.INTERFACE)


def _static(gathered: Gathered, words: list[str], origin: Origin, *, v6: bool, negated: bool) -> None:
    number = number_of(words[0]) if words else None
    if negated and number is not None:
        gathered.static[v6].pop(number, None)
        return
    try:
        rule = static_rule(words, origin, v6=v6)
    except NotAFilter as error:
        gathered.miss(origin, Bearing.FILTER, UNKNOWN_FILTER, error.args[0])
        if number is None:
            return
        rule = _unread_rule(number, words, origin, v6=v6)
    gathered.static[v6][rule.seq] = rule


def _unread_rule(number: int, words: list[str], origin: Origin, *, v6: bool) -> Rule:
    """Return a rule that may do anything to what its readable addresses cover."""
    ends = []
    for word in [*words[2:4], "*", "*"][:2]:
        try:
            ends.append(addresses(word, v6=v6)[0])
        except NotAFilter:
            ends.append(ANY_V6 if v6 else ANY_V4)
    return Rule(number, Action.UNKNOWN, ends[0], ends[1], is_exact=False, origin=origin)


def _dynamic(gathered: Gathered, words: list[str], origin: Origin, *, v6: bool, negated: bool) -> None:
    if words[:1] == ["timer"]:
        return
    number = number_of(words[0]) if words else None
    if negated and number is not None:
        gathered.dynamic[v6].pop(number, None)
        return
    try:
        dynamic = dynamic_filter(words, origin, v6=v6)
    except NotAFilter as error:
        gathered.miss(origin, Bearing.FILTER, UNKNOWN_FILTER, error.args[0])
        return
    gathered.dynamic[v6][dynamic.number] = dynamic


def _filter_set(gathered: Gathered, name: str, words: list[str], origin: Origin, *, v6: bool, negated: bool) -> None:
    if negated:
        gathered.sets.pop((v6, name), None)
        return
    direction = direction_of(words[:1])
    if direction is None:
        gathered.miss(origin, Bearing.FILTER, UNKNOWN_FILTER, words[0] if words else "")
        return
    gathered.sets.setdefault((v6, name), {})[direction] = _applied(gathered, words[1:], origin)


def direction_of(words: list[str]) -> Direction | None:
    """Return the direction that the first word names; None for none."""
    return {"in": Direction.IN, "out": Direction.OUT}.get(words[0]) if words else None


def _applied(gathered: Gathered, words: list[str], origin: Origin) -> Applied:
    """Return the numbers of a `secure filter` line; a word that is none stands as None where it was."""
    static: list[int | None] = []
    dynamic: list[int] = []
    is_dynamic, unread = False, ""
    for word in words:
        number = number_of(word)
        if word == "dynamic":
            is_dynamic = True
        elif number is None:
            unread = unread or word
            static.append(None)
        elif is_dynamic:
            dynamic.append(number)
        else:
            static.append(number)
    if unread:
        gathered.miss(origin, Bearing.FILTER, UNKNOWN_FILTER, unread)
    return Applied(tuple(static), tuple(dynamic), origin)


def face_meant(gathered: Gathered, name: str, origin: Origin) -> Face | None:
    """Return the interface meant by "lan1", or by "pp" and "tunnel" where one is selected."""
    if name == "pp":
        return gathered.faces.get(gathered.pp)
    if name == "tunnel":
        return gathered.faces.get(gathered.tunnel)
    return gathered.face(name, origin.line)


def _interface(
    gathered: Gathered, name: str, what: str, words: list[str], origin: Origin, *, v6: bool, negated: bool
) -> None:
    face = face_meant(gathered, name, origin)
    if face is None:
        bearing = Bearing.FILTER if what == "secure" else Bearing.INTERFACE
        gathered.miss(origin, bearing)
        return
    face.is_used = True
    if what == "secure" and words[:1] == ["filter"]:
        _secure(gathered, face, words[1:], origin, v6=v6, negated=negated)
    elif what == "address":
        _address(gathered, face, words, origin, v6=v6, negated=negated)
    elif what == "secondary" and words[:1] == ["address"]:
        _secondary(gathered, face, words[1:], origin, negated=negated)
    elif what == "nat" and words[:1] == ["descriptor"]:
        _descriptors(gathered, face, words[1:], origin, negated=negated)
    elif what == "remote" and words[:2] == ["address", "pool"]:
        _pool(gathered, face, words[2:], origin, negated=negated)
    elif what == "inbound" and words[:1] == ["filter"] and not negated:
        be_unsure(face, Direction.IN, Action.UNKNOWN, origin)
        gathered.miss(origin, Bearing.FILTER, INBOUND_FILTER)
    elif what == "forward" and words[:1] == ["filter"] and not negated:
        gathered.miss(origin, Bearing.ROUTE, UNKNOWN_ROUTE, "forward")
    elif what in ("prefix", "rtadv", "dhcp") and v6:
        face.has_v6 = not negated
    elif what not in INTERFACE_IP and what not in ("remote", "secure", "inbound", "forward"):
        gathered.miss(origin, Bearing.INTERFACE)


def be_unsure(face: Face, direction: Direction, action: Action, origin: Origin) -> None:
    """Put a rule that may take `action` before all others of one side of an interface."""
    rules = face.unsure.setdefault(direction, [])
    rules.append(Rule(SEQ_UNSURE + len(rules), action, is_exact=False, origin=origin))


def _secure(gathered: Gathered, face: Face, words: list[str], origin: Origin, *, v6: bool, negated: bool) -> None:
    if words[:1] == ["name"] and len(words) > 1:
        face.sets[v6] = (words[1], origin)
        if negated:
            del face.sets[v6]
        return
    direction = direction_of(words)
    if direction is None:
        gathered.miss(origin, Bearing.FILTER, UNKNOWN_FILTER, words[0] if words else "")
        for side in Direction:
            be_unsure(face, side, Action.UNKNOWN, origin)
    elif negated:
        face.applied.pop((v6, direction), None)
    else:
        face.applied[v6, direction] = _applied(gathered, words[1:], origin)


def _address(gathered: Gathered, face: Face, words: list[str], origin: Origin, *, v6: bool, negated: bool) -> None:
    if v6:
        # The model holds one address; IPv6 counts where there is no IPv4.
        face.has_v6 = not negated
        if face.address is not None or negated:
            return
    if negated:
        face.address = face.network = None
        return
    if not words or words[0] in ("dhcp", "auto", "pdp") or (v6 and words[0].startswith(("ra-prefix", "dhcp-prefix"))):
        return
    try:
        if "/" in words[0]:
            address, network = connected(_plain_mask(words[0]))
        else:
            address = address_number(words[0])
            network = (address, address)
        if (address >= V6_BASE) != v6:
            raise NotAnAddress(words[0])
    except NotAnAddress:
        gathered.miss(origin, Bearing.INTERFACE, NOT_AN_ADDRESS, words[0])
        return
    face.address, face.network = address, network


def _plain_mask(word: str) -> str:
    address, _, mask = word.partition("/")
    if mask.lower().startswith("0x") and len(mask) == 10:
        try:
            number = int(mask, 16)
        except ValueError:
            return word
        return f"{address}/{'.'.join(str(number >> shift & 255) for shift in (24, 16, 8, 0))}"
    return word


def _secondary(gathered: Gathered, face: Face, words: list[str], origin: Origin, *, negated: bool) -> None:
    if negated:
        face.secondary.clear()
        return
    try:
        face.secondary.append(connected(_plain_mask(words[0] if words else ""))[1])
    except NotAnAddress:
        gathered.miss(origin, Bearing.INTERFACE, NOT_AN_ADDRESS, words[0] if words else "")


def _descriptors(gathered: Gathered, face: Face, words: list[str], origin: Origin, *, negated: bool) -> None:
    numbers = [number for word in words if (number := number_of(word)) is not None]
    if negated:
        face.descriptors = None
    elif len(numbers) != len(words) or not numbers:
        # `reverse` translates the other side as well.
        gathered.miss(origin, Bearing.NAT, UNKNOWN_NAT, next((word for word in words if number_of(word) is None), ""))
    else:
        face.descriptors = (tuple(numbers), origin)


def _pool(gathered: Gathered, face: Face, words: list[str], origin: Origin, *, negated: bool) -> None:
    if negated:
        face.pool, face.pool_by_dhcp = None, False
        return
    face.pool_line = origin.line
    if words[:1] and words[0] in ("dhcp", "dhcpc"):
        face.pool_by_dhcp = True
        return
    try:
        given = Ranges.of(address_span(word) for word in words)
    except NotAnAddress as error:
        gathered.miss(origin, Bearing.INTERFACE, NOT_AN_ADDRESS, str(error))
        return
    face.pool = given if face.pool is None else face.pool | given


# ---- routes ----


def _route(gathered: Gathered, words: list[str], origin: Origin, *, v6: bool, negated: bool) -> None:
    if words[:1] == ["change"] or words[:1] == ["cache"]:
        return
    try:
        prefix = _prefix(words[0] if words else "", v6=v6)
    except NotAnAddress:
        gathered.miss(origin, Bearing.ROUTE, UNKNOWN_ROUTE, words[0] if words else "")
        return
    if negated:
        gathered.routes.pop((v6, prefix), None)
    elif words[1:2] != ["gateway"] or len(words) < 3:
        gathered.miss(origin, Bearing.ROUTE, UNKNOWN_ROUTE, words[1] if len(words) > 1 else "")
    else:
        gathered.routes[v6, prefix] = WrittenRoute(prefix, tuple(words[1:]), origin)


def _prefix(word: str, *, v6: bool) -> tuple[int, int]:
    if word == "default":
        return (ANY_V6 if v6 else ANY_V4).spans[0]
    span = prefix_span(_plain_mask(word))
    if (span[0] >= V6_BASE) != v6:
        raise NotAnAddress(word)
    return span
