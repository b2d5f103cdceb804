"""The `sekisho` command itself: which commands it offers, and what a short command does not spend time on."""

import gc
import subprocess
import sys

import pytest

from sekisho.cli.main import CANNOT, COMMANDS, DONE, main


def test_help_before_a_command_shows_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for given in (["--help"], ["-h", "workbook"], ["--lang", "en", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(given)
        shown = capsys.readouterr().out
        assert ended.value.code == DONE
        assert all(name in shown for name in COMMANDS)


def test_help_after_a_command_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["workbook", "check", "--help"])
    assert "FILE" in capsys.readouterr().out


def test_a_command_that_does_not_exist_is_told_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wrokbook"]) == CANNOT
    complaint = capsys.readouterr().err
    assert len(complaint.splitlines()) == 1
    assert all(name in complaint for name in COMMANDS)


def test_no_command_is_answered_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == CANNOT
    usage = capsys.readouterr().err
    assert all(name in usage for name in COMMANDS)


def test_a_file_may_be_called_as_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["workbook", "check", "user"]) == CANNOT
    assert "user" in capsys.readouterr().err


def test_only_the_process_itself_gives_up_looking_for_garbage() -> None:
    before = gc.get_freeze_count()
    main([])
    assert gc.get_freeze_count() == before
    program = (
        "import gc, sys; from sekisho.cli.main import main; sys.argv[1:] = ['--version'];"
        "main(); print(gc.get_freeze_count() > 0)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert result.stdout.splitlines()[-1] == "True"
