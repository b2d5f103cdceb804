"""Every key of network.yaml, as the reader of `sekisho.adapters.network` knows them."""

from dataclasses import dataclass

from scripts.reference_pages.markdown import code, page, table
from sekisho.adapters.network import devices, ends, needs, read, rules, segments, translations, unread
from sekisho.domain.text import Text


@dataclass(frozen=True)
class Part:
    """One kind of entry: the keys that the reader knows, and what each means."""

    title: str
    known: tuple[str, ...]
    told: Text
    keys: dict[str, Text]


NAME = Text("画面や図に出る名前。", "What people call it, on screens and drawings.")
ID = Text(
    "ほかの項目から指す名前。ほかと重ならないように付けます。",
    "The name by which other entries refer to it; unlike any other.",
)

PARTS = (
    Part(
        "segments",
        segments.KEYS,
        Text(
            "セグメント（VLAN）。アドレスが互いに重ならないように書きます。",
            "Segments (VLANs). Their addresses do not overlap.",
        ),
        {
            "id": ID,
            "cidr": Text(
                "アドレスの範囲。10.10.0.0/24、10.0.0.1-10.0.0.9、またはその並び。",
                "Its addresses: 10.10.0.0/24, 10.0.0.1-10.0.0.9, or a list of these.",
            ),
            "zone": Text(
                "ゾーンの呼び名。装置のゾーン間の規則に使われます。",
                "The zone's name; rules between zones refer to it.",
            ),
            "isolation": Text(
                "port：同じセグメントの機器どうしは通信できません。none：できます（書かなければ none）。",
                "port: hosts of the segment do not hear each other. none (as usual): they do.",
            ),
            "gateway": Text(
                "外へ送るときの装置の id。二つ以上の装置がつながるときに書きます。",
                "The id of the device that hosts send to; needed when several devices touch the segment.",
            ),
            "name": NAME,
            "department": Text(
                "使っている部門。部門どうしの表に出ます。", "Who works there; shown in the matrix of departments."
            ),
            "vlan": Text(
                "VLAN の番号。控えとして書けます。判定には使いません。",
                "The VLAN's number, for the record; nothing is derived from it.",
            ),
        },
    ),
    Part(
        "nodes",
        ends.NODE_KEYS,
        Text("機器、または同じ構成の機器の集まり。", "A host, or a group of hosts that are alike."),
        {
            "id": ID,
            "name": NAME,
            "addresses": Text(
                "IPアドレス。一つ、範囲（a-b）、またはその並び。",
                "Its addresses: one, a range (a-b), or a list of these.",
            ),
            "role": Text(
                "役割（ehr、pc、backup、hypervisor など）。乗っ取りの調べでは hypervisor などに意味があります。",
                "What it is for (ehr, pc, backup, hypervisor ...); consoles such as a hypervisor's matter to the spread.",
            ),
            "critical": Text(
                "止まったときの影響。0（なし）から 3（診療が止まる）。",
                "What happens when it stops: 0 (nothing) to 3 (care stops).",
            ),
            "listens": Text(
                "受け付けている通信（tcp/445 など）の並び。", "The services it answers: a list such as [tcp/445]."
            ),
            "count": Text("台数（書かなければ 1）。", "How many hosts; 1 as usual."),
            "credentials": Text("管理者の資格情報の id の並び。", "Ids of the administrator credentials that open it."),
            "department": Text("使っている部門。", "Who works with it."),
            "os": Text("基本ソフト。", "Its operating system."),
            "runs_on": Text("仮想サーバの土台の id。", "The id of the node of its hypervisor."),
            "jump_host": Text(
                "true：操作のたびに二段階の認証を求め、記録を残す踏み台。侵入はここで止まるとみなします。",
                "true: asks each session for a second factor and records it; an intruder is stopped there.",
            ),
        },
    ),
    Part(
        "lines",
        ends.LINE_KEYS,
        Text("外部との回線。侵入の入口として調べます。", "Lines from outside: where an intruder may begin."),
        {
            "id": ID,
            "number": Text("別紙2-1 の行の番号。", "The line's number on annex 2-1."),
            "circuit": Text("回線ID。flows でこの名前も使えます。", "The circuit id; flows may use it as a name."),
            "kind": Text("種類（internet-vpn、ip-vpn、isdn など）。", "Its kind: internet-vpn, ip-vpn, isdn ..."),
            "party": Text(
                "相手（vendor、public、hospital など）。", "Who is at the far end: vendor, public, hospital ..."
            ),
            "vendor": Text(
                "相手の会社。同じ会社の回線はつながっているとみなします。",
                "The company at the far end; lines of one company hang together.",
            ),
            "name": NAME,
            "terminates": Text(
                "終わるところ：{device: rt1, interface: lan2} か {segment: lan}。分からなければ書きません。その先は「不明」になります。",
                "Where it ends: {device: rt1, interface: lan2} or {segment: lan}. Left out when nobody knows: what lies beyond is unknown.",
            ),
            "source": Text(
                "相手のアドレス。書かなければ、どのアドレスもありうるとみなします。",
                "Addresses at the far end; any address when left out.",
            ),
            "auth": Text(
                "認証：{mfa: true | false, credentials: [資格情報の id]}。",
                "How it is authenticated: {mfa: true | false, credentials: [ids]}.",
            ),
            "always_on": Text("常にIPがつながるか（true、false）。", "Whether it is always up (true, false)."),
        },
    ),
    Part(
        "devices",
        devices.KEYS,
        Text("ルータ、ファイアウォール、L3スイッチ。", "Routers, firewalls, switches that route."),
        {
            "id": ID,
            "name": NAME,
            "kind": Text("種類。", "Its kind."),
            "vendor": Text("メーカー。", "Its maker."),
            "model": Text("型番。", "Its model."),
            "line": Text("別紙2-1 で、この装置がある行の番号。", "The line of annex 2-1 on which the device stands."),
            "filters": Text(
                "unknown：書かれていない規則があるかもしれません。known（書かなければこちら）。",
                "unknown: there may be rules that are not listed. known as usual.",
            ),
            "routes_known": Text(
                "false：書かれていない経路があるかもしれません。", "false: there may be routes that are not listed."
            ),
            "interfaces": Text("インターフェースの並び（下の表）。", "A list of interfaces, see below."),
            "routes": Text("経路の並び（下の表）。", "A list of routes, see below."),
            "config": Text(
                "設定ファイルの場所（network.yaml からの相対）。インターフェース、経路、規則はそこから読みます。",
                "The path of its configuration, from network.yaml; interfaces, routes and rules are read from there.",
            ),
            "source": Text("どこから読んだか。プログラムが書きます。", "What it was read from; written by programs."),
        },
    ),
    Part(
        "devices.interfaces",
        devices.INTERFACE_KEYS,
        Text("装置のインターフェース。", "The interfaces of a device."),
        {
            "id": Text("装置での名前（lan1、Vlan10 など）。", "Its name on the device: lan1, Vlan10 ..."),
            "segment": Text(
                "つながるセグメントの id。書かなければアドレスから決めます。null：どこにもつながりません。",
                "The id of its segment; found by its address when left out. null: none.",
            ),
            "address": Text("アドレス。10.0.0.1 か 10.0.0.1/24。", "Its address: 10.0.0.1 or 10.0.0.1/24."),
            "network": Text(
                "直接つながる範囲。アドレスに /24 などがないときに書きます。",
                "Its connected network, when the address has no prefix.",
            ),
            "zone": Text(
                "ゾーン。書かなければセグメントのゾーンです。", "Its zone; that of its segment when left out."
            ),
            "name": NAME,
        },
    ),
    Part(
        "devices.routes",
        devices.ROUTE_KEYS,
        Text("経路。いちばん細かいものが使われます。", "Routes; the longest prefix wins."),
        {
            "prefix": Text("宛先の範囲。default も書けます。", "Where to; default may be written."),
            "via": Text(
                "次の装置のアドレス、またはインターフェースの名前。", "The address of the next hop, or an interface."
            ),
            "interface": Text("出るインターフェース。", "The interface by which packets leave."),
        },
    ),
    Part(
        "rulesets",
        rules.KEYS,
        Text(
            "規則の集まり。書いた順に、最初に当てはまったものが使われます。一つの場所に一つだけ書きます。",
            "Rules at one place, one set for a place; the first that matches decides.",
        ),
        {
            "device": Text("装置の id。", "The device's id."),
            "at": Text(
                "場所：{interface: lan2, direction: in | out}、{zones: [元, 先]}、global のどれか。",
                "Where: {interface: lan2, direction: in | out}, {zones: [from, to]}, or global.",
            ),
            "default": Text(
                "どれにも当てはまらないとき：permit、deny、unknown。", "When no rule matches: permit, deny or unknown."
            ),
            "rules": Text("規則の並び（下の表）。", "A list of rules, see below."),
            "stateful": Text(
                "false：返事の通信も規則で許す必要があります（書かなければ true）。",
                "false: replies must be permitted as well. true as usual.",
            ),
            "tracked": Text(
                "返事が通る規則の並び（動的フィルタなど）。", "Rules whose replies pass here, such as dynamic filters."
            ),
            "source": Text(
                "declared（人が書いた）か parsed:ファイル名。", "declared (a person wrote them) or parsed:<file>."
            ),
            "name": NAME,
        },
    ),
    Part(
        "rulesets.rules",
        rules.RULE_KEYS,
        Text("一つの規則。書かない項目は、すべてに当てはまります。", "One rule. What is left out matches everything."),
        {
            "seq": Text("番号。書かなければ 10 ずつ付きます。", "Its number; counted up by 10 when left out."),
            "action": Text("permit、deny、unknown。", "permit, deny or unknown."),
            "src": Text("送り元のアドレス。any も書けます。", "Source addresses; any may be written."),
            "dst": Text("宛先のアドレス。any も書けます。", "Destination addresses; any may be written."),
            "service": Text(
                "tcp/443、udp/500、tcp/1000-2000、icmp、any。", "tcp/443, udp/500, tcp/1000-2000, icmp, any."
            ),
            "source_ports": Text("送り元のポート（1024-65535 など）。", "Source ports, such as 1024-65535."),
            "state": Text("new、established（返事だけ）、any。", "new, established (replies only), any."),
            "entering": Text(
                "入ってきたインターフェースで絞ります。", "Only packets that came in by these interfaces."
            ),
            "leaving": Text("出ていくインターフェースで絞ります。", "Only packets that leave by these interfaces."),
            "exact": Text(
                "false：書かれた範囲より狭いかもしれません（名前で書かれた宛先など）。",
                "false: it may match less than is written, as with names of hosts.",
            ),
            "enabled": Text("false：使われていない規則。", "false: the rule is switched off."),
            "schedule": Text("効く時間帯の名前。", "The name of the hours at which it applies."),
            "until": Text("この日まで（その日を含みます）。", "Until this day, that day included."),
            "name": NAME,
            "objects": Text(
                "規則で使われている名前（アドレスの組など）。", "The names that the rule uses, such as address groups."
            ),
            "origin": Text(
                "設定ファイルのどこか：{line: 120, text: ...}。", "Where in the configuration: {line: 120, text: ...}."
            ),
        },
    ),
    Part(
        "nat",
        translations.KEYS,
        Text("アドレス変換。", "Translation of addresses."),
        {
            "device": Text("装置の id。", "The device's id."),
            "interface": Text("外側のインターフェース。", "The outer interface."),
            "kind": Text(
                "static（外から中へ）か source（中から外へ）。", "static (from outside) or source (from inside)."
            ),
            "outside": Text("外側のアドレス。", "The outside addresses."),
            "inside": Text("内側のアドレス。source では範囲を書けます。", "The inside address; for source, addresses."),
            "service": Text("転送される通信（外から見たもの）。", "What is forwarded, seen from outside."),
            "inside_port": Text("内側のポート。", "The port inside."),
            "filters_see": Text(
                "規則が見るのは変換のあと（inside）か前（outside）か。",
                "Whether filters see the inside address or the outside one.",
            ),
            "origin": Text("設定ファイルのどこか。", "Where in the configuration."),
        },
    ),
    Part(
        "credentials",
        ends.CREDENTIAL_KEYS,
        Text(
            "管理者の資格情報の組。パスワードは書かないでください。",
            "Administrator credentials. Never write a password here.",
        ),
        {
            "id": ID,
            "kind": Text(
                "種類（shared-local-admin、domain-admin など）。", "Its kind: shared-local-admin, domain-admin ..."
            ),
            "name": NAME,
        },
    ),
    Part(
        "media",
        needs.MEDIA_KEYS,
        Text("USBメモリなどで運ぶデータ。", "Data carried by hand, on USB sticks and the like."),
        {
            "from": Text("もとの機器の id。", "The node it comes from."),
            "to": Text("持ち込む機器の id。", "The node it goes to."),
            "control": Text(
                "none（制限なし）、rule-only（決まりだけ）、enforced（道具で制限）、unknown。",
                "none, rule-only (a rule that no tool enforces), enforced, unknown.",
            ),
            "records": Text("記録を残しているか（true、false）。", "Whether a record is kept (true, false)."),
        },
    ),
    Part(
        "flows",
        needs.FLOW_KEYS,
        Text(
            "業務に必要な通信。止める提案は、これを残します。", "Connections that somebody needs: proposals keep them."
        ),
        {
            "src": Text(
                "送り手：機器か回線の id、回線ID、「回線3」。", "Sender: a node, a line's id or circuit id, 回線3."
            ),
            "dst": Text("受け手の機器の id。", "The node that answers."),
            "service": Text("通信（tcp/1433 など）。", "The service, such as tcp/1433."),
            "owner": Text("必要としている部門。", "Who needs it."),
            "until": Text("この日まで必要（その日を含みます）。", "Needed until this day, that day included."),
            "reason": Text("なぜ必要か。", "Why."),
        },
    ),
    Part(
        "backups",
        needs.BACKUP_KEYS,
        Text(
            "バックアップ。攻撃のあとに残るかどうかを調べます。",
            "Backup copies; whether they survive an attack is worked out.",
        ),
        {
            "id": ID,
            "name": NAME,
            "of": Text("もとの機器の id。", "The node that is copied."),
            "on": Text(
                "置き場所の機器の id。分からなければ書きません。", "The node it lies on; left out when nobody knows."
            ),
            "connect": Text(
                "つなぎ方：always-on（常時）、timed-link（時間を決めて）、manual-eject（抜いて保管）、immutable（書き換え禁止）、unknown。",
                "How it is tied: always-on, timed-link, manual-eject (taken out), immutable, unknown.",
            ),
            "generations": Text("世代の数。", "How many generations are kept."),
            "immutable_days": Text("書き換えできない日数。", "For how many days nobody can change it."),
            "interval_hours": Text("何時間ごとに取るか。", "Hours between two generations."),
            "restore_tested_on": Text("戻せることを最後に試した日。", "The day on which restoring was last tried."),
            "credentials": Text("置き場所を操作できる資格情報の id。", "Credentials that open it."),
        },
    ),
    Part(
        "unread",
        unread.KEYS,
        Text(
            "読み取れなかった設定の行。プログラムが書きます。",
            "Lines of configurations that were not understood; written by programs.",
        ),
        {
            "device": Text("装置の id。", "The device's id."),
            "source": Text("ファイル。", "The file."),
            "line": Text("行の番号。", "The line's number."),
            "text": Text("その行（秘密は除いてあります）。", "The line, without secrets."),
            "why": Text("読み取れなかったわけ。", "Why it was not understood."),
        },
    ),
)


