"""From the register to what one row of the drawing has to say: kind of network, contract, scope, who is at the other end.

An entry stands for one line of the register, or for one terminator that was seen on site and is in no list. Everything
here is decided from that line alone, so that another line changes nothing about it, not even its place in the order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum

from sekisho.domain.drawing.words import join
from sekisho.domain.facts import Answer
from sekisho.domain.overview.wording import Labels, said, silence
from sekisho.domain.register.records import Line, Register
from sekisho.domain.survey.observations import Sighting
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri


class Section(IntEnum):
    """The groups of rows from top to bottom."""

    INTERNET = 0
    MOBILE = 1
    CLOSED = 2
    UNSTATED = 3
    """Whether the line touches the internet was not said."""
    UNLISTED = 4
    """Terminators seen on site that no list has."""
    OUT_OF_SCOPE = 5
    """Lines that do not lead to the medical network."""


class Contract(IntEnum):
    """In whose name a line is, in the order of rows."""

    HOSPITAL = 0
    VENDOR = 1
    OTHER = 2
    """Neither of them: a municipality, a group, ..."""
    UNSTATED = 3


class PartyRole(Enum):
    """What the one at the other end is to the hospital."""

    VENDOR = "vendor"
    PROVIDER = "provider"
    CARRIER = "carrier"
    UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class Party:
    """Who is at the other end, as far as the register says."""

    role: PartyRole
    name: Text


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, or one unlisted terminator. `uid` makes ids: "3", and "3_2" for a second line that calls itself 3."""

    uid: str
    line: Line | None
    sighting: Sighting | None
    section: Section
    contract: Contract
    reach: Tri
    """Does it lead into the medical network?"""
    party: Party
    mobile: bool
    kind: Text | None
    service: Text | None
    communication: Text | None
    purpose: Text | None
    terminator_kind: Text | None
    location: Text | None

    @property
    def id(self) -> str:
        """Return "line-3" or "sighting-2": the id in the picture and the record behind it."""
        return f"line-{self.uid}" if self.line else f"sighting-{self.uid}"

    @property
    def number(self) -> int:
        """Return the number of the line, or of the sighting."""
        return self.line.number if self.line else self.sighting.number if self.sighting else 0

    @property
    def order(self) -> tuple[int, int, str, int, str]:
        """Return the sort key of rows: by section and contract, vendors by name, then by number."""
        vendor = self.party.name.ja if self.contract is Contract.VENDOR else ""
        return (self.section, self.contract, vendor, self.number, self.uid)


_CONNECTED = {"yes", "connected", "あり", "有", "有り"}
_NOT_CONNECTED = {"no", "none", "not_connected", "なし", "無", "無し"}
_MOBILE_TERMINATORS = ("mobile", "dongle", "home_router", "モバイル", "ドングル", "ホームルータ")
_MOBILE_LINES = ("mobile", "lte", "5g", "モバイル", "携帯")


def _contains(answer: object, words: Iterable[str]) -> bool:
    return isinstance(answer, str) and any(word in answer.lower() for word in words)


def reach_of(answer: Answer[str]) -> Tri:
    """Return whether a line leads into the medical network. An answer that says neither yes nor no is unknown."""
    code = answer.strip().lower() if isinstance(answer, str) else ""
    if code in _CONNECTED:
        return Tri.YES
    return Tri.NO if code in _NOT_CONNECTED else Tri.UNKNOWN


def is_mobile(line: Line) -> bool:
    """Return True when the line comes by radio: its kind, its way of communication or its terminator says so."""
    return (
        _contains(line.line_kind, _MOBILE_LINES)
        or _contains(line.communication, _MOBILE_LINES)
        or _contains(line.terminator_kind, _MOBILE_TERMINATORS)
    )


def _section(line: Line, reach: Tri, mobile: bool) -> Section:
    if reach is Tri.NO:
        return Section.OUT_OF_SCOPE
    if mobile:
        return Section.MOBILE
    if _contains(line.communication, ("internet", "インターネット")):
        return Section.INTERNET
    return Section.CLOSED if isinstance(line.communication, str) and line.communication else Section.UNSTATED


