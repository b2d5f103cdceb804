"""Everything that is judged of one case: level, threats, next measures, forms of connection, and what the network proves.

Each part stands on the same sources of facts, strongest first: what the engine proved, what was seen on site and in
scans, what the hospital says. A case without a network is judged as before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sekisho.assessment.case import Case
from sekisho.assessment.network import NetworkAssessment, assess_network
from sekisho.assessment.network_grounds import ground_network
from sekisho.assessment.scan_facts import ScanFacts
from sekisho.catalogue.levels import load_level_rules
from sekisho.catalogue.solution_tables import load_forms, load_solutions
from sekisho.catalogue.threat_tables import load_threats
from sekisho.domain.judgement.connection_forms import Advice, advise
from sekisho.domain.judgement.fact_sources import DeclaredFacts, FactSource, ObservedFacts
from sekisho.domain.judgement.level import LevelVerdict
from sekisho.domain.judgement.level_rules import judge_level
from sekisho.domain.judgement.line_paths import LinePath
from sekisho.domain.judgement.network_grounds import NetworkGrounds
from sekisho.domain.judgement.network_proofs import NetworkProofs, prove
from sekisho.domain.judgement.solutions import NextMeasure, Option, next_measures
from sekisho.domain.judgement.threats import ThreatsVerdict, judge_threats
from sekisho.domain.network.cut import Bound, Conflict, Cut
from sekisho.domain.network.wording import change_text
from sekisho.domain.reporting.risk import Risk, SmallestChanges
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

CUT_TIME_LIMIT_S = 10.0
"""How long the smallest changes are searched for; what is found by then is said with its bound."""
CHANGES_PER_EFFORT = 4
"""How many changes to rules count as one more unit of effort."""


@dataclass(frozen=True)
class Judgement:
    """All verdicts on one case. The network's parts are None when the case has no network."""

    case: Case
    level: LevelVerdict
    threats: ThreatsVerdict
    measures: tuple[NextMeasure, ...]
    advice: Advice
    proofs: NetworkProofs
    network: NetworkAssessment | None = None
    grounds: NetworkGrounds | None = None
    cut: Cut | None = None

    @property
    def risk(self) -> Risk:
        """Return what the report says of it."""
        return Risk(
            threats=self.threats,
            measures=self.measures,
            measures_version=load_solutions().version,
            advice=self.advice,
            forms=load_forms(),
            grounds=self.grounds,
            miss=self.proofs.miss,
            changes=smallest_changes(self.cut, self.network) if self.cut and self.network else None,
        )


def judge_case(
    case: Case,
    *,
    proven: Sequence[FactSource] = (),
    network: NetworkAssessment | None = None,
    grounds: NetworkGrounds | None = None,
    with_cut: bool = True,
) -> Judgement:
    """Return every verdict on `case`.

    `network` is its assessed network and `grounds` what was taken from it, when the caller has them already; else the
    network of the case is assessed. `proven` are further sources that outrank what was seen and said. `with_cut` False
    leaves the search for smallest changes out.
    """
    if network is None and case.network is not None:
        network = assess_network(case.network, today=case.assessed_at.date())
    if grounds is None and network is not None:
        grounds = ground_network(network, case.register)
    proofs = prove(grounds)
    sources = (*proven, proofs, *other_sources(case))
    known = load_threats()
    threats = judge_threats(case.register, sources, known, witnesses=proofs.witnesses)
    cut = (
        network.cut(time_limit_s=CUT_TIME_LIMIT_S)
        if network is not None and with_cut and network.network.lines
        else None
    )
    return Judgement(
        case=case,
        level=judge_level(case.register, case.declarations, case.survey, load_level_rules(), proven=(*proven, proofs)),
        threats=threats,
        measures=next_measures(threats, known, options_with(cut, grounds)),
        advice=advise(sources, load_forms(), known),
        proofs=proofs,
        network=network,
        grounds=grounds,
        cut=cut,
    )


def other_sources(case: Case) -> tuple[FactSource, ...]:
    """Return what was seen on site and in scans, and what the hospital says."""
    seen = ObservedFacts(case.survey, frozenset(line.number for line in case.register.lines))
    return (seen, ScanFacts.of(case.register, case.scans), DeclaredFacts(case.declarations))


