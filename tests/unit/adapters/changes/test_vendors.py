"""What somebody types on each vendor's device, fact by fact, on small configurations written for the purpose."""

from dataclasses import replace
from pathlib import Path

import pytest

from sekisho.adapters.changes.proposal import NotWritable, Proposal, proposal, proposals_for
from sekisho.domain.network.addresses import parse_addresses
from sekisho.domain.network.changes import CloseLine, DisableRule, InsertDeny, NarrowRule, PutJumpHost
from sekisho.domain.network.model import Action, AtInterface, DeclaredFlow, Direction, Network, Rule, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE, parse_services
from tests.samples.changed_devices import site_of

RTX = """\
# RTX830 Rev.15.02.31 (Mon Feb  5 10:00:00 2024)
ip route default gateway pp 1
ip route 172.31.0.0/16 gateway tunnel 1
ip lan1 address 192.168.10.1/24
pp select 1
 pppoe use lan2
 ip pp address 203.0.113.5/32
 ip pp secure filter in 199 200 dynamic 300
 pp enable 1
tunnel select 1
 ipsec tunnel 1
  ipsec ike pre-shared-key 1 text PlantedSecret-01
 ip tunnel secure filter in 1010 1020
 tunnel enable 1
ip filter 199 pass 203.0.113.9 * tcp * 22
ip filter 200 reject * * * * *
ip filter 1010 pass 172.31.0.0/16 192.168.10.0/24 tcp
ip filter 1020 pass 172.31.0.0/16 192.168.10.0/24 icmp
ip filter 1021 pass * * * * *
ip filter dynamic 300 * * www
"""
IX = """\
! NEC Portable Internetwork Core Operating System Software
hostname rt-ix
ip route default GigaEthernet0.1
ip access-list vendor-in permit tcp src 172.31.0.0/16 sport any dest 192.168.10.0/24 dport eq 3389
ip access-list vendor-in permit tcp src 172.31.0.0/16 sport any dest 192.168.10.0/24 dport eq 445
ip access-list last deny ip src any dest any
!
interface GigaEthernet0.1
  ip address 203.0.113.5/30
  ip filter vendor-in 1 in
  ip filter last 2 in
  no shutdown
!
interface GigaEthernet2.0
  ip address 192.168.10.1/24
  ip filter vendor-in 1 out
  no shutdown
!
"""
SI_R = """\
lan 0 ip address 203.0.113.6/30 3
lan 0 ip route 0 172.31.0.0/16 203.0.113.5 1 1
lan 0 ip filter 0 pass 172.31.0.0/16 any 192.168.10.0/24 3389 6 yes any any
lan 0 ip filter 1 pass 172.31.0.0/16 any 192.168.10.0/24 445 6 yes any in
lan 0 ip filter default reject
lan 1 ip address 192.168.10.1/24 3
"""
IOS = """\
version 15.8
hostname rt-ios
!
interface GigabitEthernet0
 ip address 203.0.113.6 255.255.255.252
 ip access-group VENDOR in
!
interface Vlan1
 ip address 192.168.10.1 255.255.255.0
 ip access-group 101 in
!
interface Vlan2
 ip address 192.168.20.1 255.255.255.0
 ip access-group 101 in
!
ip route 0.0.0.0 0.0.0.0 203.0.113.5
!
ip access-list extended VENDOR
 10 permit tcp 172.31.0.0 0.0.255.255 192.168.10.0 0.0.0.255 eq 3389
 20 permit tcp 172.31.0.0 0.0.255.255 192.168.10.0 0.0.0.255 eq 445
 25 permit tcp 172.31.0.0 0.0.255.255 192.168.10.0 0.0.0.255 range 1000 1100
 30 deny ip any any log
!
access-list 101 permit tcp any any eq 443
access-list 101 permit ip any host 192.168.10.9
access-list 101 deny   ip any any
!
end
"""
FORTI = """\
#config-version=FGT60E-6.4.9-FW-build1966-220421:opmode=0:vdom=0:user=admin
config system interface
    edit "wan1"
        set vdom "root"
        set ip 203.0.113.6 255.255.255.252
    next
    edit "internal"
        set vdom "root"
        set ip 192.168.10.1 255.255.255.0
    next
end
config firewall address
    edit "VENDOR"
        set subnet 172.31.0.0 255.255.0.0
    next
    edit "LAN"
        set subnet 192.168.10.0 255.255.255.0
    next
end
config firewall policy
    edit 7
        set name "hoshu"
        set uuid aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
        set srcintf "wan1"
        set dstintf "internal"
        set action accept
        set srcaddr "VENDOR"
        set dstaddr "LAN"
        set schedule "always"
        set service "ALL"
        set utm-status enable
        set av-profile "default"
        set logtraffic all
    next
    edit 3
        set srcintf "internal"
        set dstintf "wan1"
        set action accept
        set srcaddr "LAN"
        set dstaddr "all"
        set schedule "always"
        set service "HTTPS"
        set nat enable
    next
end
config router static
    edit 1
        set gateway 203.0.113.5
        set device "wan1"
    next
end
"""


