"""The right end of the drawing: the systems that the lines lead to, from declarations or else from the lines' purposes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sekisho.domain.drawing.parts import BoxKind, Mark
from sekisho.domain.drawing.words import join, number_ranges, same
from sekisho.domain.overview.entries import Entry
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.overview.wording import said
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

CRITICAL = 3


@dataclass(frozen=True, slots=True)
class SystemSpec:
    """One system box to be. `numbers` are the lines that lead to it, `about` the rest of its detail."""

    id: str
    kind: BoxKind
    heading: Text
    detail: Text
    about: Text
    title: Text
    numbers: frozenset[int]
    marks: frozenset[Mark]
    record: str


def find_systems(systems: Iterable[InsideSystem], entries: Iterable[Entry]) -> tuple[SystemSpec, ...]:
    """Return the systems in the order given, then those that only the purposes of lines tell of, by name.

    A line that some system claims by its number is not looked at again; lines out of scope lead nowhere.
    """
    inside = [entry for entry in entries if entry.line and entry.reach is not Tri.NO]
    numbers = frozenset(entry.number for entry in inside)
    declared = list(systems)
    claimed = {number for system in declared for number in system.line_numbers}
    by_purpose: dict[Text | None, set[int]] = {}
    for entry in inside:
        if entry.number not in claimed:
            by_purpose.setdefault(entry.purpose, set()).add(entry.number)
    specs = [_declared(system, numbers, by_purpose) for system in declared]
    rest = sorted(by_purpose.items(), key=lambda item: (item[0] is None, item[0].ja if item[0] else ""))
    specs.extend(_from_purpose(purpose, frozenset(found)) for purpose, found in rest)
    return _with_unique_ids(specs)


def systems_of_lines(systems: Iterable[SystemSpec], numbers: Iterable[int]) -> tuple[SystemSpec, ...]:
    """Return the systems that some of the lines `numbers` lead to, each naming only those lines."""
    here = frozenset(numbers)
    return tuple(
        replace(system, numbers=system.numbers & here, detail=_detail(system.numbers & here, system.about))
        for system in systems
        if system.numbers & here
    )


def _declared(system: InsideSystem, lines: frozenset[int], by_purpose: dict[Text | None, set[int]]) -> SystemSpec:
    """Return the box of a declared system; lines whose purpose is its very name lead to it too."""
    name = said(system.name) or said(system.id) or Text("名前のないシステム", "System without a name")
    named = next((purpose for purpose in by_purpose if purpose and name.ja in (purpose.ja, purpose.en)), None)
    found = by_purpose.pop(named) if named else set()
    numbers = (frozenset(system.line_numbers) & lines) | found
    critical = system.critical >= CRITICAL
    stops = Text("止まると診療が止まる（最重要）", "care stops without it") if critical else Text("", "")
    backup = Text("バックアップ", "Backup") if system.is_backup else Text("", "")
    about = join(backup, same(system.zone), by=Text("／", " / "))
    return SystemSpec(
        id=f"system-{_slug(system.id)}",
        kind=BoxKind.BACKUP if system.is_backup else BoxKind.SYSTEM,
        heading=name,
        detail=_detail(frozenset(numbers), about),
        about=about,
        title=join(name, same(system.zone), backup, stops, _led_to(numbers), by=Text("、", ", ")),
        numbers=frozenset(numbers),
        marks=frozenset({Mark.CRITICAL}) if critical else frozenset(),
        record=f"system-{system.id}",
    )


def _from_purpose(purpose: Text | None, numbers: frozenset[int]) -> SystemSpec:
    heading = purpose or Text("用途 ？不明", "Purpose ? unknown")
    return SystemSpec(
        id=f"purpose-{_slug(heading.ja)}",
        kind=BoxKind.SYSTEM,
        heading=heading,
        detail=_led_to(numbers),
        about=Text("", ""),
        title=join(heading, _led_to(numbers), by=Text("、", ", ")),
        numbers=numbers,
        marks=frozenset() if purpose else frozenset({Mark.UNKNOWN}),
        record="",
    )


def _detail(numbers: frozenset[int], about: Text) -> Text:
    return join(_led_to(numbers), about, by=Text("／", " / "))


def _led_to(numbers: Iterable[int]) -> Text:
    held = frozenset(numbers)
    ranges = number_ranges(tuple(held))
    if len(held) > 4:
        return Text(f"{len(held)}回線：{ranges}", f"{len(held)} lines: {ranges}")
    return Text(f"回線{ranges}", f"Lines {ranges}") if ranges else Text("", "")


def _slug(value: str) -> str:
    """Return `value` fit for an id; letters beyond ASCII become their code points, so that names stay apart."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda match: f"u{ord(match.group()):x}", value[:40]) or "unnamed"


def _with_unique_ids(specs: list[SystemSpec]) -> tuple[SystemSpec, ...]:
    seen: dict[str, int] = {}
    unique: list[SystemSpec] = []
    for spec in specs:
        seen[spec.id] = count = seen.get(spec.id, 0) + 1
        identity = spec.id if count == 1 else f"{spec.id}.{count}"
        unique.append(replace(spec, id=identity))
    return tuple(unique)
