"""`sekisho diagnose run` where nothing may be sent, and what it says."""

import json
from pathlib import Path

import pytest

from sekisho.cli.diagnose_run import address_lines, progress_line
from sekisho.cli.main import main
from sekisho.domain.diagnosis.completeness import Completeness, Loss, Tally
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.diagnosis.runs import AddressResult, Progress, Stage, State

PRIVATE = {
    "hospital": "H001", "line": "CAF1", "address": "192.168.1.1", "from": "2026-11-01T00:00:00+09:00",
    "until": "2026-11-21T00:00:00+09:00", "protocols": ["tcp"], "max_packets_per_second": 400, "signed_by": "院長",
}  # fmt: skip


def written(folder: Path, content: object) -> str:
    path = folder / "CONSENTS.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def run(consents: str, out: Path, *more: str) -> int:
    return main(["diagnose", "run", "--consents", consents, "--out", str(out), "--lang", "en", *more])


def test_refused_consents_are_printed_with_address_and_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(written(tmp_path, [PRIVATE, {**PRIVATE, "address": "203.0.113.0/24"}]), tmp_path / "out")
    said, complained = capsys.readouterr()
    assert status == 1
    assert "192.168.1.1 (H001 CAF1): not scanned" in said
    assert "private or reserved" in said
    assert "entry 2 203.0.113.0/24 [range]" in complained
    assert "each address as an entry of its own" in complained


def test_json_is_one_document_with_problems_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(written(tmp_path, [PRIVATE, 5]), tmp_path / "out", "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["addresses"][0]["state"] == "refused"
    assert [(one["entry"], one["rule"]) for one in document["problems"]] == [(2, "no-entry")]


@pytest.mark.parametrize("content", [{}, "text", None])
def test_a_file_that_is_no_list_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object
) -> None:
    assert run(written(tmp_path, content), tmp_path / "out") == 2
    said, complained = capsys.readouterr()
    assert said == ""
    assert len(complained.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path / "nowhere.json"), tmp_path / "out") == 2
    assert "nowhere.json" in capsys.readouterr().err


@pytest.mark.parametrize("ports", ["0-5", "http", "1-70000", "9-1"])
def test_ports_that_are_none_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], ports: str) -> None:
    assert run(written(tmp_path, [PRIVATE]), tmp_path / "out", "--tcp", ports) == 2
    assert "--tcp" in capsys.readouterr().err


def test_progress_is_said_in_both_languages() -> None:
    line = progress_line(Progress("203.0.113.2", Stage.TCP, 2, 1200, 6000, 376.0, 3, 125.0))
    assert line.en == "asking TCP ports (pass 2, 1200/6000, 376/s, 3 open, about 2 min left)"
    assert "2回目 1200/6000" in line.ja
    assert progress_line(Progress("203.0.113.2", Stage.PAUSED)).ja == "応答が戻るのを待っています"


def test_the_figure_is_printed_with_the_ports() -> None:
    result = AddressResult(
        "203.0.113.2", "H001", ("L1",), State.COMPLETE,
        ports=(ObservedPort("tcp", 443, "open", "ssl/http", "nginx", "1.18.0"),),
        loss=Loss(Tally(1000, 20), 0.02, 0.029), completeness=Completeness(0.00031, True),
    )  # fmt: skip
    english = [line.en for line in address_lines(result)]
    assert "  443/tcp  ssl/http nginx 1.18.0" in english
    assert "  Open ports expected to be missed: 0.00031 at most (loss 2 %)" in english
    assert any("多くても0.00031個" in line.ja for line in address_lines(result))
