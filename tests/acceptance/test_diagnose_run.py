"""`diagnose run` before the first packet: which consents are refused, and what it does when it cannot scan."""

import json
import os
import resource
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import is_refusal, run

ADDRESS = "203.0.113.77"
"""An address for documentation: nobody answers there, and what would be sent by mistake goes nowhere."""


def consent(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "hospital": "H001", "line": "CAF00001", "address": ADDRESS, "from": (now - timedelta(hours=1)).isoformat(),
        "until": (now + timedelta(hours=1)).isoformat(), "protocols": ["tcp"], "max_packets_per_second": 400,
        "dynamic": False, "confirmed_on": None, "signed_by": "院長 青葉", "withdrawn_at": None, **more,
    }  # fmt: skip


def without(key: str) -> dict[str, Any]:
    entry = consent()
    del entry[key]
    return entry


def start(tmp_path: Path, content: Any, *more: object, **options: Any) -> Any:
    path = tmp_path / "consents.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode())
    return run(
        "diagnose",
        "run",
        "--consents",
        path,
        "--out",
        tmp_path / "out",
        "--tcp",
        "1-3",
        "--ports-only",
        *more,
        **options,
    )


TODAY = datetime.now(UTC)
LATER = (TODAY + timedelta(hours=2)).isoformat()
REFUSED = {
    "no time zone": consent(**{"from": "2026-01-01T09:00:00"}),
    "a day alone": consent(until="2027-01-01"),
    "no such day": consent(until="2027-02-30T09:00:00+09:00"),
    "words for a time": consent(until="来週まで"),
    "the end before the start": consent(**{"from": LATER, "until": TODAY.isoformat()}),
    "the end is the start": consent(until=consent()["from"], **{"from": consent()["from"]}),
    "a time as a number": consent(until=1_900_000_000),
    "a net": consent(address="203.0.113.0/24"),
    "a net of one": consent(address="203.0.113.77/32"),
    "a host name": consent(address="vpn.example.jp"),
    "a name that looks like an address": consent(address="203.0.113.77.example.jp"),
    "a short form": consent(address="203.113"),
    "octal": consent(address="0313.0.0113.0115"),
    "leading noughts": consent(address="203.000.113.077"),
    "hexadecimal": consent(address="0xcb00714d"),
    "a number": consent(address=3405803853),
    "a range": consent(address="203.0.113.1-254"),
    "two addresses": consent(address="203.0.113.1,203.0.113.2"),
    "an option of the scanner": consent(address="-iL/etc/passwd"),
    "a line break": consent(address="203.0.113.77\n203.0.113.78"),
    "private": consent(address="192.168.1.1"),
    "private ten": consent(address="10.0.0.1"),
    "shared by carriers": consent(address="100.64.0.1"),
    "this computer": consent(address="127.0.0.1"),
    "nowhere": consent(address="0.0.0.0"),
    "link": consent(address="169.254.1.1"),
    "many": consent(address="224.0.0.1"),
    "everybody": consent(address="255.255.255.255"),
    "private six": consent(address="fd00::1"),
    "link six": consent(address="fe80::1"),
    "link six with a zone": consent(address="fe80::1%eth0"),
    "this computer six": consent(address="::1"),
    "four in six": consent(address="::ffff:192.168.1.1"),
    "public four in six": consent(address="::ffff:203.0.113.77"),
    "a net of six": consent(address="2001:db8::/64"),
    "no address": consent(address=""),
    "no address at all": without("address"),
    "no window": without("until"),
    "no start": without("from"),
    "no rate": without("max_packets_per_second"),
    "nobody signed": consent(signed_by=""),
    "nobody signed at all": without("signed_by"),
    "no hospital": without("hospital"),
    "rate nought": consent(max_packets_per_second=0),
    "negative rate": consent(max_packets_per_second=-400),
    "absurd rate": consent(max_packets_per_second=10**9),
    "endless rate": consent(max_packets_per_second=float("inf")),
    "no number as rate": consent(max_packets_per_second=float("nan")),
    "rate in words": consent(max_packets_per_second="fast"),
    "yes as rate": consent(max_packets_per_second=True),
    "half a packet": consent(max_packets_per_second=0.5),
    "unknown protocol": consent(protocols=["tcp", "sctp"]),
    "no protocol": consent(protocols=[]),
    "protocol as a word": consent(protocols="tcp"),
    "a withdrawal that is misspelt": consent(**{"withdrawn-at": TODAY.isoformat()}),
    "an exception that nobody knows": consent(exclude_ports=[22]),
    "yes in words": consent(dynamic="はい"),
    "dynamic and never confirmed": consent(dynamic=True),
    "dynamic and confirmed yesterday": consent(dynamic=True, confirmed_on=(TODAY - timedelta(days=2)).date().isoformat()),
    "withdrawn": consent(withdrawn_at=(TODAY - timedelta(minutes=1)).isoformat()),
    "withdrawn at no time": consent(withdrawn_at="yes"),
    "over": consent(until=(TODAY - timedelta(minutes=1)).isoformat()),
    "not yet": consent(**{"from": LATER, "until": (TODAY + timedelta(hours=3)).isoformat()}),
    "over in another zone": consent(
        **{"from": "2025-01-01T00:00:00+00:00",
           "until": (TODAY - timedelta(minutes=1)).astimezone().replace(tzinfo=None).isoformat() + "+00:00"}),
}  # fmt: skip


