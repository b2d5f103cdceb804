"""Reads the rules of Linux nftables as `nft -j list ruleset` prints them.

A packet must pass every base chain of the forward hook, in the order of their priorities; chains that they jump to are
written out in place. The result is one rule set that every packet through the machine meets. It is stateful when each
chain lets established connections pass before it refuses anything. The ruleset says nothing of addresses and routes of
the machine; interfaces are known by the names that rules use.

Not read, and told: bridge and netdev tables, matches and statements outside the list of `nftables_matches`.

Source: nft(8), libnftables-json(5). Numbers (`seq`) count up by ten in the order in which rules are met.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sekisho.adapters.configurations.nftables_matches import (
    ANYTHING,
    Json,
    Match,
    NotUnderstood,
    Sets,
    alternatives,
    combined,
    family_match,
    matched,
)
from sekisho.adapters.configurations.nftables_nat import nats_of
from sekisho.adapters.configurations.nftables_writer import emit, statement_text
from sekisho.adapters.configurations.notes import Notes
from sekisho.domain.network.addresses import ANY_ADDRESS, ANY_V4, ANY_V6
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import (
    Action,
    Everywhere,
    Interface,
    Origin,
    Rule,
    RuleSet,
    SourceNat,
    State,
    StaticNat,
)
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ports_of, protocol_of
from sekisho.domain.text import Text

__all__ = ["emit", "likeness", "read"]

MOST_RULES = 50_000
_MOST_STEPS = 1_000_000
_MOST_DEPTH = 16
"""nft itself refuses deeper jumps."""
_STEP = 10
_WITHOUT_EFFECT = frozenset(
    {
        "counter",
        "log",
        "mangle",
        "notrack",
        "ct helper",
        "ct timeout",
        "ct expectation",
        "set",
        "flow",
        "dup",
        "secmark",
        "comment",
        "map",
    }
)
_NARROWING = frozenset({"limit", "quota", "ct count", "last"})
_OBJECTS = frozenset(
    {"table", "counter", "quota", "limit", "ct helper", "ct timeout", "ct expectation", "synproxy", "secmark", "flowtable",
     "element", "metainfo", "ct count"}
)  # fmt: skip

_NOT_JSON = Text(
    "nftablesのJSONとして読めませんでした。「nft -j list ruleset」の出力を、そのまま渡してください。",
    "This cannot be read as nftables JSON. Please give the output of “nft -j list ruleset” as it is.",
)
_BROKEN = Text(
    "ファイルがここで壊れているか、途中までになっています。この先の規則が分からないため、通信の可否を「不明」として扱います。",
    "The file is damaged or breaks off here. What follows is not known, so what it could decide counts as unknown.",
)
_NOT_UNDERSTOOD = Text(
    "この規則の「{what}」を読めません。規則が当てはまる範囲を「不明」として扱います。",
    "“{what}” in this rule cannot be read, so what the rule matches counts as unknown.",
)
_OTHER_FAMILY = Text(
    "{family}の規則は計算に入りません。同じ機械を橋渡しで通る通信は、別に確かめてください。",
    "Rules of family {family} are not computed. Please check bridged traffic separately.",
)
_NO_CHAIN = Text(
    "飛び先のチェーン「{name}」が見つからないか、飛び先が重なりすぎています。",
    "Chain “{name}” is missing, or chains jump too deep.",
)
_NO_FORWARD = Text(
    "転送（forward）の規則がありません。この機械を通る通信は、止められずに通ります。",
    "There are no rules for forwarding: what is routed through this machine passes.",
)
_TOO_MANY = Text(
    "規則の組み合わせが多すぎるため、残りを「不明」として扱います。",
    "There are too many combinations of rules; the rest counts as unknown.",
)


def likeness(text: str) -> float:
    """Return from 0 to 1 how much `text` looks like nftables JSON."""
    head = text[:4000].lstrip("\ufeff \r\n\t")
    if not head.startswith("{"):
        return 0.0
    return 1.0 if '"nftables"' in head else 0.05


def read(text: str) -> DeviceConfiguration:
    """Return what `nft -j list ruleset` printed, free of secrets. Never raises."""
    return _Reading(text).configuration() if text.strip() else DeviceConfiguration("nftables")


@dataclass(frozen=True, slots=True)
class _Item:
    line: int
    kind: str
    value: dict[str, Json]


@dataclass(slots=True)
class _Chain:
    line: int
    value: dict[str, Json]
    rules: list[_Item] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a rule does with what it matches: "accept", "drop", "return", "jump", "goto", "unknown", "continue"."""

    match: Match
    word: str
    target: str = ""


