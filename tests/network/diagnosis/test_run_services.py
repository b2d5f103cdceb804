"""What answers is asked what it is, and hostile answers do no harm."""

from pathlib import Path

import pytest

from tests.network.diagnosis.running import consent, finished, opened, result_of, started, write_consents
from tests.scan_lab import Answer, Host, Line, lab

pytestmark = pytest.mark.network

PLAIN, HOSTILE = "203.0.113.10", "203.0.113.11"


def test_services_are_named_and_hostile_ones_survived(tmp_path: Path) -> None:
    hosts = [
        Host(PLAIN, tcp={22: Answer(greeting=b"SSH-2.0-OpenSSH_7.4\r\n", end="hold")}),
        Host(
            HOSTILE,
            tcp={
                21: Answer(greeting=b"220 \x1b[2J\x1b]0;owned\x07 ftp\r\n"),
                80: Answer(reply=b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n" + b"A" * 60_000, end="flood"),
            },
        ),
    ]
    with lab(hosts=hosts, seconds=300) as it:
        consents = write_consents(tmp_path / "c.json", [consent(PLAIN, rate=1000), consent(HOSTILE, rate=1000)])
        run = started(it, consents, tmp_path / "out", "--second-look", tcp="1-150", services=True)
        _, document = finished(run, timeout=240)
    plain, hostile = result_of(document, PLAIN), result_of(document, HOSTILE)
    ssh = next(port for port in plain["ports"] if port["port"] == 22)
    assert (ssh["service"], ssh["version"]) == ("ssh", "7.4")
    assert ssh["evidence"].startswith(PLAIN)
    assert opened(hostile) == {21, 80}
    looks = [one for one in plain["commands"] if one["tool"] == "masscan"]
    assert [(one["outcome"], one["file"]) for one in looks] == [("finished", f"{PLAIN}/second-look-masscan.xml")]
    assert not any("masscan" in note["en"] for note in plain["notes"])
    raw = (tmp_path / "out" / "result.json").read_text(encoding="utf-8")
    assert "\x1b" not in raw
    assert "\\u001b" not in raw
    assert len(raw) < 2_000_000
    assert any(finding["kind"] for finding in plain["findings"])


def test_without_a_namespace_only_connections_are_made_and_it_is_said(tmp_path: Path) -> None:
    with lab(
        hosts=[Host(PLAIN, tcp=[22, 443], closed="drop")], line=Line(loss_out=0.01, loss_in=0.01), seconds=200
    ) as it:
        consents = write_consents(tmp_path / "c.json", [consent(PLAIN, protocols=["tcp", "udp"])])
        powerless = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--"]
        status, document = finished(started(it, consents, tmp_path / "out", tcp="1-450", before=powerless))
        assert it.counters().outside == {}
        assert "udp" not in it.counters().sent[PLAIN]
    result = result_of(document, PLAIN)
    assert (status, document["gate"], result["packets"]) == (1, "connect", None)
    assert opened(result) == {22, 443}
    assert result["state"] == "incomplete"
    assert "udp" in result["why"]["en"]
    assert any("No network namespace" in note["en"] for note in document["notes"])
    assert all("-sT" in one["argv"] for one in result["commands"])
