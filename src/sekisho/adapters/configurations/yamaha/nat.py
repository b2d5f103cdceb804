"""NAT descriptors of YAMAHA routers as static and source NATs.

Source: YAMAHA router command reference, "NAT descriptor". A packet from outside is translated before the filters of its
interface look at it, one to outside after: filters see the inside address. Packets that no entry of a masquerade knows
are dropped unless `incoming forward` names a host. An outer address that a provider assigns is `UNKNOWN_OUTSIDE`.
"""

from collections.abc import Iterator

from sekisho.adapters.configurations.statements import UNKNOWN_NAT, UNKNOWN_OUTSIDE
from sekisho.adapters.configurations.yamaha.faces import NO_SUCH_DESCRIPTOR, Descriptor, Face, Gathered
from sekisho.adapters.configurations.yamaha.filters import NotAFilter, ports
from sekisho.adapters.configurations.yamaha.words import PROTOCOLS
from sekisho.domain.network.addresses import ANY_V4, NotAnAddress, address_number, address_span
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Origin, SourceNat, StaticNat
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE, TCP, UDP, ports_of

MOST_MAPPED = 4096
_SELF = ("ipcp", "primary", "secondary", "map-e", "")
_IGNORED = ("timer", "log", "ftp", "sip", "backward-compatibility", "retry")


def note(gathered: Gathered, words: list[str], origin: Origin, *, negated: bool) -> bool:
    """Take in the words after `nat descriptor`; return whether they were understood."""
    if not words:
        return False
    if words[0] in _IGNORED:
        return True
    what, rest = words[0], words[1:]
    if what == "address" and rest:
        what, rest = f"address {rest[0]}", rest[1:]
    if what == "masquerade" and rest:
        what, rest = f"masquerade {rest[0]}", rest[1:]
    if not rest or not _is_number(rest[0]):
        return what.startswith("masquerade ") and what.split()[1] not in ("static", "incoming")
    number, rest = int(rest[0]), rest[1:]
    descriptor = gathered.descriptors.setdefault(number, Descriptor())
    return _set(descriptor, what, rest, origin, negated=negated)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 10


def _set(descriptor: Descriptor, what: str, rest: list[str], origin: Origin, *, negated: bool) -> bool:
    if what == "type":
        descriptor.kind = "none" if negated or not rest else rest[0]
        return descriptor.kind in ("none", "nat", "masquerade", "nat-masquerade")
    if what == "address outer":
        descriptor.outer = () if negated else tuple(rest)
    elif what == "address inner":
        descriptor.inner = () if negated else tuple(rest)
    elif what == "static" and rest:
        _keep(descriptor.statics, rest, origin, negated=negated)
    elif what == "masquerade static" and rest:
        _keep(descriptor.forwards, rest, origin, negated=negated)
    elif what == "masquerade incoming" and rest:
        # The second word is the address of `forward`; `through` leaves the packet to the router itself.
        descriptor.incoming = (rest[1], origin) if not negated and rest[0] == "forward" and len(rest) > 1 else None
        return negated or rest[0] in ("reject", "discard", "through", "forward")
    else:
        return what.startswith("masquerade ")
    return True


def _keep(entries: dict[str, tuple[list[str], Origin]], rest: list[str], origin: Origin, *, negated: bool) -> None:
    if negated:
        entries.pop(rest[0], None)
    else:
        entries[rest[0]] = (rest[1:], origin)


# ---- put together ----


def nats_of(gathered: Gathered, face: Face) -> tuple[list[StaticNat], list[SourceNat]]:
    """Return the NATs of one interface, those of single addresses before those of all."""
    statics: list[StaticNat] = []
    sources: list[SourceNat] = []
    if face.descriptors is None:
        return statics, sources
    numbers, applied = face.descriptors
    for number in numbers:
        descriptor = gathered.descriptors.get(number)
        if descriptor is None:
            gathered.lose(applied, Bearing.NAT, NO_SUCH_DESCRIPTOR, str(number))
            continue
        if descriptor.kind == "none":
            continue
        outer = _outer(descriptor, face)
        if outer is None:
            gathered.lose(applied, Bearing.NAT, UNKNOWN_NAT, str(number))
            continue
        for static, source in _static(gathered, descriptor, face):
            statics.append(static)
            sources += source
        statics += _forwarded(gathered, descriptor, face, outer)
        if "masquerade" in descriptor.kind or descriptor.outer:
            inside = _inner(descriptor)
            sources.append(SourceNat("", face.id, inside, outer.first, applied))
    return statics, sources