_Key = tuple[str, str, str]
"""Family, table and name of a chain."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """A place in a chain, and where a packet that returns goes on.

    `falls_through`: the rules that follow in the result are the caller's next ones, so that the end needs no writing.
    """

    chain: _Key
    position: int = 0
    caller: "_Frame | None" = None
    falls_through: bool = False
    depth: int = 0


class _TooMany(Exception):
    """More rules than can be written out."""


def _items(text: str, notes: Notes) -> tuple[list[_Item], bool]:
    """Return the elements of the outermost list with their lines, and whether the file is whole."""
    start = text.find("[")
    if start < 0 or '"nftables"' not in text[:start]:
        notes.unparsed(1, "(…)", _NOT_JSON, Bearing.FILTER)
        return [], False
    decoder = json.JSONDecoder()
    items: list[_Item] = []
    at, line, counted = start + 1, 1, 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        line += text.count("\n", counted, at)
        counted = at
        if at < len(text) and text[at] == "]":
            return items, True
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            notes.unparsed(line, "(…)", _BROKEN, Bearing.FILTER)
            return items, False
        if isinstance(value, dict) and len(value) == 1:
            kind, inner = next(iter(value.items()))
            items.append(_Item(line, kind, inner if isinstance(inner, dict) else {}))
        else:
            items.append(_Item(line, "?", {}))


class _Reading:
    """One ruleset while it is read."""

    def __init__(self, text: str) -> None:
        self._notes = Notes()
        self._items, self._is_whole = _items(text, self._notes)
        self._chains: dict[_Key, _Chain] = {}
        self._sets: dict[tuple[str, str], Sets] = {}
        self._rules: list[Rule] = []
        self._names: set[str] = set()
        self._redirected: list[StaticNat] = []
        self._source_nats: list[SourceNat] = []
        self._steps = 0
        self._collect()

    def configuration(self) -> DeviceConfiguration:
        """Return what the ruleset says."""
        self._read_nats()
        rules, default, is_stateful = self._forwarded()
        rules = tuple(replace(rule, seq=(number + 1) * _STEP) for number, rule in enumerate(rules))
        for rule in rules:
            self._names |= (rule.entering or frozenset()) | (rule.leaving or frozenset())
        self._names |= {nat.interface for nat in self._redirected} | {nat.interface for nat in self._source_nats}
        self._names.discard("")
        static = tuple(nat for nat in self._everywhere(self._redirected) if isinstance(nat, StaticNat))
        source = tuple(nat for nat in self._everywhere(self._source_nats) if isinstance(nat, SourceNat))
        unparsed = self._notes.unparsed_lines
        return DeviceConfiguration(
            vendor="nftables",
            interfaces=tuple(Interface(name) for name in sorted(self._names)),
            rulesets=(RuleSet("", Everywhere(), default, rules, is_stateful, source="parsed", name="forward"),),
            static_nats=static,
            source_nats=source,
            unparsed=unparsed,
            notices=self._notes.notices,
            understood=max(0, len(self._items) + (not self._is_whole) - len(unparsed)),
        )

    def _collect(self) -> None:
        elements: dict[tuple[str, str], dict[str, list[Json]]] = {}
        changing: dict[tuple[str, str], set[str]] = {}
        dormant = {
            (str(item.value.get("family")), str(item.value.get("name")))
            for item in self._items
            if item.kind == "table" and "dormant" in str(item.value.get("flags", ""))
        }
        for item in sorted(self._items, key=lambda item: item.kind == "rule"):
            value, table = item.value, (str(item.value.get("family")), str(item.value.get("table")))
            if table in dormant:
                continue
            if item.kind == "chain":
                self._chains[*table, str(value.get("name"))] = _Chain(item.line, value)
            elif item.kind == "rule":
                self._take_rule(item, (*table, str(value.get("chain"))))
            elif item.kind in ("set", "map"):
                found = value.get("elem")
                elements.setdefault(table, {})[str(value.get("name"))] = found if isinstance(found, list) else []
                if {"dynamic", "timeout"} & set(_texts(value.get("flags"))):
                    changing.setdefault(table, set()).add(str(value.get("name")))
            elif item.kind not in _OBJECTS:
                self._notes.unparsed(item.line, f'"{item.kind[:30]}"', _NOT_JSON, Bearing.OTHER)
        for table, found_elements in elements.items():
            self._sets[table] = Sets(found_elements, frozenset(changing.get(table, set())))

    def _take_rule(self, item: _Item, key: _Key) -> None:
        chain = self._chains.get(key)
        if chain is not None:
            chain.rules.append(item)
        else:
            why = _NO_CHAIN.filled(name=key[2])
            self._notes.unparsed(item.line, statement_text(item.value), why, Bearing.FILTER)

    def _sets_of(self, key: _Key) -> Sets:
        return self._sets.get(key[:2], Sets({}))

    def _base_chains(self, hook: str, kind: str) -> list[_Key]:
        found = [
            key
            for key, chain in self._chains.items()
            if chain.value.get("hook") == hook and chain.value.get("type") == kind
        ]
        return sorted(found, key=lambda key: _priority(self._chains[key].value))

    def _read_nats(self) -> None:
        for hook in ("prerouting", "postrouting"):
            for key in self._base_chains(hook, "nat"):
                if family_match(key[0]) is None:
                    continue
                for item, match in self._nat_rules(key, [ANYTHING], 0):
                    origin = Origin(item.line, statement_text(item.value))
                    try:
                        static, source = nats_of(_expressions(item), match, self._sets_of(key), origin)
                    except NotUnderstood:
                        self._tell(item, "nat", Bearing.NAT)
                        continue
                    self._redirected += static
                    self._source_nats += source

    def _everywhere(self, nats: list[StaticNat] | list[SourceNat]) -> Iterator[StaticNat | SourceNat]:
        """Yield `nats`, those without an interface once for each that the ruleset names."""
        for nat in nats:
            if nat.interface:
                yield nat
            elif self._names:
                yield from (replace(nat, interface=name) for name in sorted(self._names))
            else:
                line, text = (nat.origin.line, nat.origin.text) if nat.origin else (1, "nat")
                self._notes.unparsed(line, text, _NOT_UNDERSTOOD.filled(what="nat"), Bearing.NAT)

    def _nat_rules(self, key: _Key, matches: list[Match], depth: int) -> Iterator[tuple[_Item, Match]]:
        """Yield the rules of a NAT chain and of the chains it jumps to, each with what it matches."""
        chain = self._chains.get(key)
        if chain is None or depth > _MOST_DEPTH:
            return
        for item in chain.rules:
            self._steps += 1
            if self._steps > MOST_RULES:
                return
            for verdict in self._verdicts(item, self._sets_of(key), Bearing.NAT):
                for match in (both for one in matches if (both := one & verdict.match) is not None):
                    if verdict.target:
                        yield from self._nat_rules((*key[:2], verdict.target), [match], depth + 1)
                    else:
                        yield item, match

    def _forwarded(self) -> tuple[tuple[Rule, ...], Action, bool]:
        rules: list[Rule] = []
        keys = []
        for key, chain in self._chains.items():
            if chain.rules and family_match(key[0]) is None:
                self._notes.unparsed(
                    chain.line, f"chain {key[0]} {key[1]} {key[2]}", _OTHER_FAMILY.filled(family=key[0]), Bearing.FILTER
                )
        for hook in ("prerouting", "forward", "postrouting"):
            found = [key for key in self._base_chains(hook, "filter") if family_match(key[0]) is not None]
            keys += [key for key in found if hook == "forward" or self._refuses(key)]
        if not any(self._chains[key].value.get("hook") == "forward" for key in keys) and self._is_whole:
            self._notes.notice(1, "nftables.no-forward", _NO_FORWARD)
        unknown = Rule(0, Action.UNKNOWN, is_exact=False)
        try:
            rules = list(self._through(keys, ANYTHING))
        except (_TooMany, RecursionError):
            self._notes.unparsed(self._chains[keys[0]].line, "chain", _TOO_MANY, Bearing.FILTER)
            rules = [*self._rules[:MOST_RULES], unknown] if self._rules else [unknown]
        default = Action.PERMIT if self._is_whole else Action.UNKNOWN
        if rules and rules[-1] == Rule(0, rules[-1].action, origin=rules[-1].origin) and self._is_whole:
            default = rules.pop().action
        is_stateful = bool(keys) and self._lets_replies_pass(rules, default)
        if is_stateful:
            rules = [rule for rule in rules if rule.state is not State.ESTABLISHED or rule.action is not Action.PERMIT]
        return tuple(rules), default, is_stateful

    def _lets_replies_pass(self, rules: list[Rule], default: Action) -> bool:
        """Return whether replies pass before any rule that also stops first packets could stop them."""
        left = ANY_ADDRESS
        for rule in rules:
            if not (rule.src.overlaps(left) and rule.dst.overlaps(left)):
                continue
            if rule.action is Action.PERMIT:
                if rule.state is State.ESTABLISHED and _is_for_all(rule):
                    left -= rule.src
            elif rule.state is not State.NEW:
                return False
        return default is Action.PERMIT or not left

    def _refuses(self, key: _Key) -> bool:
        """Return whether a chain of another hook stops any packet; most of them only mark."""
        words = json.dumps([item.value.get("expr") for item in self._chains[key].rules])
        stops = any(f'"{word}"' in words for word in ("drop", "reject", "jump", "goto", "vmap", "queue"))
        return stops or self._chains[key].value.get("policy") == "drop"

    def _through(self, keys: list[_Key], match: Match) -> Iterator[Rule]:
        """Yield the rules for what `match` sees in the base chains `keys`, all of which must let a packet pass."""
        if not keys:
            yield self._rule(match, Action.PERMIT, None)
            return
        family = family_match(keys[0][0])
        own = match & family if family else None
        if own is not None:
            yield from self._in_chain(_Frame(keys[0]), own, keys[1:])
        if family is not None and own != match:
            rest = [key for key in keys[1:] if key[0] != keys[0][0]]
            yield from self._through(rest, match)

    def _in_chain(self, frame: "_Frame", match: Match, after: list[_Key]) -> Iterator[Rule]:
        """Yield what becomes of `match` from the place `frame` on. `after`: base chains that an accepted packet meets next."""
        chain = self._chains[frame.chain]
        for number in range(frame.position, len(chain.rules)):
            item = chain.rules[number]
            for verdict in self._verdicts(item, self._sets_of(frame.chain), Bearing.FILTER):
                self._steps += 1
                if self._steps > _MOST_STEPS:
                    raise _TooMany
                both = match & verdict.match
                if both is None:
                    continue
                origin = Origin(item.line, statement_text(item.value))
                if verdict.word == "accept":
                    yield from self._accepted(both, after, origin)
                elif verdict.word in ("drop", "unknown"):
                    yield self._rule(both, Action.DENY if verdict.word == "drop" else Action.UNKNOWN, origin)
                elif verdict.word == "return":
                    yield from self._returned(replace(frame, falls_through=False), both, after)
                elif verdict.word in ("jump", "goto"):
                    yield from self._sent_on(verdict, replace(frame, position=number), both, after, origin)
        yield from self._returned(frame, match, after)

    def _sent_on(
        self, verdict: _Verdict, frame: "_Frame", match: Match, after: list[_Key], origin: Origin
    ) -> Iterator[Rule]:
        target = (*frame.chain[:2], verdict.target)
        if target not in self._chains or frame.depth >= _MOST_DEPTH:
            self._notes.unparsed(origin.line, origin.text, _NO_CHAIN.filled(name=verdict.target), Bearing.FILTER)
            yield self._rule(match, Action.UNKNOWN, origin)
        elif verdict.word == "goto":
            yield from self._in_chain(_Frame(target, 0, frame.caller, False, frame.depth + 1), match, after)
        else:
            # What nobody decides in the other chain meets the rules below the jump, which are written next anyway.
            back = replace(frame, position=frame.position + 1)
            yield from self._in_chain(_Frame(target, 0, back, True, frame.depth + 1), match, after)

    def _returned(self, frame: "_Frame", match: Match, after: list[_Key]) -> Iterator[Rule]:
        """Yield what becomes of a packet at the end of a chain: on to the caller, or the base chain's policy."""
        if frame.caller is not None:
            if not frame.falls_through:
                yield from self._in_chain(replace(frame.caller, falls_through=False), match, after)
            return
        chain = self._chains[frame.chain]
        policy = chain.value.get("policy", "accept") if "hook" in chain.value else "accept"
        origin = Origin(chain.line, f"chain {frame.chain[2]} policy {policy}")
        if not self._is_whole:
            yield self._rule(match, Action.UNKNOWN, origin)
        elif policy == "drop":
            yield self._rule(match, Action.DENY, origin)
        else:
            yield from self._accepted(match, after, origin)

    def _accepted(self, match: Match, after: list[_Key], origin: Origin) -> Iterator[Rule]:
        if after:
            yield from self._through(after, match)
        else:
            yield self._rule(match, Action.PERMIT, origin)

    def _rule(self, match: Match, action: Action, origin: Origin | None) -> Rule:
        if len(self._rules) >= MOST_RULES:
            raise _TooMany
        # Where the file breaks off, a table that is missing may still refuse what this one accepts.
        is_exact = match.is_exact and (action is Action.DENY or (action is Action.PERMIT and self._is_whole))
        rule = Rule(
            0, action, match.src, match.dst, match.service, match.sources, match.state, match.entering, match.leaving,
            is_exact, origin=origin,
        )  # fmt: skip
        self._rules.append(rule)
        return rule

    def _verdicts(self, item: _Item, sets: Sets, bearing: Bearing) -> list[_Verdict]:
        """Return what a rule does, in order; several for a verdict map or a set of alternatives."""
        matches = [ANYTHING]
        for expression in _expressions(item):
            if not isinstance(expression, dict) or len(expression) != 1:
                self._tell(item, "?", bearing)
                matches = [replace(one, is_exact=False) for one in matches]
                continue
            kind, inner = next(iter(expression.items()))
            try:
                if kind == "match" and isinstance(inner, dict):
                    matches = self._matching(inner, matches, sets)
                elif kind == "vmap" and isinstance(inner, dict):
                    return _vmap(inner, matches, sets)
                elif kind in ("accept", "drop", "return", "continue"):
                    return [_Verdict(match, kind) for match in matches]
                elif kind == "reject":
                    return [_Verdict(match, "drop") for match in matches]
                elif kind in ("jump", "goto") and isinstance(inner, dict):
                    return [_Verdict(match, kind, str(inner.get("target"))) for match in matches]
                elif kind in ("dnat", "snat", "masquerade", "redirect") and bearing is Bearing.NAT:
                    return [_Verdict(match, kind) for match in matches]
                elif kind in _NARROWING:
                    matches = [replace(one, is_exact=False) for one in matches]
                elif kind not in _WITHOUT_EFFECT:
                    raise NotUnderstood(kind)
            except NotUnderstood as fault:
                self._tell(item, str(fault), bearing)
                matches = [replace(one, is_exact=False) for one in matches]
                if kind in ("vmap", "queue", "xt", "tproxy", "synproxy") or kind not in ("match", *_NARROWING):
                    return [_Verdict(match, "unknown") for match in matches]
        return []

    def _matching(self, inner: dict[str, Json], matches: list[Match], sets: Sets) -> list[Match]:
        if inner.get("left") == {"ct": {"key": "status"}} and "dnat" in json.dumps(inner.get("right")):
            return combined(matches, self._what_was_redirected())
        return combined(matches, alternatives(inner, sets))

    def _what_was_redirected(self) -> list[Match]:
        """Return what `ct status dnat` matches: what the redirections of this machine send on."""
        found = []
        for nat in self._redirected:
            service = nat.service
            if nat.inside_port is not None:
                last = nat.inside_port + nat.service.size - 1
                service = ports_of(protocol_of(nat.service.first), Ranges(((nat.inside_port, last),)))
            outside = nat.outside.size if nat.outside.size < 1 << 16 else 1
            dst = Ranges(((nat.inside, nat.inside + outside - 1),))
            found.append(
                Match(dst=dst, service=service, entering=frozenset({nat.interface}) if nat.interface else None)
            )
        return list(dict.fromkeys(found))

    def _tell(self, item: _Item, what: str, bearing: Bearing) -> None:
        self._notes.unparsed(item.line, statement_text(item.value), _NOT_UNDERSTOOD.filled(what=what[:40]), bearing)


