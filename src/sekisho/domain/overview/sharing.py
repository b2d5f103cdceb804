"""Which terminators and devices are one and the same thing for several lines, and where in the chain each one stands.

A drawing that shows one router six times hides that it is a single point; one that merges two hides a box that somebody
must find. So two lines share a thing only when the register says so in a way that a person would accept:

* a terminator: same place, same kind and same circuit id; or same place and kind while neither has a circuit id, but
  never so for mobile ones, of which every line has its own;
* a device: same management address, maker and model; or, without an address, same maker, model and position below
  the same terminator.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from sekisho.domain.drawing.metrics import printable
from sekisho.domain.overview.entries import Entry
from sekisho.domain.register.records import Device, Line

MAX_LAYERS = 3
"""Columns for devices. What stands deeper in a chain is told in the last one."""

Key = Hashable


@dataclass(frozen=True, slots=True)
class Stage:
    """One box of the device columns: one device, or the rest of a chain that is longer than the columns.

    `layer` is its column, from 0.
    """

    key: Key
    devices: tuple[Device, ...]
    layer: int


@dataclass(frozen=True, slots=True)
class Chain:
    """What one entry runs through inside the hospital. `stages` is empty when no device is known."""

    terminator: Key
    stages: tuple[Stage, ...]


def _plain(answer: object) -> str:
    """Return `answer` as people would compare it: width, case and spaces do not count; "" when it says nothing."""
    if not isinstance(answer, str):
        return ""
    return "".join(unicodedata.normalize("NFKC", printable(answer)).casefold().split())


def _terminator_key(entry: Entry) -> Key:
    line = entry.line
    if line is None:
        return ("sighting", entry.uid)
    place, kind, circuit = _plain(line.terminator_location), _plain(line.terminator_kind), _plain(line.circuit_id)
    if kind and circuit:
        return ("circuit", place, kind, circuit)
    if kind and place and not entry.mobile:
        return ("place", place, kind)
    return ("own", entry.uid)


def _device_key(device: Device, index: int, entry: Entry, terminator: Key) -> Key:
    address, name = _plain(device.management_address).partition("/")[0], _plain(device.name)
    if address:
        return ("address", address, name)
    if name:
        return ("below", terminator, index, name)
    return ("own", entry.uid, index)


def _folded(line: Line | None) -> list[tuple[Device, ...]]:
    """Return the devices of `line` by column; the last column takes all that do not fit."""
    devices = sorted(line.devices, key=lambda device: device.position) if line else []
    head: list[tuple[Device, ...]] = [(device,) for device in devices[: MAX_LAYERS - 1]]
    tail = devices[MAX_LAYERS - 1 :]
    return [*head, tuple(tail)] if tail else head


def _keys(entry: Entry, terminator: Key) -> list[tuple[Key, tuple[Device, ...]]]:
    keys: list[tuple[Key, tuple[Device, ...]]] = []
    for index, devices in enumerate(_folded(entry.line)):
        parts = tuple(_device_key(device, index, entry, terminator) for device in devices)
        key = parts[0] if len(parts) == 1 else ("rest", *parts)
        # The same device twice in one chain would be a loop: the second one stands for itself.
        if any(key == other for other, _ in keys):
            key = ("own", entry.uid, index)
        keys.append((key, devices))
    return keys


def _layers(chains: Iterable[list[tuple[Key, tuple[Device, ...]]]]) -> dict[Key, int]:
    """Return a column for every key, such that a device stands right of those before it wherever that is possible."""
    layers: dict[Key, int] = defaultdict(int)
    held = [[key for key, _ in chain] for chain in chains]
    for _ in range(MAX_LAYERS):
        for chain in held:
            for index, key in enumerate(chain):
                before = layers[chain[index - 1]] + 1 if index else 0
                layers[key] = max(layers[key], before)
    return layers


def _stages(entry: Entry, chain: list[tuple[Key, tuple[Device, ...]]], layers: dict[Key, int]) -> tuple[Stage, ...]:
    columns = [layers[key] for key, _ in chain]
    if all(left < right for left, right in pairwise(columns)) and all(column < MAX_LAYERS for column in columns):
        return tuple(Stage(key, devices, column) for (key, devices), column in zip(chain, columns, strict=True))
    # Two lines name the same devices in contradicting orders: this line gets boxes of its own.
    return tuple(Stage(("own", entry.uid, index), devices, index) for index, (_, devices) in enumerate(chain))


def find_chains(entries: tuple[Entry, ...]) -> dict[str, Chain]:
    """Return the chain of every entry by its id. Equal keys are the same thing."""
    terminators = {entry.id: _terminator_key(entry) for entry in entries}
    keys = {entry.id: _keys(entry, terminators[entry.id]) for entry in entries}
    layers = _layers(keys.values())
    return {entry.id: Chain(terminators[entry.id], _stages(entry, keys[entry.id], layers)) for entry in entries}


def shared_keys(chains: Iterable[Chain]) -> frozenset[Key]:
    """Return the keys that more than one chain has."""
    counted: Counter[Key] = Counter()
    for chain in chains:
        counted.update({chain.terminator, *(stage.key for stage in chain.stages)})
    return frozenset(key for key, count in counted.items() if count > 1)