def typed(text: str) -> list[str]:
    """Return a script without its comments."""
    return [line for line in text.split("\n") if line and line[0] not in "#!"]


def need(src: str, dst: str, service: str) -> Rule:
    return Rule(0, Action.PERMIT, parse_addresses(src), parse_addresses(dst), parse_services(service), name="sekisho")


def position(network: Network, place: str) -> int:
    return next(at for at, one in enumerate(network.rulesets) if str(one.at) == place)


def done(configuration: str, name: str, make) -> Proposal:
    network, files = site_of(configuration.encode(), name)
    return proposal(network, make(network), files)


def deny(at: str, *services: str, keeps=(), attaches=False, src="172.31.0.0/16", dst="0.0.0.0/0") -> InsertDeny:
    interface, _, direction = at.rpartition("/")
    place = AtInterface(interface, Direction(direction))
    wanted = parse_services(services)
    return InsertDeny("dev", place, parse_addresses(src), parse_addresses(dst), wanted, tuple(keeps), attaches)


# ---- YAMAHA ----


def test_rtx_gets_free_numbers_and_the_whole_line_again():
    answer = done(RTX, "rt.txt", lambda network: deny("tunnel1/in", "tcp/22", "tcp/3389"))
    assert typed(answer.change_text) == [
        "ip filter 1022 reject 172.31.0.0/16 * tcp * 22,3389",
        "tunnel select 1",
        "ip tunnel secure filter in 1022 1010 1020",
    ]
    assert typed(answer.rollback_text) == [
        "tunnel select 1",
        "ip tunnel secure filter in 1010 1020",
        "no ip filter 1022",
    ]


def test_rtx_is_not_saved_by_the_commands_but_told_to_be():
    answer = done(RTX, "rt.txt", lambda network: deny("tunnel1/in", "tcp/22"))
    assert "save" not in typed(answer.change_text)
    assert any("save" in note.ja for note in answer.notes)


def test_rtx_keeps_stand_where_the_rule_was():
    def make(network):
        kept = need("172.31.1.0/24", "192.168.10.9", "tcp/3389")
        return DisableRule(position(network, "tunnel1/in"), 1010, (kept,))

    assert typed(done(RTX, "rt.txt", make).change_text) == [
        "ip filter 1022 pass 172.31.1.0/24 192.168.10.9 tcp * 3389",
        "tunnel select 1",
        "ip tunnel secure filter in 1022 1020",
    ]


def test_rtx_last_rule_taken_out_goes_on_being_filtered():
    def make(network):
        return [DisableRule(position(network, "tunnel1/in"), number) for number in (1010, 1020)]

    lines = typed(done(RTX, "rt.txt", make).change_text)
    assert lines[0] == "ip filter 1022 reject * * * * *"
    assert lines[-1] == "ip tunnel secure filter in 1022"


def test_rtx_dynamic_filters_stay_at_the_end_of_the_line():
    answer = done(RTX, "rt.txt", lambda network: deny("pp1/in", "tcp/22", src="203.0.113.9"))
    assert typed(answer.change_text)[-1] == "ip pp secure filter in 201 199 200 dynamic 300"


def test_rtx_list_of_ports_never_holds_more_than_ten():
    services = [f"tcp/{port}" for port in range(1000, 1050, 2)]
    answer = done(RTX, "rt.txt", lambda network: deny("tunnel1/in", *services))
    filters = [line for line in typed(answer.change_text) if line.startswith("ip filter")]
    assert [line.count(",") + 1 for line in filters] == [10, 10, 5]


def test_rtx_new_filter_on_a_free_side_lets_the_rest_pass():
    answer = done(RTX, "rt.txt", lambda network: deny("lan1/in", "tcp/445", attaches=True, src="192.168.10.0/24"))
    lines = typed(answer.change_text)
    assert lines[0].endswith("reject 192.168.10.0/24 * tcp * 445")
    assert lines[1].endswith("pass * * * * *")
    assert typed(answer.rollback_text)[0] == "no ip lan1 secure filter in"


def test_a_secret_of_the_configuration_is_in_no_text():
    answer = done(RTX, "rt.txt", lambda network: deny("tunnel1/in", "tcp/22"))
    assert "PlantedSecret" not in repr(answer)