# ---- smallest changes ----


def options_with(cut: Cut | None, grounds: NetworkGrounds | None) -> tuple[Option, ...]:
    """Return what can be done: own measures first, then the proved changes, then solutions."""
    known = load_solutions()
    option = _cut_option(known.cut, cut, grounds) if cut is not None and grounds is not None else None
    return (*known.own, *((option,) if option else ()), *known.solutions)


def _cut_option(template: Option, cut: Cut, grounds: NetworkGrounds) -> Option | None:
    """Return the option made of proved changes: it closes a path when none of its lines keeps a way."""
    if not cut.changes or not cut.is_separated:
        return None
    left = {conflict.entry.id for conflict in cut.conflicts}
    puts = []
    for path, control in _PATH_CONTROLS.items():
        lines = [line for line in grounds.lines if line.path in (path, None)]
        if any(line.critical is Tri.YES for line in lines) and not any(
            line.id in left or line.critical is Tri.UNKNOWN for line in lines
        ):
            puts.append(control)
    effort = min(5, template.effort - 1 + -(-len(cut.changes) // CHANGES_PER_EFFORT))
    return replace(template, puts=tuple(puts), effort=effort) if puts else None


_PATH_CONTROLS = {
    LinePath.STAFF: "staff-entries-parted",
    LinePath.VENDOR: "vendor-entries-parted",
    LinePath.PARTNER: "partner-entries-parted",
}


def smallest_changes(cut: Cut, network: NetworkAssessment) -> SmallestChanges:
    """Return proved changes in words."""
    return SmallestChanges(
        changes=tuple(change_text(network.network, change) for change in cut.changes),
        bound=_BOUNDS[cut.bound],
        is_separated=cut.is_separated,
        is_minimal=cut.bound is Bound.MINIMAL,
        conflicts=tuple(_conflicts(cut.conflicts, network)),
        broken_needs=len(cut.flows_broken),
    )


def _conflicts(conflicts: Sequence[Conflict], network: NetworkAssessment) -> Iterator[Text]:
    """Yield a sentence for each line and reason, naming what it leads to; the shortest way is the example."""
    names = {one.id: one.name or one.id for one in network.network.nodes}
    lines = {line.id: line.name or line.id for line in network.network.lines}
    alike: dict[tuple[str, tuple[str, ...]], list[Conflict]] = {}
    for conflict in conflicts:
        owners = tuple(dict.fromkeys(flow.owner for flow in conflict.flows if flow.owner))
        alike.setdefault((conflict.entry.id, owners if conflict.flows else ()), []).append(conflict)
    for (line, owners), ways in alike.items():
        shortest = min(ways, key=lambda conflict: len(conflict.way))
        yield (_NEEDED if shortest.flows else _NOT_OFFERED).filled(
            line=lines.get(line, line),
            targets="、".join(names.get(conflict.target, conflict.target) for conflict in ways),
            way="→".join(names.get(taking.node, taking.node) for taking in shortest.way),
            owners="、".join(owners) or "-",
        )


_BOUNDS = {
    Bound.MINIMAL: Text("これより少ない変更では閉じられないことを、計算で確かめました。", "Proved: no cheaper set of changes does it."),
    Bound.WITHIN: Text(
        "道をすべて閉じることは確かめましたが、もっと少ない変更があるかもしれません。",
        "Every way is closed, but a cheaper set may exist.",
    ),
    Bound.NOT_SEPARATED: Text(
        "時間内にすべての道を閉じる変更は見つかりませんでした。見つかった分だけを示します。",
        "Time ran out before every way was closed; what was found is shown.",
    ),
}  # fmt: skip
_NEEDED = Text(
    "「{line}」から {targets} への道は、届け出た通信（{owners}）を止めないと閉じません（たとえば {way}）。その通信を見直すか、踏み台を挟んでください。",
    "The ways from “{line}” to {targets} close only with a declared need ({owners}; for instance {way}). Review the need or put "
    "a jump host between.",
)
_NOT_OFFERED = Text(
    "「{line}」から {targets} への道は、規則の変更だけでは閉じません（たとえば {way}）。",
    "The ways from “{line}” to {targets} do not close by changes of rules alone (for instance {way}).",
)
