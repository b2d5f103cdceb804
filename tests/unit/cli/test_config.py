"""The `sekisho config read` command as people run it: a process with arguments, an exit status and two streams."""

import json
import os
import subprocess
import sys
from pathlib import Path

AOBA = Path("src/sekisho/catalogue/samples/aoba/configs")


def run(*arguments: object, lang: str = "ja_JP.UTF-8") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LANG": lang, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return subprocess.run(
        [sys.executable, "-m", "sekisho.cli.main", "config", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
    )


def written(folder: Path, text: str | bytes, name: str = "rt.txt") -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_read_prints_the_document_that_others_rely_on():
    result = run("read", AOBA / "rt-catering.txt", "--json")
    assert result.returncode == 0
    assert result.stderr == ""
    document = json.loads(result.stdout)
    assert document["vendor"] == "yamaha"
    assert document["model"] == "RTX1210"
    assert document["coverage"] == 1.0
    assert document["unparsed"] == []
    assert document["redacted"] == 5
    assert {one["id"]: one["address"] for one in document["interfaces"]} == {
        "lan1": "10.10.20.254",
        "pp1": "203.0.113.14",
        "tunnel1": None,
    }
    rule = next(one for one in document["rules"] if one["seq"] == 1040)
    assert rule["at"] == "tunnel1/in"
    assert rule["action"] == "permit"
    assert rule["src"] == ["172.31.20.0/24"]
    assert rule["service"] == ["tcp/445"]
    assert rule["line"] == 55
    assert rule["text"] == "ip filter 1040 pass 172.31.20.0/24 10.10.20.0/24 tcp * 445"


def test_what_was_not_understood_is_a_problem_with_line_text_and_reason(tmp_path):
    text = "# RTX830 Rev.15.02.22\nip lan1 address 10.0.0.1/24\nip lan1 secure filter in 1\nip filter 1 pass * * tcp * zz\n"
    result = run("read", written(tmp_path, text), "--json")
    assert result.returncode == 1
    (line,) = json.loads(result.stdout)["unparsed"]
    assert (line["line"], line["bearing"]) == (4, "filter")
    assert line["text"] == "ip filter 1 pass * * tcp * zz"
    assert "zz" in line["why"]


def test_people_read_it_in_their_language(tmp_path):
    text = "# RTX830 Rev.15.02.22\nip lan1 address 10.0.0.1/24\nip lan1 secure filter in 1\nip filter 1 reject * *\n"
    japanese = run("read", written(tmp_path, text))
    assert japanese.returncode == 0
    assert "lan1/in のフィルタ（1件）" in japanese.stdout
    assert "×止める" in japanese.stdout
    assert "100%" in japanese.stdout
    english = run("read", written(tmp_path, text), lang="en_US.UTF-8")
    assert "Filter at lan1/in (1 rules)" in english.stdout
    assert english.stdout.isascii() or "→" in english.stdout


def test_coverage_never_says_all_when_a_line_was_missed(tmp_path):
    lines = [f"ip filter {at} pass 10.0.{at // 250}.{at % 250} *" for at in range(1, 1000)]
    text = "\n".join(["# RTX830 Rev.15.02.22", "ip lan1 address 10.0.0.1/24", *lines, "gizmo on"])
    result = run("read", written(tmp_path, text))
    assert "99%" in result.stdout
    assert "gizmo" in result.stdout
    assert result.returncode == 1


def test_no_secret_is_printed(tmp_path):
    secret = "Zq7PlantedSecret"
    text = f"# RTX830 Rev.15.02.22\nip lan1 address 10.0.0.1/24\nlogin user a {secret}\nwhatever password {secret}\n"
    for options in ([], ["--json"]):
        result = run("read", written(tmp_path, text), *options)
        assert secret not in result.stdout + result.stderr


def test_no_character_of_a_file_steers_the_terminal(tmp_path):
    text = "# RTX830 Rev.15.02.22\nip lan1 address 10.0.0.1/24\ngizmo \x1b]0;owned\x07 \u202etxt on\n"
    result = run("read", written(tmp_path, text))
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout
    assert "\u202e" not in result.stdout


def test_what_cannot_be_read_is_said_in_one_line(tmp_path):
    cases = {
        "missing": tmp_path / "none.txt",
        "folder": tmp_path,
        "picture": written(tmp_path, b"\x89PNG\r\n\x1a\n", "a.png"),
        "letter": written(tmp_path, "拝啓 時下ますます", "letter.txt"),
    }
    for file in cases.values():
        result = run("read", file)
        assert result.returncode == 2
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_an_unknown_vendor_is_refused_with_those_there_are():
    result = run("read", AOBA / "rt-catering.txt", "--vendor", "juniper")
    assert result.returncode == 2
    assert "yamaha" in result.stderr


def test_the_vendor_can_be_named():
    result = run("read", AOBA / "rt-catering.txt", "--vendor", "yamaha", "--json")
    assert result.returncode == 0
