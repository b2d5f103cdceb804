"""What the network engine costs: who reaches what, what falls, what-if, cuts, reading; against NetworkX and rustworkx.

Processor time, the least of several runs, on a seeded network of 500 segments, 20,000 rules, 5,000 hosts and 40 lines.
The graph libraries answer the last step only (which hosts fall from each line) and get its edges ready made.
"""

import gc
import multiprocessing
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from random import Random
from time import perf_counter, process_time
from typing import Any

import networkx
import rustworkx

from benchmarks.configurations import configurations
from benchmarks.hospital_networks import INTRUSION, LARGE, MIX, TAKEOVER, Size, built, closures, sketched
from benchmarks.timing import least_ms
from sekisho.adapters.configurations.read import read_configuration
from sekisho.assessment.network import assess_network
from sekisho.domain.network.attack import Attack
from sekisho.domain.network.classes import positions
from sekisho.domain.network.goals import critical_goal
from sekisho.domain.network.model import Action, Direction, Everywhere, Network, RuleSet
from sekisho.domain.network.reach import Reachability
from sekisho.domain.network.smallest_cut import smallest_cut

Row = dict[str, object]

TODAY = date(2026, 11, 21)
MOST_MS, MOST_WHAT_IF_MS, MOST_ALL_SERVICES_MS, MOST_CUT_MS = 300, 30, 2_000, 3_000
LEAST_TIMES = {"networkx": 30, "rustworkx": 10}
MOST_MEMORY_MB = 300
HOSPITALS, CORES, MOST_HOSPITALS_S = 8_000, 2, 60
MOST_READING_MS = 1_000
GROWTH = (50, 150, 500, 1_500, 5_000)


def run() -> Iterator[Row]:
    """Yield a row for each question, then one for each size and each vendor."""
    network = built(sketched(LARGE))
    gc.collect()
    gc.freeze()  # what this process holds besides (modules, the network just made) is not part of any question
    yield _whole()
    yield from _against_libraries(network)
    yield _what_if(network)
    yield _all_services(network)
    yield _cut(network)
    yield from _harder()
    yield from _memory()
    yield from (_growth(segments) for segments in GROWTH)
    yield from (_reading(vendor, content) for vendor, content in configurations())
    yield _hospitals()


def _whole() -> Row:
    sketch = sketched(LARGE)
    return {
        "question": "model, classes, reach on 16 services, closure from 40 lines",
        "model_ms": round(least_ms(lambda: built(sketch))),
        "whole_ms": round(least_ms(lambda: closures(built(sketch)))),
        "target_ms": MOST_MS,
    }


# ---- the same question to graph libraries ----

Pair = tuple[int, int]


def _against_libraries(network: Network) -> list[Row]:
    """Ask which hosts fall from each line, the edges known to all: here over classes, there over hosts, then over classes."""
    attack = closures(network)
    members = _members(attack)
    starts = [at for entry in attack.entries() for at in positions(attack.reach.senders(entry.id))]
    wanted = [attack.hosts(attack.closure(entry, surely=True)) for entry in attack.entries()]
    own_ms = least_ms(lambda: _fallen_again(attack))
    by_class = [(at, to) for at in range(len(members)) for to in positions(attack.edges.surely[at])]
    by_host = [(one, other) for at, to in by_class for one in members[at] for other in members[to]]
    rows: list[Row] = []
    for over, pairs, lines, weights in (
        ("hosts", by_host, [members[at][0] for at in starts], None),
        ("classes", by_class, starts, [len(hosts) for hosts in members]),
    ):
        row: Row = {
            "question": "closure, edges given",
            "libraries_over": over,
            "edges": len(pairs),
            "own_ms": round(own_ms, 2),
        }
        for name, made, below in _LIBRARIES:
            start = process_time()
            graph = made(pairs)
            row[f"{name}_building_ms"] = round((process_time() - start) * 1000)
            found = _each(graph, below, lines)
            if [sum(weights[at] for at in fallen) if weights else len(fallen) for fallen in found] != wanted:
                raise RuntimeError(f"{name} finds other hosts")
            ms = least_ms(partial(_each, graph, below, lines), 2)
            row[f"{name}_ms"], row[f"times_{name}"] = round(ms), round(ms / own_ms, 1)
            row[f"least_{name}"] = LEAST_TIMES[name] if over == "hosts" else None
        rows.append(row)
    return rows


