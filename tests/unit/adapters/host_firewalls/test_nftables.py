"""The ruleset of a single Linux host: taken by the real nft, and tried with real connections in sealed-off namespaces."""

import json
import subprocess
import sys
from datetime import date

import pytest

from sekisho.adapters.host_firewalls.allow_list import Allowed, AllowList, Way
from sekisho.adapters.host_firewalls.nftables import TABLE, nft_script
from sekisho.domain.network.addresses import parse_addresses
from sekisho.domain.network.ranges import EMPTY
from sekisho.domain.network.services import parse_services

SEALED = ["unshare", "--user", "--map-root-user", "--net", "--mount"]


def one(way: Way, peers: str, *services: str, label: str = "PACS", why: str = "放射線科") -> Allowed:
    addresses = parse_addresses(peers.split()) if peers else EMPTY
    return Allowed(way, addresses, parse_services(services), label, why, date(2027, 3, 31))


def script(*allowed: Allowed, name: str = "CT"):
    return nft_script(AllowList("ct", name, allowed, ()))


MANY = script(
    one(Way.IN, "10.9.0.5", "tcp/8443", "tcp/9000-9002"),
    one(Way.IN, "10.9.0.6-10.9.0.7", "udp/5353", "icmp"),
    one(Way.OUT, "10.9.0.5 2001:db8::/64", "tcp/104", "esp"),
    one(Way.OUT, "", "tcp/443", label="*.example.com"),
    one(Way.OUT, "10.9.0.9", "any"),
)


@pytest.fixture
def nft(tmp_path):
    """Return a function that runs nft on rulesets, one after the other, in a network of its own; FILE1 is the first."""

    def run(*commands: str, rulesets: tuple[bytes, ...]) -> subprocess.CompletedProcess[bytes]:
        text = " && ".join(commands)
        for number, ruleset in enumerate(rulesets, 1):
            (tmp_path / f"{number}.nft").write_bytes(ruleset)
            text = text.replace(f"FILE{number}", str(tmp_path / f"{number}.nft"))
        return subprocess.run([*SEALED, "sh", "-c", text], capture_output=True, check=False, timeout=30)

    return run


@pytest.mark.parametrize("made", [MANY, script(), script(one(Way.IN, "2001:db8::1", "tcp/22"))])
def test_the_real_nft_takes_the_ruleset_and_the_way_back(made, nft):
    done = nft("nft -c -f FILE1", "nft -c -f FILE2", rulesets=(made.change, made.rollback))
    assert done.returncode == 0, done.stderr.decode()


def test_loading_twice_is_loading_once_and_the_way_back_leaves_nothing(nft):
    both = (MANY.change, MANY.rollback)
    once, twice = (nft(*["nft -f FILE1"] * times, "nft -j list ruleset", rulesets=both).stdout for times in (1, 2))
    names = [[next(iter(part)) for part in json.loads(text)["nftables"]] for text in (once, twice)]
    assert names[0] == names[1]
    assert names[0].count("rule") > 8
    left = nft("nft -f FILE1", "nft -f FILE2", "nft -j list ruleset", rulesets=both).stdout
    assert [next(iter(part)) for part in json.loads(left)["nftables"]] == ["metainfo"]


def test_other_tables_of_the_host_are_not_touched(nft):
    other = b"table inet elsewhere {\n    chain input {\n        type filter hook input priority 10; policy accept;\n    }\n}\n"
    commands = ("nft -f FILE1", "nft -f FILE2", "nft -f FILE3", "nft list ruleset")
    left = nft(*commands, rulesets=(other, MANY.change, MANY.rollback))
    assert b"table inet elsewhere" in left.stdout
    assert TABLE.encode() not in left.stdout


def test_no_name_of_the_hospital_leaves_its_comment(nft):
    made = script(
        one(Way.IN, "10.9.0.5", "tcp/22", label="x\n} table inet evil {", why="y\r\nflush ruleset"),
        name="a\nflush ruleset",
    )
    done = nft("nft -f FILE1", "nft list ruleset", rulesets=(made.change,))
    assert done.returncode == 0, done.stderr.decode()
    assert b"evil" not in done.stdout
    for line in made.change.decode().split("\n"):
        assert not line.lstrip().startswith(("flush", "} table"))


