"""The tables, chains, sets and rules of an nftables ruleset, and what each rule does with what it matches.

Source: libnftables-json(5), nft(8).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sekisho.adapters.configurations.nftables.items import NOT_JSON, Item, items_of
from sekisho.adapters.configurations.nftables.matches import (
    ANYTHING,
    UNSURE,
    Match,
    Sets,
    alternatives,
    combined,
    matched,
    narrowed,
)
from sekisho.adapters.configurations.nftables.values import Json, NotUnderstood
from sekisho.adapters.configurations.nftables.writer import expression_text, statement_text
from sekisho.adapters.configurations.notes import Notes
from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.configuration import Bearing
from sekisho.domain.network.model import Origin, StaticNat
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE, ports_of, protocol_of
from sekisho.domain.text import Text

MOST_RULES = 50_000
MOST_DEPTH = 16
"""nft itself refuses deeper jumps."""
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
_VERDICTS: dict[str, str] = {
    "accept": "accept",
    "drop": "drop",
    "reject": "drop",
    "return": "return",
    "continue": "continue",
}
_TRANSLATING = ("dnat", "snat", "masquerade", "redirect")
_NARROWING = frozenset({"limit", "quota", "ct count", "last"})
_OBJECTS = frozenset(
    {"table", "counter", "quota", "limit", "ct helper", "ct timeout", "ct expectation", "synproxy", "secmark", "flowtable",
     "element", "metainfo", "ct count"}
)  # fmt: skip

NOT_UNDERSTOOD = Text(
    "この規則の「{what}」を読めません。規則が当てはまる範囲を「不明」として扱います。",
    "“{what}” in this rule cannot be read, so what the rule matches counts as unknown.",
)
NO_CHAIN = Text(
    "飛び先のチェーン「{name}」が見つからないか、飛び先が重なりすぎています。",
    "Chain “{name}” is missing, or chains jump too deep.",
)


@dataclass(slots=True)
class Chain:
    """One chain with its rules in order."""

    line: int
    value: dict[str, Json]
    rules: list[Item] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule does with what it matches: "accept", "drop", "return", "jump", "goto", "unknown", "continue"."""

    match: Match
    word: str
    target: str = ""


Key = tuple[str, str, str]
"""Family, table and name of a chain."""


