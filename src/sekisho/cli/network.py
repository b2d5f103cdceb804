"""`sekisho network reach|paths|cut|sheets`: what a network.yaml means, without a database."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sekisho.adapters.changes.proposal import Proposal, proposals_for
from sekisho.adapters.network.beside import ConfigurationsBeside
from sekisho.adapters.yaml_file import FileProblem
from sekisho.assessment.network import NetworkAssessment, assess_network
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.cli.network_file import add_file, opened_network, problem_documents, problem_lines
from sekisho.cli.network_sheets import register_sheets
from sekisho.domain.network.cut import Bound, Conflict, Cut
from sekisho.domain.network.explain import Explainer
from sekisho.domain.network.model import DeclaredFlow, Network
from sekisho.domain.network.plain import change_document
from sekisho.domain.network.reach import Flow, Reachability, listened
from sekisho.domain.network.services import NotAService, service_span, service_text, services_text
from sekisho.domain.network.spread import Spread
from sekisho.domain.network.survival import SystemFate
from sekisho.domain.network.taking import How, Taking
from sekisho.domain.network.wording import REACHED, because_text, change_text, doubt_text, taking_text
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri


def register(parser: Parser) -> None:
    """Add the subcommands."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    reach = commands.add_parser("reach", help=both("誰が誰と通信できるか", "who can talk to whom"))
    add_file(reach)
    reach.add_argument(
        "--service",
        action="append",
        metavar="tcp/445",
        help=both(
            "調べる通信（何度でも。既定は、どこかで受け付けている通信すべて）", "service to ask about; repeatable"
        ),
    )
    reach.add_argument(
        "--from", dest="sources", action="append", metavar="ID", help=both("送り手を絞る", "only this sender")
    )
    reach.add_argument(
        "--to", dest="targets", action="append", metavar="ID", help=both("相手を絞る", "only this target")
    )
    reach.set_defaults(run=_reach)
    paths = commands.add_parser("paths", help=both("各回線から何が奪われるか", "what falls from each line"))
    add_file(paths)
    _add_line(paths)
    paths.set_defaults(run=_paths)
    cut = commands.add_parser("cut", help=both("攻撃を止める最小の変更", "the smallest changes that stop it"))
    add_file(cut)
    _add_line(cut)
    cut.add_argument(
        "--critical",
        type=int,
        default=3,
        metavar="N",
        help=both("守る重要度（既定 3）", "least importance to protect; 3"),
    )
    cut.add_argument(
        "--target", action="append", metavar="ID", help=both("守るものを名指しする", "protect these nodes instead")
    )
    cut.add_argument(
        "--copy",
        action="append",
        default=[],
        metavar="ID",
        help=both("残すバックアップ", "backup copy that must survive"),
    )
    cut.add_argument(
        "--time-limit", type=float, default=20.0, metavar="SECONDS", help=both("考える時間（秒）", "seconds to think")
    )
    cut.add_argument(
        "--commands",
        action="store_true",
        help=both(
            "設定ファイルのある装置には、変更と戻しのコマンドも出す（読み返して確かめたもの）",
            "also print the commands, and those that undo them, for devices whose configuration is at hand",
        ),
    )
    cut.set_defaults(run=_cut)
    register_sheets(commands)


def _add_line(parser: Parser) -> None:
    parser.add_argument("--line", action="append", metavar="ID", help=both("回線を絞る", "only this line"))
    parser.add_argument(
        "--needs-credentials",
        action="store_true",
        help=both(
            "管理者のパスワードが合う機器だけが奪われるとみなす", "hosts fall only to who holds their credentials"
        ),
    )


# ---- reading ----


def _read(options: Namespace) -> tuple[Network, tuple[FileProblem, ...]]:
    reading = opened_network(options.file)
    return reading.network, reading.problems


def _assessed(options: Namespace) -> tuple[NetworkAssessment, tuple[FileProblem, ...]]:
    network, problems = _read(options)
    unknown = sorted(set(options.line or ()) - {line.id for line in network.lines})
    if unknown:
        raise CannotDo(_NO_SUCH.filled(name=unknown[0]))
    today = options.on or date.today()  # noqa: DTZ011  (the day on the user's wall)
    return assess_network(network, today=today, needs_credentials=options.needs_credentials), problems