def _each(graph: object, below: Callable[[Any, int], set[int]], lines: list[int]) -> list[set[int]]:
    return [below(graph, line) for line in lines]


def _fallen_again(attack: Attack) -> None:
    fresh = attack.after(attack.reach)  # keeps the edges, forgets what earlier searches found
    for entry in fresh.entries():
        fresh.closure(entry, surely=True)


def _members(attack: Attack) -> list[range]:
    """Return the hosts of each class as numbers from 0 on; the senders of a line are one."""
    members, first = [], 0
    for item in attack.reach.classes.items:
        many = sum(last - first + 1 for _, (first, last) in item.members) or 1
        members.append(range(first, first + many))
        first += many
    return members


def _networkx(pairs: list[Pair]) -> object:
    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_nodes_from({one for one, _ in pairs})
    graph.add_edges_from(pairs)
    return graph


def _rustworkx(pairs: list[Pair]) -> object:
    graph: rustworkx.PyDiGraph[None, None] = rustworkx.PyDiGraph()
    graph.extend_from_edge_list(pairs)
    return graph


_LIBRARIES: tuple[tuple[str, Callable[[list[Pair]], Any], Callable[[Any, int], set[int]]], ...] = (
    ("networkx", _networkx, lambda graph, start: networkx.descendants(graph, start) if start in graph else set()),
    ("rustworkx", _rustworkx, rustworkx.descendants),
)

# ---- changes, more services, cuts ----


def _what_if(network: Network) -> Row:
    before = closures(network)
    at = len(network.rulesets) // 3
    ruleset = network.rulesets[at]
    toggled = replace(ruleset, rules=(replace(ruleset.rules[3], enabled=False), *ruleset.rules[4:]))
    toggled = replace(toggled, rules=(*ruleset.rules[:3], *toggled.rules))
    after = network.with_rulesets((*network.rulesets[:at], toggled, *network.rulesets[at + 1 :]))

    def ask() -> None:
        attack = before.after(before.reach.after(after))
        for entry in attack.entries():
            attack.closure(entry, surely=True)

    return {
        "question": "what-if: a rule off, closure from 40 lines",
        "ms": round(least_ms(ask), 1),
        "target_ms": MOST_WHAT_IF_MS,
    }


def _every_row(network: Network, services: Iterable[int]) -> None:
    reach = Reachability(network, services)
    for at in range(len(reach.classes)):
        reach.rows(at)


def _all_services(network: Network) -> Row:
    rules = (rule for ruleset in network.rulesets for rule in ruleset.rules)
    services = {first for rule in rules for first, last in rule.service.spans if first == last} | set(TAKEOVER)
    ms = least_ms(lambda: _every_row(network, services), 3)
    return {
        "question": "reach on every service",
        "services": len(services),
        "ms": round(ms),
        "target_ms": MOST_ALL_SERVICES_MS,
    }


def _cut(network: Network) -> Row:
    reach = Reachability(network, TAKEOVER)
    goal = critical_goal(network, today=TODAY)
    cut = smallest_cut(reach, INTRUSION, goal)
    ms = least_ms(lambda: smallest_cut(Reachability(network, TAKEOVER), INTRUSION, goal), 2)
    return {
        "question": "smallest cut between 40 lines and every critical host",
        "changes": len(cut.changes),
        "bound": cut.bound.value,
        "ms": round(ms),
        "target_ms": MOST_CUT_MS,
    }