_TRYING = """
import json, os, socket, subprocess, sys, threading, time
def run(*words): subprocess.run(words, check=True)
def inside(name, *words): run("ip", "netns", "exec", name, *words)
plan = json.load(sys.stdin)
run("mount", "-t", "tmpfs", "none", "/run")
os.makedirs("/run/netns")
for name in ("host", "peer"): run("ip", "netns", "add", name)
run("ip", "link", "add", "h0", "netns", "host", "type", "veth", "peer", "name", "p0", "netns", "peer")
for name, link, addresses in (("host", "h0", ["10.9.0.1"]), ("peer", "p0", plan["peers"])):
    for address in addresses: inside(name, "ip", "address", "add", address + "/24", "dev", link)
    inside(name, "ip", "link", "set", link, "up"); inside(name, "ip", "link", "set", "lo", "up")
open("/run/rules.nft", "w").write(plan["ruleset"])
inside("host", "nft", "-f", "/run/rules.nft")
serving = '''
import socket, sys, threading
def serve(address, port):
    s = socket.create_server((address, port))
    while True: s.accept()[0].close()
for address in sys.argv[1].split(","):
    for port in sys.argv[2].split(","): threading.Thread(target=serve, args=(address, int(port))).start()
print("ready", flush=True)
'''
trying = '''
import socket, sys
from concurrent.futures import ThreadPoolExecutor
def answer(line):
    source, target, port = line.split()
    try:
        socket.create_connection((target, int(port)), timeout=1.5, source_address=(source, 0)).close()
    except OSError: return "no"
    return "yes"
with ThreadPoolExecutor(40) as pool: print(chr(10).join(pool.map(answer, sys.stdin)))
'''
ports = ",".join(sorted({str(p) for _, _, p in plan["tries"]}))
servers = [subprocess.Popen(["ip", "netns", "exec", name, sys.executable, "-c", serving, addresses, ports], stdout=subprocess.PIPE)
    for name, addresses in (("host", "10.9.0.1"), ("peer", ",".join(plan["peers"])))]
for server in servers: server.stdout.readline()
found = {}
for name in ("host", "peer"):
    mine = [t for t in plan["tries"] if (t[0] == "10.9.0.1") == (name == "host")]
    text = "".join(" ".join(map(str, t)) + chr(10) for t in mine)
    done = subprocess.run(["ip", "netns", "exec", name, sys.executable, "-c", trying], input=text, capture_output=True, text=True)
    for t, answer in zip(mine, done.stdout.split()): found[" ".join(map(str, t))] = answer
for server in servers: server.kill()
print(json.dumps(found))
"""


def test_real_connections_pass_only_where_the_list_says():
    made = script(
        one(Way.IN, "10.9.0.5", "tcp/8443", "tcp/9000-9002"),
        one(Way.IN, "10.9.0.6-10.9.0.7", "tcp/22"),
        one(Way.OUT, "10.9.0.5", "tcp/104"),
        one(Way.OUT, "", "tcp/443", label="*.example.com"),
    )
    allowed = {
        ("10.9.0.5", "10.9.0.1"): {8443, 9000, 9002},
        ("10.9.0.6", "10.9.0.1"): {22},
        ("10.9.0.7", "10.9.0.1"): {22},
        ("10.9.0.1", "10.9.0.5"): {104},
    }
    peers = ["10.9.0.5", "10.9.0.6", "10.9.0.7", "10.9.0.8"]
    tries = [(source, "10.9.0.1", port) for source in peers for port in (22, 8443, 9000, 9002, 9003)]
    tries += [("10.9.0.1", target, port) for target in peers for port in (104, 443)]
    plan = json.dumps({"peers": peers, "ruleset": made.change.decode(), "tries": tries})
    done = subprocess.run(
        [*SEALED, sys.executable, "-c", _TRYING], input=plan.encode(), capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert len(found) == len(tries)
    for source, target, port in tries:
        wanted = "yes" if port in allowed.get((source, target), ()) else "no"
        assert found[f"{source} {target} {port}"] == wanted, (source, target, port)
