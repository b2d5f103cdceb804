"""`sekisho network sheets`: files, statuses and messages."""

import json
from pathlib import Path

import pytest

from sekisho.adapters.network.write import network_yaml
from sekisho.cli.main import main
from tests.unit.domain.sheets.hospitals import hospital


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "network.yaml"
    path.write_bytes(network_yaml(hospital(5)))
    return path


def test_every_sheet_is_written_in_every_format(network: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "sheets"
    assert main(["--lang", "ja", "network", "sheets", str(network), "--out", str(out), "--on", "2026-11-21"]) == 0
    wanted = {f"{name}.{kind}" for name in ("segments", "survival", "matrix") for kind in ("svg", "pdf", "drawio")}
    wanted |= {f"paths-line-{at}.{kind}" for at in range(1, 5) for kind in ("svg", "pdf", "drawio")}
    assert {path.name for path in out.iterdir()} == wanted
    assert len(capsys.readouterr().out.splitlines()) == len(wanted)


def test_same_file_and_day_give_the_same_bytes(network: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert main(["network", "sheets", str(network), "--out", str(tmp_path / name), "--on", "2026-11-21"]) == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_language_hospital_and_format_are_as_asked(network: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheets"
    asked = [
        "--lang",
        "en",
        "network",
        "sheets",
        str(network),
        "--out",
        str(out),
        "--format",
        "svg",
        "--hospital",
        "Minato",
    ]
    assert main(asked) == 0
    assert {path.suffix for path in out.iterdir()} == {".svg"}
    assert "Map of segments: Minato" in (out / "segments.svg").read_text(encoding="utf-8")


def test_json_names_the_files_and_the_problems(network: Path, tmp_path: Path, capsys) -> None:
    text = "segments:\n  - {id: lan, cidr: 10.0.0.0/24, gateway: nobody}\nlines:\n  - {id: one, terminates: {segment: lan}}\n"
    network.write_text(text, encoding="utf-8")
    out = tmp_path / "sheets"
    assert main(["network", "sheets", str(network), "--out", str(out), "--format", "svg", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert len(said["files"]) == 4
    assert said["problems"]


@pytest.mark.parametrize("content", [None, b"\x00\xff\xfe", b"- just\n- a list\n"])
def test_what_is_no_network_is_refused_in_one_line(tmp_path: Path, capsys, content: bytes | None) -> None:
    path = tmp_path / "network.yaml"
    if content is not None:
        path.write_bytes(content)
    assert main(["network", "sheets", str(path), "--out", str(tmp_path / "sheets")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "sheets").exists()


def test_folder_that_cannot_be_made_is_said_in_one_line(network: Path, capsys) -> None:
    assert main(["--lang", "ja", "network", "sheets", str(network), "--out", str(network / "sheets")]) == 2
    assert "--out" in capsys.readouterr().err