# ---- NEC IX ----


def test_ix_new_list_takes_the_place_of_the_old_one_without_a_gap():
    def make(network):
        return DisableRule(position(network, "GigaEthernet0.1/in"), 20)

    answer = done(IX, "rt.txt", make)
    assert typed(answer.change_text) == [
        "configure",
        "ip access-list sekisho-1 permit tcp src 172.31.0.0/16 sport any dest 192.168.10.0/24 dport eq 3389",
        "ip access-list sekisho-1 deny ip src any dest any",
        "interface GigaEthernet0.1",
        "  ip filter sekisho-1 3 in",
        "  no ip filter vendor-in 1 in",
        "  no ip filter last 2 in",
        "  exit",
        "exit",
    ]


def test_ix_list_that_another_side_uses_stays_as_it_is():
    def make(network):
        return DisableRule(position(network, "GigaEthernet2.0/out"), 10)

    lines = typed(done(IX, "rt.txt", make).change_text)
    assert "no ip access-list vendor-in" not in lines
    assert "  ip filter sekisho-1 2 out" in lines


# ---- Si-R ----


def test_si_r_moves_numbers_up_and_says_every_line_that_changes():
    answer = done(SI_R, "rt.txt", lambda network: deny("lan0/in", "tcp/3389", dst="192.168.10.9"))
    assert typed(answer.change_text) == [
        "lan 0 ip filter 0 reject 172.31.0.0/16 any 192.168.10.9/32 3389 6 yes any in",
        "lan 0 ip filter 1 pass 172.31.0.0/16 any 192.168.10.0/24 3389 6 yes any any",
        "lan 0 ip filter 2 pass 172.31.0.0/16 any 192.168.10.0/24 445 6 yes any in",
    ]
    assert "delete lan 0 ip filter 2" in typed(answer.rollback_text)


def test_si_r_line_for_both_directions_stays_for_the_other_one():
    def make(network):
        return DisableRule(position(network, "lan0/in"), 0)

    assert typed(done(SI_R, "rt.txt", make).change_text) == [
        "lan 0 ip filter 0 pass 172.31.0.0/16 any 192.168.10.0/24 3389 6 yes any out"
    ]


def test_si_r_says_that_deleting_differs_between_models():
    def make(network):
        return DisableRule(position(network, "lan0/in"), 1)

    answer = done(SI_R, "rt.txt", make)
    assert typed(answer.change_text) == ["delete lan 0 ip filter 1"]
    assert any("コマンドリファレンス" in note.ja for note in answer.notes)


# ---- Cisco IOS ----


def test_ios_named_list_is_changed_by_sequence_numbers():
    def make(network):
        kept = need("172.31.1.0/24", "192.168.10.9", "tcp/445")
        return DisableRule(position(network, "GigabitEthernet0/in"), 20, (kept,))

    answer = done(IOS, "rt.txt", make)
    assert typed(answer.change_text) == [
        "configure terminal",
        "ip access-list extended VENDOR",
        " 11 permit tcp 172.31.1.0 0.0.0.255 host 192.168.10.9 eq 445",
        " no 20",
        " exit",
        "end",
    ]
    assert " 20 permit tcp 172.31.0.0 0.0.255.255 192.168.10.0 0.0.0.255 eq 445" in typed(answer.rollback_text)


def test_ios_list_without_room_is_swapped():
    services = [f"tcp/{port}" for port in range(1000, 1040, 2)]
    lines = typed(done(IOS, "rt.txt", lambda network: deny("GigabitEthernet0/in", *services)).change_text)
    assert "ip access-list extended SEKISHO-1" in lines
    assert " ip access-group SEKISHO-1 in" in lines
    assert " deny ip any any log" in lines


def test_ios_numbered_list_is_never_edited_in_place():
    def make(network):
        return DisableRule(position(network, "Vlan1/in"), 20)

    answer = done(IOS, "rt.txt", make)
    lines = typed(answer.change_text)
    assert not any(line.startswith("access-list 101") for line in lines)
    assert lines[1:5] == [
        "ip access-list extended SEKISHO-1",
        " permit tcp any any eq 443",
        " deny ip any any",
        " exit",
    ]
    assert "interface Vlan2" not in lines  # the other interface keeps the old list
    assert typed(answer.rollback_text)[:3] == ["configure terminal", "interface Vlan1", " ip access-group 101 in"]


# ---- FortiOS ----


