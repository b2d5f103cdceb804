"""Applies commands to the configuration they are for, reads it, and compares it with what was meant.

Compared are: every rule set of the device packet by packet (`meaning`); interfaces, routes, translations and address
pools, which must stay; lines that are not understood, which must not grow; and, on the whole network, what the engine
says about every connection between its nodes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sekisho.adapters.changes import meaning
from sekisho.adapters.changes.vendors import Writer
from sekisho.adapters.changes.written import Edit, NotWritable, Written
from sekisho.adapters.configurations.read import reader
from sekisho.adapters.configurations.redaction import MASK
from sekisho.domain.network.addresses import V6_BASE
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import Device, Network, RuleSet, SourceNat, StaticNat
from sekisho.domain.network.reach import Flow, Reachability, listened
from sekisho.domain.network.services import PORTS
from sekisho.domain.text import Text

MOST_ANSWERS = 400_000
"""More answers than this are not compared one by one: then those from the lines and between the declared ends are."""
_UNSURE_WORDS = frozenset({"unknown", "unreadable"})

NOT_AS_MEANT = Text(
    "書いたコマンドを設定に当てはめて読み直した結果が、意図した変更と一致しませんでした（{place}、例：{packet}）。"
    "誤った設定を避けるため、コマンドは提案しません。",
    "Reading the configuration back after the commands does not give what was meant ({place}, for example {packet})."
    " No commands are offered, so that nothing wrong gets into the device.",
)
NOT_TAKEN_BACK = Text(
    "元に戻すコマンドで、元の設定に戻ることを確かめられませんでした（{place}）。コマンドは提案しません。",
    "The commands that take the change back do not restore what there was ({place}). No commands are offered.",
)
MOVES_MORE = Text(
    "書いたコマンドは、規則のほかの設定（{what}）まで変えてしまいます。コマンドは提案しません。",
    "The commands would change more than the rules ({what}). No commands are offered.",
)
STALE = Text(
    "「{device}」の設定ファイルが、このネットワークを読み込んだときのものと違います。設定を読み込み直してから、変更を選び直してください。",
    "The configuration of “{device}” is not the one this network was read from. Read it again and choose anew.",
)
TOO_MUCH = Text(
    "規則が複雑すぎて、書いたコマンドが正しいことを確かめきれませんでした。コマンドは提案しません。",
    "The rules are too many-sided to prove the commands right, so none are offered.",
)
UNSURE_COMMANDS = Text(
    "変更する規則の中に読み取れない部分や伏せた部分があるため、コマンドは提案しません。",
    "The rules to be changed hold parts that could not be read or are masked, so no commands are offered.",
)
_Nat = TypeVar("_Nat", StaticNat, SourceNat)
_INTERFACES = Text("インタフェース", "interfaces")
_ROUTES = Text("経路", "routes")
_TRANSLATIONS = Text("アドレス変換", "address translation")
_POOLS = Text("配るアドレス", "address pools")
_UNREAD = Text("読み取れない行", "lines not understood")


@dataclass(frozen=True, slots=True)
class Proved:
    """The engine's answers before the change, and after it with the rules as they were read back."""

    before: Reachability
    after: Reachability


def proved(
    network: Network,
    desired: Network,
    device: Device,
    text: str,
    configuration: DeviceConfiguration,
    edits: tuple[Edit, ...],
    done: Written,
    tool: Writer,
) -> Proved:
    """Make sure that the commands mean the change and can be taken back; see the module's text.

    Raises:
        NotWritable: they do not, with the reason.
    """
    _expect_plain(done)
    own = _by_place(one for one in network.rulesets if one.device == device.id and one.source.startswith("parsed:"))
    read = reader(configuration.vendor).read
    families = (4, 6) if speaks_v6(configuration) else (4,)
    started = read(tool.applied(text, ()))
    _expect_same(own, started.rulesets, families, STALE.filled(device=device.name or device.id))
    _expect_rest(configuration, started)
    wanted = dict(own)
    for edit in edits:
        wanted[str(edit.at)] = edit.new
    changed_text = tool.applied(text, done.change)
    after = read(changed_text)
    # A filter that is new to a side is written for the families in which it does something, and for no other.
    new = {str(edit.at): edit.families for edit in edits if edit.old is None}
    _expect_same(wanted, after.rulesets, families, NOT_AS_MEANT, new)
    _expect_rest(configuration, after)
    _expect_back(own, families, configuration, read(tool.applied(changed_text, done.rollback)))
    return _agreed(network, desired, _with(desired, device, after), edits)


def _expect_plain(done: Written) -> None:
    for command in (*done.change, *done.rollback):
        if MASK in command or not _UNSURE_WORDS.isdisjoint(command.lower().split()):
            raise NotWritable(UNSURE_COMMANDS)
        if not command.isprintable():
            raise NotWritable(UNSURE_COMMANDS)


def speaks_v6(configuration: DeviceConfiguration) -> bool:
    """Return whether the device has anything to do with IPv6: addresses, routes, or rules about it alone."""
    return (
        any((one.network or (0, 0))[1] >= V6_BASE or (one.address or 0) >= V6_BASE for one in configuration.interfaces)
        or any(route.prefix[0] >= V6_BASE for route in configuration.routes)
        or any(
            bool(rule.src) and rule.src.first >= V6_BASE for ruleset in configuration.rulesets for rule in ruleset.rules
        )
    )


def _by_place(rulesets: Iterable[RuleSet]) -> dict[str, RuleSet]:
    return {str(one.at): one for one in rulesets}


