"""`sekisho diagnose read` as people run it: a process with arguments, an exit status and two streams."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NMAP = Path("tests/samples/nmap")
REPORTS = Path("tests/samples/scan_reports")


def run(*arguments: object, lang: str = "ja_JP.UTF-8") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LANG": lang, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return subprocess.run(
        [sys.executable, "-m", "sekisho.cli.main", "diagnose", "read", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
    )


def read(*arguments: object) -> dict:
    result = run("--json", *arguments)
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_read_gives_findings_with_words_in_both_languages() -> None:
    result = run(NMAP / "checks_misc.xml", "--json")
    assert result.returncode == 1
    document = json.loads(result.stdout)
    assert document["format"] == "sekisho-findings/1"
    one = next(finding for finding in document["findings"] if finding["kind"] == "ftp-anonymous")
    assert one["key"] == ["203.0.113.10", "tcp", 21, "ftp-anonymous", ""]
    assert one["severity"] == "urgent"
    assert set(one["text"]) == {"title", "what", "why", "action", "who", "check"}
    assert all(said["ja"] and said["en"] for said in one["text"].values())
    assert one["evidence"][0]["file"] == "checks_misc.xml"
    assert document["scans"][0]["open_ports"] == ["21/tcp", "22/tcp", "6379/tcp"]


def test_read_takes_several_formats_at_once_and_merges_them() -> None:
    document = read(NMAP / "checks_udp.xml", REPORTS / "hospital.nessus", REPORTS / "greenbone.xml")
    keys = [tuple(finding["key"]) for finding in document["findings"]]
    assert len(keys) == len(set(keys))
    cve = next(finding for finding in document["findings"] if finding["subject"] == "CVE-2022-42475")
    assert {piece["source"] for piece in cve["evidence"]} == {"Nessus", "Greenbone"}
    assert [warning["file"] for warning in document["warnings"]] == [
        "hospital.nessus",
        "greenbone.xml",
        "greenbone.xml",
    ]


def test_read_compares_with_an_earlier_result() -> None:
    later, earlier = NMAP / "nothing_open.xml", NMAP / "several_hosts.xml"
    document = read(later, "--against", earlier)
    changes = {
        (one["key"][0], one["key"][2], one["key"][3]): (one["change"], one["rule"]) for one in document["comparison"]
    }
    assert changes["127.0.0.2", 2222, "open-port"] == ("not_looked_at", "address-not-scanned")
    same = read(earlier, "--against", earlier)
    assert {one["change"] for one in same["comparison"]} == {"still_open"}


def test_read_says_everything_in_words_too() -> None:
    result = run(NMAP / "checks_rdp.xml", "--against", NMAP / "checks_rdp.xml")
    assert result.returncode == 1
    assert "▲ 今日中に対応  遠隔操作の画面が、本人確認の前に出ます（3389/tcp）" in result.stdout
    assert "すること：" in result.stdout
    assert "＝ まだ残っている" in result.stdout
    english = run(NMAP / "checks_rdp.xml", "--lang", "en").stdout
    assert "▲ Act today  The remote desktop shows its screen before anybody has signed in (3389/tcp)" in english
    assert "What to do: " in english


def test_read_with_nothing_found_says_what_that_does_not_mean() -> None:
    result = run(NMAP / "nothing_open.xml")
    assert result.returncode == 0
    assert "調べていないものが安全という意味ではありません" in result.stdout


def test_masscan_never_reads_as_complete(tmp_path: Path) -> None:
    raw = """<?xml version="1.0"?><nmaprun scanner="masscan" start="1763712000" version="1.0-BETA" xmloutputversion="1.03">
<scaninfo type="syn" protocol="tcp" />
<host endtime="1763712001"><address addr="203.0.113.10" addrtype="ipv4"/><ports><port protocol="tcp" portid="443"><state state="open" reason="syn-ack" reason_ttl="64"/></port></ports></host>
<runstats><finished time="1763712060"/><hosts up="1" down="0" total="1"/></runstats></nmaprun>"""
    file = tmp_path / "masscan.xml"
    file.write_text(raw, encoding="utf-8")
    kinds = {finding["kind"] for finding in read(file)["findings"]}
    assert {"open-port", "not-complete"} <= kinds


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "空のファイル"),
        (b"hello", "読める診断の結果ではありません"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><NessusClientData_v2>&b;</NessusClientData_v2>', "文書型や実体"),
        (b"<nmaprun>", "終わりがありません"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, raw: bytes, said: str) -> None:
    file = tmp_path / "x.xml"
    file.write_bytes(raw)
    result = run(file, "--json")
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert said in result.stderr


def test_a_missing_file_is_told_in_one_line(tmp_path: Path) -> None:
    result = run(tmp_path / "no.xml")
    assert (result.returncode, result.stdout) == (2, "")
    assert "no.xml" in result.stderr


def test_a_broken_result_json_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text('{"format": "sekisho-diagnosis/1", "addresses": [{"address": "x", "state": "complete"}]}')
    result = run(file)
    assert result.returncode == 2
    assert "result.json" in result.stderr
