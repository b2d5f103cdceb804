"""`sekisho serve`: the portal, with its worker beside it."""

from argparse import Namespace

from sekisho.cli.main import Parser, both
from sekisho.cli.serving import serve


def register(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--host", default="127.0.0.1", help=both("受け付けるアドレス", "address to listen on"))
    parser.add_argument("--port", type=int, default=8000, help=both("受け付けるポート番号", "port to listen on"))
    parser.add_argument("--threads", type=int, default=8, help=both("同時に答える数", "requests answered at once"))
    parser.add_argument(
        "--no-worker", action="store_true", help=both("裏の作業を動かさない", "do not run background work beside it")
    )
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> int:
    return serve(host=options.host, port=options.port, threads=options.threads, with_worker=not options.no_worker)
