"""`sekisho work`: background work, when the portal runs without its own worker."""

from argparse import Namespace

from sekisho.cli.main import Parser, both
from sekisho.cli.serving import work


def register(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--region",
        help=both(
            "受け持つ地域（SEKISHO_REGIONS のどれか）。その地域の診断だけを動かす",
            "region to serve, one of SEKISHO_REGIONS: only its diagnoses are run",
        ),
    )
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> int:
    return work(options.region)