def _harder() -> Iterator[Row]:
    """Yield the cost of every row where filters stand in less favourable places; nothing was promised for these."""
    sketch = sketched(LARGE)
    plain = built(sketch)
    at_core = [ruleset for ruleset in plain.rulesets if ruleset.device == "core"]
    flat = [rule for ruleset in at_core for rule in ruleset.rules]
    Random(3).shuffle(flat)
    rules = tuple(replace(rule, seq=number) for number, rule in enumerate(flat, 1))
    whole = RuleSet("core", Everywhere(), Action.DENY, rules)
    for name, network in (
        ("filters without state on each VLAN", built(sketch, stateful=False)),
        ("filters on the way out to each VLAN", built(sketch, direction=Direction.OUT)),
        ("one list of 20,000 rules", plain.with_rulesets((whole, *plain.rulesets[len(at_core) :]))),
    ):
        yield {
            "question": f"reach on 16 services, every row: {name}",
            "ms": round(least_ms(partial(_every_row, network, TAKEOVER), 2)),
        }


# ---- memory, many hospitals, reading, growth ----


def _memory() -> Iterator[Row]:
    """Yield the most memory that a process needs which does nothing else."""
    for name, stateful in (("stateful", True), ("without state", False)):
        code = f"from benchmarks.hospital_networks import whole_question; whole_question({stateful})"
        yield {
            "question": f"memory of the whole question, core {name}",
            "peak_mb": _peak_mb(code),
            "target_mb": MOST_MEMORY_MB,
        }


def _peak_mb(code: str) -> int:
    told = f"{code}\nprint(open('/proc/self/status').read())"  # ru_maxrss would count this process's own pages too
    result = subprocess.run([sys.executable, "-c", told], capture_output=True, encoding="utf-8", check=True)
    found = re.search(r"VmHWM:\s*(\d+) kB", result.stdout)
    if found is None:
        raise RuntimeError(result.stdout)
    return int(found.group(1)) // 1024


def _hospitals() -> Row:
    """Judge 8,000 hospitals, each another: reach, what falls from each line, what becomes of each backup."""
    sizes = [size for share, size in MIX for _ in range(round(share * HOSPITALS))]
    jobs = [(size, seed) for seed, size in enumerate(sizes)]
    Random(5).shuffle(jobs)
    start = perf_counter()
    with multiprocessing.get_context("spawn").Pool(CORES) as pool:
        times = list(pool.imap_unordered(_judged, jobs, chunksize=20))
    wall, (making, judging) = perf_counter() - start, map(sum, zip(*times, strict=True))
    return {
        "question": "hospitals judged, each another: reach, spread from each line, backups",
        "hospitals": len(times),
        "wall_s_with_making_them": round(wall, 1),
        "making_s_on_each_of_2_cores": round(making / CORES, 1),
        "judging_s_on_each_of_2_cores": round(judging / CORES, 1),
        "target_s": MOST_HOSPITALS_S,
    }


def _judged(job: tuple[Size, int]) -> tuple[float, float]:
    """Return the processor seconds that making a network takes, and those that judging it takes."""
    size, seed = job
    begun = process_time()
    network = built(sketched(size, seed))
    made = process_time()
    assessment = replace(assess_network(network, today=TODAY), intrusion=INTRUSION)
    assert len(assessment.fates) == size.lines  # computes all of it
    return made - begun, process_time() - made


def _reading(vendor: str, content: bytes) -> Row:
    read = read_configuration(content)
    return {
        "question": f"read a configuration: {vendor}",
        "lines": content.count(b"\n"),
        "rules": sum(len(ruleset.rules) for ruleset in read.rulesets),
        "ms": round(least_ms(lambda: read_configuration(content), 2)),
        "target_ms": MOST_READING_MS,
    }


def _growth(segments: int) -> Row:
    network = built(sketched(Size(segments, segments * 40, segments * 10, 40)))
    start = process_time()
    attack = closures(network)
    return {
        "segments": segments,
        "rules": segments * 40,
        "hosts": segments * 10,
        "classes": len(attack.reach.classes),
        "reach_and_closure_ms": round((process_time() - start) * 1000),
    }
