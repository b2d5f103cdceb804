"""`sekisho network reach`, `paths` and `cut`: answers, statuses and messages, for a small network and a very large one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sekisho.cli.main import main
from tests.samples.large_network import NODES, large_network

SMALL = Path(__file__).resolve().parents[3] / "examples" / "small-hospital" / "network.yaml"
ON = ("--on", "2026-11-21")


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status = main(["network", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_reach_names_the_rule_that_decides(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = asked(capsys, "reach", str(SMALL), "--service", "tcp/3389", "--service", "tcp/445", *ON)
    flows = {tuple(flow[:3]): flow[3:] for flow in told["flows"]}
    assert (status, told["problems"]) == (0, [])
    assert flows["line-1", "catering-sv", "tcp/3389"] == ["yes", "rt1/tunnel1/in#1030"]
    assert flows["line-1", "ehr-db", "tcp/3389"][0] == "no"
    assert flows["catering-sv", "ehr-db", "tcp/445"] == ["yes", "no-filter"]
    assert flows["catering-sv", "tape", "tcp/445"][0] == "no", "it does not listen"
    assert len(flows) == (5 * 4 + 5) * 2, "every sender, every other node, every service"


def test_reach_of_some_senders_is_what_reach_of_all_says_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    _, everybody = asked(capsys, "reach", str(SMALL), *ON)
    _, some = asked(capsys, "reach", str(SMALL), "--from", "line-1", "--from", "nas", "--from", "nas", *ON)
    wanted = [flow for flow in everybody["flows"] if flow[0] in ("line-1", "nas")]
    assert sorted(some["flows"]) == sorted(wanted)
    _, one = asked(capsys, "reach", str(SMALL), "--from", "line-1", "--to", "ehr-db", *ON)
    assert one["flows"] == [flow for flow in everybody["flows"] if flow[:2] == ["line-1", "ehr-db"]]


def test_reach_tells_people_what_is_reached_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "network", "reach", str(SMALL), "--from", "line-1", *ON]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[:2] for line in lines] == [
        ["line-1 → catering-sv", "tcp/3389"],
        ["line-1 → catering-sv", "tcp/8443"],
    ]


def test_paths_tell_what_falls_by_what_and_which_copies_survive(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = asked(capsys, "paths", str(SMALL), *ON)
    (entry,) = told["entries"]
    falls = {node["node"]: node for node in entry["nodes"]}
    assert status == 1, "something falls"
    assert falls.keys() == {"catering-sv", "ehr-db", "nas", "catering-pc"}
    assert [step["rule"] for step in falls["ehr-db"]["path"]] == ["rt1/tunnel1/in#1030", "no-filter"]
    assert (entry["surviving"], entry["systems_without_surviving_copy"]) == (["tape-weekly"], [])


def test_cut_takes_out_the_leftover_and_keeps_what_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = asked(capsys, "cut", str(SMALL), *ON)
    assert (status, told["bound"]) == (0, "proved-minimal")
    assert [(change["kind"], change["rule"]) for change in told["changes"]] == [("disable-rule", "rt1/tunnel1/in#1030")]


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_reach_of_somebody_who_is_not_there_is_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["network", "reach", str(SMALL), option, "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_slips_are_told_with_their_lines_and_the_rest_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = tmp_path / "network.yaml"
    network.write_text("nodes:\n- {id: a, listens: [tcp/445]}\n- {id: b, listens: [tcp/nonsense]}\n", encoding="utf-8")
    status, told = asked(capsys, "reach", str(network))
    assert status == 1
    assert [problem["line"] for problem in told["problems"]] == [3]
    assert ["b", "a", "tcp/445", "unknown"] in [flow[:4] for flow in told["flows"]], "it has no address"


_MEASURED = """
import sys
from sekisho.cli.main import main
status = main(sys.argv[1:])
# VmHWM, for ru_maxrss would count the pages of the process that started this one.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(status, int(peak) // 1024, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "network.yaml"
    path.write_bytes(large_network())
    return path


def measured(*arguments: str) -> tuple[int, int, Any]:
    """Return status, megabytes at the peak, and the document."""
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED, "network", *arguments, "--json"],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    status, megabytes = map(int, ran.stderr.split()[-2:])
    return status, megabytes, json.loads(ran.stdout)


def test_a_network_of_20_000_rules_is_answered_in_moderate_memory(large: Path) -> None:
    status, megabytes, told = measured("reach", str(large), "--from", "l3", "--service", "tcp/445", *ON)
    assert (status, len(told["flows"])) == (0, NODES)
    assert {flow[3] for flow in told["flows"]} == {"yes", "no"}
    assert megabytes < 500
    status, megabytes, told = measured("paths", str(large), "--line", "l3", *ON)
    assert status == 1, "something falls"
    assert len(told["entries"][0]["nodes"]) > 100
    assert megabytes < 500
    _, megabytes, told = measured("cut", str(large), "--line", "l3", "--time-limit", "10", *ON)
    assert told["changes"]
    assert megabytes < 500
