"""What one address brought: ports, how surely nothing is missed, and all commands, from what is in its ledger."""

from collections.abc import Sequence

from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.diagnosis.address import direction_of
from sekisho.diagnosis.memory import Memory
from sekisho.domain.diagnosis.completeness import ENOUGH, Completeness, Loss
from sekisho.domain.diagnosis.consents import JAPAN
from sekisho.domain.diagnosis.deriving import findings_of
from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.knowledge import LineContext
from sekisho.domain.diagnosis.passes import MOST_PASSES, Asking, estimate_of, passes_needed
from sekisho.domain.diagnosis.results import AddressScan, Covered, ranges_of
from sekisho.domain.text import Text


def loss_of(memory: Memory) -> Loss | None:
    """Return the measured loss, None where nothing measured it."""
    asking = memory.asking.get("tcp") or memory.asking.get("udp")
    if asking is None:
        return None
    tally, is_open = memory.canary
    estimate = estimate_of(asking, tally, canary_is_open=is_open)
    if not estimate.loss.asked:
        return None
    outgoing, returning = direction_of(tally, memory.late) if is_open else (None, None)
    return Loss(estimate.loss, estimate.loss.share, estimate.bound, outgoing, returning)


def completeness_of(memory: Memory, *, unasked: Sequence[str] = ()) -> Completeness:
    """Return how many open ports may have been missed at most; `unasked` are consented protocols that could not be asked."""
    tally, is_open = memory.canary
    missed = 0.0
    why: Text | None = UNASKED.filled(protocols=", ".join(unasked)) if unasked else None
    for protocol, asking in memory.asking.items():
        if asking.least_asked < passes_needed(asking, tally, canary_is_open=is_open):
            return Completeness(None, False, NOT_FINISHED)
        if not asking.has_answer and tally.asked == 0:
            return Completeness(None, False, NOTHING_ANSWERS.filled(protocol=protocol.upper()))
        missed += estimate_of(asking, tally, canary_is_open=is_open).missed
    if memory.is_proxied:
        return Completeness(missed, False, PROXIED)
    if missed >= ENOUGH:
        return Completeness(missed, False, LOSSY.filled(passes=MOST_PASSES))
    return Completeness(missed, why is None, why)


def notes_of(memory: Memory) -> tuple[Text, ...]:
    """Return what a reader has to know beside the figure."""
    notes = list(memory.notes)
    tally, is_open = memory.canary
    tcp, udp = memory.asking.get("tcp"), memory.asking.get("udp")
    if tcp is not None:
        if estimate_of(tcp, tally, canary_is_open=is_open).limits_refusals:
            notes.append(LIMITS_RESETS)
        if len(tcp.opened) >= 0.9 * len(tcp.ports) and len(tcp.opened) > 50:
            notes.append(ALL_OPEN.filled(count=len(tcp.opened)))
    if memory.is_proxied:
        notes.append(PROXIED)
    if udp is not None and udp.silent:
        notes.append(SILENT_UDP.filled(count=len(udp.silent)))
    return tuple(dict.fromkeys(notes))


def covered_of(memory: Memory) -> tuple[Covered, ...]:
    """Return the ports that were really asked."""
    covered = []
    for protocol, asking in memory.asking.items():
        unasked = {port for port, times in asking.silent.items() if times == 0}
        if ranges := ranges_of(port for port in asking.ports if port not in unasked):
            covered.append(Covered(protocol, ranges))
    return tuple(covered)


def found_in(scan: AddressScan, lines: Sequence[str], completeness: Completeness) -> tuple[Finding, ...]:
    """Return the findings of a scan, on the day (in Japan) on which it ended."""
    ended_at = scan.ended_at or scan.started_at
    if ended_at is None:
        return ()
    missed = completeness.expected_missed
    return findings_of(
        scan,
        today=ended_at.astimezone(JAPAN).date(),
        knowledge=load_finding_knowledge(),
        lines=tuple(LineContext(line) for line in lines),
        missed="" if missed is None else f"{missed:.2g}",
        why_incomplete=completeness.why,
    )


def passes_done(asking: Asking) -> int:
    """Return how often ports that keep silent were asked; where none does, how often the last to answer was."""
    if asking.silent:
        return asking.least_asked
    return max([0, *asking.opened.values(), *asking.closed.values()]) + 1


NOT_FINISHED = Text("まだ終わっていません。続きから実行してください。", "Not finished. Resume the run.")
NOTHING_ANSWERS = Text(
    "{protocol} では、どのポートも応答しませんでした。すべて塞がれているのか、電源が切れているのか、届いていないのかは外からは区別できないため、見落としがないとは言えません。装置が動いていることを病院に確かめてください。",
    "No {protocol} port answered. Whether all are shut, the device is off, or nothing arrives cannot be told from outside, so "
    "it cannot be shown that nothing was missed. Ask the hospital whether the device is on.",
)
LOSSY = Text(
    "失われる応答が多く、{passes}回ずつ調べても、見落としがないと言える値になりませんでした。回線が空いている時間に、続きから実行してください。",
    "So many answers are lost that even asking {passes} times cannot show that nothing was missed. Resume when the line is quiet.",
)
PROXIED = Text(
    "手前の装置が、すべての接続に代わりに応じています（SYN プロキシ）。開いて見えるポートの奥に何があるかは、外からは分かりません。装置の設定を確かめてください。",
    "A device in front answers every connection itself (SYN proxy). What stands behind ports that look open cannot be told from "
    "outside. Look at the device's settings.",
)
UNASKED = Text(
    "この機械では {protocols} を調べられませんでした（管理者の権限が必要です）。",
    "{protocols} could not be asked from this machine: it needs administrator's rights.",
)
LIMITS_RESETS = Text(
    "装置が「閉じている」という返事の数を制限しています。開いているポートの返事は制限されていないことを確かめています。",
    "The device limits how often it says “closed”. Its answers for open ports are not limited; that was measured.",
)
ALL_OPEN = Text(
    "{count}個のポートが開いて見えます。どの番号にも応じる装置（おとりや防御機能など）と考えられます。",
    "{count} ports look open: probably a device that answers at every number, such as a decoy or a protection.",
)
SILENT_UDP = Text(
    "UDP では{count}個のポートが黙っています。UDP の機能は、自分に向けた問いにしか答えないため、使われていないとは言い切れません。",
    "{count} UDP ports keep silent. A UDP service answers only questions it understands, so silence does not prove it absent.",
)
