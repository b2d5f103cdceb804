"""Reads the rules of Linux nftables as `nft -j list ruleset` prints them.

A packet must pass every base chain of the forward hook, in the order of their priorities; chains that they jump to are
written out in place. The result is one rule set that every packet through the machine meets. It is stateful when each
chain lets established connections pass before it refuses anything. The ruleset says nothing of addresses and routes of
the machine; interfaces are known by the names that rules use.

Not read, and told: bridge and netdev tables, matches and statements outside the list of `matches`.

Source: nft(8), libnftables-json(5). Numbers (`seq`) count up by ten in the order in which rules are met.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sekisho.adapters.configurations.nftables.matches import (
    ANYTHING,
    Match,
    family_match,
)
from sekisho.adapters.configurations.nftables.nat import nats_of
from sekisho.adapters.configurations.nftables.ruleset import (
    MOST_DEPTH,
    MOST_RULES,
    NO_CHAIN,
    NOT_UNDERSTOOD,
    Key,
    Ruleset,
    Verdict,
)
from sekisho.adapters.configurations.nftables.values import NotUnderstood
from sekisho.adapters.configurations.nftables.writer import emit
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
from sekisho.domain.text import Text

__all__ = ["emit", "likeness", "read"]

_MOST_STEPS = 500_000
_STEP = 10
_OTHER_FAMILY = Text(
    "{family}の規則は計算に入りません。同じ機械を橋渡しで通る通信は、別に確かめてください。",
    "Rules of family {family} are not computed. Please check bridged traffic separately.",
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
class _Frame:
    """A place in a chain, and where a packet that returns goes on.

    `falls_through`: the rules that follow in the result are the caller's next ones, so that the end needs no writing.
    """

    chain: Key
    position: int = 0
    caller: "_Frame | None" = None
    falls_through: bool = False
    depth: int = 0


class _TooMany(Exception):
    """More rules than can be written out."""


class _Reading:
    """One ruleset while it is read."""

    def __init__(self, text: str) -> None:
        self._notes = Notes()
        self._set = Ruleset(text, self._notes)
        self._rules: list[Rule] = []
        self._last_number = 0
        self._names: set[str] = set()
        self._source_nats: list[SourceNat] = []

    def configuration(self) -> DeviceConfiguration:
        """Return what the ruleset says."""
        self._read_nats()
        rules, default, is_stateful = self._forwarded()
        numbered = enumerate(rules, 1)
        rules = tuple(rule if rule.seq == at * _STEP else replace(rule, seq=at * _STEP) for at, rule in numbered)
        for names in {names for rule in rules for names in (rule.entering, rule.leaving) if names}:
            self._names |= names
        self._names |= {nat.interface for nat in self._set.redirected} | {nat.interface for nat in self._source_nats}
        self._names.discard("")
        static = tuple(nat for nat in self._everywhere(self._set.redirected) if isinstance(nat, StaticNat))
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
            understood=max(0, len(self._set.items) + (not self._set.is_whole) - len(unparsed)),
        )

    def _read_nats(self) -> None:
        for hook in ("prerouting", "postrouting"):
            for key in self._set.base_chains(hook, "nat"):
                family = family_match(key[0])
                if family is None:
                    continue
                for item, match in self._set.nat_rules(key, [family], 0):
                    origin = self._set.origin(item)
                    try:
                        static, source = nats_of(item.expressions, match, self._set.sets_of(key), origin)
                    except NotUnderstood:
                        self._set.tell(item, "nat", Bearing.NAT)
                        continue
                    self._set.redirected += static
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
                self._notes.unparsed(line, text, NOT_UNDERSTOOD.filled(what="nat"), Bearing.NAT)

    def _forwarded(self) -> tuple[tuple[Rule, ...], Action, bool]:
        rules: list[Rule] = []
        keys = []
        for key, chain in self._set.chains.items():
            if chain.rules and family_match(key[0]) is None:
                self._notes.unparsed(
                    chain.line, f"chain {key[0]} {key[1]} {key[2]}", _OTHER_FAMILY.filled(family=key[0]), Bearing.FILTER
                )
        for hook in ("prerouting", "forward", "postrouting"):
            found = [key for key in self._set.base_chains(hook, "filter") if family_match(key[0]) is not None]
            keys += [key for key in found if hook == "forward" or self._refuses(key)]
        if not any(self._set.chains[key].value.get("hook") == "forward" for key in keys) and self._set.is_whole:
            self._notes.notice(1, "nftables.no-forward", _NO_FORWARD)
        unknown = Rule(0, Action.UNKNOWN, is_exact=False)
        try:
            rules = list(self._through(keys, ANYTHING))
        except (_TooMany, RecursionError):
            self._notes.unparsed(self._set.chains[keys[0]].line, "chain", _TOO_MANY, Bearing.FILTER)
            rules = [*self._rules[:MOST_RULES], unknown] if self._rules else [unknown]
        default = Action.PERMIT if self._set.is_whole else Action.UNKNOWN
        if rules and rules[-1] == Rule(rules[-1].seq, rules[-1].action, origin=rules[-1].origin) and self._set.is_whole:
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
                    if not left:
                        return True
            elif rule.state is not State.NEW:
                return False
        return default is Action.PERMIT or not left

    def _refuses(self, key: Key) -> bool:
        """Return whether a chain of another hook stops any packet; most of them only mark."""
        words = json.dumps([item.value.get("expr") for item in self._set.chains[key].rules])
        stops = any(f'"{word}"' in words for word in ("drop", "reject", "jump", "goto", "vmap", "queue"))
        return stops or self._set.chains[key].value.get("policy") == "drop"

    def _through(self, keys: list[Key], match: Match) -> Iterator[Rule]:
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

    def _in_chain(self, frame: "_Frame", match: Match, after: list[Key]) -> Iterator[Rule]:
        """Yield what becomes of `match` from the place `frame` on. `after`: base chains that an accepted packet meets next."""
        chain, sets = self._set.chains[frame.chain], self._set.sets_of(frame.chain)
        for number in range(frame.position, len(chain.rules)):
            item = chain.rules[number]
            for verdict in self._set.verdicts(item, sets, Bearing.FILTER):
                self._set.steps += 1
                if self._set.steps > _MOST_STEPS:
                    raise _TooMany
                both = match & verdict.match
                if both is None:
                    continue
                origin = self._set.origin(item)
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
        self, verdict: Verdict, frame: "_Frame", match: Match, after: list[Key], origin: Origin
    ) -> Iterator[Rule]:
        target = (*frame.chain[:2], verdict.target)
        if target not in self._set.chains or frame.depth >= MOST_DEPTH:
            self._notes.unparsed(origin.line, origin.text, NO_CHAIN.filled(name=verdict.target), Bearing.FILTER)
            yield self._rule(match, Action.UNKNOWN, origin)
        elif verdict.word == "goto":
            yield from self._in_chain(_Frame(target, 0, frame.caller, False, frame.depth + 1), match, after)
        else:
            # What nobody decides in the other chain meets the rules below the jump, which are written next anyway.
            back = replace(frame, position=frame.position + 1)
            yield from self._in_chain(_Frame(target, 0, back, True, frame.depth + 1), match, after)

    def _returned(self, frame: "_Frame", match: Match, after: list[Key]) -> Iterator[Rule]:
        """Yield what becomes of a packet at the end of a chain: on to the caller, or the base chain's policy."""
        if frame.caller is not None:
            if not frame.falls_through:
                yield from self._in_chain(replace(frame.caller, falls_through=False), match, after)
            return
        chain = self._set.chains[frame.chain]
        policy = chain.value.get("policy", "accept") if "hook" in chain.value else "accept"
        origin = Origin(chain.line, f"chain {frame.chain[2]} policy {policy}")
        if not self._set.is_whole:
            yield self._rule(match, Action.UNKNOWN, origin)
        elif policy == "drop":
            yield self._rule(match, Action.DENY, origin)
        else:
            yield from self._accepted(match, after, origin)

    def _accepted(self, match: Match, after: list[Key], origin: Origin) -> Iterator[Rule]:
        if after:
            yield from self._through(after, match)
        else:
            yield self._rule(match, Action.PERMIT, origin)

    def _rule(self, match: Match, action: Action, origin: Origin | None) -> Rule:
        if len(self._rules) >= MOST_RULES:
            raise _TooMany
        # Where the file breaks off, a table that is missing may still refuse what this one accepts.
        is_exact = match.is_exact and (action is Action.DENY or (action is Action.PERMIT and self._set.is_whole))
        # Rules for replies alone go when the rule set turns out to be stateful, which is the usual case.
        self._last_number += 0 if match.state is State.ESTABLISHED and action is Action.PERMIT else _STEP
        rule = Rule(
            self._last_number, action, match.src, match.dst, match.service, match.sources, match.state, match.entering, match.leaving,
            is_exact, origin=origin,
        )  # fmt: skip
        self._rules.append(rule)
        return rule


def _is_for_all(rule: Rule) -> bool:
    """Return whether a rule lets pass whatever it is, of one family or both."""
    whole = rule.src == rule.dst and rule.src in (ANY_ADDRESS, ANY_V4, ANY_V6)
    anyhow = Rule(rule.seq, rule.action, rule.src, rule.dst, state=rule.state, origin=rule.origin)
    return whole and rule == anyhow
