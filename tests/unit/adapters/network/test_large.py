"""network.yaml of a large hospital group, and files made to hurt: within memory and time."""

import itertools
import subprocess
import sys
import time

import pytest

from sekisho.adapters.network.read import MAX_PARTS, read_network_model
from sekisho.adapters.network.write import network_yaml
from sekisho.adapters.yaml_file import MAX_PROBLEMS, YamlUnreadable
from tests.samples.large_network import LINES, NODES, RULES, SEGMENTS, large_network


def test_read_takes_a_network_of_full_size_and_writes_it_back() -> None:
    raw = large_network()
    started = time.process_time()
    reading = read_network_model(raw)
    assert time.process_time() - started < 10
    network = reading.network
    assert reading.problems == ()
    assert (len(network.segments), len(network.nodes), len(network.lines)) == (SEGMENTS, NODES, LINES)
    assert sum(len(rules.rules) for rules in network.rulesets) == RULES
    assert read_network_model(network_yaml(network)).network == network


_PEAK = """
import sys
from sekisho.adapters.network.read import MAX_PARTS, read_network_model
count = MAX_PARTS - 100
raw = {
    "mappings": b"segments: [" + b"{}," * count + b"]",
    "rules": b"segments: [{id: s, cidr: 10.0.0.0/8}]\\ndevices: [{id: d, interfaces: [{id: e}]}]\\n"
    b"rulesets: [{device: d, at: {interface: e, direction: in}, default: deny, rules: [" + b"1," * count + b"]}]",
    "anchors": b"a: [" + b"".join(b"&a%d x%d," % (n, n) for n in range(count)) + b"]",
}[sys.argv[1]]
problems = len(read_network_model(raw[:20_000_000]).problems)
# VmHWM, for ru_maxrss would count the pages of the process that started this one.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(problems, int(peak) // 1024)
"""


@pytest.mark.parametrize(
    ("kind", "told"), [("mappings", MAX_PROBLEMS + 1), ("rules", MAX_PROBLEMS + 1), ("anchors", 0)]
)
def test_read_stays_within_500_megabytes_just_below_the_limit(kind: str, told: int) -> None:
    ran = subprocess.run([sys.executable, "-c", _PEAK, kind], capture_output=True, text=True, check=True, timeout=120)
    problems, megabytes = map(int, ran.stdout.split())
    assert problems == told
    assert megabytes < 500


def test_read_refuses_bombs() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n" for old, new in itertools.pairwise("abcdefgh")
    )
    for raw in (bomb.encode(), b"a: [" + b"1," * (MAX_PARTS + 1) + b"]"):
        started = time.process_time()
        with pytest.raises(YamlUnreadable):
            read_network_model(raw)
        assert time.process_time() - started < 10
