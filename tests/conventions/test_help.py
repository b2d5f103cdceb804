"""Every command explains itself, in Japanese and English, and stops at wrong arguments in one line."""

import pytest

from scripts.reference_pages.commands import parsers
from sekisho.cli.main import main

CALLS = [called.split()[1:] for called in parsers()]


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_help_is_printed_in_both_languages(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*call, "--help"])
    said = capsys.readouterr().out
    assert stopped.value.code == 0
    assert "この説明を表示する / show this help" in said
    assert f"sekisho {' '.join(call)}" in said


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_wrong_argument_is_told_in_one_line(call: list[str], language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*call, "--no-such-thing", "--lang", language]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert ("引数が正しくありません" in said.err) == (language == "ja")
