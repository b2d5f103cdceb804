"""What-if: the things that can be switched, what is chosen, and what comes of it.

A choice is a short key that counts in one version of the map: "close:<line>", "rule:<rule set>:<seq>",
"cable:<device>:<interface>", "isolate:<segment>", "offline:<copy>" and "cut:<line>:<n>" (the n-th of the smallest
changes for a line); parts and rule sets by their positions.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from sekisho.apps.network.analysis import Analysis
from sekisho.apps.network.comparison import Comparison, Figures, Pair
from sekisho.apps.network.pages import links
from sekisho.apps.network.words import Names, change_label, line_label, place_label, rule_label
from sekisho.domain.network.changes import (
    Change,
    CloseLine,
    CutCable,
    DisableRule,
    IsolateSegment,
    TakeOffline,
)
from sekisho.domain.network.model import Action, Connect, Isolation, Network

MOST_RULES = 400
"""Rules that the page offers; with more, those of the devices where lines end come first."""
MOST_PAIRS = 200
MOST_CHOICES = 200


class NoSuchChoice(Exception):
    """A key names nothing in this version of the map."""


def changes_chosen(analysis: Analysis, keys: Iterable[str]) -> tuple[Change, ...]:
    """Return the changes that the keys stand for, each once.

    Raises:
        NoSuchChoice: one of them names nothing.
    """
    try:
        return tuple(dict.fromkeys(_change(analysis, key) for key in list(keys)[:MOST_CHOICES]))
    except (IndexError, ValueError) as error:
        raise NoSuchChoice from error


def _change(analysis: Analysis, key: str) -> Change:
    kind, *parts = key.split(":")
    numbers = [_number(part) for part in parts]
    network = analysis.network
    match kind, numbers:
        case "close", [line]:
            return CloseLine(network.lines[line].id)
        case "rule", [position, seq]:
            if not any(rule.seq == seq for rule in network.rulesets[position].rules):
                raise NoSuchChoice
            return DisableRule(position, seq)
        case "cable", [device, interface]:
            found = network.devices[device]
            return CutCable(found.id, found.interfaces[interface].id)
        case "isolate", [segment]:
            return IsolateSegment(network.segments[segment].id)
        case "offline", [copy]:
            return TakeOffline(network.backups[copy].id)
        case "cut", [line, number]:
            return analysis.cut_of(network.lines[line].id).changes[number]
        case _:
            raise NoSuchChoice


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise NoSuchChoice
    return int(text)


def proposal_keys(analysis: Analysis, line: int) -> list[str]:
    """Return the keys of the smallest changes for the line at a position.

    Raises:
        IndexError: there is no such line.
    """
    cut = analysis.cut_of(analysis.network.lines[line].id)
    return [f"cut:{line}:{number}" for number in range(len(cut.changes))]


def switches(analysis: Analysis, chosen: set[str]) -> list[dict[str, Any]]:
    """Return everything that can be switched, in groups; a group in which something is chosen stands open."""
    network, names = analysis.network, Names(analysis.network)
    groups: list[dict[str, Any]] = [
        {"kind": "cut", "options": list(_proposed(analysis, names, chosen))},
        {"kind": "close", "options": [(f"close:{n}", line_label(line)) for n, line in enumerate(network.lines)]},
        {"kind": "rule", "devices": list(_rules(network, names, chosen))},
        {"kind": "cable", "devices": list(_cables(network, names, chosen))},
        {
            "kind": "isolate",
            "options": [
                (f"isolate:{n}", segment.name or segment.id)
                for n, segment in enumerate(network.segments)
                if segment.isolation is not Isolation.PORT
            ],
        },
        {
            "kind": "offline",
            "options": [
                (f"offline:{n}", copy.name or copy.id)
                for n, copy in enumerate(network.backups)
                if copy.connect is not Connect.MANUAL_EJECT
            ],
        },
    ]
    for group in groups:
        options = [*group.get("options", ()), *(one for d in group.get("devices", ()) for one in d["options"])]
        group["count"] = len(options)
        group["open"] = any(key in chosen for key, _label in options)
    return [group for group in groups if group["count"]]


def _proposed(analysis: Analysis, names: Names, chosen: set[str]) -> Iterator[tuple[str, str]]:
    lines = dict.fromkeys(int(key.split(":")[1]) for key in chosen if key.startswith("cut:"))
    for line in lines:
        for number, change in enumerate(analysis.cut_of(analysis.network.lines[line].id).changes):
            yield f"cut:{line}:{number}", change_label(names, change)


def _rules(network: Network, names: Names, chosen: set[str]) -> Iterator[dict[str, Any]]:
    outer = {line.device for line in network.lines if line.device is not None}
    by_device: dict[str, list[tuple[str, str]]] = {}
    left = MOST_RULES
    for position, ruleset in sorted(enumerate(network.rulesets), key=lambda pair: pair[1].device not in outer):
        place = place_label(names, ruleset.device, ruleset.at)
        for rule in ruleset.rules:
            key = f"rule:{position}:{rule.seq}"
            if rule.action is Action.PERMIT and rule.enabled and (left > 0 or key in chosen):
                left -= 1
                written = rule.origin.text if rule.origin else rule_label(rule)
                by_device.setdefault(ruleset.device, []).append((key, f"{place} {rule.seq}  {written}"))
    for device, options in by_device.items():
        yield {"name": names.device(device), "options": options, "open": any(key in chosen for key, _ in options)}


def _cables(network: Network, names: Names, chosen: set[str]) -> Iterator[dict[str, Any]]:
    for number, device in enumerate(network.devices):
        options = [
            (f"cable:{number}:{at}", names.interface(device.id, interface.id))
            for at, interface in enumerate(device.interfaces)
        ]
        if options:
            yield {
                "name": names.device(device.id),
                "options": options,
                "open": any(key in chosen for key, _ in options),
            }


def answer_context(
    code: str, analysis: Analysis, keys: list[str], changes: tuple[Change, ...], comparison: Comparison
) -> dict[str, Any]:
    """Return what comes of the chosen changes, as the page shows it."""
    names = Names(analysis.network)
    return {
        "title": _title(analysis, names, keys, changes),
        "keys": keys,
        "changes": [change_label(names, change) for change in changes],
        "rows": figures_rows(comparison.before, comparison.after),
        "closed": [_pair(code, names, pair) for pair in comparison.closed[:MOST_PAIRS]],
        "opened": [_pair(code, names, pair) for pair in comparison.opened[:MOST_PAIRS]],
        "broken": [
            {
                "source": names.end(need.source),
                "target": names.end(need.target),
                "services": need.services,
                "owner": need.owner,
            }
            for need in comparison.broken
        ],
    }


def _title(analysis: Analysis, names: Names, keys: list[str], changes: tuple[Change, ...]) -> str:
    """Return what a request for the changes is called unless a person says otherwise."""
    lines = {key.split(":")[1] for key in keys}
    if len(lines) == 1 and all(key.startswith("cut:") for key in keys):
        line = analysis.network.lines[int(lines.pop())].id
        return _("「%(line)s」から重要な仕組みまでの道を断つ") % {"line": names.end(line)}
    first = change_label(names, changes[0])
    if len(changes) == 1:
        return first[:80]
    return _("%(first)s ほか%(n)s件") % {"first": first[:60], "n": len(changes) - 1}


def figures_rows(before: Figures, after: Figures) -> list[dict[str, Any]]:
    """Return the numbers side by side; `better` None where nothing changes."""
    labels = {
        "lines_sure": _("重要な仕組みまで確実に届く回線"),
        "lines_maybe": _("届くかもしれない回線"),
        "hosts": _("一つの回線から奪われる機器（最大）"),
        "hosts_total": _("すべての回線の分を足した延べ台数"),
        "systems_without_copy": _("控えが残らない仕組み"),
        "copies_lost": _("失うかもしれない控え"),
    }
    rows = []
    for key, label in labels.items():
        was, now = getattr(before, key), getattr(after, key)
        rows.append({"label": label, "before": was, "after": now, "better": None if was == now else now < was})
    return rows


def _pair(code: str, names: Names, pair: Pair) -> dict[str, Any]:
    return {
        "source": names.end(pair.source),
        "target": names.end(pair.target),
        "count": pair.count,
        "url": links.why(code, pair.source_id, pair.target_id, pair.service),
    }
