"""`sekisho load-sample`: the sample hospitals, from their files to their reports and into the portal."""

import json
from argparse import Namespace
from pathlib import Path

from sekisho.catalogue.samples import SAMPLES, sample_folder
from sekisho.cli.main import DONE, CannotDo, Parser, both
from sekisho.cli.serving import migrate, prepare_django
from sekisho.domain.text import Text


def register(parser: Parser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=both("見本の名前（省くと全部）", "which sample; all when left out")
    )
    parser.add_argument(
        "--out", type=Path, help=both("報告書なども書き出すフォルダ", "also write the reports to this folder")
    )
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> int:
    names = options.names or list(SAMPLES)
    for name in names:
        if name not in SAMPLES:
            raise CannotDo(
                Text(
                    f"「{name}」という見本はありません。あるのは {'、'.join(SAMPLES)} です。",
                    f"There is no sample “{name}”. There are: {', '.join(SAMPLES)}.",
                )
            )
    reports = [str(_write_reports(name, options.out)) for name in names if options.out] if options.out else []
    prepare_django()
    migrate()
    from sekisho.apps.portal import sample

    try:
        accounts = [account for name in names for account in sample.load(name)]
    except sample.SampleRefused:
        raise CannotDo(
            Text("本番のポータルには見本を入れられません。", "Samples are not loaded into a portal in production.")
        ) from None
    except sample.CodeTaken as taken:
        raise CannotDo(
            Text(
                f"施設コード「{taken}」は別の医療機関が使っているので、見本を入れられません。",
                f"Another hospital has the code {taken}; the sample cannot be loaded.",
            )
        ) from None
    accounts.append(sample.office_account())
    shown = [{"email": a.email, "password": a.password, "role": a.role.value, "hospital": a.hospital} for a in accounts]
    if getattr(options, "json", False):
        print(json.dumps({"accounts": shown, "reports": reports}, ensure_ascii=False))
        return DONE
    for path in reports:
        print(both(f"報告書: {path}", "report"))
    print(both("見本のアカウント（パスワードは今作ったものです）", "sample accounts (passwords made just now)"))
    for account in shown:
        print(f"  {account['email']:<32} {account['password']}   {account['role']} {account['hospital']}")
    return DONE


def _write_reports(name: str, out: Path) -> Path:
    """Assess the sample's folder as a person would on the command line; return the report's path."""
    from datetime import datetime

    from sekisho.assessment.assess import assess
    from sekisho.assessment.folder import read_case
    from sekisho.assessment.outputs import write_outputs

    case = read_case(sample_folder(name), datetime.now().astimezone())
    write_outputs(assess(case), out / name)
    return (out / name / "report.pdf").resolve()