def _expect_same(
    wanted: Mapping[str, RuleSet],
    found: Iterable[RuleSet],
    families: tuple[int, ...],
    why: Text,
    new: Mapping[str, tuple[int, ...]] | None = None,
) -> None:
    got = _by_place(found)
    for place in dict.fromkeys([*wanted, *got]):
        try:
            packet = meaning.difference(wanted.get(place), got.get(place), (new or {}).get(place, families))
        except meaning.TooManyCells as error:
            raise NotWritable(TOO_MUCH) from error
        if packet is not None:
            raise NotWritable(why.filled(place=place, packet=packet))


def _expect_rest(before: DeviceConfiguration, after: DeviceConfiguration) -> None:
    compared = (
        (_INTERFACES, before.interfaces, after.interfaces),
        (_ROUTES, before.routes, after.routes),
        (_TRANSLATIONS, *(_plain(one.static_nats) for one in (before, after))),
        (_POOLS, [replace(one, line=0) for one in before.vpn_pools], [replace(one, line=0) for one in after.vpn_pools]),
    )
    for what, mine, theirs in compared:
        if mine != theirs:
            raise NotWritable(MOVES_MORE.filled(what=what))
    if not _is_part(after.source_nats, before.source_nats):
        raise NotWritable(MOVES_MORE.filled(what=_TRANSLATIONS))
    if _more_misread(before, after):
        raise NotWritable(MOVES_MORE.filled(what=_UNREAD))


def _plain(nats: Iterable[_Nat]) -> list[_Nat]:
    return [replace(one, origin=None) for one in nats]


def _is_part(nats: Iterable[SourceNat], whole: Iterable[SourceNat]) -> bool:
    """Return whether every translation was there before: a policy that goes takes its translation along."""
    return all(
        any(
            (one.interface, one.outside) == (other.interface, other.outside) and other.inside.covers(one.inside)
            for other in whole
        )
        for one in nats
    )


def _more_misread(before: DeviceConfiguration, after: DeviceConfiguration) -> bool:
    """Return whether more lines are not understood than before.

    Of filters only what they mean counts, which is proved: a list that was copied has its unclear lines twice.
    """
    counts = [
        Counter(one.bearing for one in configuration.unparsed if one.bearing is not Bearing.FILTER)
        for configuration in (before, after)
    ]
    return bool(counts[1] - counts[0])


def _expect_back(
    own: Mapping[str, RuleSet], families: tuple[int, ...], before: DeviceConfiguration, back: DeviceConfiguration
) -> None:
    try:
        _expect_same(own, back.rulesets, families, NOT_TAKEN_BACK)
        _expect_rest(before, back)
        _expect_rest(back, before)
    except NotWritable as error:
        place = ", ".join(own)
        raise NotWritable(NOT_TAKEN_BACK.filled(place=place)) from error


def _with(network: Network, device: Device, read: DeviceConfiguration) -> Network:
    """Return the network with the rule sets of a device as they were read."""
    others = tuple(
        one
        for one in network.rulesets
        if one.device != device.id or one.source not in (f"parsed:{device.source}", "proposed")
    )
    mine = tuple(replace(one, device=device.id, source=f"parsed:{device.source}") for one in read.rulesets)
    changed = replace(network, rulesets=(*others, *mine))
    old = [one for one in network.source_nats if one.device == device.id]
    new = [replace(one, device=device.id) for one in read.source_nats]
    if _plain(old) == _plain(new):
        return changed
    kept = tuple(one for one in network.source_nats if one.device != device.id)
    return replace(changed, source_nats=(*kept, *new))


def _agreed(network: Network, desired: Network, read: Network, edits: tuple[Edit, ...]) -> Proved:
    asked = listened(network) | _told_apart(edits)
    asked |= {first for flow in network.flows for first, _ in flow.service.spans}
    meant, found = Reachability(desired, asked), Reachability(read, asked)
    ends = len(network.nodes)
    if (ends + len(network.lines)) * ends * len(asked) <= MOST_ANSWERS:
        for one, other in zip(meant.flows(), found.flows(), strict=True):
            if one != other:
                raise NotWritable(NOT_AS_MEANT.filled(place=f"{one.source} > {one.target}", packet=one.service))
    else:
        _agree_on_lines(network, meant, found)
    return Proved(Reachability(network, asked), found)


def _agree_on_lines(network: Network, meant: Reachability, found: Reachability) -> None:
    """Compare what the lines reach, and the declared needs: the rest of a large network follows from the rule sets."""
    for line in network.lines:
        for service in meant.asked:
            surely, maybe = (_nodes(reach, line.id, service) for reach in (meant, found))
            if surely != maybe:
                raise NotWritable(NOT_AS_MEANT.filled(place=line.id, packet=service))
    for flow in network.flows:
        for service in (one for one in meant.asked if one in flow.service):
            try:
                answers = {reach.answer(flow.source, flow.target, service) for reach in (meant, found)}
            except KeyError:
                continue
            if len(answers) > 1:
                raise NotWritable(NOT_AS_MEANT.filled(place=f"{flow.source} > {flow.target}", packet=service))


def _nodes(reach: Reachability, source: str, service: int) -> list[Flow]:
    surely, maybe = reach.reached_from(source, service)
    return [
        Flow(source, node, service, reach.answer(source, node, service))
        for node, bits in reach.classes.of_node.items()
        if bits & (surely | maybe)
    ]


def _told_apart(edits: tuple[Edit, ...]) -> set[int]:
    """Return a service of each span that the changed rules name."""
    known = {id(rule) for edit in edits if edit.old is not None for rule in edit.old.rules}
    new = [rule for edit in edits for rule in edit.new.rules if id(rule) not in known]
    spans = {span for rule in new for span in rule.service.spans}
    return {first for first, last in spans if last - first < PORTS}
