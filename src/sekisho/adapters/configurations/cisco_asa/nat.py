"""Address translation of a Cisco ASA configuration: object NAT, twice NAT, and the older static, nat and global.

Since version 8.3 filters see the real (inside) address, before it the translated one. An outer address that the
provider gives stands as 0.0.0.0. A translation that holds only towards some destinations is taken to hold always.

Source: Cisco ASA Series command reference ("nat (object)", "nat (global)"), and of version 8.2 ("static", "global").
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sekisho.adapters.configurations.cisco_asa.objects import Named
from sekisho.adapters.configurations.cisco_ios.nat import NOT_FIXED
from sekisho.adapters.configurations.cisco_like.objects import NotRead, masked_span, v4_number
from sekisho.adapters.configurations.cisco_like.services import port_number
from sekisho.adapters.configurations.cisco_like.text import NAT_NOT_READ, Account, Line
from sekisho.domain.network.addresses import ANY_ADDRESS, ANY_V4
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import SourceNat, StaticNat
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, PORTS, TCP, UDP, ports_of

_PROTOCOLS = {"tcp": TCP, "udp": UDP}


@dataclass(frozen=True, slots=True)
class Side:
    """One named interface: its id and its address, None when the provider gives it."""

    id: str
    address: int | None


@dataclass(frozen=True, slots=True)
class _Forwarded:
    """Which service of the outer address is forwarded, and to which port."""

    service: Ranges = ANY_SERVICE
    port: int | None = None


class Translation:
    """Collects NAT lines and turns them into values once objects and interfaces are known."""

    def __init__(self, account: Account, named: Named, sides: dict[str, Side]) -> None:
        self._account, self._named, self._sides = account, named, sides
        self._lines: list[tuple[Line, str]] = []
        self._globals: dict[tuple[str, str], Line] = {}
        self.sees_inside = True

    def take(self, line: Line, of_object: str = "") -> None:
        """Take a line "nat (...) ...", "static (...) ..." or "global (...) ..."."""
        words = line.words
        if words[0] in ("static", "global"):
            self.sees_inside = False
        if words[0] == "global" and len(words) > 3:
            self._globals[words[1].strip("()"), words[2]] = line
        else:
            self._lines.append((line, of_object))

    def values(self) -> tuple[tuple[StaticNat, ...], tuple[SourceNat, ...]]:
        """Return static and source NAT, in the order of the lines."""
        static: list[StaticNat] = []
        source: list[SourceNat] = []
        for line, of_object in self._lines:
            try:
                for one in self._read(line, of_object):
                    if isinstance(one, StaticNat):
                        static.append(one)
                    else:
                        source.append(one)
            except (NotRead, IndexError):
                self._account.unread(line, NAT_NOT_READ, Bearing.NAT)
        return tuple(static), tuple(source)

    def _read(self, line: Line, of_object: str) -> Iterator[StaticNat | SourceNat]:
        words = self._named.plain(line.words)
        real, comma, mapped = words[1].strip("()").partition(",")
        rest = [word for word in words[2:] if word not in ("dns", "no-proxy-arp", "route-lookup", "unidirectional")]
        if "inactive" in rest:
            return
        if words[0] == "static":
            yield from self._old_static(real, mapped, rest, line)
        elif not comma:
            yield from self._old_nat(real, rest, line)
        elif of_object:
            how, to = rest[0], rest[1]
            if how == "static":
                yield from self._static(mapped, real, of_object, to, self._ports(rest[2:]), line)
            else:
                yield from self._dynamic(mapped, of_object, rest[2] if to == "pat-pool" else to, line)
        else:
            yield from self._twice(real, mapped, rest, line)

    # ---- since 8.3 ----

    def _twice(self, real: str, mapped: str, rest: list[str], line: Line) -> Iterator[StaticNat | SourceNat]:
        at = rest.index("source") if "source" in rest else len(rest)
        how, what, to = rest[at + 1], rest[at + 2], rest[at + 3]
        after = rest[at + 4 :]
        if to == "pat-pool":
            to, after = after[0], after[1:]
        forwarded = _Forwarded()
        if "service" in after:
            at = after.index("service")
            forwarded = self._service_objects(after[at + 1], after[at + 2], is_source="destination" not in after)
        if how == "static":
            yield from self._static(
                mapped, real, what, to, forwarded if "destination" not in after else _Forwarded(), line
            )
        else:
            yield from self._dynamic(mapped, what, to, line)
        if "destination" in after:
            at = after.index("destination")
            # the names stand the other way round here: first what is dialled, then what it is
            yield from self._static(real, mapped, after[at + 3], after[at + 2], forwarded, line)

    def _static(
        self, outer: str, inner: str, what: str, to: str, forwarded: _Forwarded, line: Line
    ) -> Iterator[StaticNat]:
        """Yield "on `outer`, `to` stands for `what`"; nothing where both are the same."""
        inside = self._addresses(what)
        for name, side in self._on(outer, but=inner):
            if to == "interface":
                outside = Ranges.single(NOT_FIXED if side.address is None else side.address)
            else:
                outside = self._addresses(to)
            if outside == inside:
                continue
            for there, here in _pairs(outside, inside):
                yield StaticNat(
                    "",
                    name,
                    Ranges((there,)),
                    here[0],
                    forwarded.service,
                    forwarded.port,
                    self.sees_inside,
                    line.origin,
                )

    def _dynamic(self, outer: str, what: str, to: str, line: Line) -> Iterator[SourceNat]:
        inside = self._addresses(what)
        inside = ANY_V4 if inside == ANY_ADDRESS else inside
        for name, side in self._on(outer, but=""):
            outside = side.address if to == "interface" else self._addresses(to).first
            yield SourceNat("", name, inside, NOT_FIXED if outside is None else outside, line.origin)

    def _on(self, name: str, but: str) -> Iterator[tuple[str, Side]]:
        """Yield the interfaces a name stands for; "any" is every one but `but`."""
        if name != "any" and name not in self._sides:
            raise NotRead(name)
        for known, side in self._sides.items():
            if known == name or (name == "any" and known != but):
                yield side.id, side

    def _addresses(self, word: str) -> Ranges:
        part = self._named.addresses(word)
        if part is None or not part.is_exact or not part.addresses:
            raise NotRead(word)
        return part.addresses

    def _ports(self, rest: list[str]) -> _Forwarded:
        """Read "service tcp REAL MAPPED"."""
        if rest[:1] != ["service"]:
            return _Forwarded()
        protocol = _PROTOCOLS.get(rest[1])
        real = port_number(rest[2], protocol or TCP)
        mapped = port_number(rest[3], protocol or TCP)
        if protocol is None or real is None or mapped is None:
            raise NotRead(rest[1])
        return _Forwarded(ports_of(protocol, Ranges.single(mapped)), real)

    def _service_objects(self, first: str, second: str, *, is_source: bool) -> _Forwarded:
        """Read the two service objects of a twice NAT: real and mapped for a source, the other way for a destination."""
        real, mapped = self._service(first if is_source else second), self._service(second if is_source else first)
        return _Forwarded(mapped, real.first % PORTS)

    def _service(self, name: str) -> Ranges:
        parts = self._named.objects.service(name) or ()
        if len(parts) != 1 or not parts[0].is_exact or len(parts[0].service.spans) != 1:
            raise NotRead(name)
        part = parts[0]
        if part.source_ports == ANY_PORT:
            return part.service
        return ports_of(part.service.first // PORTS, part.source_ports)

    # ---- before 8.3 ----

    def _old_static(self, real: str, mapped: str, rest: list[str], line: Line) -> Iterator[StaticNat]:
        protocol = _PROTOCOLS.get(rest[0])
        forwarded = _Forwarded()
        if protocol is not None:
            inner, outer = port_number(rest[4], protocol), port_number(rest[2], protocol)
            if inner is None or outer is None:
                raise NotRead(rest[2])
            forwarded = _Forwarded(ports_of(protocol, Ranges.single(outer)), inner)
            rest = [rest[1], rest[3], *rest[5:]]
        inside, mask = v4_number(rest[1]), v4_number(rest[3]) if rest[2:3] == ["netmask"] else 0xFFFFFFFF
        if inside is None or mask is None:
            raise NotRead(rest[1])
        size = masked_span(0, mask)[1] + 1
        for name, side in self._on(mapped, but=real):
            outside = side.address if rest[0] == "interface" else v4_number(rest[0])
            first = NOT_FIXED if outside is None else outside
            if first != inside:
                span = (first, first + size - 1)
                yield StaticNat(
                    "", name, Ranges((span,)), inside, forwarded.service, forwarded.port, False, line.origin
                )

    def _old_nat(self, real: str, rest: list[str], line: Line) -> Iterator[SourceNat]:
        number = rest[0]
        if number == "0":
            return  # exempted from translation
        self.sees_inside = False
        address, mask = v4_number(rest[1]), v4_number(rest[2])
        if address is None or mask is None:
            raise NotRead(rest[1])
        inside = Ranges((masked_span(address, mask),))
        for (outer, pool), written in self._globals.items():
            if pool == number and outer in self._sides and outer != real:
                side = self._sides[outer]
                to = self._named.plain(written.words)[3]
                outside = side.address if to == "interface" else v4_number(to.partition("-")[0])
                yield SourceNat("", side.id, inside, NOT_FIXED if outside is None else outside, line.origin)


def _pairs(outside: Ranges, inside: Ranges) -> list[tuple[Span, Span]]:
    """Return which spans stand for which, one to one.

    Raises:
        NotRead: they do not pair up.
    """
    if [last - first for first, last in outside.spans] != [last - first for first, last in inside.spans]:
        raise NotRead("")
    return list(zip(outside.spans, inside.spans, strict=True))