def touched(out: Path) -> list[Path]:
    """Return what a scan would have left: ledgers and raw results."""
    return [path for path in out.rglob("*") if path.is_file() and path.suffix in {".xml", ".jsonl"}]


@pytest.mark.parametrize("entry", REFUSED.values(), ids=list(REFUSED))
def test_what_was_not_consented_is_never_scanned_and_the_reason_is_told(tmp_path, entry):
    done = start(tmp_path, [entry], "--json", "--lang", "en")
    assert touched(tmp_path / "out") == []
    if done.returncode == 2:
        assert is_refusal(done)
        assert not (tmp_path / "out").exists()
        return
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert all(one["state"] not in {"done", "complete"} and not one["ports"] for one in document["addresses"])
    told = done.stderr.splitlines() + [one["why"]["en"] for one in document["addresses"] if one["why"]]
    assert any(len(line) > 20 for line in told)


WHOLE = {
    "nothing": b"", "not JSON": b"203.0.113.77", "half": json.dumps([consent()]).encode()[:-40], "null": b"null",
    "a word": b'"all"', "an object": json.dumps(consent()).encode(), "no entry": b"[]",
    "not text": b'[{"hospital": "\xff\xfe\xfa"}]', "deep": b"[" * 100_000 + b"]" * 100_000,
    "an endless number": json.dumps([consent()]).replace("400", "4" + "0" * 5000, 1).encode(),
    "two documents": json.dumps([consent()]).encode() * 2,
}  # fmt: skip


@pytest.mark.parametrize("content", WHOLE.values(), ids=list(WHOLE))
def test_a_file_that_is_no_list_of_consents_is_refused_in_one_line(tmp_path, content):
    for language in ("ja", "en"):
        done = start(tmp_path, content, "--json", "--lang", language)
        assert is_refusal(done), (done.returncode, done.stdout[:300], done.stderr[:300])
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "content",
    [b'["203.0.113.77"]', json.dumps([consent()]).replace('"address"', '"address": "203.0.113.1", "address"', 1).encode(),
     json.dumps([consent(), [consent()]]).replace('"dynamic": false', '"dynamic": 0', 1).encode()],
    ids=["a list of words", "the same key twice", "one good in form only"],
)  # fmt: skip
def test_a_slip_in_an_entry_is_told_by_its_place_and_opens_nothing(tmp_path, content):
    done = start(tmp_path, content, "--json", "--lang", "en")
    assert done.returncode == 1
    assert "entry 1" in done.stderr
    assert json.loads(done.stdout)["problems"]
    assert touched(tmp_path / "out") == []


def test_a_huge_file_is_refused_without_reading_it_all(tmp_path):
    with (tmp_path / "consents.json").open("wb") as file:
        file.truncate(3_000_000_000)

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))

    words = ("diagnose", "run", "--consents", tmp_path / "consents.json", "--out", tmp_path / "out", "--lang", "en")
    done = run(*words, preexec_fn=little_memory)
    assert is_refusal(done)
    assert "too large" in done.stderr


def test_a_mark_of_byte_order_is_no_obstacle(tmp_path):
    done = start(tmp_path, b"\xef\xbb\xbf" + json.dumps([REFUSED["over"]]).encode(), "--json")
    assert done.returncode == 1
    assert [one["address"] for one in json.loads(done.stdout)["addresses"]] == [ADDRESS]


def test_consents_that_overlap_never_add_up_to_more_than_the_least(tmp_path):
    """Two hospitals, one address, two rates: nobody may tell which one holds; refused, or the smaller rate."""
    both = [consent(max_packets_per_second=400), consent(hospital="H002", max_packets_per_second=4000, line="X")]
    done = start(tmp_path, both, "--json", environment={"PATH": "/nonexistent", "HOME": "/"})
    assert touched(tmp_path / "out") == []
    if done.returncode == 1:
        for one in json.loads(done.stdout)["addresses"]:
            assert one.get("max_packets_per_second", 400) <= 400