def _outer(descriptor: Descriptor, face: Face) -> Ranges | None:
    """Return the outer addresses; None when they cannot be read."""
    spans = []
    for word in descriptor.outer or ("",):
        if word in _SELF:
            number = face.address if face.address is not None else UNKNOWN_OUTSIDE
            spans.append((number, number))
            continue
        try:
            spans.append(address_span(word))
        except NotAnAddress:
            return None
    return Ranges.of(spans)


def _inner(descriptor: Descriptor) -> Ranges:
    """Return the inside addresses; all of IPv4 where it is automatic or unreadable, so that nothing is missed."""
    try:
        spans = [address_span(word) for word in descriptor.inner]
    except NotAnAddress:
        return ANY_V4
    return Ranges.of(spans) if spans else ANY_V4


def _static(gathered: Gathered, descriptor: Descriptor, face: Face) -> Iterator[tuple[StaticNat, list[SourceNat]]]:
    for words, origin in descriptor.statics.values():
        try:
            outside, inside = _pair(words)
        except (NotAnAddress, ValueError):
            gathered.lose(origin, Bearing.NAT, UNKNOWN_NAT, words[0] if words else "")
            continue
        first = outside.first
        masked = [SourceNat("", face.id, Ranges.single(inside + at), first + at, origin) for at in range(outside.size)]
        yield StaticNat("", face.id, outside, inside, origin=origin), masked


def _pair(words: list[str]) -> tuple[Ranges, int]:
    """Return the outer addresses and the first inner one of "OUTER=INNER [COUNT]" or "OUTER=INNER/MASK"."""
    outer, equals, inner = words[0].partition("=") if words else ("", "", "")
    if not equals:
        raise NotAnAddress(outer)
    inner, slash, bits = inner.partition("/")
    count = int(words[1]) if len(words) > 1 else 1
    first, inside = address_number(outer), address_number(inner)
    if slash:
        count = 1 << (32 - int(bits))
        first, inside = first - first % count, inside - inside % count
    if not 1 <= count <= MOST_MAPPED:
        raise NotAnAddress(words[-1])
    return Ranges(((first, first + count - 1),)), inside


def _forwarded(gathered: Gathered, descriptor: Descriptor, face: Face, outer: Ranges) -> Iterator[StaticNat]:
    own = Ranges.single(outer.first)
    for words, origin in descriptor.forwards.values():
        try:
            yield from _forwards(words, face, own, origin)
        except (NotAnAddress, NotAFilter):
            gathered.lose(origin, Bearing.NAT, UNKNOWN_NAT, words[-1] if words else "")
    if descriptor.incoming is not None:
        word, origin = descriptor.incoming
        try:
            yield StaticNat("", face.id, own, address_number(word), origin=origin)
        except NotAnAddress:
            gathered.lose(origin, Bearing.NAT, UNKNOWN_NAT, word)


def _forwards(words: list[str], face: Face, own: Ranges, origin: Origin) -> Iterator[StaticNat]:
    """Yield the forwards of "INNER PROTOCOL [[OUTER_PORT=]INNER_PORT]"; with the outer address in front of it too."""
    if len(words) < 2 or len(words) > 3:
        raise NotAFilter(" ".join(words[:1]))
    if "=" in words[0]:
        outer, _, inner = words[0].partition("=")
        own, words = Ranges.single(address_number(outer)), [inner, *words[1:]]
    inside = address_number(words[0])
    written = words[2] if len(words) > 2 else "*"
    outside_ports, equals, inside_ports = written.partition("=")
    if words[1] == "*":
        yield StaticNat("", face.id, own, inside, ANY_SERVICE, origin=origin)
        return
    for name in words[1].lower().split(","):
        number = int(name) if name.isdecimal() and len(name) <= 3 and int(name) < 256 else PROTOCOLS.get(name)
        if number is None:
            raise NotAFilter(name)
        if number not in (TCP, UDP):
            yield StaticNat("", face.id, own, inside, ports_of(number), origin=origin)
            continue
        first = ports(inside_ports).first if equals else None
        yield StaticNat("", face.id, own, inside, ports_of(number, ports(outside_ports)), first, origin=origin)
