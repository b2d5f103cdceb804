"""`sekisho judge`: the verdicts of one hospital from a folder of files, each with its reasons; writes nothing."""

import sys
from argparse import Namespace

from sekisho.assessment.assess import judge
from sekisho.assessment.plain import judgement_to_plain, to_json
from sekisho.catalogue.levels import load_level_rules
from sekisho.cli.cases import add_case_arguments, case_lines, given_case, status_of
from sekisho.cli.main import Parser
from sekisho.domain.judgement.level import Grade, LevelVerdict
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri


def register(parser: Parser) -> None:
    """Add the arguments."""
    add_case_arguments(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Read the case and print its level with the reasons."""
    case = given_case(options)
    level = judge(case)
    if options.json:
        sys.stdout.write(to_json(judgement_to_plain(case, level)))
    else:
        print("\n".join([*case_lines(case, level, options.lang), *reason_lines(level, options.lang)]))
    return status_of(case)


def reason_lines(level: LevelVerdict, language: str) -> list[str]:
    """Return each control with its grade, and each of its rules with outcome and reason."""
    titles = {rule.control: rule.title for rule in load_level_rules().controls}
    said = []
    for control in level.controls:
        said += ["", f"{titles[control.control].within(language)}：{GRADES[control.grade].within(language)}"]
        for verdict in control.predicates:
            said.append(f"  {OUTCOMES[verdict.outcome]} {verdict.title.within(language)} [{verdict.rule_id}]")
            said.append(f"     {verdict.because.within(language)}")
    return said


GRADES = {
    Grade.NONE: Text("×（ない）", "× (none)"),
    Grade.PARTIAL: Text("△（一部）", "△ (partial)"),
    Grade.FULL: Text("○（ある）", "○ (full)"),
    Grade.UNKNOWN: Text("？（まだ分からない）", "? (not known yet)"),
}
OUTCOMES = {Tri.YES: "○", Tri.NO: "×", Tri.UNKNOWN: "？"}
