"""Changes on FortiOS: new policies moved to their place, old ones switched off, services of a policy set anew.

Nothing is deleted by a change, so going back is switching on again and deleting what was new. A policy that stands in for
a switched-off one is a copy of it with other addresses and services: users, inspection profiles and logging stay. A deny
on one interface's side becomes deny policies above all others, without what it keeps.

Source: FortiOS CLI reference, `config firewall policy` (move, status, match-vip), `firewall address`, `service custom`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from sekisho.adapters.changes.words import UNSURE_RULE, by_protocol, certain, checked
from sekisho.adapters.changes.written import Added, Edit, Kept, Laid, NotWritable, Task, Written, laid_out, of_family
from sekisho.adapters.configurations.fortios.policies import POLICY6_SEQ
from sekisho.adapters.configurations.fortios.tree import Node, parse
from sekisho.adapters.configurations.fortios.writer import quoted
from sekisho.adapters.configurations.redaction import MASK
from sekisho.domain.network.addresses import ANY_V4, ANY_V6, V6_BASE, address_text, prefixes_of, span_texts
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Direction, Everywhere, Rule, RuleSet
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE, ICMP, ICMP6
from sekisho.domain.text import Text

COMMENT = "#"
_FIRST_BUILT_IN = 5_000_000_000
_PORT_KEYS = {6: "tcp-portrange", 17: "udp-portrange", 132: "sctp-portrange"}
_NOT_COPIED = frozenset(
    {"uuid", "name", "status", "comments", "srcaddr", "dstaddr", "srcaddr6", "dstaddr6", "service", "srcaddr-negate",
     "dstaddr-negate", "srcaddr6-negate", "dstaddr6-negate", "service-negate", "global-label", "label", "policyid"}
)  # fmt: skip
"""Settings of a policy that a copy of it gets anew, or does without."""
SAVED_AT_ONCE = Text(
    "FortiGate は end を入力した時点で変更が保存され、電源を切っても残ります。通信を確かめ、困るときは戻すコマンドを入力してください。",
    "FortiGate saves the change as soon as “end” is entered. Check that everything works; if not, take it back.",
)
SEVERAL_VDOMS = Text(
    "この装置は VDOM（仮想的に分けた装置）を使っています。どの VDOM を変えるかを人が選ぶ必要があるため、コマンドは提案しません。",
    "This device uses VDOMs. A person has to choose which one to change, so no commands are offered.",
)
CUT_OFF = Text(
    "設定ファイルが途中で切れています。全体を出力し直して読み込んでください。",
    "The configuration breaks off. Please export it whole and read it in again.",
)
TOWARDS_VIP = Text(
    "ポリシー {number} はバーチャルIP（公開用のアドレス）や、インターネットサービスの名前を宛先にしています。"
    "必要な通信だけを残す書き方を確かめられないため、コマンドは提案しません。",
    "Policy {number} has virtual IPs or Internet services as its destination. How to keep only what is needed cannot be"
    " proved, so no commands are offered.",
)
NO_POLICY = Text(
    "{place} で変える規則は、ポリシーの番号を持たない規則です。コマンドは提案しません。",
    "What is to change at {place} is no numbered policy, so no commands are offered.",
)
IN_A_ZONE = Text(
    "{name} はゾーン「{zone}」の一部で、ポリシーでは単独で指定できません。コマンドは提案しません。",
    "{name} is part of zone “{zone}” and cannot stand alone in a policy, so no commands are offered.",
)


def fitted(edits: tuple[Edit, ...], existing: tuple[Edit, ...], configuration: DeviceConfiguration) -> tuple[Edit, ...]:
    """Return one edit of the list of policies: denies on a side of an interface go above all policies.

    Raises:
        NotWritable: there is no list of policies, or a side has rules of its own.
    """
    del configuration
    whole = next((edit for edit in [*edits, *existing] if isinstance(edit.at, Everywhere)), None)
    if whole is None or whole.old is None:
        raise NotWritable(NO_POLICY.filled(place=edits[0].at))
    families = sorted({family for edit in edits for family in edit.families})
    denies: list[Rule] = []
    for edit in edits:
        if isinstance(edit.at, Everywhere):
            continue
        if not isinstance(edit.at, AtInterface) or edit.old is not None or edit.new.default is not Action.PERMIT:
            raise NotWritable(NO_POLICY.filled(place=edit.at))
        denies += [one for one in _denied(edit.new, edit.at) if any(of_family([one], family) for family in families)]
    rules = (*_numbered(denies, whole.new), *whole.new.rules)
    return (Edit(whole.at, whole.old, replace(whole.new, rules=rules), tuple(families)),)


def _denied(ruleset: RuleSet, at: AtInterface) -> Iterator[Rule]:
    """Yield what a list of permits and denies over "all else passes" denies, as denies alone."""
    names = frozenset({at.interface})
    is_in = at.direction is Direction.IN
    passed: list[Rule] = []
    for rule in ruleset.rules:
        certain(rule)
        if rule.action is Action.PERMIT:
            passed.append(rule)
            continue
        for piece in _without(rule, passed):
            yield replace(piece, entering=names) if is_in else replace(piece, leaving=names)


def _without(rule: Rule, passed: Sequence[Rule]) -> list[Rule]:
    pieces = [rule]
    for keep in passed:
        if keep.source_ports != ANY_PORT:
            raise NotWritable(UNSURE_RULE)
        pieces = [
            left
            for piece in pieces
            for left in (
                replace(piece, src=piece.src - keep.src),
                replace(piece, src=piece.src & keep.src, dst=piece.dst - keep.dst),
                replace(
                    piece, src=piece.src & keep.src, dst=piece.dst & keep.dst, service=piece.service - keep.service
                ),
            )
            if left.src and left.dst and left.service
        ]
    return pieces


def _numbered(rules: list[Rule], ruleset: RuleSet) -> list[Rule]:
    taken = max((rule.seq for rule in ruleset.rules), default=0)
    return [replace(rule, seq=taken + at) for at, rule in enumerate(rules, 1)]


def write(task: Task) -> Written:
    """Return the commands of a task.

    Raises:
        NotWritable: see there.
    """
    tree = parse(task.text)
    if tree.broken_at is not None:
        raise NotWritable(CUT_OFF)
    if tree.root.section("vdom") is not None or tree.root.section("global") is not None:
        raise NotWritable(SEVERAL_VDOMS)
    writing = _Writing(tree.root, task)
    writing.edit(task.edits[0])
    return Written(tuple(checked(writing.change())), tuple(writing.rollback()), (SAVED_AT_ONCE,))


def applied(text: str, commands: Sequence[str]) -> str:
    """Return the configuration after the commands: a section said again goes on where it was."""
    return "\n".join([text, *commands, ""]) if commands else text


@dataclass(slots=True)
class _Writing:
    """The parts of one change while they are put together."""

    root: Node
    task: Task
    addresses: dict[tuple[bool, str], list[str]] = field(default_factory=dict)
    services: dict[str, list[str]] = field(default_factory=dict)
    new: dict[int, list[str]] = field(default_factory=dict)
    moves: list[str] = field(default_factory=list)
    off: list[int] = field(default_factory=list)
    narrowed: dict[int, list[str]] = field(default_factory=dict)

    def edit(self, edit: Edit) -> None:
        laid = laid_out(edit, None)
        in_place = self._narrowed(laid)
        for at, item in enumerate(laid.items):
            if isinstance(item, Added) and id(item) not in in_place:
                number = self._policy(item)
                anchor = self._anchor(laid.items[at + 1 :], in_place)
                if anchor:
                    self.moves.append(f"    move {number} before {anchor}")
        for line in laid.gone:
            number = line.rules[0].seq
            if number in self.narrowed:
                continue
            self._entry(number)
            self.off.append(number)

    def _narrowed(self, laid: Laid) -> set[int]:
        """Note the policies that only lose services; they are changed where they stand."""
        found = set()
        for item in laid.items:
            if not isinstance(item, Added) or item.instead_of is None:
                continue
            old = item.instead_of
            line = next(one for one in laid.gone if old in one.rules)
            if len(line.rules) == 1 and replace(item.rule, service=old.service) == old:
                found.add(id(item))
                entry = self._entry(old.seq)
                if not entry.values("service"):
                    raise NotWritable(TOWARDS_VIP.filled(number=old.seq))
                self.narrowed[old.seq] = self._services(item.rule)
        return found

    def _anchor(self, items: Sequence[Kept | Added], in_place: set[int]) -> int | None:
        for item in items:
            if isinstance(item, Kept) and item.rules[0].seq < _FIRST_BUILT_IN:
                return item.rules[0].seq
            if isinstance(item, Added) and id(item) in in_place:
                return item.rule.seq
        return None

    def _entry(self, number: int) -> Node:
        section = self.root.section("firewall policy")
        entry = section.children.get(("edit", str(number))) if section is not None else None
        if entry is None or number >= POLICY6_SEQ:
            raise NotWritable(NO_POLICY.filled(place="global"))
        return entry

    # ---- policies ----

    def _policy(self, item: Added) -> int:
        section = self.root.section("firewall policy")
        used = {int(one.name) for one in section.entries if one.name.isdecimal()} if section is not None else set()
        number = max([*used, *self.new, 0]) + 1
        rule = item.rule
        lines = [f"set name {quoted(f'sekisho-{number}')}"]
        if item.instead_of is not None and rule.action is Action.PERMIT:
            certain(rule)
            lines += self._copied(item.instead_of)
        else:
            certain(rule)
            if rule.action is not Action.DENY:
                raise NotWritable(UNSURE_RULE)
            lines += [
                f"set srcintf {self._side(rule.entering)}",
                f"set dstintf {self._side(rule.leaving)}",
                "set action deny",
                'set schedule "always"',
                "set logtraffic all",
                "set match-vip enable",
            ]
        lines += self._ends(rule)
        lines.append(f"set service {' '.join(map(quoted, self._services(rule)))}")
        self.new[number] = lines
        return number

    def _copied(self, old: Rule) -> Iterator[str]:
        entry = self._entry(old.seq)
        objects = {
            one.name
            for name in ("firewall vip", "firewall vipgrp", "firewall vip6", "firewall vipgrp6")
            if (section := self.root.section(name)) is not None
            for one in section.entries
        }
        named = [*entry.values("dstaddr"), *entry.values("dstaddr6")]
        by_service = any(entry.is_on(key) for key in entry.settings if key.startswith("internet-service"))
        if by_service or not objects.isdisjoint(named) or entry.sections or entry.strays:
            raise NotWritable(TOWARDS_VIP.filled(number=old.seq))
        for key, setting in entry.settings.items():
            if key in _NOT_COPIED:
                continue
            if any(MASK in value for value in setting.values):
                raise NotWritable(UNSURE_RULE)
            yield f"set {key} {' '.join(map(_value, setting.values))}".rstrip()

    def _side(self, names: frozenset[str] | None) -> str:
        if names is None:
            return quoted("any")
        section = self.root.section("system zone")
        for zone in section.entries if section is not None else ():
            members = frozenset(zone.values("interface"))
            if members == names:
                return quoted(zone.name)
            if members & names:
                raise NotWritable(IN_A_ZONE.filled(name=", ".join(sorted(names)), zone=zone.name))
        return " ".join(map(quoted, sorted(names)))

    def _ends(self, rule: Rule) -> Iterator[str]:
        written = False
        for family, whole in ((4, ANY_V4), (6, ANY_V6)):
            src, dst = rule.src & whole, rule.dst & whole
            if not (src and dst and (family in self.task.edits[0].families or not rule.src & ANY_V4)):
                continue
            key = "6" if family == 6 else ""
            written = True
            yield f"set srcaddr{key} {self._named(src, whole)}"
            yield f"set dstaddr{key} {self._named(dst, whole)}"
        if not written:
            raise NotWritable(UNSURE_RULE)

    def _named(self, addresses: Ranges, whole: Ranges) -> str:
        if addresses == whole:
            return quoted("all")
        return " ".join(quoted(self._address(span)) for span in addresses.spans)

    def _address(self, span: Span) -> str:
        is_v6 = span[0] >= V6_BASE
        texts = prefixes_of(span)
        if len(texts) == 1 and is_v6:
            lines = [f"set ip6 {texts[0]}"]
        elif len(texts) == 1:
            lines = [f"set subnet {texts[0]}"]
        else:
            first, last = address_text(span[0]), address_text(span[1])
            lines = ["set type iprange", f"set start-ip {first}", f"set end-ip {last}"]
        taken = (
            self._taken("firewall address6", "firewall addrgrp6")
            if is_v6
            else self._taken("firewall address", "firewall addrgrp", "firewall vip", "firewall vipgrp")
        )
        name = _free(f"sekisho-{span_texts(span)[0]}", taken)
        self.addresses[is_v6, name] = lines
        return name

    def _services(self, rule: Rule) -> list[str]:
        if rule.service == ANY_SERVICE and rule.source_ports == ANY_PORT:
            return ["ALL"]
        taken = self._taken("firewall service custom", "firewall service group") | set(self.services)
        ports: list[str] = []
        names: list[str] = []
        for protocol, wanted in by_protocol(rule.service):
            if protocol in _PORT_KEYS:
                ports.append(f"set {_PORT_KEYS[protocol]} {' '.join(_ranges(wanted, rule.source_ports))}")
            elif protocol > 0:
                kind = {ICMP: ["set protocol ICMP"], ICMP6: ["set protocol ICMP6"]}.get(protocol)
                name = _free(f"sekisho-ip-{protocol}", taken - set(self.services))
                self.services[name] = kind or ["set protocol IP", f"set protocol-number {protocol}"]
                names.append(name)
        if ports:
            name = _free(f"sekisho-{len(self.services) + 1}", taken)
            self.services[name] = ports
            names.insert(0, name)
        return names

    def _taken(self, *sections: str) -> set[str]:
        found = (self.root.section(name) for name in sections)
        return {one.name for section in found if section is not None for one in section.entries}

    # ---- what is typed ----

    def change(self) -> list[str]:
        lines = [*self._objects("firewall address", False), *self._objects("firewall address6", True)]
        if self.services:
            lines += ["config firewall service custom"]
            for name, body in self.services.items():
                lines += [f"    edit {quoted(name)}", *(f"        {one}" for one in body), "    next"]
            lines += ["end"]
        lines += ["config firewall policy"]
        for number, body in self.new.items():
            lines += [f"    edit {number}", *(f"        {one}" for one in body), "    next"]
        lines += self.moves
        for number, names in self.narrowed.items():
            lines += [f"    edit {number}", f"        set service {' '.join(map(quoted, names))}"]
            if self._entry(number).is_on("service-negate"):
                lines.append("        set service-negate disable")
            lines.append("    next")
        for number in self.off:
            lines += [f"    edit {number}", "        set status disable", "    next"]
        return [*lines, "end"]

    def rollback(self) -> list[str]:
        lines = ["config firewall policy"]
        for number in self.off:
            lines += [f"    edit {number}", "        set status enable", "    next"]
        for number in self.narrowed:
            entry = self._entry(number)
            lines += [f"    edit {number}", f"        set service {' '.join(map(quoted, entry.values('service')))}"]
            if entry.is_on("service-negate"):
                lines.append("        set service-negate enable")
            lines.append("    next")
        lines += [f"    delete {number}" for number in self.new]
        lines.append("end")
        for section, is_v6 in (("firewall address", False), ("firewall address6", True)):
            names = [name for v6, name in self.addresses if v6 is is_v6]
            if names:
                lines += [f"config {section}", *(f"    delete {quoted(name)}" for name in names), "end"]
        if self.services:
            lines += [
                "config firewall service custom",
                *(f"    delete {quoted(name)}" for name in self.services),
                "end",
            ]
        return lines

    def _objects(self, section: str, is_v6: bool) -> list[str]:
        mine = {name: body for (v6, name), body in self.addresses.items() if v6 is is_v6}
        if not mine:
            return []
        lines = [f"config {section}"]
        for name, body in mine.items():
            lines += [f"    edit {quoted(name)}", *(f"        {one}" for one in body), "    next"]
        return [*lines, "end"]


def _ranges(ports: Ranges, sources: Ranges) -> Iterator[str]:
    for low, high in ports.spans:
        wanted = str(low) if low == high else f"{low}-{high}"
        if sources == ANY_PORT:
            yield wanted
            continue
        for first, last in sources.spans:
            yield f"{low}-{high}:{first}-{last}"


def _value(text: str) -> str:
    plain = text.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return text if plain and text.isascii() and not text[:1].isupper() else quoted(text)


def _free(name: str, taken: set[str]) -> str:
    return next(one for at in count(1) if (one := name if at == 1 else f"{name}-{at}") not in taken)
