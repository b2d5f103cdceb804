"""Programs in the lab of scans, and its end: whatever happens to a test, nothing of it stays."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.scan_lab import Host, LabUnavailable, Line, Service, lab
from tests.scan_lab.traffic import connecting, send, until, within

pytestmark = pytest.mark.network

ROOT = Path(__file__).resolve().parents[3]
ONE, TWO = "203.0.113.10", "198.51.100.20"
INSIDE = "tests.scan_lab.inside"
OPEN = re.compile(r"^\d+/tcp\s+open\s", re.MULTILINE)


def test_programs_run_on_the_scanners_machine_with_its_folder_and_status(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("yes")
    ours = os.readlink("/proc/thread-self/ns/net")
    with lab([Host(ONE, tcp=[22])]) as it:
        assert it.run(["cat", "here"], cwd=tmp_path).stdout == "yes"
        assert it.run(["sh", "-c", "exit 7"]).returncode == 7
        assert it.run(["sh", "-c", "kill -9 $$"]).returncode == -9
        assert it.run(["no-such-program"]).returncode == 127
        assert it.run(["cat"], input="handed over").stdout == "handed over"
        with pytest.raises(subprocess.CalledProcessError):
            it.run(["false"], check=True)
        with it.inside():
            assert os.readlink("/proc/thread-self/ns/net") != ours
            socket.create_connection((ONE, 22), timeout=5).close()
        assert os.readlink("/proc/thread-self/ns/net") == ours


def test_signals_reach_a_program_and_a_kill_takes_it_along() -> None:
    script = (
        "import signal,sys,time\nsignal.signal(signal.SIGTERM, lambda *_: (print('asked', flush=True), sys.exit(3)))\n"
        "print('ready', flush=True)\ntime.sleep(60)"
    )
    with lab([Host(ONE)]) as it:
        for number, status in ((signal.SIGTERM, 3), (signal.SIGKILL, -9)):
            running = it.popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            running.send_signal(number)
            assert running.wait(10) == status
            assert running.stdout.read() == ("asked\n" if status == 3 else "")
            running.stdout.close()
            assert until(lambda: len(it.process.children(recursive=True)) == 0)


def test_a_program_that_takes_too_long_is_killed() -> None:
    with lab([Host(ONE)]) as it:
        began = time.monotonic()
        with pytest.raises(subprocess.TimeoutExpired):
            it.run(["sleep", "60"], timeout=0.5)
        assert time.monotonic() - began < 10
        assert until(lambda: len(it.process.children(recursive=True)) == 0)


def inside() -> set[int]:
    found = set()
    for process in psutil.process_iter(["cmdline"]):
        if (
            INSIDE in (process.info["cmdline"] or [])
            and process.info["cmdline"]
            and process.status() != psutil.STATUS_ZOMBIE
        ):
            found.add(process.pid)
    return found


LONG = """
import subprocess, time
from tests.scan_lab import Host, Line, lab
from tests.scan_lab.services import openssh
with lab([Host("203.0.113.10", tcp=[80], services=(openssh(),))], Line(delay_ms=5)) as it:
    running = it.popen(["sleep", "4321"])
    print(it.process.pid, flush=True)
    time.sleep(600)
"""


def everything_of_a_machine() -> tuple[list[str], ...]:
    spaces = sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []
    interfaces = [name for _, name in socket.if_nameindex()]
    return spaces, interfaces, sorted(os.listdir("/mnt")), [Path("/etc/resolv.conf").read_text()]


def test_a_lab_that_is_killed_leaves_nothing_behind() -> None:
    before, machine = inside(), everything_of_a_machine()
    with subprocess.Popen([sys.executable, "-c", LONG], cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            first = psutil.Process(int(running.stdout.readline()))
            assert until(lambda: {"sshd", "sleep"} <= names_in(first))
            family = descendants_in(first)
        finally:
            running.send_signal(signal.SIGKILL)
    assert until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family))
    assert until(lambda: inside() <= before)
    assert everything_of_a_machine() == machine


def names_in(first: psutil.Process) -> set[str]:
    found = set()
    for one in descendants_in(first):
        with suppress(psutil.NoSuchProcess):
            found.add(one.name())
    return found


def descendants_in(first: psutil.Process) -> list[psutil.Process]:
    """Return every process of the lab's process namespace, also what was started into it from outside."""
    space = os.readlink(f"/proc/{first.pid}/ns/pid")
    found = []
    for process in psutil.process_iter():
        try:
            if os.readlink(f"/proc/{process.pid}/ns/pid") == space:
                found.append(process)
        except OSError:
            continue
    return found


def test_a_lab_ends_in_time_whatever_the_test_does() -> None:
    before = inside()
    statuses = []

    def sleep_too_long() -> None:
        with lab([Host(ONE)], seconds=2) as it:
            statuses.append(it.run(["sleep", "30"], timeout=20).returncode)

    with pytest.raises(LabUnavailable, match="time was over"):
        sleep_too_long()
    assert statuses == [-9]
    assert until(lambda: inside() <= before)


def test_what_does_not_come_up_is_said() -> None:
    with (
        pytest.raises(LabUnavailable, match="no-such-service"),
        lab([Host(ONE, services=(Service(("no-such-service",), tcp=(9,)),))]),
    ):
        raise AssertionError
    with pytest.raises(LabUnavailable, match="ip -batch"), lab([Host("203.0.113.10"), Host("203.0.113.10")]):
        raise AssertionError


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabUnavailable, match="nft"), lab([Host(ONE)]):
        raise AssertionError


def test_an_ordinary_user_may_have_a_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with lab([Host(ONE, tcp=[22], udp=[7], closed="drop")], Line(loss_out=0.1, delay_ms=5)) as it:
        assert within(send(it, ONE, count=500, per_second=500)[0], 500, 0.9)
        assert connecting(it, ONE) < 30
        assert it.counters().sent[ONE]["udp"] == 500


def test_a_lab_within_namespaces_of_its_own() -> None:
    script = LONG.replace("time.sleep(600)", "print(it.run(['nmap', '-n', '-Pn', '-p22,80', '203.0.113.10']).stdout)")
    command = [
        "unshare",
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        sys.executable,
        "-c",
        script,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert len(OPEN.findall(done.stdout)) == 2


def test_labs_stand_side_by_side() -> None:
    with lab([Host(ONE, udp=[7])]) as one, lab([Host(ONE, udp=[7])]) as other:
        send(one, ONE, count=10)
        assert one.counters().packets(ONE) == 10
        assert other.counters().packets(ONE) == 0
