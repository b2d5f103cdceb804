"""What verdicts stand on, taken from small networks whose answers are known by hand."""

from datetime import date

from sekisho.adapters.network.read import read_network_model
from sekisho.assessment.network import assess_network
from sekisho.assessment.network_grounds import ground_network
from sekisho.domain.facts import Unknown
from sekisho.domain.judgement.line_paths import LinePath
from sekisho.domain.judgement.network_grounds import NetworkGrounds, PairState
from sekisho.domain.judgement.network_proofs import prove
from sekisho.domain.register.records import Line, Register
from sekisho.domain.tri import Tri

TODAY = date(2026, 11, 21)
HOSPITAL = """
segments:
  - {id: ehr, cidr: 10.10.1.0/24, name: 電子カルテ}
  - {id: lab, cidr: 10.10.2.0/24, name: 検査科}
  - {id: pharmacy, cidr: 10.10.3.0/24, name: 薬剤部}
nodes:
  - {id: ehr-db, name: 電子カルテDB, addresses: [10.10.1.10], role: ehr, critical: 3, listens: [tcp/1433, tcp/445]}
  - {id: lis, name: 検査, addresses: [10.10.2.10], role: lis, critical: 2, listens: [tcp/445, tcp/1433]}
  - {id: pharm, name: 薬剤, addresses: [10.10.3.10], role: pharmacy, critical: 2, listens: [tcp/445]}
lines:
  - {id: line-1, number: 1, party: vendor, name: 検査保守, terminates: {device: rt, interface: wan}, source: 192.0.2.0/28, auth: {mfa: true}}
devices:
  - {id: rt, interfaces: [{id: wan}, {id: lan, segment: lab, address: 10.10.2.254}], routes: [{prefix: 10.10.0.0/16, via: 10.10.2.1}]}
  - id: core
    name: 中核
    interfaces:
      - {id: v1, segment: ehr, address: 10.10.1.1}
      - {id: v2, segment: lab, address: 10.10.2.1}
      - {id: v3, segment: pharmacy, address: 10.10.3.1}
rulesets:
  - device: rt
    at: {interface: wan, direction: in}
    default: deny
    source: declared
    rules: [{seq: 10, action: permit, src: [192.0.2.0/28], dst: [10.10.2.10], service: [tcp/1433], state: new}]
CORE
flows:
  - {src: line-1, dst: lis, service: tcp/1433, owner: 検査科, until: 2027-03-31}
backups:
  - {id: tape, of: ehr-db, on: ehr-db, connect: manual-eject, generations: 3}
  - {id: disk, of: lis, on: lis, connect: always-on, generations: 7}
"""
WALLS = "".join(
    f"  - {{device: core, at: {{interface: {vlan}, direction: in}}, default: deny, source: declared, rules: []}}\n"
    for vlan in ("v1", "v2", "v3")
)


def grounds(text: str, register: Register | None = None) -> NetworkGrounds:
    segments = text.replace("cidr", "gateway: core, cidr")
    network = read_network_model(segments.encode()).network
    return ground_network(assess_network(network, today=TODAY), register)


def value(found: NetworkGrounds, fact: str) -> object:
    reading = prove(found).reading(fact)
    return reading.value if reading else None


DIVIDED, FLAT = HOSPITAL.replace("CORE\n", WALLS), HOSPITAL.replace("CORE\n", "")


def test_divided_hospital_is_proven_from_its_rules() -> None:
    found = grounds(DIVIDED)
    assert {pair.state for pair in found.pairs} == {PairState.BLOCKED}
    assert len(found.pairs) == 6
    assert "core/v1/in#default" in found.blocked_by
    for fact in ("segment_traffic_control", "department_segments", "boundary_device", "boundary_needed_only"):
        assert value(found, fact) == "yes", fact
    assert value(found, "vendor_target_limited") == "yes"
    assert value(found, "entries_parted") == "yes"
    assert value(found, "vendor_remote_mfa") == "yes"
    assert value(found, "offline_backup") == "partly"


def test_flat_hospital_fails_on_every_pair_and_says_where() -> None:
    found = grounds(FLAT)
    assert value(found, "segment_traffic_control") == "no"
    assert {pair.passages[0].rule for pair in found.pairs} == {"no-filter:中核"}
    miss = prove(found).miss
    assert miss is not None
    assert miss.said.en == "Level 3 fails on 6 of 6 pairs of departments. One place to mend (no rule on 中核)."


def test_missing_configuration_of_the_core_is_unknown_never_divided() -> None:
    dark = DIVIDED.replace("id: core\n", "id: core\n    filters: unknown\n").replace(WALLS, "")
    found = grounds(dark)
    assert {pair.state for pair in found.pairs} == {PairState.UNKNOWN}
    assert isinstance(value(found, "segment_traffic_control"), Unknown)
    assert found.coverage < 1


