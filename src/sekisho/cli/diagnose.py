"""`sekisho diagnose run|read`: scanning what is consented, and reading what scanners wrote."""

from sekisho.cli.diagnose_read import register_read
from sekisho.cli.diagnose_run import register_run
from sekisho.cli.main import Parser


def register(parser: Parser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    register_run(commands)
    register_read(commands)