def _contract(line: Line) -> Contract:
    if _contains(line.contract_party, ("vendor", "ベンダ")):
        return Contract.VENDOR
    if _contains(line.contract_party, ("hospital", "病院", "医療機関")):
        return Contract.HOSPITAL
    return Contract.OTHER if said(line.contract_party) else Contract.UNSTATED


def _party(line: Line, contract: Contract, labels: Labels) -> Party:
    if vendor := said(line.vendor_name, "vendor_name", labels):
        return Party(PartyRole.VENDOR, vendor)
    if contract is Contract.VENDOR:
        return Party(PartyRole.VENDOR, join(Text("ベンダ名", "Vendor"), silence(line.vendor_name), by=Text("", " ")))
    if provider := said(line.provider, "provider", labels):
        return Party(PartyRole.PROVIDER, provider)
    if carrier := said(line.carrier, "carrier", labels):
        return Party(PartyRole.CARRIER, carrier)
    return Party(PartyRole.UNSTATED, join(Text("相手先", "Other end"), silence(line.carrier), by=Text("", " ")))


def _of_line(uid: str, line: Line, labels: Labels) -> Entry:
    reach, mobile, contract = reach_of(line.ehr_connection), is_mobile(line), _contract(line)
    service = [said(line.service_name, "service_name", labels), said(line.carrier, "carrier", labels)]
    return Entry(
        uid=uid,
        line=line,
        sighting=None,
        section=_section(line, reach, mobile),
        contract=contract,
        reach=reach,
        party=_party(line, contract, labels),
        mobile=mobile,
        kind=said(line.line_kind, "line_kind", labels),
        service=join(*(part for part in service if part), by=Text("／", " / ")) if any(service) else None,
        communication=said(line.communication, "communication", labels),
        purpose=said(line.purpose, "purpose", labels),
        terminator_kind=said(line.terminator_kind, "terminator_kind", labels),
        location=said(line.terminator_location),
    )


def _of_sighting(uid: str, sighting: Sighting, labels: Labels) -> Entry:
    return Entry(
        uid=uid,
        line=None,
        sighting=sighting,
        section=Section.UNLISTED,
        contract=Contract.UNSTATED,
        reach=Tri.UNKNOWN,
        party=Party(PartyRole.UNSTATED, Text("相手先？不明", "Other end ? unknown")),
        mobile=_contains(sighting.kind, _MOBILE_TERMINATORS),
        kind=None,
        service=None,
        communication=None,
        purpose=None,
        terminator_kind=said(sighting.kind, "terminator_kind", labels),
        location=said(sighting.location),
    )


def _uids(numbers: Iterable[int]) -> Iterator[str]:
    """Yield a unique name per number, also when two rows claim the same one."""
    seen: Counter[int] = Counter()
    for number in numbers:
        seen[number] += 1
        yield str(number) if seen[number] == 1 else f"{number}_{seen[number]}"


def unlisted(register: Register, sightings: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """Return the sightings that belong to no line of the register, also those that name a line it does not have."""
    numbers = {line.number for line in register.lines}
    return tuple(sighting for sighting in sightings if sighting.line_number not in numbers)


def read_entries(register: Register, sightings: Iterable[Sighting], labels: Labels) -> tuple[Entry, ...]:
    """Return every line of `register` and every unlisted sighting, in the order in which the drawing has its rows."""
    loose = unlisted(register, sightings)
    lines = zip(_uids(line.number for line in register.lines), register.lines, strict=True)
    seen = zip(_uids(sighting.number for sighting in loose), loose, strict=True)
    entries = [_of_line(uid, line, labels) for uid, line in lines]
    entries.extend(_of_sighting(uid, sighting, labels) for uid, sighting in seen)
    return tuple(sorted(entries, key=lambda entry: entry.order))
