"""What network.yaml says, and what it says when something in it is wrong."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import sekisho
from sekisho.adapters.network.messages import MESSAGES
from sekisho.adapters.network.read import read_network_model
from sekisho.adapters.network.write import network_yaml
from sekisho.adapters.yaml_file import YamlUnreadable
from sekisho.domain.network.addresses import ANY_ADDRESS, ANY_V4, address_number, parse_addresses, prefix_span
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    AtZones,
    BackupCopy,
    Connect,
    CredentialDomain,
    DeclaredFlow,
    Device,
    Direction,
    Everywhere,
    ExternalLine,
    Interface,
    Isolation,
    MediaControl,
    MediaPath,
    Network,
    Node,
    Route,
    Rule,
    RuleSet,
    Segment,
    SourceNat,
    State,
    StaticNat,
)
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import parse_services
from sekisho.domain.tri import Tri

AOBA = Path(sekisho.__file__).parent / "catalogue" / "samples" / "aoba" / "network.yaml"
BASE = """
segments:
  - {id: ehr, cidr: 10.10.0.0/24, zone: ehr}
  - {id: lab, cidr: 10.20.0.0/24, zone: lab}
devices:
  - id: core
    interfaces: [{id: v10, segment: ehr, address: 10.10.0.1}, {id: v20, segment: lab, address: 10.20.0.1}, {id: wan}]
nodes:
  - {id: db, addresses: [10.10.0.10], listens: [tcp/1433]}
"""
FULL = """
segments:
  - {id: ehr, cidr: 10.10.0.0/24, zone: ehr, isolation: port, gateway: core, name: サーバ室, department: 医療情報課}
  - {id: split, cidr: [10.20.0.0/25, 10.30.0.1-10.30.0.9]}
nodes:
  - {id: ehr-db, addresses: [10.10.0.10, 10.20.0.10], role: ehr, critical: 3, listens: [tcp/1433, icmp], count: 2,
     credentials: [dom], name: 電子カルテ, department: 医療情報課, os: Windows Server 2019, runs_on: host, jump_host: false}
  - {id: host, addresses: 10.20.0.20, jump_host: true}
lines:
  - {id: CAF1, number: 7, kind: internet-vpn, party: vendor, vendor: 株式会社みどり, name: 保守, source: 203.0.113.0/29,
     terminates: {device: core, interface: wan}, auth: {mfa: false, credentials: dom}, always_on: true}
  - {id: modem, terminates: {segment: ehr}, auth: {mfa: unknown}}
  - {id: lost}
devices:
  - id: core
    name: 中核
    kind: router
    vendor: YAMAHA
    model: RTX1210
    line: 7
    filters: unknown
    interfaces:
      - {id: v10, segment: ehr, address: 10.10.0.1/24, zone: inside, name: サーバ室}
      - {id: v20, address: 10.20.0.1, zone: outer}
      - {id: wan}
    routes: [{prefix: 0.0.0.0/0, interface: wan}, {prefix: 192.168.0.0/16, via: 10.20.0.99}]
rulesets:
  - device: core
    at: {interface: wan, direction: in}
    default: deny
    source: parsed:rt1.txt
    stateful: false
    name: 保守
    rules:
      - {seq: 10, action: permit, src: 203.0.113.0/29, dst: any, service: [tcp/1000-2000, udp/53], source_ports: [53, 1024-65535],
         state: new, until: 2027-03-31, name: 保守, objects: [vendor], schedule: 平日}
      - {seq: 20, action: deny, service: any, enabled: false, entering: [wan], leaving: [v10, v20]}
    tracked: [{seq: 100, action: permit, service: tcp/443}]
  - {device: core, at: {zones: [inside, outer]}, default: unknown}
  - {device: core, at: global, default: permit, rules: []}
nat:
  - {device: core, interface: wan, kind: static, outside: 203.0.113.9, inside: 10.10.0.10, service: tcp/8443, inside_port: 443, filters_see: outside}
  - {device: core, interface: wan, kind: source, inside: [10.10.0.0/24], outside: 203.0.113.10}
