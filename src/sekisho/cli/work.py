"""`sekisho work`: background work, when the portal runs without its own worker."""

from argparse import Namespace

from sekisho.cli.main import Parser
from sekisho.cli.serving import work


def register(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> int:
    return work()
