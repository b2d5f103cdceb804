"""Rule sets of a Cisco ASA configuration: lists at interfaces, security levels, and what VPNs let past them.

Rules that no line writes (security levels, VPN traffic past the list) carry numbers from `IMPLIED` on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sekisho.adapters.configurations.cisco_asa.objects import Named
from sekisho.adapters.configurations.cisco_ios.lists import matching
from sekisho.adapters.configurations.cisco_like.objects import v4_number
from sekisho.adapters.configurations.cisco_like.text import (
    NO_SUCH_LIST,
    NOT_AN_ADDRESS,
    NOT_KNOWN,
    Account,
    Block,
    Line,
)
from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.configuration import Bearing, VpnPool
from sekisho.domain.network.model import Action, AtInterface, Direction, Everywhere, Origin, Rule, RuleSet
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.text import Text

IMPLIED = 1_000_000
GLOBAL = 100_000
"""What is added to the numbers of the global list, to tell them from those of the interface's own."""
LIST_NOT_IN_USE = Text(
    "このフィルターは、使われていないインターフェースに適用されています。",
    "This filter is applied to an interface that is not in use.",
)
SAME_LEVEL = "same-security-traffic"
HIGHER_LEVEL = "security-level"


@dataclass(frozen=True, slots=True)
class Guarded:
    """An interface as far as filtering goes: ids, zone, security level."""

    ids: list[str]
    nameif: str
    level: int
    is_management: bool
    origin: Origin


@dataclass(slots=True)
class _Users:
    """A group policy or connection profile: its address pools, filter and parent."""

    pools: list[str] = field(default_factory=list)
    vpn_filter: str = ""
    policy: str = ""


@dataclass(slots=True)
class _Tunnel:
    """One entry of a crypto map."""

    line: Line
    list_name: str = ""
    peers: list[str] = field(default_factory=list)


