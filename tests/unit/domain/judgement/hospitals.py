"""Registers and answers that the tests of the judgement share."""

from sekisho.catalogue.levels import load_level_rules
from sekisho.domain.facts import Answer
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.judgement.level_rules import judge_level
from sekisho.domain.judgement.verdict import PredicateVerdict
from sekisho.domain.register.records import Device, Line, Register
from sekisho.domain.survey.observations import SurveyObservations

RULES = load_level_rules()
VPN = Line(
    number=1,
    ehr_connection="yes",
    communication="internet_vpn",
    circuit_id="CAF00001",
    terminator_location="本部棟 3F サーバールーム",
    contract_party="vendor",
    vendor_name="みなとシステム",
    devices=(Device(1, maker="YAMAHA", model="RTX830"),),
)
DIRECT = Line(
    number=7,
    ehr_connection="yes",
    communication="internet",
    terminator_location="2F 医局",
    contract_party="hospital",
    devices=(Device(1, model="WN-7T94XR"),),
)
GOOD: dict[str, Answer[str]] = {fact.key: "yes" for fact in RULES.facts}
FLAT = {key: "no" for key in GOOD if key.startswith(("segment_", "department_"))}


def judged(answers: dict[str, Answer[str]], *lines: Line, survey: SurveyObservations | None = None) -> LevelVerdict:
    """Judge a hospital with `lines` (one orderly VPN line when none are given) and these answers."""
    declarations = Declarations({key: Declaration(value) for key, value in answers.items()})
    return judge_level(Register(lines=lines or (VPN,)), declarations, survey or SurveyObservations(), RULES)


def predicate(verdict: LevelVerdict, rule_id: str) -> PredicateVerdict:
    """Return one rule's verdict."""
    return next(p for control in verdict.controls for p in control.predicates if p.rule_id == rule_id)