def _is_for_all(rule: Rule) -> bool:
    """Return whether a rule lets pass whatever it is, of one family or both."""
    whole = rule.src == rule.dst and rule.src in (ANY_ADDRESS, ANY_V4, ANY_V6)
    anyhow = Rule(rule.seq, rule.action, rule.src, rule.dst, state=rule.state, origin=rule.origin)
    return whole and rule == anyhow


def _texts(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _expressions(item: _Item) -> list[Json]:
    found = item.value.get("expr")
    return found if isinstance(found, list) else []


def _priority(chain: dict[str, Json]) -> int:
    found = chain.get("prio")
    return found if isinstance(found, int) else 0


def _vmap(inner: dict[str, Json], matches: list[Match], sets: Sets) -> list[_Verdict]:
    pairs, is_fixed = sets.of(inner.get("data"))
    found: list[_Verdict] = []
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], dict) and len(pair[1]) == 1):
            raise NotUnderstood("vmap")
        word, target = next(iter(pair[1].items()))
        if word not in ("accept", "drop", "return", "continue", "jump", "goto"):
            raise NotUnderstood(word)
        key = pair[0]["elem"]["val"] if isinstance(pair[0], dict) and isinstance(pair[0].get("elem"), dict) else pair[0]
        name = str(target.get("target")) if isinstance(target, dict) else ""
        for match in combined(matches, matched(inner.get("key"), [key])):
            found.append(_Verdict(match if is_fixed else replace(match, is_exact=False), word, name))
    return found