def test_fortios_keeps_are_copies_with_inspection_and_logging():
    def make(network):
        return DisableRule(0, 7, (need("172.31.1.5", "192.168.10.9", "tcp/443"),))

    def keep_between(network):
        change = make(network)
        old = next(rule for rule in network.rulesets[0].rules if rule.seq == 7)
        kept = change.keeps[0]
        exact = Rule(
            0,
            Action.PERMIT,
            kept.src,
            kept.dst,
            kept.service,
            entering=old.entering,
            leaving=old.leaving,
            name="sekisho",
        )
        return DisableRule(0, 7, (exact,))

    answer = done(FORTI, "fw.conf", keep_between)
    lines = [line.strip() for line in typed(answer.change_text)]
    policy = lines[lines.index("edit 8") : lines.index("next", lines.index("edit 8"))]
    assert "set utm-status enable" in policy
    assert "set av-profile default" in policy
    assert "set logtraffic all" in policy
    assert not any("uuid" in line for line in policy)
    assert "move 8 before 3" in lines
    assert lines[lines.index("edit 7") + 1] == "set status disable"
    back = [line.strip() for line in typed(answer.rollback_text)]
    assert back[1:3] == ["edit 7", "set status enable"]
    assert "delete 8" in back


def test_fortios_narrowed_policy_gets_other_services_in_its_place():
    def make(network):
        return NarrowRule(0, 3, parse_services(["tcp/443"]))

    lines = [line.strip() for line in typed(done(FORTI, "fw.conf", make).change_text)]
    assert lines[-4:] == ["edit 3", "set status disable", "next", "end"]


def test_fortios_narrowed_any_becomes_a_deny_above():
    def make(network):
        return NarrowRule(0, 7, parse_services(["tcp/445", "tcp/3389"]))

    lines = [line.strip() for line in typed(done(FORTI, "fw.conf", make).change_text)]
    assert "set action deny" in lines
    assert "set tcp-portrange 445 3389" in lines
    assert "move 8 before 7" in lines


def test_fortios_deny_on_an_interface_stands_above_all_without_what_it_keeps():
    keeps = [need("172.31.1.5", "192.168.10.9", "tcp/3389")]
    make = lambda network: deny("wan1/in", "tcp/445", "tcp/3389", keeps=keeps, attaches=True)  # noqa: E731
    lines = [line.strip() for line in typed(done(FORTI, "fw.conf", make).change_text)]
    assert lines.count("set action deny") == 3
    assert lines.count("set match-vip enable") == 3
    assert all(f"move {number} before 7" in lines for number in (8, 9, 10))


# ---- what is not written ----


def refused(configuration: str, name: str, make) -> NotWritable:
    with pytest.raises(NotWritable) as error:
        done(configuration, name, make)
    return error.value


def test_replies_of_udp_cannot_be_kept_by_filters_without_state():
    kept = Rule(
        0,
        Action.PERMIT,
        parse_addresses("172.31.0.5"),
        parse_addresses("192.168.10.9"),
        parse_services("udp"),
        Ranges.single(53),
        State.ESTABLISHED,
        name="sekisho",
    )
    error = refused(RTX, "rt.txt", lambda network: deny("tunnel1/in", "udp", keeps=[kept]))
    assert "返事" in error.text.ja


def test_a_rule_that_is_not_there_is_told():
    error = refused(RTX, "rt.txt", lambda network: DisableRule(0, 99999))
    assert "見つかりません" in error.text.ja


def test_a_change_that_changes_nothing_is_told():
    error = refused(RTX, "rt.txt", lambda network: deny("pp1/in", "tcp/23"))
    assert "何も変えません" in error.text.ja


def test_another_configuration_than_the_one_that_was_read_is_refused():
    network, files = site_of(RTX.encode(), "rt.txt")
    files["rt.txt"] = RTX.replace("192.168.10.0/24 tcp", "192.168.10.0/24 udp").encode()
    with pytest.raises(NotWritable) as error:
        proposal(network, deny("tunnel1/in", "tcp/22"), files)
    assert "読み込み直し" in error.value.text.ja


def test_a_device_whose_file_is_missing_becomes_a_work_order_with_the_reason():
    network, _ = site_of(RTX.encode(), "rt.txt")
    (order,) = proposals_for([deny("tunnel1/in", "tcp/22", "udp/53")], network, {})
    assert not order.verified
    assert order.vendor == ""
    assert "設定ファイルを読み込んでいない" in order.notes[0].ja
    assert "172.31.0.0/16" in order.change_text
    assert "tcp/22, udp/53" in order.change_text


def test_a_cut_off_fortios_configuration_is_refused():
    error = refused(FORTI[: FORTI.index("config router")][:-8], "fw.conf", lambda network: DisableRule(0, 7))
    assert "途中で切れて" in error.text.ja