credentials: [{id: dom, kind: domain-admin, name: ドメイン}]
media: [{from: host, to: ehr-db, control: rule-only, records: true}]
flows: [{src: CAF1, dst: ehr-db, service: tcp/1433, owner: 検査部, until: 2027-03-31, reason: 検査結果}]
backups:
  - {id: daily, of: ehr-db, on: host, connect: timed-link, generations: 7, immutable_days: 3, interval_hours: 24,
     restore_tested_on: 2026-10-01, credentials: [dom], name: 毎日}
"""


def test_read_network_model_reads_every_part() -> None:
    reading = read_network_model(FULL.encode())
    assert reading.problems == ()
    number = address_number
    assert reading.network == Network(
        segments=(
            Segment("ehr", parse_addresses("10.10.0.0/24"), "ehr", Isolation.PORT, "core", "サーバ室", "医療情報課"),
            Segment("split", parse_addresses(["10.20.0.0/25", "10.30.0.1-10.30.0.9"])),
        ),
        nodes=(
            Node(
                "ehr-db", parse_addresses(["10.10.0.10", "10.20.0.10"]), "ehr", 3, parse_services(["tcp/1433", "icmp"]), 2,
                ("dom",), "電子カルテ", "医療情報課", "Windows Server 2019", "host",
            ),
            Node("host", parse_addresses("10.20.0.20"), is_jump_host=True),
        ),
        lines=(
            ExternalLine(
                "CAF1", parse_addresses("203.0.113.0/29"), "core", "wan", None, "internet-vpn", "vendor", "株式会社みどり", "保守",
                7, Tri.NO, Tri.YES, ("dom",),
            ),
            ExternalLine("modem", segment="ehr"),
            ExternalLine("lost"),
        ),
        devices=(
            Device(
                "core",
                (
                    Interface("v10", "ehr", number("10.10.0.1"), prefix_span("10.10.0.0/24"), "inside", "サーバ室"),
                    Interface("v20", "split", number("10.20.0.1"), zone="outer"),
                    Interface("wan"),
                ),
                (
                    Route(ANY_V4.spans[0], None, "wan"),
                    Route(prefix_span("192.168.0.0/16"), number("10.20.0.99")),
                ),
                False, "router", "YAMAHA", "RTX1210", "中核", "", 7,
            ),
        ),
        rulesets=(
            RuleSet(
                "core", AtInterface("wan", Direction.IN), Action.DENY,
                (
                    Rule(
                        10, Action.PERMIT, parse_addresses("203.0.113.0/29"), ANY_ADDRESS,
                        parse_services(["tcp/1000-2000", "udp/53"]), Ranges(((53, 53), (1024, 65535))), State.NEW,
                        schedule="平日", until=date(2027, 3, 31), name="保守", objects=("vendor",),
                    ),
                    Rule(20, Action.DENY, enabled=False, entering=frozenset({"wan"}), leaving=frozenset({"v10", "v20"})),
                ),
                False, (Rule(100, Action.PERMIT, service=parse_services("tcp/443")),), "parsed:rt1.txt", "保守",
            ),
            RuleSet("core", AtZones("inside", "outer"), Action.UNKNOWN),
            RuleSet("core", Everywhere(), Action.PERMIT),
        ),
        static_nats=(
            StaticNat(
                "core", "wan", parse_addresses("203.0.113.9"), number("10.10.0.10"), parse_services("tcp/8443"), 443, False
            ),
        ),
        source_nats=(SourceNat("core", "wan", parse_addresses("10.10.0.0/24"), number("203.0.113.10")),),
        credentials=(CredentialDomain("dom", "domain-admin", "ドメイン"),),
        media=(MediaPath("host", "ehr-db", MediaControl.RULE_ONLY, Tri.YES),),
        flows=(
            DeclaredFlow("CAF1", "ehr-db", parse_services("tcp/1433"), "検査部", date(2027, 3, 31), "検査結果"),
        ),
        backups=(
            BackupCopy("daily", "ehr-db", "host", Connect.TIMED_LINK, 7, 3, 24, date(2026, 10, 1), ("dom",), "毎日"),
        ),
    )  # fmt: skip


def test_read_network_model_reads_the_sample_hospital_without_a_problem() -> None:
    reading = read_network_model(AOBA.read_bytes())
    assert reading.problems == ()
    assert sum(node.count for node in reading.network.nodes) == 2303
    assert [len(part) for part in (reading.network.segments, reading.network.lines, reading.network.devices)] == [
        22,
        18,
        29,
    ]
    assert read_network_model(network_yaml(reading.network)).network == reading.network


def told(raw: str) -> list[tuple[int | None, str]]:
    return [
        (problem.line, problem.rule.removeprefix("network.")) for problem in read_network_model(raw.encode()).problems
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("segments:\n  - {cidr: 10.0.0.0/24}\n", (2, "id-missing")),
        ("segments:\n  - {id: a, cidr: 10.0.0.0/24}\n  - {id: a, cidr: 10.1.0.0/24}\n", (3, "id-twice")),
        ("segments:\n  - {id: a, cidr: 10.0.0.0/24}\n  - {id: b, cidr: 10.0.0.128/25}\n", (2, "segments-overlap")),
        ("segments:\n  - {id: a, cidr: 10.0.0.0/24}\n  - {id: b, cidr: 10.0.0.0/24}\n", (3, "segments-overlap")),
        ("segments:\n  - {id: a, cidr: 10.0.0.0/24, isolation: wifi}\n", (2, "isolation")),
        ("segments:\n  - {id: a, cidr: 10.0.0.0/24, gateway: rt9}\n", (2, "unknown-gateway")),
        ("segments:\n  - {id: a, cidr: 10.0.0.0/24, isolatoin: port}\n", (2, "misspelt-key")),
        ("segments:\n  - {id: a, cidr: 2001:db8::/200}\n", (2, "cidr")),
        (BASE + "  - {id: pc, addresses: [172.16.0.1]}\n", (10, "address-outside")),
        (BASE + "  - {id: pc, addresses: [2001:db8::1]}\n", (10, "address-outside")),
        (BASE + "  - {id: pc, addresses: [10.10.0.20/24]}\n", (10, "address-is-network")),
        (BASE + "  - {id: pc, addresses: [10.10.0.20-2001:db8::1]}\n", (10, "address")),
        (BASE + "  - {id: pc, addresses: [10.10.0.20], listens: [tcp/99999]}\n", (10, "service")),
        (BASE + "  - {id: pc, addresses: [10.10.0.20], listens: [http]}\n", (10, "service")),
        (BASE + "  - {id: pc, addresses: [10.10.0.20], count: 0}\n", (10, "number")),
        (BASE + "  - {id: pc, addresses: [10.10.0.20], credentials: [adm]}\n", (10, "unknown-credential")),
        (BASE + "  - {id: pc, addresses: [10.10.0.20], runs_on: esx}\n", (10, "unknown-node")),
        (BASE + "  - {id: pc, addresses: [10.10.0.20], name: 'PW: Tops3cret!'}\n", (10, "name-is-secret")),
        (BASE + "lines:\n  - {id: db}\n", (11, "id-twice")),
        (BASE + "lines:\n  - {id: l, terminates: {device: rt9, interface: wan}}\n", (11, "termination-device")),
        (BASE + "lines:\n  - {id: l, terminates: {device: core, interface: lan9}}\n", (11, "termination-interface")),
        (BASE + "lines:\n  - {id: l, terminates: {segment: nowhere}}\n", (11, "termination")),
        (BASE + "lines:\n  - {id: l, source: 203.0.113.300}\n", (11, "address")),
        (BASE + "lines:\n  - {id: l, auth: {mfa: perhaps}}\n", (11, "truth")),
        (BASE + "flows:\n  - {src: ghost, dst: db, service: tcp/1433}\n", (11, "unknown-end")),
        (BASE + "flows:\n  - {src: db, dst: ghost, service: tcp/1433}\n", (11, "unknown-end")),
        (BASE + "flows:\n  - {src: db, dst: db}\n", (11, "flow")),
        (BASE + "flows:\n  - {src: db, dst: db, service: tcp/1, until: 来年}\n", (11, "date")),
        (BASE + "media:\n  - {from: db, to: ghost}\n", (11, "unknown-end")),
        (BASE + "media:\n  - {from: db, to: db, control: strong}\n", (11, "word")),
        (BASE + "backups:\n  - {id: b, of: ghost}\n", (11, "unknown-end")),
        (BASE + "backups:\n  - {id: b, of: db, on: ghost, connect: immutable}\n", (11, "unknown-node")),
        (BASE + "rulesets:\n  - {device: rt9, at: global, default: deny}\n", (11, "unknown-device")),
        (BASE + "rulesets:\n  - {device: core, at: {interface: v99, direction: in}, default: deny}\n", (11, "unknown-interface")),
        (BASE + "rulesets:\n  - {device: core, at: {interface: v10}, default: deny}\n", (11, "place")),
        (BASE + "rulesets:\n  - {device: core, at: {zones: [ehr, nowhere]}, default: deny}\n", (11, "unknown-zone")),
        (BASE + "rulesets:\n  - {device: core, at: global}\n", (11, "default")),
        (BASE + "rulesets:\n  - {device: core, at: global, default: maybe}\n", (11, "default")),
        (BASE + "rulesets:\n  - {device: core, at: global, default: deny, stateful: perhaps}\n", (11, "stateful")),
        (BASE + "nat:\n  - {device: rt9, interface: wan, kind: static}\n", (11, "unknown-device")),
        (BASE + "nat:\n  - {device: core, interface: wan, kind: static, outside: 203.0.113.1, inside: '2001:db8::1'}\n", (11, "nat")),
        (BASE + "nat:\n  - {device: core, interface: wan, kind: twisted}\n", (11, "nat")),
        (BASE + "nat:\n  - {device: core, interface: v99, kind: source, inside: any, outside: 203.0.113.1}\n", (11, "nat")),
        ("devices:\n  - id: r\n    routes:\n      - {prefix: 10.0.0.0/8, via: '2001:db8::1'}\n", (4, "route")),
        ("devices:\n  - id: r\n    routes:\n      - {prefix: 10.0.0/8, via: 10.0.0.1}\n", (4, "route")),
        ("devices:\n  - id: r\n    routes:\n      - 10.0.0.0/8\n", (4, "route")),
        ("devices:\n  - id: r\n    interfaces:\n      - {id: a, segment: nowhere}\n", (4, "unknown-segment")),
        ("devices:\n  - id: r\n    interfaces:\n      - {id: a, address: 10.0.0.1/99}\n", (4, "address")),
        ("devices:\n  - id: r\n    interfaces:\n      - {id: a}\n      - {id: a}\n", (5, "id-twice")),
        ("devices:\n  - id: r\n    filters: perhaps\n", (3, "filters")),
        ("devices:\n  - id: r\n    config: configs/rt1.txt\n", (3, "config-missing")),
        ("segments: [{id: a, cidr: 10.0.0.0/24}]\ndevices:\n  - id: r\n    interfaces:\n      - {id: a, segment: a, address: 10.9.0.1}\n", (5, "interface-address")),
    ],
)  # fmt: skip
def test_read_network_model_tells_where_an_entry_is_wrong(raw: str, expected: tuple[int, str]) -> None:
    assert told(raw) == [expected]


def rules_of(*rules: str) -> str:
    written = "".join(f"      - {rule}\n" for rule in rules)
    return BASE + f"rulesets:\n  - device: core\n    at: global\n    default: deny\n    rules:\n{written}"


@pytest.mark.parametrize(
    "rule",
    [
        "{seq: 10, action: perimt, src: any}",
        "{seq: 10, src: any}",
        "{seq: 10, action: deny, src: [10.10.0.0/24, 10.999]}",
        "{seq: 10, action: deny, src: }",
        "{seq: 10, action: deny, dst: [server]}",
        "{seq: 10, action: deny, service: [tcp/443, https]}",
        "{seq: 10, action: deny, service: 443}",
        "{seq: 10, action: deny, source_ports: [99999]}",
        "{seq: 10, action: deny, state: related}",
        "{seq: 10, action: deny, enabled: maybe}",
        "{seq: 10, action: deny, entering: [v99]}",
        "{seq: 10, action: deny, leaving: []}",
    ],
)
def test_a_rule_that_cannot_be_read_may_decide_at_its_place(rule: str) -> None:
    reading = read_network_model(rules_of(rule, "{seq: 20, action: permit}").encode())
    assert [(problem.line, problem.rule) for problem in reading.problems] == [(15, "network.rule")]
    first, second = reading.network.rulesets[0].rules
    assert (first.seq, first.action, first.is_exact, first.takes_part) == (10, Action.UNKNOWN, False, True)
    assert first.src == first.dst == ANY_ADDRESS or rule.count("10.10") == 0
    assert second == Rule(20, Action.PERMIT)


def test_a_rule_that_is_no_entry_may_decide_everything_after_it() -> None:
    reading = read_network_model(
        rules_of("{seq: 5, action: deny}", "permit any any", "{seq: 20, action: permit}").encode()
    )
    assert [(problem.line, problem.rule) for problem in reading.problems] == [(16, "network.rule-not-an-entry")]
    assert reading.network.rulesets[0].rules[1] == Rule(10, Action.UNKNOWN, is_exact=False)


def test_rules_with_the_same_number_both_stand_under_numbers_of_their_own() -> None:
    reading = read_network_model(
        rules_of("{seq: 10, action: deny}", "{seq: 10, action: permit}", "{action: deny}").encode()
    )
    assert [(problem.line, problem.rule) for problem in reading.problems] == [(16, "network.seq-twice")]
    assert [rule.seq for rule in reading.network.rulesets[0].rules] == [10, 20, 30]


@pytest.mark.parametrize(
    ("part", "filters_known", "routes_known"),
    [
        ("rulesets:\n  - {device: core, at: {interface: v99, direction: in}, default: deny}\n", False, True),
        ("rulesets:\n  - {device: core, at: somewhere, default: deny}\n", False, True),
        ("rulesets:\n  - {device: core, at: global, default: deny}\n  - {device: core, at: global, default: permit}\n", False, True),
        ("rulesets:\n  - {device: core, at: global, default: deny, stateful: perhaps}\n", False, True),
        ("nat:\n  - {device: core, interface: wan, kind: static, outside: x, inside: 10.10.0.10}\n", False, True),
        ("rulesets:\n  - {device: core, at: global, default: deny}\n", True, True),
    ],
)  # fmt: skip
def test_what_cannot_be_read_of_a_device_leaves_it_unknown(part: str, filters_known: bool, routes_known: bool) -> None:
    (core,) = read_network_model((BASE + part).encode()).network.devices
    assert (core.filters_known, core.routes_known) == (filters_known, routes_known)


@pytest.mark.parametrize(
    "inside",
    [
        "interfaces: [{id: a, segment: nowhere, address: 172.16.0.1}]",
        "interfaces: [{segment: s}]",
        "interfaces: [lan1]",
        "interfaces: [{id: a, segment: s, address: 10.0.0.999}]",
        "routes: [{prefix: 10.0.0.0/99, via: 10.0.0.1}]",
        "routes: [default]",
        "config: nowhere.txt",
        "routes_known: false",
    ],
)
def test_an_interface_or_route_that_cannot_be_read_leaves_the_routes_unknown(inside: str) -> None:
    raw = f"segments: [{{id: s, cidr: 10.0.0.0/24}}]\ndevices: [{{id: r, {inside}}}]\n"
    (device,) = read_network_model(raw.encode()).network.devices
    assert device.routes_known is False


@pytest.mark.parametrize("way", ["via: router", "interface: lan9", "via: '2001:db8::1'", "via: "])
def test_a_route_whose_next_hop_cannot_be_read_leads_nobody_knows_where(way: str) -> None:
    raw = f"devices: [{{id: r, routes: [{{prefix: 10.0.0.0/8, {way}}}]}}]"
    reading = read_network_model(raw.encode())
    assert reading.network.devices[0].routes == (Route(prefix_span("10.0.0.0/8")),)
    assert len(reading.problems) == 1


def test_a_backup_on_an_unknown_node_lies_nobody_knows_where() -> None:
    raw = BASE + "backups:\n  - {id: b, of: db, on: ghost, connect: always-on}\n"
    assert read_network_model(raw.encode()).network.backups == (BackupCopy("b", "db", None, Connect.ALWAYS_ON),)


def test_overlapping_segments_are_taken_apart() -> None:
    raw = "segments: [{id: wide, cidr: 10.0.0.0/16}, {id: narrow, cidr: 10.0.1.0/24}, {id: same, cidr: 10.0.1.0/24}]"
    wide, narrow, same = read_network_model(raw.encode()).network.segments
    assert wide.addresses == parse_addresses("10.0.0.0/16") - parse_addresses("10.0.1.0/24")
    assert narrow.addresses == parse_addresses("10.0.1.0/24")
    assert not same.addresses


def test_a_flow_may_come_from_a_line_by_any_of_its_names() -> None:
    flows = "".join(f"  - {{src: {name}, dst: db, service: tcp/1433}}\n" for name in ("x", "CAF9", "回線4", "line-4"))
    raw = BASE + "lines: [{id: x, number: 4, circuit: CAF9}]\nflows:\n" + flows
    reading = read_network_model(raw.encode())
    assert reading.problems == ()
    assert {flow.source for flow in reading.network.flows} == {"x"}


def test_no_value_is_read_where_it_was_not_meant() -> None:
    """Spellings that YAML or a lenient reader takes for something else."""
    raw = BASE + "  - {id: on, addresses: 10.10.0.11, role: no, critical: 0, listens: tcp/22, name: yes}\n"
    node = read_network_model(raw.encode()).network.nodes[-1]
    assert (node.id, node.role, node.name, node.listens) == ("on", "no", "yes", parse_services("tcp/22"))


def test_no_message_repeats_what_may_be_a_secret() -> None:
    raw = BASE + "  - {id: pc, addresses: ['password Tops3cret'], listens: ['Tops3cret'], name: 'PW: Tops3cret!'}\n"
    reading = read_network_model(raw.encode())
    assert len(reading.problems) == 3
    assert "Tops3cret" not in repr(reading)


def test_every_message_names_what_to_do_in_both_languages() -> None:
    assert all(message.ja.endswith("。") and message.en.endswith(".") for message in MESSAGES.values())


def test_a_file_with_too_many_keys_of_its_own_is_read_in_a_moment() -> None:
    rows = "\n".join(f"  - {{id: n{number}, addreses{number}: 1, key{number}: 2}}" for number in range(3000))
    assert len(read_network_model(f"nodes:\n{rows}\n".encode()).network.nodes) == 3000


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=6), st.dates(),
    st.sampled_from(["10.0.0.1", "10.0.0.0/24", "any", "tcp/443", "db", "core", "v10", "ehr", "in", "global", "2001:db8::1"]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "interface", "device", "zones", "segment", "seq", "line"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
KEYS = [
    "id", "cidr", "zone", "isolation", "gateway", "addresses", "listens", "credentials", "runs_on", "terminates", "source", "auth",
    "interfaces", "routes", "config", "device", "at", "default", "rules", "stateful", "tracked", "interface", "kind", "outside",
    "inside", "service", "from", "to", "src", "dst", "until", "of", "on", "connect", "generations", "number", "line", "origin",
]  # fmt: skip
PARTS = [
    "segments",
    "nodes",
    "lines",
    "devices",
    "rulesets",
    "nat",
    "credentials",
    "media",
    "flows",
    "backups",
    "unread",
]
entries = st.lists(st.dictionaries(st.sampled_from(KEYS), values, max_size=7) | values, max_size=4)


@given(st.dictionaries(st.sampled_from(PARTS), entries | values, max_size=11))
def test_read_network_model_survives_values_of_any_form(content: dict[str, object]) -> None:
    base = yaml.safe_load(BASE)
    for key, part in content.items():
        base[key] = [*base[key], *part] if isinstance(part, list) and isinstance(base.get(key), list) else part
    try:
        reading = read_network_model(yaml.safe_dump(base, allow_unicode=True).encode())
    except YamlUnreadable:
        return
    assert all(problem.rule and problem.message.ja for problem in reading.problems)
    # Whatever was read can be written, and means the same when it is read once more.
    again = read_network_model(network_yaml(reading.network))
    assert again.network == reading.network
