"""Running a check: what is kept, what is said when it cannot be run, and that nothing goes unsaid."""

import stat
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest

from sekisho.adapters.evidence.folder import Evidence
from sekisho.adapters.gate.gate import NotGranted
from sekisho.adapters.scanners import checks as running
from sekisho.adapters.scanners.checks import CANNOT_RUN, CheckRun, Surroundings, run_check, skipped_result
from sekisho.adapters.scanners.tools import Tool
from sekisho.catalogue.checks import load_checks
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.checks import WHY_SKIPPED, PlannedCheck, SkippedCheck
from sekisho.domain.diagnosis.results import CheckState
from sekisho.domain.text import Text

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parents[3] / "samples" / "nmap"
HERE = ip_address("203.0.113.10")


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a folder with a script in place of each tool; nothing is ever sent."""
    for name in ("nmap", "ike-scan"):
        monkeypatch.setattr(
            running, f"{name.replace('-scan', '')}_tool", lambda name=name: Tool(name, str(tmp_path / name), "1.0")
        )
    return tmp_path


def stand_in(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def around(
    folder: Path, *, stop: Callable[[], bool] = lambda: False, is_raw: bool = True, **more: object
) -> Surroundings:
    usual = {"command": lambda argv: argv, "address": HERE}
    usual |= more
    return Surroundings(
        evidence=Evidence(folder / "run", usual["address"]),  # type: ignore[arg-type]
        is_raw=is_raw,
        rate=100,
        now=lambda: AT,
        stop=stop,
        **usual,  # type: ignore[arg-type]
    )


def ran(check: str, port: int, protocol: str, surroundings: Surroundings) -> CheckRun:
    run = run_check(PlannedCheck(load_checks().check(check), protocol, port), surroundings)
    surroundings.evidence.close()
    return run


COPY = 'out=$(echo "$@" | sed "s/.*-oX \\([^ ]*\\).*/\\1/"); cp {sample} "$out"'


def test_a_check_keeps_its_file_with_hash_and_returns_its_outputs(tools: Path) -> None:
    stand_in(tools, "nmap", COPY.format(sample=SAMPLES / "checks_misc.xml"))
    run = ran("ftp", 21, "tcp", around(tools))
    assert run.result.state is CheckState.DONE
    assert [output.id for output in run.result.outputs] == ["ftp-anon"]
    kept = tools / "run" / run.result.evidence
    assert kept.read_bytes() == (SAMPLES / "checks_misc.xml").read_bytes()
    assert (run.commands[0].sha256, run.commands[0].outcome) == (run.result.sha256, "finished")
    assert run.result.asks == ("ftp-anon",)


def test_a_service_that_always_speaks_and_did_not_is_no_clean_result(tools: Path) -> None:
    stand_in(tools, "nmap", COPY.format(sample=SAMPLES / "checks_sv.xml"))
    run = ran("ssh", 22, "tcp", around(tools))
    assert (run.result.state, run.result.rule) == (CheckState.FAILED, "silent-now")
    stand_in(tools, "nmap", COPY.format(sample=SAMPLES / "checks_rdp.xml"))
    spoke = ran("rdp-security", 3389, "tcp", around(tools))
    assert spoke.result.state is CheckState.DONE
    babble = (SAMPLES / "checks_rdp.xml").read_text(encoding="utf-8").replace("SUCCESS", "FAILED (unknown)")
    (tools / "babble.xml").write_text(babble, encoding="utf-8")
    stand_in(tools, "nmap", COPY.format(sample=tools / "babble.xml"))
    said = ran("rdp-security", 3389, "tcp", around(tools))
    assert (said.result.state, said.result.rule) == (CheckState.FAILED, "unreadable")
    stand_in(tools, "nmap", COPY.format(sample=SAMPLES / "checks_sv.xml"))
    quiet = ran("ftp", 21, "tcp", around(tools))
    assert quiet.result.state is CheckState.SILENT


@pytest.mark.parametrize(
    ("body", "rule"),
    [("exit 1", "error"), ("exit 0", "error"), (COPY.format(sample="/dev/null"), "unreadable")],
)
def test_a_tool_that_fails_is_told_with_its_reason(tools: Path, body: str, rule: str) -> None:
    stand_in(tools, "nmap", body)
    run = ran("ftp", 21, "tcp", around(tools))
    assert (run.result.state, run.result.rule) == (CheckState.FAILED, rule)
    assert run.result.why == CANNOT_RUN[rule]


def test_stop_ends_a_tool_at_once_and_leaves_no_draft(tools: Path) -> None:
    stand_in(tools, "nmap", "sleep 60")
    run = ran("ftp", 21, "tcp", around(tools, stop=lambda: True))
    assert (run.result.state, run.result.rule) == (CheckState.FAILED, "stopped")
    assert run.commands[0].outcome == "stopped"
    assert not [path for path in (tools / "run").rglob("*") if path.name.endswith((".part", ".err"))]


def test_a_grant_that_is_over_is_told_and_nothing_runs(tools: Path) -> None:
    def closed(argv: list[str]) -> list[str]:
        raise NotGranted(Text("終わり", "over"))

    stand_in(tools, "nmap", f"touch {tools}/sent")
    run = ran("ftp", 21, "tcp", around(tools, command=closed))
    assert run.result.rule == "not-granted"
    assert not (tools / "sent").exists()


def test_udp_is_not_asked_without_raw_packets(tools: Path) -> None:
    assert ran("snmp", 161, "udp", around(tools, is_raw=False)).result.rule == "needs-raw"


def test_ike_scan_is_not_asked_of_ipv6(tools: Path) -> None:
    run = ran("ike-main", 500, "udp", around(tools, address=ip_address("2001:db8::10")))
    assert run.result.rule == "no-ipv6"


START = "Starting ike-scan 1.9.5\\n"
END = (
    "\\nEnding ike-scan 1.9.5: 1 hosts scanned in 1 seconds (1 hosts/sec).  {} returned handshake; 0 returned notify\\n"
)


def test_ike_scan_asks_on_until_a_handshake_and_keeps_each_answer(tools: Path) -> None:
    answer = START + "203.0.113.10\\tMain Mode Handshake returned\\n\\tSA=(Enc=AES Group=14)\\n" + END.format(1)
    silent = START + END.format(0)
    stand_in(tools, "ike-scan", f'case "$*" in *"trans=5,2,1,2"*) printf "{silent}";; *) printf "{answer}";; esac')
    run = ran("ike-main", 500, "udp", around(tools))
    assert run.result.state is CheckState.DONE
    assert run.result.outputs[0].value("sa/Enc") == "AES"
    assert len(run.commands) == 2
    assert len({record.file for record in run.commands}) == 2


def test_silent_ike_is_looked_at_and_was_not_there(tools: Path) -> None:
    stand_in(tools, "ike-scan", f'printf "{START}{END.format(0)}"')
    assert ran("ike-v2", 500, "udp", around(tools)).result.state is CheckState.SILENT


def test_a_tool_that_prints_without_end_is_ended(tools: Path) -> None:
    stand_in(tools, "ike-scan", "yes AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    run = ran("ike-main", 500, "udp", around(tools))
    assert run.result.state is CheckState.FAILED


def test_a_skipped_check_is_kept_with_its_reason() -> None:
    check = load_checks().check("default-accounts")
    skipped = SkippedCheck(check, "tcp", 443, "no-login-consent", WHY_SKIPPED["no-login-consent"])
    result = skipped_result(skipped, at=AT)
    assert (result.state, result.rule, result.is_looked_at) == (CheckState.SKIPPED, "no-login-consent", False)


def test_every_reason_has_words_for_people_in_findings_too() -> None:
    names = load_finding_knowledge().names
    assert {rule for rule in CANNOT_RUN if f"reason:{rule}" not in names} == set()
    assert all(text.ja and text.en for text in CANNOT_RUN.values())