def _print(options: Namespace, document: dict[str, Any], lines: list[str]) -> None:
    if options.json:
        print(json.dumps(document, ensure_ascii=False))  # in one piece: piece by piece takes ten times as long
    else:
        print("\n".join(lines))


_NO_SUCH = Text(
    "「{name}」は network.yaml にありません。id の綴りを確かめてください。",
    "“{name}” is not in network.yaml. Check the spelling of its id.",
)


# ---- reach ----


def _reach(options: Namespace) -> int:
    network, problems = _read(options)
    services = _services(options.service) if options.service else listened(network)
    ends = {node.id for node in network.nodes} | {line.id for line in network.lines}
    unknown = sorted(set([*(options.sources or ()), *(options.targets or ())]) - ends)
    if unknown:
        raise CannotDo(_NO_SUCH.filled(name=unknown[0]))
    reach = Reachability(network, services)
    flows = _explained(reach, options)
    if options.json:
        _write_list("flows", flows, problems)
    else:
        for line in problem_lines(problems, options.file, options.lang):
            print(line)
        for source, target, service, answer, reference in flows:
            print(f"{source} → {target}  {service}  {REACHED[Tri(answer)].within(options.lang)}  ({reference})")
    return PROBLEMS if problems else DONE


def _explained(reach: Reachability, options: Namespace) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the flows asked for, one at a time: of a large network they are millions.

    What is not reached is left out for people, unless they named the target.
    """
    explainer = Explainer(reach)
    tells_no = options.json or options.targets
    for flow in _flows(reach, options.sources):
        if options.targets and flow.target not in options.targets:
            continue
        if tells_no or flow.reached is not Tri.NO:
            reference = explainer.explain(flow.source, flow.target, flow.service).rule_reference
            yield flow.source, flow.target, service_text(flow.service), flow.reached.value, reference


def _flows(reach: Reachability, sources: list[str] | None) -> Iterator[Flow]:
    """Yield every flow, or those of some senders without asking about the others."""
    if not sources:
        yield from reach.flows()
        return
    for source in dict.fromkeys(sources):
        for service in reach.asked:
            for node in reach.network.nodes:
                if node.id != source:
                    yield Flow(source, node.id, service, reach.answer(source, node.id, service))


def _write_list(key: str, items: Iterable[object], problems: tuple[FileProblem, ...]) -> None:
    """Write the JSON document as it comes: of a large network it is hundreds of megabytes."""
    write = sys.stdout.write
    write(f'{{"{key}": [')
    for number, item in enumerate(items):
        write(("," if number else "") + "\n" + json.dumps(item, ensure_ascii=False))
    write('], "problems": ' + json.dumps(problem_documents(problems), ensure_ascii=False) + "}\n")


def _services(texts: list[str]) -> list[int]:
    services: list[int] = []
    for text in texts:
        try:
            first, last = service_span(text)
        except NotAService:
            raise CannotDo(_NO_SERVICE.filled(text=text)) from None
        services += (
            [first] if first % 65536 == 0 and last - first == 65535 else range(first, min(last, first + 4095) + 1)
        )
    return services


_NO_SERVICE = Text(
    "「{text}」は通信の書き方として読めません。tcp/445、udp/53、icmp のように書いてください。",
    "“{text}” is no service. Write it like tcp/445, udp/53 or icmp.",
)


# ---- paths ----


def _paths(options: Namespace) -> int:
    assessed, problems = _assessed(options)
    entries = [line for line in assessed.spreads if not options.line or line in options.line]
    if options.json:
        _write_list("entries", (_entry_document(assessed, entry) for entry in entries), problems)
    else:
        for line in problem_lines(problems, options.file, options.lang):
            print(line)
        for entry in entries:
            print(*_entry_lines(assessed, entry, options.lang), sep="\n")
    falls = any(assessed.spreads[entry].takings for entry in entries)
    return PROBLEMS if problems or falls else DONE


def _entry_document(assessed: NetworkAssessment, entry: str) -> dict[str, Any]:
    spread, blast = assessed.spreads[entry], assessed.blasts[entry]
    copies = [copy for fate in assessed.fates[entry] for copy in fate.copies]
    return {
        "entry": entry,
        "nodes": [_node_document(assessed, spread, node) for node in spread.takings],
        "hosts": {"yes": blast.hosts, "unknown": blast.hosts_maybe, "all": blast.hosts_all},
        "systems": [node.id for node in blast.systems],
        "departments": list(blast.departments),
        "backups": [
            {
                "id": copy.copy.id,
                "of": copy.copy.of,
                "survives": copy.survives.value,
                "because": copy.because.value,
                "days_lost": copy.days_lost,
            }
            for copy in copies
        ],
        "surviving": [copy.copy.id for copy in copies if copy.survives is Tri.YES],
        "systems_without_surviving_copy": list(blast.systems_without_copy),
    }


def _node_document(assessed: NetworkAssessment, spread: Spread, node: str) -> dict[str, Any]:
    taking = spread.takings[node]
    return {
        "node": node,
        "reached": spread.fallen(node).value,
        "hops": taking.steps,
        "path": [_step_document(assessed, step) for step in spread.way_to(node)],
    }


def _step_document(assessed: NetworkAssessment, step: Taking) -> dict[str, Any]:
    document: dict[str, Any] = {
        "from": step.origin,
        "to": step.node,
        "how": step.how.value,
        "service": service_text(step.service) if step.service else None,
        "rule": None,
        "credentials": step.with_credentials,
    }
    if step.how in (How.SERVICE, How.CONSOLE):
        explained = assessed.explainer.between(step.sender, step.target, step.service)
        document["rule"] = explained.rule_reference
        document["rules"] = [decision.reference for decision in explained.decisions]
        document["devices"] = [hop.device for hop in explained.steps]
        document["missing"] = [doubt_text(doubt).as_dict() for doubt in explained.doubts]
    return document


def _entry_lines(assessed: NetworkAssessment, entry: str, language: str) -> Iterator[str]:
    spread, blast = assessed.spreads[entry], assessed.blasts[entry]
    yield ""
    yield _HEAD.filled(
        entry=_named(assessed.network, entry), hosts=blast.hosts, maybe=blast.hosts_maybe, all=blast.hosts_all
    ).within(language)
    for node in spread.takings:
        taking = spread.takings[node]
        step = _step_document(assessed, taking)
        mark = "×" if taking.surely else "?"
        said = taking_text(taking).within(language)
        rule = f"  [{step['rule']}]" if step["rule"] else ""
        yield f"  {mark} {taking.steps}  {_named(assessed.network, node)}：{said}{rule}"
    if spread.takings:
        yield from _fate_lines(assessed.fates[entry], language)


def _fate_lines(fates: tuple[SystemFate, ...], language: str) -> Iterator[str]:
    marks = {Tri.YES: "○", Tri.NO: "×", Tri.UNKNOWN: "?"}
    for fate in fates:
        for copy in fate.copies:
            name = copy.copy.name or copy.copy.id
            yield f"    {marks[copy.survives]} {name}：{because_text(copy.because).within(language)}"


_HEAD = Text(
    "{entry}：{all} 台のうち {hosts} 台が奪われます（ほかに {maybe} 台は分かりません）",
    "{entry}: {hosts} of {all} hosts fall ({maybe} more cannot be told)",
)


def _named(network: Network, name: str) -> str:
    names = {node.id: node.name for node in network.nodes} | {line.id: line.name for line in network.lines}
    return f"{name}（{names[name]}）" if names.get(name) else name


# ---- cut ----


def _cut(options: Namespace) -> int:
    assessed, problems = _assessed(options)
    network = assessed.network
    known = {node.id for node in network.nodes} | {copy.id for copy in network.backups}
    unknown = sorted(set([*(options.target or ()), *options.copy]) - known)
    if unknown:
        raise CannotDo(_NO_SUCH.filled(name=unknown[0]))
    cut = assessed.cut(
        options.line,
        targets=options.target,
        copies=options.copy,
        least_critical=options.critical,
        time_limit_s=options.time_limit,
    )
    proposals: tuple[Proposal, ...] = ()
    if options.commands:
        proposals = proposals_for(cut, network, ConfigurationsBeside(options.file.parent))
    document = _cut_document(network, cut) | {"problems": problem_documents(problems)}
    if options.commands:
        document["proposals"] = [_proposal_document(one) for one in proposals]
    lines = [*problem_lines(problems, options.file, options.lang), *_cut_lines(network, cut, options.lang)]
    for one in proposals:
        lines += _proposal_lines(one, options.lang)
    _print(options, document, lines)
    return PROBLEMS if problems or cut.conflicts or not cut.is_separated or cut.flows_broken else DONE


def _proposal_document(proposal: Proposal) -> dict[str, Any]:
    return {
        "device": proposal.device,
        "vendor": proposal.vendor,
        "verified": proposal.verified,
        "change": proposal.change_text,
        "rollback": proposal.rollback_text,
        "notes": [note.as_dict() for note in proposal.notes],
    }


def _proposal_lines(proposal: Proposal, language: str) -> Iterator[str]:
    state = _VERIFIED if proposal.verified else _WORK_ORDER
    yield ""
    yield f"== {proposal.device} {proposal.vendor} ({state.within(language)})"
    for note in proposal.notes:
        yield f"! {note.within(language)}"
    yield proposal.change_text.rstrip()
    if proposal.rollback_text:
        yield f"-- {_ROLLBACK.within(language)}"
        yield proposal.rollback_text.rstrip()


_VERIFIED = Text("読み返して確かめた変更コマンド", "commands, read back and proved")
_WORK_ORDER = Text("作業の依頼", "a work order")
_ROLLBACK = Text("元に戻すとき", "to undo it")


def _cut_document(network: Network, cut: Cut) -> dict[str, Any]:
    kept = [flow for flow in network.flows if flow not in cut.flows_broken]
    return {
        "bound": cut.bound.value,
        "cost": cut.cost,
        "lower_bound": cut.lower_bound,
        "separated": cut.is_separated and not cut.conflicts,
        "changes": [change_document(network, change) for change in cut.changes],
        "conflicts": [_conflict_document(conflict) for conflict in cut.conflicts],
        "flows": {"kept": [_flow(flow) for flow in kept], "broken": [_flow(flow) for flow in cut.flows_broken]},
        "before": {entry: list(spread.surely) for entry, spread in cut.before.items()},
        "after": {entry: list(spread.surely) for entry, spread in cut.after.items()},
    }


def _flow(flow: DeclaredFlow) -> dict[str, Any]:
    return {
        "src": flow.source,
        "dst": flow.target,
        "service": services_text(flow.service),
        "owner": flow.owner,
        "until": flow.until.isoformat() if flow.until else None,
    }


def _conflict_document(conflict: Conflict) -> dict[str, Any]:
    return {
        "entry": conflict.entry.id,
        "target": conflict.target,
        "path": [{"from": step.origin, "to": step.node, "how": step.how.value} for step in conflict.way],
        "flows": [_flow(flow) for flow in conflict.flows],
    }


_BOUNDS = {
    Bound.MINIMAL: Text("これより安い変更の組はありません（証明済み）", "proved minimal"),
    Bound.WITHIN: Text("最小の {ratio} 倍以内です", "within {ratio} times the smallest"),
    Bound.NOT_SEPARATED: Text("時間内に止めきれませんでした", "not separated within the time given"),
}


def _cut_lines(network: Network, cut: Cut, language: str) -> Iterator[str]:
    ratio = f"{cut.cost / cut.lower_bound:.2f}" if cut.lower_bound else "?"
    yield _BOUNDS[cut.bound].filled(ratio=ratio).within(language)
    for number, change in enumerate(cut.changes, start=1):
        yield f"  {number}. {change_text(network, change).within(language)}"
    for conflict in cut.conflicts:
        needs = "、".join(f"{flow.source}→{flow.target}（{flow.owner}）" for flow in conflict.flows)
        yield "  ! " + _CONFLICT.filled(
            entry=_named(network, conflict.entry.id), target=_named(network, conflict.target), needs=needs or "-"
        ).within(language)
    for flow in cut.flows_broken:
        yield f"  × {flow.source} → {flow.target}"


_CONFLICT = Text(
    "{entry} から {target} は止められません。届け出た通信（{needs}）が同じ道を通ります。踏み台を置くことを検討してください。",
    "{entry} cannot be parted from {target}: a declared need ({needs}) takes the same way. Consider a jump host.",
)