def network_file(language: str) -> str:
    """Return the page."""
    told = Text(
        "ネットワークを一つのファイルに書いたもの（YAML）です。人が書くことも、ポータルが書くこともできます。書き間違いは行の番号と"
        "直し方を添えて知らせ、ほかは読みます。読めなかったところは「不明」になり、「安全」とはみなしません。大きさは {megabytes}MB、"
        "項目は {parts} 個まで（規則 50,000 個ほど）です。一つだけのときは、並びにせずそのまま書けます。",
        "A network in one file (YAML), written by a person or by the portal. What is wrong is told with its line and how to mend it; "
        "the rest is read. What could not be read becomes unknown, never safe. A file may have {megabytes} MB and {parts} parts "
        "(some 50,000 rules). One value may stand where a list is meant.",
    ).filled(megabytes=read.MAX_BYTES // 1_000_000, parts=f"{read.MAX_PARTS:,}")
    return page(
        "network.yaml",
        "scripts/reference_pages/network_file.py",
        language,
        told.within(language),
        *(section for part in PARTS for section in _section(part, language)),
    )


def _section(part: Part, language: str) -> tuple[str, str, str]:
    heads = Text("項目,意味", "key,meaning").within(language).split(",")
    rows = ((code(key), part.keys[key].within(language)) for key in part.keys)
    return f"## `{part.title}`", part.told.within(language), table(heads, rows)