# ---- several changes, lines, people ----


def test_changes_of_one_device_come_together_and_others_as_work_orders():
    network, files = site_of(RTX.encode(), "rt.txt")
    at = position(network, "tunnel1/in")
    found = proposals_for(
        [CloseLine("line-tunnel1"), DisableRule(at, 1020), deny("tunnel1/in", "tcp/22")], network, files
    )
    assert [(one.device, one.verified) for one in found] == [("dev", True), ("line-tunnel1", False)]
    assert typed(found[0].change_text)[-1] == "ip tunnel secure filter in 1022 1010"
    assert "ケーブル" in found[1].change_text


def test_a_jump_host_is_commands_for_the_device_and_work_for_people():
    network, files = site_of(RTX.encode(), "rt.txt")
    host = network.nodes[0].id
    found = proposals_for([PutJumpHost("line-tunnel1", host)], network, files)
    assert [one.verified for one in found] == [True, False]
    assert "二要素" in found[1].change_text


def test_who_is_shut_out_of_the_device_is_told_first():
    answer = done(RTX, "rt.txt", lambda network: deny("lan1/in", "tcp/22-23", attaches=True, src="192.168.10.0/24"))
    assert "締め出し" in answer.notes[0].ja or any("締め出し" in note.ja for note in answer.notes)
    told = next(note for note in answer.notes if "締め出し" in note.ja)
    assert "192.168.10.1" in told.ja
    assert "tcp/22, tcp/23" in told.ja
    assert "192.168.10.0/24" in told.en


def test_no_name_leaves_its_comment():
    network, files = site_of(RTX.encode(), "rt.txt")
    device = replace(network.devices[0], name="rt\nno ip lan1 secure filter in\r\x1b[2J")
    network = replace(network, devices=(device,))
    answer = proposal(network, deny("tunnel1/in", "tcp/22"), files, reason="急ぎ\nreload")
    assert typed(answer.change_text)[0].startswith("ip filter 1022")
    assert "\x1b" not in answer.change_text
    assert "\nreload" not in answer.change_text
    assert "理由：急ぎ reload" in answer.change_text


def test_a_rule_over_everything_is_narrowed_by_a_deny_above_it():
    text = RTX.replace("secure filter in 1010 1020", "secure filter in 1021")

    def make(network):
        assert network.rulesets[position(network, "tunnel1/in")].rules[0].service == ANY_SERVICE
        return NarrowRule(position(network, "tunnel1/in"), 1021, parse_services(["tcp/445"]))

    assert typed(done(text, "rt.txt", make).change_text) == [
        "ip filter 1022 reject * * tcp * 445",
        "tunnel select 1",
        "ip tunnel secure filter in 1022 1021",
    ]


@pytest.mark.parametrize("ruleset", [-1, 99])
def test_a_change_to_rules_that_are_gone_is_told_as_such(ruleset):
    network, files = site_of(RTX.encode(), "rt.txt")
    (order,) = proposals_for(
        [
            DisableRule(ruleset, 1010),
        ],
        network,
        files,
    )
    assert not order.verified
    assert "今のネットワークにない" in order.change_text


def test_work_orders_name_every_address_and_service():
    network, _ = site_of(RTX.encode(), "rt.txt")
    services = [f"tcp/{port}" for port in range(1000, 1200, 2)]
    (order,) = proposals_for([deny("tunnel1/in", *services)], network, {})
    assert all(service in order.change_text for service in services)


def test_a_file_of_another_make_becomes_a_work_order():
    network, _ = site_of(RTX.encode(), "rt.txt")
    panos = Path("tests/samples/configurations/panos/01-clinic.xml").read_bytes()
    (order,) = proposals_for([deny("tunnel1/in", "tcp/445")], network, {"rt.txt": panos})
    assert not order.verified
    assert "panos" in order.notes[0].ja


def test_needs_that_the_change_ends_are_told():
    network, files = site_of(RTX.encode(), "rt.txt")
    flow = DeclaredFlow("line-tunnel1", network.nodes[0].id, parse_services("tcp/445"), owner="栄養課")
    network = replace(network, flows=(flow,))
    answer = proposal(network, deny("tunnel1/in", "tcp/445"), files)
    assert "栄養課" in answer.notes[0].ja
    kept = Rule(
        0, Action.PERMIT, parse_addresses("172.31.0.0/16"), network.nodes[0].addresses, flow.service, name="sekisho"
    )
    answer = proposal(network, deny("tunnel1/in", "tcp/445", keeps=[kept]), files)
    assert not any("栄養課" in note.ja for note in answer.notes)
