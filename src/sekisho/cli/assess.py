"""`sekisho assess`: the main job for one hospital from a folder of files, without a database."""

import sys
from argparse import Namespace
from pathlib import Path

from sekisho.adapters.documents.verify import ExportDiffers
from sekisho.assessment.assess import assess
from sekisho.assessment.outputs import OutputRefused, write_outputs
from sekisho.assessment.plain import assessment_to_plain, to_json
from sekisho.cli.cases import add_case_arguments, case_lines, given_case, status_of
from sekisho.cli.main import CannotDo, Parser, both


def register(parser: Parser) -> None:
    """Add the arguments."""
    add_case_arguments(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="OUT_DIR", help=both("結果を書くフォルダ", "folder to write to")
    )
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Read the case, write every file, say what came of it."""
    case = given_case(options)
    assessment = assess(case)
    try:
        paths = write_outputs(assessment, options.out, language=options.lang, progress=_progress)
    except (OutputRefused, ExportDiffers) as error:
        raise CannotDo(error.message) from error
    if options.json:
        sys.stdout.write(to_json(assessment_to_plain(assessment) | {"files": [str(path) for path in paths]}))
    else:
        print("\n".join([*case_lines(case, assessment.level, options.lang), "", *map(str, paths)]))
    return status_of(case)


def _progress(name: str) -> None:
    if sys.stderr.isatty():
        print(f"  … {name}", file=sys.stderr, flush=True)