class Ruleset:
    """One ruleset: its chains by family, table and name, and its sets. `redirected` is what its NAT chains do."""

    def __init__(self, text: str, notes: Notes) -> None:
        self._notes = notes
        self.items, self.is_whole = items_of(text, notes)
        self.chains: dict[Key, Chain] = {}
        self._sets: dict[tuple[str, str], Sets] = {}
        self.redirected: list[StaticNat] = []
        self.steps = 0
        # Chains that are jumped to are walked many times; their rules are understood once, and so is what many rules
        # share. Items, their expressions and the sets live as long as this, so that their ids tell them apart.
        self._verdicts: dict[int, list[Verdict]] = {}
        self._origins: dict[int, Origin] = {}
        self._single_meanings: dict[int, dict[int, Match]] = {}
        self._words: dict[int, str] = {}
        self._collect()

    def _collect(self) -> None:
        elements: dict[tuple[str, str], dict[str, list[Json]]] = {}
        changing: dict[tuple[str, str], set[str]] = {}
        dormant = {
            (str(item.value.get("family")), str(item.value.get("name")))
            for item in self.items
            if item.kind == "table" and "dormant" in str(item.value.get("flags", ""))
        }
        for item in sorted(self.items, key=lambda item: item.kind == "rule"):
            value, table = item.value, (str(item.value.get("family")), str(item.value.get("table")))
            if table in dormant:
                continue
            if item.kind == "chain":
                self.chains[*table, str(value.get("name"))] = Chain(item.line, value)
            elif item.kind == "rule":
                self._take_rule(item, (*table, str(value.get("chain"))))
            elif item.kind in ("set", "map"):
                found = value.get("elem")
                elements.setdefault(table, {})[str(value.get("name"))] = found if isinstance(found, list) else []
                if {"dynamic", "timeout"} & set(_texts(value.get("flags"))):
                    changing.setdefault(table, set()).add(str(value.get("name")))
            elif item.kind not in _OBJECTS:
                self._notes.unparsed(item.line, f'"{item.kind[:30]}"', NOT_JSON, Bearing.OTHER)
        for table, found_elements in elements.items():
            self._sets[table] = Sets(found_elements, frozenset(changing.get(table, set())))

    def _take_rule(self, item: Item, key: Key) -> None:
        chain = self.chains.get(key)
        if chain is not None:
            chain.rules.append(item)
        else:
            why = NO_CHAIN.filled(name=key[2])
            self._notes.unparsed(item.line, self.text(item), why, Bearing.FILTER)

    def sets_of(self, key: Key) -> Sets:
        """Return the named sets that rules of a chain can use."""
        return self._sets.setdefault(key[:2], Sets({}))

    def base_chains(self, hook: str, kind: str) -> list[Key]:
        """Return the base chains of a hook and type, by priority."""
        found = [
            key
            for key, chain in self.chains.items()
            if chain.value.get("hook") == hook and chain.value.get("type") == kind
        ]
        return sorted(found, key=lambda key: _priority(self.chains[key].value))

    def nat_rules(self, key: Key, matches: list[Match], depth: int) -> Iterator[tuple[Item, Match]]:
        """Yield the rules of a NAT chain and of the chains it jumps to, each with what it matches."""
        chain = self.chains.get(key)
        if chain is None or depth > MOST_DEPTH:
            return
        for item in chain.rules:
            self.steps += 1
            if self.steps > MOST_RULES:
                return
            for verdict in self.verdicts(item, self.sets_of(key), Bearing.NAT):
                for match in (both for one in matches if (both := one & verdict.match) is not None):
                    if verdict.target:
                        yield from self.nat_rules((*key[:2], verdict.target), [match], depth + 1)
                    else:
                        yield item, match

    def verdicts(self, item: Item, sets: Sets, bearing: Bearing) -> list[Verdict]:
        """Return what a rule does, in order; several for a verdict map or a set of alternatives."""
        found = self._verdicts.get(id(item))
        if found is None:
            found = self._verdicts[id(item)] = self._verdicts_anew(item, sets, bearing)
        return found

    def origin(self, item: Item) -> Origin:
        """Return where a rule stands, and the rule as people read it."""
        found = self._origins.get(id(item))
        if found is None:
            found = self._origins[id(item)] = Origin(item.line, self.text(item))
        return found

    def _verdicts_anew(self, item: Item, sets: Sets, bearing: Bearing) -> list[Verdict]:
        matches = [ANYTHING]
        # What has one meaning only is applied when it matters: all of it at once.
        narrowing: list[Match] = []
        known = self._single_meanings.setdefault(id(sets), {})
        for expression in item.expressions:
            single = known.get(id(expression))
            if single is not None:
                narrowing.append(single)
                continue
            if not isinstance(expression, dict) or len(expression) != 1:
                self.tell(item, "?", bearing)
                narrowing.append(UNSURE)
                continue
            kind, inner = next(iter(expression.items()))
            try:
                if kind == "match" and isinstance(inner, dict):
                    found, is_lasting = self._meant(inner, sets)
                    if len(found) == 1:
                        narrowing += found
                        if is_lasting:
                            known[id(expression)] = found[0]
                    else:
                        matches, narrowing = combined(_all_narrowed(matches, narrowing), found), []
                elif kind == "vmap" and isinstance(inner, dict):
                    return _vmap(inner, _all_narrowed(matches, narrowing), sets)
                elif kind in _VERDICTS or (kind in _TRANSLATING and bearing is Bearing.NAT):
                    return [
                        Verdict(match, str(_VERDICTS.get(kind, kind))) for match in _all_narrowed(matches, narrowing)
                    ]
                elif kind in ("jump", "goto") and isinstance(inner, dict):
                    target = str(inner.get("target"))
                    return [Verdict(match, kind, target) for match in _all_narrowed(matches, narrowing)]
                elif kind in _NARROWING:
                    narrowing.append(UNSURE)
                elif kind not in _WITHOUT_EFFECT:
                    raise NotUnderstood(kind)
            except NotUnderstood as fault:
                self.tell(item, str(fault), bearing)
                narrowing.append(UNSURE)
                if kind != "match":
                    return [Verdict(match, "unknown") for match in _all_narrowed(matches, narrowing)]
        return []

    def _meant(self, inner: dict[str, Json], sets: Sets) -> tuple[list[Match], bool]:
        """Return what a match means, and whether it always will: redirections are still being read.

        Raises:
            NotUnderstood: it cannot be told.
        """
        if inner.get("left") == {"ct": {"key": "status"}} and "dnat" in json.dumps(inner.get("right")):
            return self._what_was_redirected(), False
        return alternatives(inner, sets), True

    def text(self, item: Item) -> str:
        """Return a rule as people read it."""
        told, words = self._words, []
        for expression in item.expressions:
            word = told.get(id(expression))
            if word is None:
                word = told[id(expression)] = expression_text(expression)
            words.append(word)
        return statement_text(item.value, words)

    def _what_was_redirected(self) -> list[Match]:
        """Return what `ct status dnat` matches: what the redirections of this machine send on."""
        found = []
        for nat in self.redirected:
            service = nat.service
            if nat.inside_port is not None:
                last = nat.inside_port + nat.service.size - 1
                service = ports_of(protocol_of(nat.service.first), Ranges(((nat.inside_port, last),)))
            outside = nat.outside.size if nat.outside.size < 1 << 16 else 1
            dst = Ranges(((nat.inside, nat.inside + outside - 1),))
            entering = frozenset({nat.interface}) if nat.interface else None
            found.append(Match(dst=dst & ANY_ADDRESS, service=service & ANY_SERVICE, entering=entering))
        return list(dict.fromkeys(found))

    def tell(self, item: Item, what: str, bearing: Bearing) -> None:
        """Note that a part of a rule could not be read."""
        self._notes.unparsed(item.line, self.text(item), NOT_UNDERSTOOD.filled(what=what[:40]), bearing)


def _all_narrowed(matches: list[Match], narrowing: list[Match]) -> list[Match]:
    return [both for one in matches if (both := narrowed(one, narrowing)) is not None] if narrowing else matches


def _texts(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _priority(chain: dict[str, Json]) -> int:
    found = chain.get("prio")
    return found if isinstance(found, int) else 0


def _vmap(inner: dict[str, Json], matches: list[Match], sets: Sets) -> list[Verdict]:
    pairs, is_fixed = sets.of(inner.get("data"))
    found: list[Verdict] = []
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], dict) and len(pair[1]) == 1):
            raise NotUnderstood("vmap")
        word, target = next(iter(pair[1].items()))
        if word not in ("accept", "drop", "return", "continue", "jump", "goto"):
            raise NotUnderstood(word)
        key = pair[0]["elem"]["val"] if isinstance(pair[0], dict) and isinstance(pair[0].get("elem"), dict) else pair[0]
        name = str(target.get("target")) if isinstance(target, dict) else ""
        for match in combined(matches, matched(inner.get("key"), [key])):
            found.append(Verdict(match if is_fixed else replace(match, is_exact=False), word, name))
    return found
