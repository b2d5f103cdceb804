"""The network.yaml that a command is given: its argument, reading it, and saying what is wrong in it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from sekisho.adapters.network.beside import ConfigurationsBeside
from sekisho.adapters.network.read import MAX_BYTES, NetworkReading, read_network_model
from sekisho.adapters.yaml_file import FileProblem, YamlUnreadable
from sekisho.cli.main import CannotDo, Parser, both
from sekisho.domain.network.model import Network
from sekisho.domain.text import Text


def add_file(parser: Parser) -> None:
    """Add the file, and the day as of which it is looked at."""
    parser.add_argument("file", type=Path, metavar="NETWORK.yaml", help=both("ネットワークの記述", "the network"))
    parser.add_argument(
        "--on",
        type=date.fromisoformat,
        default=None,
        metavar="YYYY-MM-DD",
        help=both("この日の時点で（既定は今日）", "as of this day; today by default"),
    )


def opened_network(file: Path) -> NetworkReading:
    """Return what `file` says, with the configurations beside it.

    Raises:
        CannotDo: it cannot be opened, is no network.yaml at all, or describes nothing.
    """
    try:
        if not file.is_file():
            raise OSError
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        reading = read_network_model(raw, configurations=ConfigurationsBeside(file.parent))
    except OSError:
        raise CannotDo(_CANNOT_OPEN.filled(file=file.name)) from None
    except YamlUnreadable as error:
        raise CannotDo(Text(f"{file.name}：{error.message.ja}", f"{file.name}: {error.message.en}")) from None
    if reading.network == Network() and not reading.problems:
        raise CannotDo(_NOTHING_IN_IT.filled(file=file.name))
    return reading


def problem_documents(problems: tuple[FileProblem, ...]) -> list[dict[str, Any]]:
    """Return the problems of a file for a JSON document."""
    return [{"line": one.line, "rule": one.rule, "message": one.message.as_dict()} for one in problems]


def problem_lines(problems: tuple[FileProblem, ...], file: Path, language: str) -> Iterator[str]:
    """Yield one line for people per problem of `file`."""
    for one in problems:
        where = f"{file.name}:{one.line}" if one.line else file.name
        yield f"! {where}: {one.message.within(language)}"


_NOTHING_IN_IT = Text(
    "{file}：ネットワークが何も書かれていません。nodes（機器）と lines（回線）を書くか、別のファイルを指定してください。",
    "{file}: nothing is described in it. Write nodes and lines, or name another file.",
)
_CANNOT_OPEN = Text(
    "{file}：ファイルを開けません。場所と名前を確かめてください。",
    "{file}: cannot be opened. Check where it is and what it is called.",
)
