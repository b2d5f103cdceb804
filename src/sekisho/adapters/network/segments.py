"""Reads `segments:`. Where two ranges overlap, what they share belongs to the narrower one, else to the first."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace

from sekisho.adapters.network.fields import Entry, NetworkFields
from sekisho.adapters.network.known import Known
from sekisho.adapters.yaml_file import Path
from sekisho.domain.network.model import Isolation, Segment
from sekisho.domain.network.ranges import Ranges, Span

KEYS = ("id", "cidr", "zone", "isolation", "gateway", "name", "department", "vlan")


def read_segments(fields: NetworkFields, known: Known) -> None:
    """Put the segments into `known`, disjoint, in the order of the file."""
    found: dict[str, tuple[Path, Segment]] = {}
    for path, entry in fields.entries("segments"):
        fields.check_keys(path, entry, KEYS)
        name = fields.identity(path, entry, found)
        segment = _segment(fields, path, entry, name) if name is not None else None
        if segment is not None:
            found[segment.id] = (path, segment)
    known.places = {name: path for name, (path, _) in found.items()}
    known.segments = dict(_disjoint(fields, found))


def _segment(fields: NetworkFields, path: Path, entry: Entry, name: str) -> Segment | None:
    addresses, _ = fields.addresses(path, entry, "cidr", "cidr")
    if entry.get("cidr") is None:
        fields.tell("cidr", *path, "cidr")
    if not addresses and entry.get("cidr") != []:
        return None
    return Segment(
        id=name,
        addresses=addresses,
        zone=fields.text(path, entry, "zone"),
        isolation=_isolation(fields, path, entry),
        gateway=fields.name(entry, "gateway"),
        name=fields.text(path, entry, "name"),
        department=fields.text(path, entry, "department"),
    )


def _isolation(fields: NetworkFields, path: Path, entry: Entry) -> Isolation:
    """Return how hosts are kept apart. What cannot be read counts as not kept apart: the worse of the two."""
    written = entry.get("isolation", "none")
    try:
        return Isolation("none" if written in (None, False) else str(written).strip().lower())
    except ValueError:
        fields.tell("isolation", *path, "isolation")
        return Isolation.NONE


def _disjoint(fields: NetworkFields, found: dict[str, tuple[Path, Segment]]) -> Iterator[tuple[str, Segment]]:
    """Yield the segments without what a narrower one has; tell each overlap once, at the one that gives way."""
    spans = sorted(
        (last - first, order, first, last, name)
        for order, (name, (_, segment)) in enumerate(found.items())
        for first, last in segment.addresses.spans
    )
    taken = _Taken()
    kept: dict[str, list[Span]] = {name: [] for name in found}
    for _, _, first, last, name in spans:
        free, owner = taken.take((first, last), name)
        kept[name].extend(free)
        if owner is not None and owner != name:
            fields.tell("segments-overlap", *found[name][0], other=owner)
    for name, (_, segment) in found.items():
        yield name, replace(segment, addresses=Ranges.of(kept[name]))


class _Taken:
    """Spans with their owners, sorted; each new span gets what is still free."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int, str]] = []

    def take(self, span: Span, name: str) -> tuple[list[Span], str | None]:
        """Return the free parts of `span`, now taken by `name`, and the first owner of the rest."""
        first, last = span
        start = max(bisect_left(self.spans, (first,)) - 1, 0)
        end = bisect_left(self.spans, (last + 1,))
        around = [one for one in self.spans[start:end] if one[1] >= first]
        free = list((Ranges((span,)) - Ranges.of((low, high) for low, high, _ in around)).spans)
        self.spans[start:end] = sorted([*self.spans[start:end], *((low, high, name) for low, high in free)])
        return free, around[0][2] if around else None