class Filters:
    """Collects what is applied where, and makes rule sets of it."""

    def __init__(self, account: Account, named: Named) -> None:
        self._account, self._named = account, named
        self.same_security: set[str] = set()
        self.bypasses = True
        self._applied: dict[tuple[str, Direction], tuple[str, Line]] = {}
        self._global: tuple[str, Line] | None = None
        self._pools: dict[str, tuple[Ranges, Line]] = {}
        self._policies: dict[str, _Users] = {}
        self._profiles: dict[str, _Users] = {}
        self._maps: dict[str, dict[str, _Tunnel]] = {}
        self._map_at: dict[str, str] = {}
        self._users_at: list[str] = []
        self._by_level: dict[tuple[int, bool], frozenset[str]] = {}
        self._filters_of_pool: dict[str, set[str]] | None = None
        self._lists: dict[tuple[int, ...], tuple[Rule, ...]] = {}

    # ---- collecting ----

    def applied(self, line: Line, rest: list[str]) -> None:
        """Take a line "access-group NAME in interface outside"."""
        match rest:
            case [_, "in" | "out", "interface", _, "control-plane", *_]:
                pass  # packets for the device itself
            case [name, "in" | "out" as side, "interface", nameif, *_]:
                self._applied[nameif, Direction(side)] = name, line
            case [name, "global", *_]:
                self._global = name, line
            case _:
                self._account.unread(line, NOT_KNOWN, Bearing.FILTER)

    def pool(self, line: Line) -> None:
        """Take a line "ip local pool NAME 10.0.0.1-10.0.0.9 mask 255.255.255.0"."""
        words = line.words
        first, _, last = words[4].partition("-") if len(words) > 4 else ("", "", "")
        low, high = v4_number(first), v4_number(last or first)
        if low is None or high is None or high < low:
            if words[0] == "ip":
                self._account.unread(line, NOT_AN_ADDRESS)
            return
        self._pools[words[3]] = Ranges(((low, high),)), line

    def crypto(self, block: Block) -> None:
        """Take a line "crypto map NAME 10 match address LIST" or "crypto map NAME interface outside"."""
        match block.head.words:
            case ["crypto", "map", name, "interface", nameif]:
                self._map_at[nameif] = name
            case ["crypto", "map" | "dynamic-map", name, seq, "match", "address", list_name]:
                self._tunnel(name, seq, block.head).list_name = list_name
            case ["crypto", "map", name, seq, "set", "peer", *peers]:
                self._tunnel(name, seq, block.head).peers += peers
            case ["crypto", "map", name, seq, "ipsec-isakmp", "dynamic", other]:
                self._maps.setdefault(name, {}).update(self._maps.setdefault(other, {}))

    def _tunnel(self, name: str, seq: str, line: Line) -> _Tunnel:
        return self._maps.setdefault(name, {}).setdefault(seq, _Tunnel(line))

    def web_vpn(self, block: Block) -> None:
        """Take a block "webvpn"."""
        self._users_at += [line.words[1] for line in block.body if line.words[0] == "enable" and len(line.words) > 1]

    def remote_users(self, block: Block) -> None:
        """Take a block "group-policy NAME attributes" or "tunnel-group NAME general-attributes"."""
        words = block.head.words
        if len(words) < 2:
            return
        users = (self._policies if words[0] == "group-policy" else self._profiles).setdefault(words[1], _Users())
        for line in block.body:
            match line.words:
                case ["address-pool", *pools] | ["address-pools", "value", *pools]:
                    users.pools += [pool for pool in pools if not pool.startswith("(")]
                case ["vpn-filter", "value", name]:
                    users.vpn_filter = name
                case ["default-group-policy", name]:
                    users.policy = name

    def pools(self) -> list[VpnPool]:
        """Return the pools that remote users get addresses from; `interface` is the name of the interface."""
        used = {pool for users in (*self._policies.values(), *self._profiles.values()) for pool in users.pools}
        where = [*self._users_at, *self._map_at]
        return [
            VpnPool(where[0] if where else "", addresses, name, line.number)
            for name, (addresses, line) in self._pools.items()
            if name in used
        ]

    # ---- rule sets ----

    def rulesets(self, ports: dict[str, Guarded]) -> list[RuleSet]:
        """Return the rule sets of every interface, in their order."""
        found = list(self._same_level(ports))
        for port in ports.values():
            inbound = self._inbound(port, ports)
            places = [(Direction.IN, *inbound)]
            outbound = self._applied.get((port.nameif, Direction.OUT))
            if outbound is not None:
                places.append((Direction.OUT, outbound[0], self._rules_of(outbound)))
            elif port.is_management:
                places.append((Direction.OUT, "management-only", []))
            for direction, name, rules in places:
                shared = self._shared(rules)
                for one in port.ids:
                    place = AtInterface(one, direction)
                    found.append(RuleSet("", place, Action.DENY, shared, source="parsed", name=name))
        for nameif, _ in self._applied:
            if nameif not in ports:
                self._account.tell(self._applied_line(nameif), "list-not-in-use", LIST_NOT_IN_USE)
        return found

    def _shared(self, rules: list[Rule]) -> tuple[Rule, ...]:
        """Return the rules as a tuple, the same one for lists that are applied in several places."""
        key = tuple(map(id, rules)) if len(rules) < 2 else (id(rules[0]), id(rules[-1]), len(rules))
        return self._lists.setdefault(key, tuple(rules)) if rules else ()

    def _applied_line(self, nameif: str) -> Line:
        return next(line for (name, _), (_, line) in self._applied.items() if name == nameif)

    def _inbound(self, port: Guarded, ports: dict[str, Guarded]) -> tuple[str, list[Rule]]:
        if port.is_management:
            return "management-only", []
        rules = self._from_vpn(port) if self.bypasses else []
        own = self._applied.get((port.nameif, Direction.IN))
        names = []
        if own is not None:
            names.append(own[0])
            rules += self._rules_of(own)
        if self._global is not None:
            names.append(self._global[0])
            rules += [replace(rule, seq=rule.seq + (GLOBAL if own else 0)) for rule in self._rules_of(self._global)]
        if not names:
            names.append(HIGHER_LEVEL)
            lower = self._ids_at(ports, port.level, below=True)
            rules += self._implied(rules, Action.PERMIT, lower, HIGHER_LEVEL, port.origin)
            level = self._ids_at(ports, port.level, below=False)
            if "inter-interface" in self.same_security and len(level) > len(port.ids):
                rules += self._implied(rules, Action.PERMIT, level, SAME_LEVEL, port.origin)
            elif "intra-interface" in self.same_security:
                rules += self._implied(rules, Action.PERMIT, frozenset(port.ids), SAME_LEVEL, port.origin)
        return " + ".join(names), rules

    def _rules_of(self, binding: tuple[str, Line]) -> list[Rule]:
        name, line = binding
        if not self._named.is_defined(name):
            self._account.unread(line, NO_SUCH_LIST.filled(name=name), Bearing.FILTER)
            return [Rule(1, Action.UNKNOWN, is_exact=False, name=name, origin=line.origin)]
        return self._named.rules(name)

    def _same_level(self, ports: dict[str, Guarded]) -> Iterator[RuleSet]:
        """Yield what no list can permit: one level, or back out again, unless same-security-traffic does."""
        levels: dict[int, list[Guarded]] = {}
        for port in ports.values():
            if not port.is_management:
                levels.setdefault(port.level, []).append(port)
        rules: list[Rule] = []
        may_turn, may_cross = ("intra-interface" in self.same_security, "inter-interface" in self.same_security)
        if may_turn is not may_cross:
            action = Action.PERMIT if may_turn else Action.DENY
            rules += [_between(port.ids, action, port.origin) for port in ports.values() if not port.is_management]
        if not may_cross:
            for alike in levels.values():
                rules.append(_between([one for port in alike for one in port.ids], Action.DENY, alike[0].origin))
        if rules:
            counted = tuple(replace(rule, seq=10 * number) for number, rule in enumerate(rules, 1))
            yield RuleSet("", Everywhere(), Action.PERMIT, counted, source="parsed", name=SAME_LEVEL)

    def _ids_at(self, ports: dict[str, Guarded], level: int, *, below: bool) -> frozenset[str]:
        """Return the ids of the interfaces of a security level, or of all lower ones."""
        key = (level, below)
        if key not in self._by_level:
            self._by_level[key] = frozenset(
                one
                for port in ports.values()
                if (port.level < level if below else port.level == level) and not port.is_management
                for one in port.ids
            )
        return self._by_level[key]

    @staticmethod
    def _implied(
        before: list[Rule], action: Action, leaving: frozenset[str], name: str, origin: Origin
    ) -> Iterator[Rule]:
        if leaving:
            seq = IMPLIED + sum(rule.seq >= IMPLIED for rule in before)
            yield Rule(seq, action, leaving=leaving, name=name, origin=origin)

    # ---- VPN ----

    def _from_vpn(self, port: Guarded) -> list[Rule]:
        """Return what comes out of VPNs that end at an interface, as far as it may pass."""
        rules: list[Rule] = []
        for tunnel in self._maps.get(self._map_at.get(port.nameif, ""), {}).values():
            vpn_filter = next((self._filter_of(self._profiles[p]) for p in tunnel.peers if p in self._profiles), "")
            for one in matching(self._named.rules(tunnel.list_name)):
                rules += self._filtered(vpn_filter, one.dst, one.src, tunnel.line, one.is_exact)
        if port.nameif in self._users_at or port.nameif in self._map_at:
            for pool, (addresses, line) in self._pools.items():
                filters = self._pool_filters().get(pool)
                if filters:
                    rules += self._filtered(sorted(filters)[0], addresses, ANY_ADDRESS, line, len(filters) == 1)
        return [replace(rule, seq=IMPLIED + at) for at, rule in enumerate(rules)]

    def _pool_filters(self) -> dict[str, set[str]]:
        """Return the filters of the profiles that hand out each pool."""
        if self._filters_of_pool is None:
            self._filters_of_pool = {}
            for users in self._profiles.values():
                for pool in self._pools_of(users):
                    self._filters_of_pool.setdefault(pool, set()).add(self._filter_of(users))
        return self._filters_of_pool

    def _pools_of(self, users: _Users) -> list[str]:
        policy = self._policies.get(users.policy)
        return users.pools + (policy.pools if policy is not None else [])

    def _filter_of(self, users: _Users) -> str:
        policy = self._policies.get(users.policy or "DfltGrpPolicy")
        return policy.vpn_filter if policy is not None else ""

    def _filtered(self, vpn_filter: str, src: Ranges, dst: Ranges, line: Line, is_exact: bool) -> list[Rule]:
        """Return what passes from `src` to `dst` out of a VPN; a filter is written with the far side as its source."""
        if not vpn_filter:
            return [Rule(0, Action.PERMIT, src, dst, is_exact=is_exact, name="VPN", origin=line.origin)]
        rules = []
        for rule in self._named.rules(vpn_filter):
            ours, theirs = rule.src & src, rule.dst & dst
            if ours and theirs:
                rules.append(replace(rule, src=ours, dst=theirs, is_exact=rule.is_exact and is_exact))
        return [*rules, Rule(0, Action.DENY, src, dst, is_exact=is_exact, name="VPN", origin=line.origin)]


def _between(ids: list[str], action: Action, origin: Origin) -> Rule:
    """Return a rule over what enters and leaves by these interfaces."""
    return Rule(0, action, entering=frozenset(ids), leaving=frozenset(ids), name=SAME_LEVEL, origin=origin)
