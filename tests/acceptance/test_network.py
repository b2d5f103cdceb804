"""The sample hospital through `sekisho network` as a person calls it."""

import json
from pathlib import Path

import pytest

import sekisho
from tests.acceptance.running import is_refusal, run

AOBA = Path(sekisho.__file__).parent / "catalogue" / "samples" / "aoba" / "network.yaml"
ON = ("--on", "2026-11-21")


def document(*words, status):
    done = run("network", *words, "--json")
    assert (done.returncode, done.stderr) == (status, "")
    return json.loads(done.stdout)


def test_from_the_catering_line_half_the_computers_fall():
    (entry,) = document("paths", AOBA, "--line", "line-4", *ON, status=1)["entries"]
    assert entry["hosts"] == {"yes": 1152, "unknown": 0, "all": 2303}
    nodes = {node["node"]: node for node in entry["nodes"]}
    way = nodes["ehr-db"]["path"]
    assert [(step["from"], step["to"]) for step in way] == [("line-4", "catering-sv"), ("catering-sv", "ehr-db")]
    assert [step["service"] for step in way] == ["tcp/445", "tcp/445"]
    assert [step["rule"] for step in way] == ["rt-catering/tunnel1/in#1040", "no-filter"]
    assert (nodes["ehr-db"]["hops"], nodes["ehr-db"]["reached"]) == (2, "yes")
    assert {copy["id"] for copy in entry["backups"] if copy["survives"] == "yes"} == {"ehr-tape-vault", "ehr-replica"}
    assert sorted(entry["surviving"]) == ["ehr-replica", "ehr-tape-vault"]


def test_the_smallest_cut_stops_it_and_is_proved_minimal():
    cut = document("cut", AOBA, "--line", "line-4", *ON, status=0)
    assert (cut["bound"], cut["separated"], cut["cost"], cut["lower_bound"]) == ("proved-minimal", True, 1.5, 1.5)
    assert [(one["kind"], one["device"], one["at"]) for one in cut["changes"]] == [
        ("insert-deny", "rt-catering", "tunnel1/in")
    ]
    assert cut["conflicts"] == []
    assert cut["flows"]["broken"] == []
    assert len(cut["flows"]["kept"]) == 31
    assert cut["after"]["line-4"] == []


def test_over_all_lines_only_the_declared_remote_access_stays():
    cut = document("cut", AOBA, *ON, status=1)
    assert {one["entry"] for one in cut["conflicts"]} == {"line-1"}
    assert all(flow["dst"] == "ehr-ap" for one in cut["conflicts"] for flow in one["flows"])
    critical = {"ehr-db", "ehr-ap", "receipt-sv", "ad", "backup-sv", "vm-host"}
    assert not any(critical & set(fallen) for line, fallen in cut["after"].items() if line != "line-1")
    assert cut["flows"]["broken"] == []


def test_reach_names_the_rule_that_decides():
    found = document("reach", AOBA, "--from", "line-4", "--to", "catering-sv", "--service", "tcp/445", status=0)
    assert found["flows"] == [["line-4", "catering-sv", "tcp/445", "yes", "rt-catering/tunnel1/in#1040"]]


@pytest.mark.parametrize(
    ("language", "words"),
    [("ja", ("台のうち", "奪われます")), ("en", ("of 2303 hosts fall", "reached from"))],
)
def test_people_are_told_in_their_language(language, words):
    done = run("network", "paths", AOBA, "--line", "line-4", *ON, "--lang", language)
    assert (done.returncode, done.stderr) == (1, "")
    assert all(word in done.stdout for word in words)
    said = run("network", "cut", AOBA, "--line", "line-4", *ON, "--lang", language)
    assert ("proved minimal" in said.stdout) is (language == "en")
    assert ("証明済み" in said.stdout) is (language == "ja")


def test_a_configuration_beside_the_file_takes_the_place_of_what_was_written(tmp_path):
    """rt-catering by the configuration that its vendor handed in: the same answer, by the rules of the file."""
    import yaml

    plan = yaml.safe_load(AOBA.read_text(encoding="utf-8"))
    (tmp_path / "configs").mkdir()
    text = (AOBA.parent / "configs" / "rt-catering.txt").read_bytes()
    (tmp_path / "configs" / "rt-catering.txt").write_bytes(text)
    plan["rulesets"] = [one for one in plan["rulesets"] if one["device"] != "rt-catering"]
    for device in plan["devices"]:
        if device["id"] == "rt-catering":
            device["config"] = "configs/rt-catering.txt"
            device.pop("interfaces")
            device.pop("routes")
    changed = tmp_path / "network.yaml"
    changed.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    done = run("network", "paths", changed, "--line", "line-4", *ON, "--json")
    (entry,) = json.loads(done.stdout)["entries"]
    assert entry["hosts"]["yes"] == 1152
    assert entry["nodes"][0]["path"][0]["rule"].startswith("rt-catering/tunnel1/in#")


def test_what_cannot_be_done_is_said_in_one_line(tmp_path):
    for words in (
        ("paths", tmp_path / "無い.yaml"),
        ("paths", tmp_path),
        ("paths", AOBA, "--line", "line-99"),
        ("cut", AOBA, "--target", "無い"),
        ("cut", AOBA, "--copy", "無い"),
        ("reach", AOBA, "--service", "tcp/99999"),
        ("reach", AOBA, "--from", "誰か"),
        ("cut", AOBA, "--time-limit", "soon"),
        ("paths", AOBA, "--on", "明日"),
    ):
        assert is_refusal(run("network", *words)), words
