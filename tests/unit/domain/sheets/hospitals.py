"""Hospitals of any size, made up in the way of real ones: departments of a few segments each, lines, backups.

The same size gives the same hospital. Nothing in it is drawn by lot.
"""

from datetime import date

from sekisho.domain.network.addresses import address_number, parse_addresses, prefix_span
from sekisho.domain.network.model import (
    Action,
    AtInterface,
    BackupCopy,
    Connect,
    CredentialDomain,
    DeclaredFlow,
    Device,
    Direction,
    ExternalLine,
    Interface,
    Isolation,
    Network,
    Node,
    Route,
    Rule,
    RuleSet,
    Segment,
)
from sekisho.domain.network.services import parse_services

DEPARTMENTS = (
    *("内科", "外科", "整形外科", "小児科", "産婦人科", "眼科", "耳鼻咽喉科", "皮膚科", "泌尿器科", "脳神経外科"),
    *(
        "循環器内科",
        "消化器内科",
        "呼吸器内科",
        "精神科",
        "放射線科",
        "麻酔科",
        "救急",
        "手術部",
        "集中治療室",
        "透析室",
    ),
    *(
        "リハビリテーション",
        "薬剤部",
        "検査科",
        "病理",
        "輸血部",
        "栄養課",
        "医事課",
        "地域連携室",
        "総務課",
        "健診センター",
    ),
)
_PARTS = ("PC", "サーバ", "医療機器", "無線")
_KINDS = ("ip-vpn", "internet-vpn", "mobile", "isdn", "leased-line", "internet")


