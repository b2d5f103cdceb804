"""What the network engine proves of the facts that verdicts ask for, each with its witness, and how near a miss is.

A proof is an answer of basis PROVEN and outranks what was seen or said. It is given only where it holds whatever the
unknown parts do: a "yes" needs every line or pair to be known and well, a "no" needs one that is surely not. What the
network file merely states (second factors, media, kinds of backup) stays an answer of basis DECLARED. Without a network
nothing is proven and nothing changes.

Predicates (levels of the FY2023 report as queries): every line ends at a device that can filter, opens only declared
needs and no rule there permits everything; between departments none of the services by which hosts are taken passes
unless it is declared and unexpired.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.judgement.fact_sources import Basis, FactReading
from sekisho.domain.judgement.line_paths import LinePath
from sekisho.domain.judgement.network_grounds import (
    LineGround,
    NetworkGrounds,
    PairGround,
    PairState,
    Passage,
    rule_text,
)
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri, all_of, any_of

SHOWN = 3
"""How many witnesses a reading names."""


@dataclass(frozen=True, slots=True)
class RuleMiss:
    """One rule (or place without any) that keeps pairs of departments open. `passages` are examples."""

    rule: str
    pairs: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class NearestMiss:
    """How far the inside is from being divided: failing pairs of all pairs, and the rules to mend, widest first.

    `unexplained` are failing pairs whose rules were not looked up, where there are too many.
    """

    pairs_all: int
    open: tuple[PairGround, ...]
    unguarded: int
    unknown: int
    rules: tuple[RuleMiss, ...]
    lines_all: int
    lines_open: tuple[LineGround, ...]
    lines_unknown: int
    unexplained: int = 0

    @property
    def said(self) -> Text:
        """Return it in one or two sentences."""
        if not self.open and not self.unknown and not self.unguarded:
            return _ALL_PAIRS_WELL.filled(all=self.pairs_all)
        said = [_PAIRS_OPEN.filled(open=len(self.open), all=self.pairs_all)] if self.open else []
        if self.rules:
            shown = [rule_text(miss.rule) for miss in self.rules[:SHOWN]]
            names = Text("、".join(one.ja for one in shown), ", ".join(one.en for one in shown))
            said.append(
                (_THIS_RULE if len(self.rules) == 1 else _THESE_RULES).filled(count=len(self.rules), names=names)
            )
        if self.unexplained:
            said.append(_PAIRS_UNEXPLAINED.filled(count=self.unexplained))
        if self.unknown:
            said.append(_PAIRS_UNKNOWN.filled(count=self.unknown))
        if self.unguarded:
            said.append(_PAIRS_UNGUARDED.filled(count=self.unguarded))
        return Text("".join(one.ja for one in said), " ".join(one.en for one in said))


@dataclass(frozen=True, slots=True)
class NetworkProofs:
    """A `FactSource` out of a network, with what people ask next."""

    readings: Mapping[str, FactReading] = field(default_factory=dict)
    miss: NearestMiss | None = None
    witnesses: Mapping[str, Text] = field(default_factory=dict)
    """By the id of an access path: how far an attack on it leads."""

    def reading(self, fact: str) -> FactReading | None:
        """Return what the network says of `fact`, None when it says nothing."""
        return self.readings.get(fact)


def prove(grounds: NetworkGrounds | None) -> NetworkProofs:
    """Return every reading that `grounds` give; none for None."""
    if grounds is None:
        return NetworkProofs()
    given = {fact: reading for fact, read in _READERS.items() if (reading := read(grounds)) is not None}
    return NetworkProofs(given, _nearest_miss(grounds), _witnesses(grounds))


# ---- lines ----


def _boundary_device(grounds: NetworkGrounds) -> FactReading | None:
    return _over_lines(
        grounds.lines,
        lambda line: line.ends_at_device,
        Text("設定からの計算：装置につながる回線 {well}／{all}本", "Computed: {well} of {all} lines end at a device"),
    )


def _needed_only(grounds: NetworkGrounds) -> FactReading | None:
    return _over_lines(
        grounds.lines,
        opens_only_declared,
        Text(
            "設定からの計算：届け出た通信だけを通す回線 {well}／{all}本",
            "Computed: {well} of {all} lines open declared needs only",
        ),
    )


def _target_limited(grounds: NetworkGrounds) -> FactReading | None:
    vendors = [line for line in grounds.lines if line.path is LinePath.VENDOR]
    return _over_lines(
        vendors,
        _reaches_own_targets,
        Text(
            "設定からの計算：担当の機器だけに届く業者の回線 {well}／{all}本",
            "Computed: {well} of {all} vendors' lines reach only their declared systems",
        ),
        lambda line: line.beyond_target,
    )


def opens_only_declared(line: LineGround) -> Tri:
    """Return whether a line ends at a device, permits no everything, and opens declared needs only."""
    if line.open_rule or line.undeclared_count:
        return Tri.NO
    return line.ends_at_device & (Tri.UNKNOWN if line.doubtful_count else Tri.YES)


def _reaches_own_targets(line: LineGround) -> Tri:
    if line.beyond_count:
        return Tri.NO
    return Tri.UNKNOWN if line.doubtful_count or line.ends_at_device is Tri.UNKNOWN else Tri.YES


def _over_lines(
    lines: Sequence[LineGround],
    truth: Callable[[LineGround], Tri],
    source: Text,
    passages: Callable[[LineGround], tuple[Passage, ...]] = lambda line: line.undeclared,
) -> FactReading | None:
    if not lines:
        return None
    truths = [(line, truth(line)) for line in lines]
    value = _graded([one for _, one in truths])
    well = sum(one is Tri.YES for _, one in truths)
    deciding = [line for line, one in truths if one is not Tri.YES]
    bad = [line for line, one in truths if one is Tri.NO] or deciding
    witness = "、".join(_line_witness(line, passages(line)) for line in bad[:SHOWN])
    return FactReading(value, Basis.PROVEN, source.filled(well=well, all=len(lines)), witness)


def _graded(truths: Sequence[Tri]) -> Answer[str]:
    """Return "yes" when all surely are well, "no" when none is, "partly" when some surely are not; else unknown."""
    outcome = all_of(truths)
    if outcome is Tri.UNKNOWN:
        return Unknown("設定が分からない装置がある")
    if outcome is Tri.YES:
        return "yes"
    return "no" if all(truth is Tri.NO for truth in truths) else "partly"


def _line_witness(line: LineGround, passages: tuple[Passage, ...]) -> str:
    if line.open_rule:
        return f"{line.name} {line.open_rule}"
    return f"{line.name} {_passage(passages[0])}" if passages else line.name


def _passage(passage: Passage) -> str:
    place = f"{passage.rule} L{passage.line}" if passage.line else passage.rule
    return f"→{passage.target} {passage.service}（{place}）"


# ---- inside ----


def _traffic_control(grounds: NetworkGrounds) -> FactReading | None:
    """Return whether only declared traffic passes between departments. Nothing with fewer than two of them."""
    if not grounds.pairs:
        return None
    by_state = {state: [pair for pair in grounds.pairs if pair.state is state] for state in PairState}
    is_somewhere_stopped = bool(grounds.blocked_by)
    value: Answer[str]
    if by_state[PairState.OPEN]:
        value = "partly" if is_somewhere_stopped else "no"
    elif by_state[PairState.UNKNOWN]:
        value = Unknown("設定が分からない装置がある")
    elif by_state[PairState.UNGUARDED]:
        value = "partly" if is_somewhere_stopped else Unknown("受け付ける機器が一覧にないだけかもしれない")
    else:
        value = "yes"
    source = _PAIRS.filled(open=len(by_state[PairState.OPEN]), all=len(grounds.pairs))
    shown = by_state[PairState.OPEN] or by_state[PairState.UNKNOWN] or by_state[PairState.UNGUARDED]
    witness = "、".join(_pair(pair) for pair in shown[:SHOWN]) or grounds.blocked_by
    return FactReading(value, Basis.PROVEN, source, witness)


def _pair(pair: PairGround) -> str:
    said = f"{pair.source}→{pair.target}"
    first = pair.passages[0] if pair.passages else None
    return f"{said} {first.service}（{first.rule}）" if first else said


def _segments(grounds: NetworkGrounds) -> FactReading | None:
    """Return whether each departmental system stands on a network of its own."""
    if grounds.department_systems < 2:
        return None
    shared = {name for segment in grounds.shared_segments for name in segment.systems}
    value: Answer[str]
    if shared:
        value = "no" if len(shared) >= grounds.department_systems and len(grounds.shared_segments) == 1 else "partly"
    elif grounds.departments_unclear:
        value = Unknown("役割の書かれていないシステムがある")
    else:
        value = "yes"
    witness = "、".join(f"{s.name}：{'・'.join(s.systems[:6])}" for s in grounds.shared_segments[:SHOWN])
    source = _SHARED.filled(shared=len(shared), all=grounds.department_systems)
    return FactReading(value, Basis.PROVEN, source, witness)


def _entries_parted(path: LinePath | None = None) -> Callable[[NetworkGrounds], FactReading | None]:
    """Return the reader for the lines of one path (those that may be of it count too), or for all."""

    def read(grounds: NetworkGrounds) -> FactReading | None:
        lines = [line for line in grounds.lines if path is None or line.path in (path, None)]
        if not lines:
            return None
        open_lines = [line for line in lines if line.critical is Tri.YES]
        doubtful = [line for line in lines if line.critical is Tri.UNKNOWN]
        witness = "、".join(_way(line) for line in (open_lines or doubtful)[:SHOWN])
        source = _PARTED.filled(open=len(open_lines), all=len(lines))
        return FactReading(_graded([~line.critical for line in lines]), Basis.PROVEN, source, witness)

    return read


def _way(line: LineGround) -> str:
    return "→".join([line.name, *(place for place, _how in line.way)])


# ---- what the file states ----


def _second_factor(path: LinePath) -> Callable[[NetworkGrounds], FactReading | None]:
    def read(grounds: NetworkGrounds) -> FactReading | None:
        lines = [line for line in grounds.lines if line.path is path]
        if not lines or all(line.multi_factor is Tri.UNKNOWN for line in lines):
            return None
        value = _graded([line.multi_factor for line in lines])
        lacking = [line.name for line in lines if line.multi_factor is Tri.NO]
        source = _FACTOR.filled(lacking=len(lacking), all=len(lines))
        return FactReading(value, Basis.DECLARED, source, "、".join(lacking[:SHOWN]))

    return read


def _media_enforced(grounds: NetworkGrounds) -> FactReading | None:
    """Return whether media are held back by a tool: "yes" only when every group of terminals has a listed way."""
    if not grounds.media:
        return None
    truths = [path.enforced for path in grounds.media]
    value = _graded(truths)
    if value == "yes" and grounds.terminals_unsaid:
        return None
    if value == "no" and grounds.terminals_unsaid:
        value = "partly"  # what of the others nobody wrote
    open_paths = [f"{path.source}→{path.target}" for path in grounds.media if path.enforced is not Tri.YES]
    source = _MEDIA.filled(open=len(open_paths), all=len(grounds.media))
    return FactReading(value, Basis.DECLARED, source, "、".join(open_paths[:SHOWN]))


def _media_recorded(grounds: NetworkGrounds) -> FactReading | None:
    allowed = [path for path in grounds.media if path.enforced is not Tri.YES]
    if not allowed or any_of(path.recorded for path in allowed) is Tri.UNKNOWN:
        return None
    lacking = [f"{path.source}→{path.target}" for path in allowed if path.recorded is not Tri.YES]
    source = _RECORDS.filled(lacking=len(lacking), all=len(allowed))
    value = _graded([path.recorded for path in allowed])
    return FactReading(value, Basis.DECLARED, source, "、".join(lacking[:SHOWN]))


def _offline_backup(grounds: NetworkGrounds) -> FactReading | None:
    if not grounds.systems:
        return None
    lacking = [system for system in grounds.systems if system.offline is not Tri.YES]
    value = _graded([system.offline for system in grounds.systems])
    source = _KEPT.filled(well=len(grounds.systems) - len(lacking), all=len(grounds.systems))
    return FactReading(value, Basis.DECLARED, source, "、".join(system.name for system in lacking[:SHOWN]))


_READERS: dict[str, Callable[[NetworkGrounds], FactReading | None]] = {
    "boundary_device": _boundary_device,
    "boundary_needed_only": _needed_only,
    "vendor_target_limited": _target_limited,
    "segment_traffic_control": _traffic_control,
    "department_segments": _segments,
    "entries_parted": _entries_parted(),
    "staff_entries_parted": _entries_parted(LinePath.STAFF),
    "vendor_entries_parted": _entries_parted(LinePath.VENDOR),
    "partner_entries_parted": _entries_parted(LinePath.PARTNER),
    "vendor_remote_mfa": _second_factor(LinePath.VENDOR),
    "staff_remote_mfa": _second_factor(LinePath.STAFF),
    "usb_enforced": _media_enforced,
    "usb_exceptions_recorded": _media_recorded,
    "offline_backup": _offline_backup,
}
"""What is read of each fact, by its key in the level and threat catalogues."""


# ---- nearest miss and witnesses ----


def _nearest_miss(grounds: NetworkGrounds) -> NearestMiss:
    open_pairs = tuple(pair for pair in grounds.pairs if pair.state is PairState.OPEN)
    truths = [(line, opens_only_declared(line)) for line in grounds.lines]
    return NearestMiss(
        pairs_all=len(grounds.pairs),
        open=open_pairs,
        unguarded=sum(pair.state is PairState.UNGUARDED for pair in grounds.pairs),
        unknown=sum(pair.state is PairState.UNKNOWN for pair in grounds.pairs),
        rules=tuple(_rule_misses(open_pairs)),
        lines_all=len(truths),
        lines_open=tuple(line for line, truth in truths if truth is Tri.NO),
        lines_unknown=sum(truth is Tri.UNKNOWN for _, truth in truths),
        unexplained=sum(not any(passage.rule for passage in pair.passages) for pair in open_pairs),
    )


def _rule_misses(pairs: Iterable[PairGround]) -> Iterable[RuleMiss]:
    """Yield each rule that keeps pairs open, the one of most pairs first; equal ones by their names."""
    found: dict[str, dict[tuple[str, str], Passage]] = {}
    for pair in pairs:
        for passage in (passage for passage in pair.passages if passage.rule):
            found.setdefault(passage.rule, {}).setdefault((pair.source, pair.target), passage)
    for rule in sorted(found, key=lambda rule: (-len(found[rule]), rule)):
        passages = tuple(found[rule].values())
        yield RuleMiss(rule, len(passages), passages[:SHOWN])


def _witnesses(grounds: NetworkGrounds) -> dict[str, Text]:
    said = {}
    for path in LinePath:
        lines = [line for line in grounds.lines if line.path is path and (line.hosts or line.hosts_maybe)]
        if lines:
            said[path.value] = _line_reaches(max(lines, key=lambda line: (line.hosts, line.hosts_maybe)))
    for path_id, reached in grounds.reached.items():
        if reached.hosts:
            said[path_id] = _REACHED_FROM.filled(
                origin=reached.origin, systems=len(reached.systems), hosts=f"{reached.hosts:,}"
            )
    return said


def _line_reaches(line: LineGround) -> Text:
    template = _REACHED if line.hosts else _MAY_REACH
    hosts = line.hosts or line.hosts_maybe
    systems = len(line.systems) if line.hosts else len(line.systems_maybe)
    return template.filled(line=line.name, systems=systems, hosts=f"{hosts:,}", way=_way(line))


_PAIRS = Text(
    "設定からの計算：部門の組 {all} のうち {open} で、乗っ取りに使われる通信が通る",
    "Computed: services by which hosts are taken pass between {open} of {all} pairs of departments",
)
_SHARED = Text(
    "設定からの計算：部門システム {all} のうち {shared} が、ほかの部門と同じネットワークにある",
    "Computed: {shared} of {all} departmental systems share a network with another department",
)
_PARTED = Text(
    "設定からの計算：{all}本の回線のうち{open}本から、止まると診療が止まるシステムまで届く",
    "Computed: {open} of {all} lines lead on to systems that care depends on",
)
_FACTOR = Text(
    "network.yaml：多要素認証のない回線 {lacking}／{all}本",
    "network.yaml: {lacking} of {all} lines lack a second factor",
)
_MEDIA = Text(
    "network.yaml：仕組みで止めていない媒体の通り道 {open}／{all}",
    "network.yaml: {open} of {all} ways of media are not enforced",
)
_RECORDS = Text(
    "network.yaml：記録のない媒体の通り道 {lacking}／{all}",
    "network.yaml: {lacking} of {all} ways of media are not recorded",
)
_KEPT = Text(
    "network.yaml：切り離した控えのあるシステム {well}／{all}",
    "network.yaml: {well} of {all} systems have an offline copy",
)
_ALL_PAIRS_WELL = Text(
    "部門の組 {all} のすべてで、届け出た通信のほかは止まっています。",
    "Between all {all} pairs of departments nothing passes but declared needs.",
)
_PAIRS_OPEN = Text(
    "レベル3には、部門の組 {all} のうち {open} が足りません。", "Level 3 fails on {open} of {all} pairs of departments."
)
_THESE_RULES = Text("直すところは {count} か所です（{names}）。", "{count} places to mend ({names}).")
_THIS_RULE = Text("直すところは 1 か所です（{names}）。", "One place to mend ({names}).")
_PAIRS_UNEXPLAINED = Text(
    "ほかの {count} の組は数が多いため、どの規則によるかをまだ調べていません。",
    "Of {count} more open pairs the rules were not looked up, as there are so many.",
)
_PAIRS_UNKNOWN = Text(
    "{count} の組は、設定が足りず分かりません。", "{count} pairs cannot be told for want of configurations."
)
_PAIRS_UNGUARDED = Text(
    "{count} の組は、通信は通りますが、受け付ける機器が一覧にありません。",
    "Between {count} pairs traffic passes, though no listed host there listens.",
)
_REACHED = Text(
    "「{line}」から入られると、{systems}のシステム、{hosts}台に届きます（{way}）。",
    "From “{line}” an intruder gets to {systems} systems, {hosts} computers ({way}).",
)
_MAY_REACH = Text(
    "「{line}」から入られると、最大で{systems}のシステム、{hosts}台に届くかもしれません（設定が足りず、分かりません）。",
    "From “{line}” an intruder may get to {systems} systems, {hosts} computers (settings are missing).",
)
_REACHED_FROM = Text(
    "「{origin}」から始まると、{systems}のシステム、{hosts}台に届きます。",
    "From “{origin}” an attack gets to {systems} systems, {hosts} computers.",
)