def test_without_nmap_it_says_so_and_leaves_nothing(tmp_path):
    for language, word in (("ja", "nmap"), ("en", "nmap")):
        done = start(tmp_path, [consent()], "--lang", language, environment={"PATH": str(tmp_path), "HOME": "/"})
        assert is_refusal(done), done
        assert word in done.stderr
        assert not (tmp_path / "out").exists()


def pretend(tmp_path: Path, script: str) -> dict[str, str]:
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "nmap").write_text("#!/bin/sh\n" + script)
    (folder / "nmap").chmod(stat.S_IRWXU)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": "/"}


@pytest.mark.parametrize(
    "script",
    ['echo "Nmap version 4.11"', "exit 1", "echo hello", "kill -9 $$",
     'echo "Nmap version 6.40"', "head -c 100000000 /dev/zero", 'echo "\033[2JNmap version x"'],
    ids=["old", "broken", "something else", "killed", "too old", "megabytes", "escapes"],
)  # fmt: skip
def test_an_nmap_that_cannot_be_relied_on_is_refused(tmp_path, script):
    done = start(tmp_path, [consent()], environment=pretend(tmp_path, script))
    assert is_refusal(done), (done.returncode, done.stdout[:500], done.stderr[:500])
    assert "nmap" in done.stderr.lower()
    assert "\x1b" not in done.stderr
    assert touched(tmp_path / "out") == []


@pytest.mark.parametrize(
    "words",
    [["--tcp", "0"], ["--tcp", "70000"], ["--tcp", "9-1"], ["--tcp", "http"], ["--tcp", ""], ["--udp", "-sU"],
     ["--parallel", "0"], ["--parallel", "-1"], ["--parallel", "many"], ["--resume", "x"], ["--rate", "9999"],
     ["--tcp", "1;id"]],
    ids=" ".join,
)  # fmt: skip
def test_wrong_words_are_refused_in_one_line(tmp_path, words):
    (tmp_path / "c.json").write_text(json.dumps([consent()]))
    done = run("diagnose", "run", "--consents", tmp_path / "c.json", "--out", tmp_path / "out", *words)
    assert is_refusal(done), (done.returncode, done.stdout, done.stderr)
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_sent(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "c.json").write_text(json.dumps([consent()]))
    for out in ("file", "file/out", "/proc/nowhere/out", "/dev/full", "/sys/out"):
        target = out if out.startswith("/") else tmp_path / out
        done = run(
            "diagnose", "run", "--consents", tmp_path / "c.json", "--out", target, "--tcp", "1-3", "--ports-only"
        )
        assert is_refusal(done), (out, done)
    assert (tmp_path / "file").read_text() == "x"


def test_a_disk_that_is_full_ends_in_one_line_and_sends_nothing(tmp_path):
    """A limit on the size of files stands for the full disk: every write fails."""

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    (tmp_path / "c.json").write_text(json.dumps([consent()]))
    done = run("diagnose", "run", "--consents", tmp_path / "c.json", "--out", tmp_path / "out", "--tcp", "1-3",
               "--ports-only", preexec_fn=no_room)  # fmt: skip
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr
    assert done.stderr
    assert touched(tmp_path / "out") == [] or all(path.stat().st_size == 0 for path in touched(tmp_path / "out"))


def test_a_folder_with_an_earlier_run_is_not_written_over(tmp_path):
    first = start(tmp_path, [REFUSED["over"]], "--json")
    assert first.returncode == 1
    (tmp_path / "out" / "result.json").write_text('{"mine": 1}')
    again = start(tmp_path, [REFUSED["over"]], "--json")
    if again.returncode == 2:
        assert is_refusal(again)
        assert json.loads((tmp_path / "out" / "result.json").read_text()) == {"mine": 1}


def test_nothing_of_the_signer_is_written_to_the_screen_as_a_command(tmp_path):
    nasty = "\x1b[2J\x1b]0;owned\x07\u202e"
    done = start(
        tmp_path, [consent(hospital=nasty, line=nasty, signed_by=nasty, until="x" + nasty, address="1" + nasty)]
    )
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)


def test_the_lines_of_an_entry_that_is_refused_name_it_in_the_language_asked_for(tmp_path):
    japanese = start(tmp_path, [REFUSED["no time zone"]], "--lang", "ja")
    english = start(tmp_path, [REFUSED["no time zone"]], "--lang", "en")
    assert "+09:00" in japanese.stderr
    assert any("぀" <= letter <= "ヿ" for letter in japanese.stderr)
    assert not any("぀" <= letter <= "ヿ" for letter in english.stderr)
    assert "1" in english.stderr