def hospital(segments: int) -> Network:
    """Return a hospital with `segments` segments, the server room among them."""
    rooms = [_server_room(), *(_segment(number) for number in range(1, segments))]
    lines = tuple(_line(number) for number in range(1, 5 + segments // 12))
    devices = (_core(rooms), *(_router(line, rooms) for line in lines if line.device))
    nodes = (*_servers(), *(node for number in range(1, segments) for node in _nodes(number)))
    there = {node.id for node in nodes}
    return Network(
        segments=tuple(rooms),
        nodes=nodes,
        lines=lines,
        devices=devices,
        rulesets=tuple(ruleset for number in range(1, segments) for ruleset in _rules(number, lines)),
        credentials=(CredentialDomain("admin", "shared-local-admin"),),
        flows=tuple(flow for flow in _FLOWS if {flow.source, flow.target} <= there),
        backups=tuple(copy for copy in _copies() if copy.of in there),
    )


_FLOWS = (
    DeclaredFlow("pc-1", "ehr", parse_services("tcp/445"), owner="医療情報課", until=date(2027, 3, 31)),
    DeclaredFlow("pc-3", "ehr", parse_services("tcp/445"), owner="外科", until=date(2026, 12, 31)),
    DeclaredFlow("ehr", "server-5", parse_services("tcp/445"), owner="外科", until=date(2027, 3, 31)),
    DeclaredFlow("ad", "server-5", parse_services("tcp/445"), owner="医療情報課"),
)


def _server_room() -> Segment:
    return Segment("servers", parse_addresses("10.0.0.0/24"), zone="ehr", name="サーバ室", department="医療情報課")


def _segment(number: int) -> Segment:
    department = DEPARTMENTS[(number // 4) % len(DEPARTMENTS)]
    floor = number // (4 * len(DEPARTMENTS)) + 1
    part = _PARTS[number % 4]
    return Segment(
        f"s{number:03}",
        parse_addresses(f"10.{number // 200 + 1}.{number % 200}.0/24"),
        zone="dmz" if number % 61 == 7 else "guest" if number % 47 == 11 else "department",
        isolation=Isolation.PORT if part == "無線" else Isolation.NONE,
        name=f"{department} {part}",
        department=department if floor == 1 else f"{department}（{floor}号館）",
    )


def _nodes(number: int) -> list[Node]:
    first = f"10.{number // 200 + 1}.{number % 200}.10"
    if number % 4 == 1:
        listens, role, many = parse_services(["tcp/445", "tcp/3389"]), "server", 1
    else:
        listens, role, many = parse_services(["tcp/445"]), "pc", 5 + number % 17
    if number % 4 == 3:
        listens = parse_services([])
    last = int(first.rpartition(".")[2]) + many - 1
    critical = 3 if number % 40 == 1 else 1
    return [
        Node(
            f"{'server' if role == 'server' else 'pc'}-{number}",
            parse_addresses(f"{first}-{last}"),
            role=role,
            critical=critical,
            listens=listens,
            count=many,
            credentials=("admin",),
            name=f"{DEPARTMENTS[(number // 4) % len(DEPARTMENTS)]}の{'サーバ' if role == 'server' else 'PC'} {number}",
        )
    ]


def _servers() -> list[Node]:
    open_ = parse_services(["tcp/445", "tcp/3389", "tcp/1433"])
    return [
        Node("ehr", parse_addresses("10.0.0.10-10.0.0.13"), "ehr", 3, open_, 4, ("admin",), "電子カルテ"),
        Node("ad", parse_addresses("10.0.0.20"), "directory", 3, open_, 1, ("admin",), "認証（AD）"),
        Node(
            "nas",
            parse_addresses("10.0.0.30"),
            "backup",
            2,
            parse_services("tcp/445"),
            1,
            ("admin",),
            "バックアップ装置",
        ),
    ]


def _core(rooms: list[Segment]) -> Device:
    interfaces = tuple(
        Interface(f"Vlan{at}", room.id, room.addresses.spans[0][0] + 1, room.addresses.spans[0])
        for at, room in enumerate(rooms, start=1)
    )
    return Device("core", interfaces, (), kind="l3-switch", vendor="Cisco", model="Catalyst 9500", name="中核スイッチ")


def _line(number: int) -> ExternalLine:
    source = parse_addresses(f"172.16.{number}.0/24")
    where = None if number % 9 == 8 else f"rt{number}"
    return ExternalLine(
        f"line-{number}",
        source,
        device=where,
        interface="wan" if where else None,
        kind=_KINDS[number % len(_KINDS)],
        party=("vendor", "vendor", "hospital", "public")[number % 4],
        name=f"{DEPARTMENTS[number % len(DEPARTMENTS)]}の保守",
        number=number,
        credentials=("admin",) if number % 3 == 0 else (),
    )


def _router(line: ExternalLine, rooms: list[Segment]) -> Device:
    room = rooms[((line.number or 0) * 5) % len(rooms)]
    first = room.addresses.spans[0][0]
    default = Route(prefix_span("10.0.0.0/8"), via=first + 1)
    inside = Interface("lan", room.id, first + 254, room.addresses.spans[0])
    return Device(
        f"rt{line.number}",
        (Interface("wan", None, address_number("203.0.113.1")), inside),
        (default,),
        filters_known=line.number != 4,
        vendor="YAMAHA",
        model="RTX1300",
        source="",
    )


def _rules(number: int, lines: tuple[ExternalLine, ...]) -> list[RuleSet]:
    found = []
    if number % 3 == 0:
        permit = Rule(10, Action.PERMIT, dst=parse_addresses("10.0.0.0/24"), service=parse_services("tcp/445"))
        found.append(RuleSet("core", AtInterface(f"Vlan{number + 1}", Direction.IN), Action.DENY, (permit,)))
    if (number // 4) % 3 == 1:
        needed = parse_addresses("10.0.0.0/24" if number % 8 < 4 else "10.1.4.0/24")
        permit = Rule(10, Action.PERMIT, src=needed, service=parse_services("tcp/445"))
        found.append(RuleSet("core", AtInterface(f"Vlan{number + 1}", Direction.OUT), Action.DENY, (permit,)))
    elif number % 29 == 5:
        found.append(RuleSet("core", AtInterface(f"Vlan{number + 1}", Direction.OUT), Action.UNKNOWN))
    if number <= len(lines) and lines[number - 1].device and number % 2:
        permit = Rule(20, Action.PERMIT, service=parse_services("tcp/3389"))
        found.append(RuleSet(f"rt{number}", AtInterface("wan", Direction.IN), Action.DENY, (permit,)))
    return found


def _copies() -> list[BackupCopy]:
    return [
        BackupCopy("ehr-nas", "ehr", "nas", Connect.ALWAYS_ON, 7, 0, 24, name="電子カルテ 毎日（NAS）"),
        BackupCopy(
            "ehr-tape", "ehr", "nas", Connect.MANUAL_EJECT, 4, 0, 168, name="電子カルテ 毎週（テープ、抜いて保管）"
        ),
        BackupCopy("ad-nas", "ad", "nas", Connect.ALWAYS_ON, 7, 0, 24, name="認証 毎日（NAS）"),
        BackupCopy("server-1-usb", "server-1", None, Connect.UNKNOWN, None, name="内科 USB"),
    ]
