"""`sekisho judge`: the verdicts of one hospital from a folder of files, each with its reasons; writes nothing."""

import sys
from argparse import Namespace

from sekisho.assessment.judgement import Judgement, judge_case
from sekisho.assessment.plain import judgement_to_plain, to_json
from sekisho.catalogue.levels import load_level_rules
from sekisho.cli.cases import add_case_arguments, case_lines, given_case, status_of
from sekisho.cli.main import Parser
from sekisho.domain.judgement.level import Grade, LevelVerdict
from sekisho.domain.judgement.threats import ThreatVerdict
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

SHOWN_MEASURES = 6


def register(parser: Parser) -> None:
    """Add the arguments."""
    add_case_arguments(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Read the case and print its verdicts with the reasons."""
    case = given_case(options)
    judgement = judge_case(case)
    if options.json:
        sys.stdout.write(to_json(judgement_to_plain(judgement)))
    else:
        said = [*case_lines(case, judgement.level, options.lang), *reason_lines(judgement.level, options.lang)]
        print("\n".join([*said, *risk_lines(judgement, options.lang)]))
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


def risk_lines(judgement: Judgement, language: str) -> list[str]:
    """Return what the network shows, the threats by score, broken assumptions, and what to do next."""
    said: list[str] = []
    if judgement.proofs.miss is not None:
        said += ["", NETWORK.within(language), f"  {judgement.proofs.miss.said.within(language)}"]
        said += [f"  {witness.within(language)}" for witness in judgement.proofs.witnesses.values()]
    said += ["", THREATS.filled(total=f"{judgement.threats.total:.1f}").within(language)]
    said += [_threat_line(verdict, language) for verdict in judgement.threats.by_risk]
    for broken in judgement.threats.broken:
        said += [
            "",
            f"× {broken.assumption.title.within(language)} [{broken.rule_id}]",
            f"   {broken.said.within(language)}",
        ]
    said += ["", NEXT.within(language)]
    for number, measure in enumerate(judgement.measures[:SHOWN_MEASURES], 1):
        said += [f"  {number}. {measure.option.title.within(language)} [{measure.option.id}]"]
        said += [f"     {measure.because.within(language)}"]
    return said


def _threat_line(verdict: ThreatVerdict, language: str) -> str:
    what = verdict.threat.what.within(language)
    if verdict.level is None:
        return f"   -   {ABSENT.within(language)} {verdict.threat.id} {what} [{verdict.rule_id}]"
    start = f"（{verdict.starting.shown}→）" if verdict.score.shown != verdict.starting.shown else ""
    return f"  {verdict.score.shown:>4} {verdict.level.value:<3} {verdict.threat.id} {start}{what} [{verdict.rule_id}]"


NETWORK = Text("装置の設定から計算したこと", "Computed from the settings")
THREATS = Text("17の脅威（点数の合計 {total}）", "The 17 threats (sum of scores {total})")
NEXT = Text("次の一手", "What to do next")
ABSENT = Text("当てはまらない", "does not apply")
GRADES = {
    Grade.NONE: Text("×（ない）", "× (none)"),
    Grade.PARTIAL: Text("△（一部）", "△ (partial)"),
    Grade.FULL: Text("○（ある）", "○ (full)"),
    Grade.UNKNOWN: Text("？（まだ分からない）", "? (not known yet)"),
}
OUTCOMES = {Tri.YES: "○", Tri.NO: "×", Tri.UNKNOWN: "？"}
