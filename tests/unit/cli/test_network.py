"""`sekisho network` on files that are wrong: a located message, no traceback, no hang, and unknown rather than safe."""

import json
import random
import time

import pytest

from sekisho.cli.main import main

PLAN = """segments:
  - {id: a, cidr: 10.0.1.0/24, gateway: r}
  - {id: b, cidr: 10.0.2.0/24, gateway: r}
nodes:
  - {id: pc, addresses: [10.0.1.10], listens: [tcp/445]}
  - {id: sv, addresses: [10.0.2.10], listens: [tcp/445], critical: 3}
lines:
  - {id: l, terminates: {device: r, interface: wan}, source: 198.51.100.0/24}
devices:
  - {id: r, interfaces: [{id: ia, segment: a, address: 10.0.1.1}, {id: ib, segment: b, address: 10.0.2.1}, {id: wan}]}
"""


@pytest.fixture
def say(tmp_path, capsys):
    def said(command, text, *words, lang="ja"):
        path = tmp_path / "network.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        began = time.monotonic()
        status = main(["network", command, str(path), "--lang", lang, *words])
        assert time.monotonic() - began < 30
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return said


def test_a_plan_without_faults_says_what_falls(say):
    status, out, err = say("paths", PLAN)
    assert (status, err) == (1, "")
    assert "pc" in out
    assert "sv" in out


@pytest.mark.parametrize("command", ["reach", "paths", "cut"])
@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (PLAN.replace("{id: sv,", "{id: pc,"), 6),
        (PLAN.replace("{id: b, cidr", "{id: a, cidr"), 3),
        (PLAN.replace("cidr: 10.0.2.0/24", "cidr: 10.0.1.0/24"), 3),
        (PLAN.replace("addresses: [10.0.2.10]", "addresses: [10.0.2.300]"), 6),
        (PLAN.replace("cidr: 10.0.2.0/24", "cidr: 'fe80::/64%x'"), 3),
        (PLAN.replace("listens: [tcp/445], critical", "listens: [tcp/70000], critical"), 6),
        (PLAN.replace("interface: wan}, source", "interface: nope}, source"), 8),
        (PLAN.replace("device: r, interface: wan", "device: nope, interface: wan"), 8),
        (PLAN.replace("critical: 3", "critical: care"), 6),
        (PLAN.replace("gateway: r}\nnodes", "gateway: nope}\nnodes"), 3),
    ],
)
def test_a_fault_is_told_with_its_line_and_the_rest_is_still_answered(say, command, lang, fault, line):
    status, out, err = say(command, fault, lang=lang)
    assert (status, err) == (1, "")
    assert f"! network.yaml:{line}: " in out
    document = json.loads(say(command, fault, "--json", lang=lang)[1])
    assert line in {one["line"] for one in document["problems"]}
    assert all(one["message"]["ja"] and one["message"]["en"] for one in document["problems"])


RANDOM = random.Random(1)


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00\x01\x02" * 1000,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50,
        bytes(RANDOM.getrandbits(8) for _ in range(100_000)),
        b"segments: [" * 100_000,
        b"a: &a [*a]\n",
        b"- just\n- a list\n",
        b"just words",
        b"segments: {a: b",
        "値：日本語だけ\n".encode("cp932"),
        b"x" * 10_000_000,
        b"{" * 10_000_000,
        b"- a\n" * 2_500_000,
    ],
    ids=[
        "zeros",
        "png",
        "random",
        "open",
        "self",
        "list",
        "words",
        "half",
        "cp932",
        "10mb",
        "braces",
        "items",
    ],
)
@pytest.mark.parametrize("command", ["paths", "cut"])
def test_what_is_no_network_is_refused_in_one_line(say, command, junk):
    status, out, err = say(command, junk)
    assert status in (1, 2)
    if status == 2:
        assert (out, len(err.splitlines())) == ("", 1)
        assert "SEKISHO_DEBUG" not in err


def test_routes_in_a_circle_end(say):
    circle = PLAN.replace("{id: wan}]}", "{id: wan}], routes: [{prefix: 10.7.0.0/16, via: 10.0.1.2}]}") + (
        "  - {id: r2, interfaces: [{id: ia, segment: a, address: 10.0.1.2}], routes: [{prefix: 10.7.0.0/16, via: 10.0.1.1}]}\n"
    )
    circle = circle.replace("critical: 3}", "critical: 3}\n  - {id: far, addresses: [10.7.0.1], listens: [tcp/445]}")
    for command in ("reach", "paths", "cut"):
        assert say(command, circle)[0] in (0, 1)


def test_the_far_side_of_a_circle_is_never_reached_for_sure(say):
    _, out, _ = say(
        "paths",
        PLAN.replace("critical: 3}", "critical: 3}\n  - {id: lost, addresses: [172.16.0.1], listens: [tcp/445]}"),
        "--json",
    )
    (entry,) = json.loads(out)["entries"]
    assert {node["node"]: node["reached"] for node in entry["nodes"]}["lost"] == "unknown"


def test_a_host_without_an_address_is_unknown_on_every_page(say):
    plan = PLAN.replace("critical: 3}", "critical: 3}\n  - {id: lost, addresses: [], listens: [tcp/445]}")
    document = json.loads(say("paths", plan, "--json")[1])
    (entry,) = document["entries"]
    lost = next(node for node in entry["nodes"] if node["node"] == "lost")
    assert lost["reached"] == "unknown"
    assert lost["path"][-1]["missing"] != []
    assert entry["hosts"]["unknown"] >= 1
    flows = json.loads(say("reach", plan, "--json", "--to", "lost")[1])["flows"]
    assert {answer for *_, answer, _ in flows} == {"unknown"}
    assert {reference.partition(":")[0] for *_, reference in flows} == {"place-unknown"}
    assert say("cut", plan)[0] in (0, 1)


def test_the_exit_status_tells_clean_from_found(say):
    shut = PLAN + "rulesets: [{device: r, at: {interface: wan, direction: in}, default: deny, rules: []}]\n"
    assert say("paths", shut)[0] == 0
    assert say("paths", PLAN)[0] == 1
    assert say("cut", PLAN)[0] == 0
    assert say("reach", PLAN)[0] == 0


@pytest.mark.parametrize("word", ["tcp/0-99999", "nonsense", "tcp/-1", "", "tcp/", "ip/256", "tcp/９９", "any"])
def test_a_service_that_cannot_be_read_is_refused(say, word):
    status, out, err = say("reach", PLAN, "--service", word)
    assert (status, out, len(err.splitlines())) == (2, "", 1)


def test_no_time_to_think_is_said_and_not_hidden(say):
    document = json.loads(say("cut", PLAN, "--time-limit", "0", "--json")[1])
    assert (document["bound"], document["separated"]) == ("not-separated", False)
    assert say("cut", PLAN, "--time-limit", "0")[0] == 1


@pytest.mark.parametrize("written", ["", "# まだ何もない\n", "segments: []\n"])
@pytest.mark.parametrize("action", ["reach", "paths", "cut"])
def test_a_file_that_describes_nothing_is_refused_in_one_line(action, written, tmp_path, capsys):
    (tmp_path / "network.yaml").write_text(written, encoding="utf-8")
    assert main(["--lang", "ja", "network", action, str(tmp_path / "network.yaml")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "何も書かれていません" in told.err
    assert told.err.count("\n") == 1