def test_hosts_that_listen_to_nothing_prove_no_division() -> None:
    silent = FLAT.replace("listens: [tcp/445]", "listens: []").replace(
        "listens: [tcp/445, tcp/1433]", "listens: [tcp/1433]"
    )
    silent = silent.replace("listens: [tcp/1433, tcp/445]", "listens: [tcp/1433]")
    assert {pair.state for pair in grounds(silent).pairs} == {PairState.UNGUARDED}
    assert isinstance(value(grounds(silent), "segment_traffic_control"), Unknown)


def test_declared_need_is_an_exception_until_its_last_day() -> None:
    hole = DIVIDED.replace(
        "{device: core, at: {interface: v2, direction: in}, default: deny, source: declared, rules: []}",
        "{device: core, at: {interface: v2, direction: in}, default: deny, source: declared, rules: "
        "[{seq: 5, action: permit, src: [10.10.2.10], dst: [10.10.1.10], service: [tcp/445], state: new}]}",
    )
    need = "  - {src: lis, dst: ehr-db, service: tcp/445, owner: 検査科, until: 2026-11-21}\n"
    kept = grounds(hole.replace("flows:\n", "flows:\n" + need))
    states = {(pair.source, pair.target): pair.state for pair in kept.pairs}
    assert states["検査科", "電子カルテ"] is PairState.DECLARED
    assert value(kept, "segment_traffic_control") == "yes"
    late = grounds(hole.replace("flows:\n", "flows:\n" + need.replace("2026-11-21", "2026-11-20")))
    assert value(late, "segment_traffic_control") == "partly"
    open_pair = next(pair for pair in late.pairs if pair.state is PairState.OPEN)
    assert open_pair.passages[0].rule == "core/v2/in#5"


def test_line_that_opens_more_than_declared_is_named_with_its_rule() -> None:
    wide = DIVIDED.replace("service: [tcp/1433], state: new", "service: [tcp/1433, tcp/445], state: new")
    line = grounds(wide).lines[0]
    assert (line.undeclared_count, line.beyond_count, line.declared_count) == (1, 0, 1)
    assert (line.undeclared[0].service, line.undeclared[0].rule) == ("tcp/445", "rt/wan/in#10")
    assert value(grounds(wide), "boundary_needed_only") == "no"
    assert value(grounds(wide), "vendor_target_limited") == "yes"


def test_rule_that_permits_everything_is_named() -> None:
    open_ = DIVIDED.replace(
        "src: [192.0.2.0/28], dst: [10.10.2.10], service: [tcp/1433]", "src: [any], dst: [any], service: [any]"
    )
    assert grounds(open_).lines[0].open_rule == "rt/wan/in#10"


def test_modem_on_the_lan_ends_at_no_device() -> None:
    modem = DIVIDED.replace("terminates: {device: rt, interface: wan}", "terminates: {segment: lab}")
    assert grounds(modem).lines[0].ends_at_device is Tri.NO
    assert value(grounds(modem), "boundary_device") == "no"


def test_line_that_nobody_knows_the_end_of_is_unknown() -> None:
    lost = DIVIDED.replace("terminates: {device: rt, interface: wan}, ", "")
    assert grounds(lost).lines[0].ends_at_device is Tri.UNKNOWN
    assert isinstance(value(grounds(lost), "boundary_needed_only"), Unknown)


def test_register_says_whose_a_line_is_and_leaves_out_what_does_not_reach_the_ehr() -> None:
    catering = Register(lines=(Line(1, purpose="catering"),))
    assert grounds(DIVIDED, catering).lines[0].path is LinePath.PARTNER
    assert grounds(DIVIDED, Register(lines=(Line(1, purpose="laboratory"),))).lines[0].path is LinePath.VENDOR
    assert grounds(DIVIDED, Register(lines=(Line(1, ehr_connection="no"),))).lines == ()


def test_spread_of_an_open_line_names_its_way_and_the_lost_copies() -> None:
    open_ = FLAT.replace("service: [tcp/1433], state: new", "service: [tcp/445], state: new")
    line = grounds(open_).lines[0]
    assert (line.hosts, line.critical, line.steps) == (3, Tri.YES, 2)
    assert line.way == (("検査", "tcp/445"), ("電子カルテDB", "tcp/445"))
    assert (line.copies_surviving, line.copies_lost) == (1, 1)
    lost = {system.name: system.lost_from for system in grounds(open_).systems}
    assert lost["検査"] == ("検査保守",)
    assert (
        prove(grounds(open_)).witnesses["vendor-remote"].ja.startswith("「検査保守」から入られると、3のシステム、3台")
    )
