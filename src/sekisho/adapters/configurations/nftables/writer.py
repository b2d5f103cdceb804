"""Writes rule sets as nftables JSON that `nft -j -f` loads, and single rules as people read them.

What a rule may match less of than it says gets a match on a packet mark that nobody sets; an unknown action becomes two
such rules, one that lets pass and one that refuses. Neither lets anything pass by mistake.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, address_text, prefixes_of
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Direction, Rule, RuleSet, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, PORTS, WITH_PORTS

Json = Any
TABLE, CHAIN = "sekisho", "forward"
NOT_EXACT_MARK = 0x5E
_ACCEPT, _DROP = {"accept": None}, {"drop": None}
_VERDICTS: dict[Action, tuple[Json, ...]] = {
    Action.PERMIT: (_ACCEPT,),
    Action.DENY: (_DROP,),
    Action.UNKNOWN: (_ACCEPT, _DROP),
}
_PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp"}


def emit(configuration: DeviceConfiguration) -> str:
    """Return the rule sets of `configuration` as one inet table with one forward chain.

    Disabled rules are left out: nftables has none.
    """
    rules = [rule for ruleset in configuration.rulesets for rule in _rules(ruleset)]
    policy = "drop"
    if configuration.rulesets and configuration.rulesets[-1].default is Action.PERMIT:
        policy = "accept"
    chain = {
        "family": "inet",
        "table": TABLE,
        "name": CHAIN,
        "type": "filter",
        "hook": "forward",
        "prio": 0,
        "policy": policy,
    }
    items: list[Json] = [{"metainfo": {"json_schema_version": 1}}, {"table": {"family": "inet", "name": TABLE}}]
    items.append({"chain": chain})
    items += [{"rule": {"family": "inet", "table": TABLE, "chain": CHAIN, "expr": expression}} for expression in rules]
    return '{"nftables": [\n' + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]}\n"


def _rules(ruleset: RuleSet) -> Iterator[list[Json]]:
    if ruleset.stateful:
        yield [_match({"ct": {"key": "state"}}, {"set": ["established", "related"]}), {"accept": None}]
    for rule in ruleset.rules:
        if rule.enabled and not (rule.schedule and rule.action is Action.DENY):
            yield from _expressions(rule, ruleset)
    if ruleset.default is Action.UNKNOWN:
        yield from ([_UNSURE, verdict] for verdict in (_ACCEPT, _DROP))


def _match(left: Json, right: Json) -> Json:
    return {"match": {"op": "==", "left": left, "right": right}}


_UNSURE = _match({"meta": {"key": "mark"}}, NOT_EXACT_MARK)


def _expressions(rule: Rule, ruleset: RuleSet) -> Iterator[list[Json]]:
    if not (rule.src and rule.dst and rule.service and rule.source_ports):
        return
    entering, leaving = rule.entering, rule.leaving
    if isinstance(ruleset.at, AtInterface):
        own = frozenset({ruleset.at.interface})
        is_in = ruleset.at.direction is Direction.IN
        entering, leaving = (own, leaving) if is_in else (entering, own)
    if entering == frozenset() or leaving == frozenset():
        return
    head: list[Json] = []
    for key, names in (("iifname", entering), ("oifname", leaving)):
        if names is not None:
            head.append(_match({"meta": {"key": key}}, {"set": sorted(names)}))
    if rule.state is not State.ANY:
        head.append(_match({"ct": {"key": "state"}}, rule.state.value))
    tail: list[Json] = [] if rule.is_exact else [_UNSURE]
    for addresses in _families(rule):
        for services in _services(rule):
            for verdict in _VERDICTS[rule.action]:
                yield [*head, *addresses, *services, *tail, verdict]


def _families(rule: Rule) -> Iterator[list[Json]]:
    """Yield the matches on addresses; one list for both families where neither is narrowed."""
    both = ANY_V4 | ANY_V6
    if rule.src == both and rule.dst == both:
        yield []
        return
    for protocol, name, whole in (("ip", "ipv4", ANY_V4), ("ip6", "ipv6", ANY_V6)):
        src, dst = rule.src & whole, rule.dst & whole
        if src and dst:
            found = [_match({"meta": {"key": "nfproto"}}, name)]
            for field, addresses in (("saddr", src), ("daddr", dst)):
                if addresses != whole:
                    found.append(
                        _match({"payload": {"protocol": protocol, "field": field}}, {"set": _elements(addresses)})
                    )
            yield found


def _elements(addresses: Ranges) -> list[Json]:
    found: list[Json] = []
    for span in addresses.spans:
        prefixes = prefixes_of(span)
        bits = "128" if span[0] >= V6_BASE else "32"
        if len(prefixes) > 1:
            found.append({"range": [address_text(span[0]), address_text(span[1])]})
            continue
        address, _, length = prefixes[0].partition("/")
        found.append(address if length == bits else {"prefix": {"addr": address, "len": int(length)}})
    return found


def _services(rule: Rule) -> Iterator[list[Json]]:
    if rule.service == ANY_SERVICE and rule.source_ports == ANY_PORT:
        yield []
        return
    whole: list[Json] = []
    for first, last in rule.service.spans:
        for protocol in range(first // PORTS, last // PORTS + 1):
            low = max(first, protocol * PORTS) % PORTS
            high = min(last, protocol * PORTS + PORTS - 1) % PORTS
            if protocol not in WITH_PORTS or ((low, high) == (0, PORTS - 1) and rule.source_ports == ANY_PORT):
                whole.append(protocol)
                continue
            found = []
            for field, spans in (("dport", ((low, high),)), ("sport", rule.source_ports.spans)):
                if spans != ANY_PORT.spans:
                    ports = [{"range": [a, b]} if a != b else a for a, b in spans]
                    found.append(
                        _match({"payload": {"protocol": _PROTOCOLS[protocol], "field": field}}, {"set": ports})
                    )
            yield found
    if whole:
        yield [_match({"meta": {"key": "l4proto"}}, {"set": whole})]


def statement_text(rule: dict[str, Json], words: Iterable[str]) -> str:
    """Return a rule of the JSON as a short line for people: its comment, its place, its matches and its verdict.

    `words`: the `expression_text` of each of its expressions.
    """
    comment = f'"{rule["comment"]}" ' if isinstance(rule.get("comment"), str) else ""
    place = f"{rule.get('table')} {rule.get('chain')}#{rule.get('handle', '-')}: "
    return (place + comment + " ".join(word for word in words if word))[:400]


def expression_text(expression: Json) -> str:
    """Return one match or statement of a rule as people read it; "" for a counter."""
    if not isinstance(expression, dict) or len(expression) != 1:
        return "?"
    kind, inner = next(iter(expression.items()))
    if kind == "match" and isinstance(inner, dict):
        operator = inner.get("op", "==")
        return f"{_value(inner.get('left'))} {'' if operator in ('==', 'in') else f'{operator} '}{_value(inner.get('right'))}"
    if kind in ("jump", "goto") and isinstance(inner, dict):
        return f"{kind} {inner.get('target')}"
    if kind in ("dnat", "snat") and isinstance(inner, dict):
        return f"{kind} to {_value(inner.get('addr'))}" + (f":{inner['port']}" if "port" in inner else "")
    return "" if kind == "counter" else str(kind)


def _value(value: Json, depth: int = 0) -> str:
    if depth > 4:
        return "…"
    if isinstance(value, str):
        return value[:60]
    if isinstance(value, dict) and len(value) == 1:
        kind, inner = next(iter(value.items()))
        if kind == "payload" and isinstance(inner, dict):
            return f"{inner.get('protocol')} {inner.get('field')}"
        if kind in ("meta", "ct") and isinstance(inner, dict):
            return f"{kind} {inner.get('key')}"
        if kind == "prefix" and isinstance(inner, dict):
            return f"{inner.get('addr')}/{inner.get('len')}"
        if kind == "range" and isinstance(inner, list):
            return "-".join(_value(one, depth + 1) for one in inner[:2])
        if kind == "set":
            return _value(inner, depth + 1)
        return str(kind)
    if isinstance(value, list):
        return "{ " + ", ".join(_value(one, depth + 1) for one in value[:12]) + " }"
    return str(value)[:60]
