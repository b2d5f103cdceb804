"""What is gathered from one YAMAHA configuration before it is put together: interfaces, filters, descriptors, routes."""

import re
from dataclasses import dataclass, field

from sekisho.adapters.configurations.statements import UNKNOWN_COMMAND, Account, guarded
from sekisho.adapters.configurations.yamaha.filters import Dynamic
from sekisho.domain.network.configuration import Bearing, UnparsedLine
from sekisho.domain.network.model import Direction, Origin, Rule
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.text import Text

MOST_TUNNELS = 6000

NO_SUCH_FILTER = Text(
    "フィルタ {part} の定義がこの設定の中にありません。ここより後に評価される通信は「不明」として扱います。",
    "Filter {part} is not defined in this configuration. What is judged after it is taken as unknown.",
)
NO_SUCH_SET = Text(
    "フィルタセット「{part}」の定義がこの設定の中にありません。ここを通る通信は「不明」として扱います。",
    'The filter set "{part}" is not defined in this configuration. What passes here is taken as unknown.',
)
NO_SUCH_DESCRIPTOR = Text(
    "NATディスクリプタ {part} の定義がこの設定の中にありません。この変換は計算に入っていません。",
    "NAT descriptor {part} is not defined in this configuration. The translation is not part of the computation.",
)
POLICY_ROUTE = Text(
    "通信の種類によって行き先を変える経路です。この使い分けは計算に入っていません（条件のない行き先だけを使います）。",
    "This route depends on the kind of packet. That choice is not part of the computation; only the unconditional way is.",
)
NO_SUCH_INTERFACE = Text(
    "行き先の「{part}」の設定がこのファイルの中にありません。途中で切れていないか確かめてください。",
    'The way out "{part}" is not configured in this file. Please check that the file is complete.',
)
POLICY_FILTER = Text(
    "ポリシーフィルターはまだ読み取れません。この機器を通る通信は「不明」として扱います。",
    "Policy filters cannot be read yet. What passes this device is taken as unknown.",
)
INBOUND_FILTER = Text(
    "入力遮断フィルター（inbound filter）はまだ読み取れません。このインターフェースに入る通信は「不明」として扱います。",
    "Inbound filters cannot be read yet. What enters by this interface is taken as unknown.",
)
ETHERNET_FILTER = Text(
    "MACアドレスで止めるフィルタは計算に入っていません。ここを通れる通信は「不明」として扱います。",
    "Filters by MAC address are not part of the computation. What could pass here is taken as unknown.",
)
BRIDGED_TUNNEL = Text(
    "トンネルの先とLANが1つのネットワークとしてつながっています。この先の機器は同じLANにいるものとして見てください。",
    "The tunnel joins the far side to the LAN as one network. Please regard what is beyond it as being on the same LAN.",
)
ROUTING_OFF = Text(
    "IPの中継が止められています（ip routing off）。中継しないことは計算に入っていません。",
    "Forwarding is switched off (ip routing off). That it forwards nothing is not part of the computation.",
)
NOT_ENABLED = Text(
    "「{face}」は設定がありますが使われていません（enable の行がありません）。計算に入れていません。",
    '"{face}" is configured but not in use (there is no enable line). It is not part of the computation.',
)
ONLY_DYNAMIC = Text(
    "静的なフィルタがなく動的なフィルタだけが設定されています。どれにも当たらない通信の扱いは「不明」とします。",
    "There are dynamic filters here but no static ones. What matches none of them is taken as unknown.",
)
TELNET_OPEN = Text(
    "telnetの設定画面が、接続元を限らずに開いています。telnetd host で院内の管理用の端末だけに絞ってください。",
    "Telnet is open to any sender. Limit it to the administrators' terminals with telnetd host.",
)
HTTP_OPEN = Text(
    "Webの設定画面が、接続元を限らずに開いています。httpd host で院内の管理用の端末だけに絞ってください。",
    "The web console is open to any sender. Limit it to the administrators' terminals with httpd host.",
)

_FACE = re.compile(r"(?:lan|wan|onu|vlan|bridge|loopback|usb|wlan)\d{0,4}(?:[/.:]\d{1,4})?|null|lan")


def face_name(word: str) -> str:
    """Return the interface that `word` names outside pp and tunnel contexts; "" for none."""
    return word if _FACE.fullmatch(word) else ""


MOST_TEXT = 200
MOST_PART = 60


def shown_text(text: str) -> str:
    """Return the text of a line that was not understood: filters as they are, others without what may be a secret."""
    return (text if _FILTERING.match(text) else guarded(text))[:MOST_TEXT]


_FILTERING = re.compile(
    r"(?:no[ \t]+)?(?:ipv?6?[ \t]+(?:filter|route|policy|inbound|\S+[ \t]+(?:secure|nat|address|secondary|inbound|remote))"
    r"|nat[ \t]+descriptor|ethernet|bridge)[ \t]"
)


@dataclass(frozen=True, slots=True)
class Applied:
    """One `secure filter` line: filter numbers in order (None for a part that could not be read), dynamic ones apart."""

    static: tuple[int | None, ...]
    dynamic: tuple[int, ...]
    origin: Origin


@dataclass(slots=True)
class Face:
    """One interface while it is read. `enabled` is None as long as no line says so."""

    id: str
    line: int = 0
    address: int | None = None
    network: Span | None = None
    name: str = ""
    secondary: list[Span] = field(default_factory=list)
    applied: dict[tuple[bool, Direction], Applied] = field(default_factory=dict)
    sets: dict[bool, tuple[str, Origin]] = field(default_factory=dict)
    unsure: dict[Direction, list[Rule]] = field(default_factory=dict)
    descriptors: tuple[tuple[int, ...], Origin] | None = None
    pool: Ranges | None = None
    pool_line: int = 0
    pool_by_dhcp: bool = False
    has_v6: bool = False
    is_used: bool = False
    needs_enabling: bool = False
    enabled: bool | None = None
    layer2: bool = False
    """Carries frames or a PPP session for another interface; no IP of its own."""
    copies: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Descriptor:
    """One NAT descriptor while it is read."""

    kind: str = "none"
    outer: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    statics: dict[str, tuple[list[str], Origin]] = field(default_factory=dict)
    forwards: dict[str, tuple[list[str], Origin]] = field(default_factory=dict)
    incoming: tuple[str, Origin] | None = None


@dataclass(frozen=True, slots=True)
class WrittenRoute:
    """One `ip route` line."""

    prefix: Span
    words: tuple[str, ...]
    origin: Origin


@dataclass(slots=True)
class Gathered:
    """What the lines said."""

    account: Account = field(default_factory=Account)
    model: str = ""
    prompt: str = ""
    faces: dict[str, Face] = field(default_factory=dict)
    static: dict[bool, dict[int, Rule]] = field(default_factory=lambda: {False: {}, True: {}})
    dynamic: dict[bool, dict[int, Dynamic]] = field(default_factory=lambda: {False: {}, True: {}})
    sets: dict[tuple[bool, str], dict[Direction, Applied]] = field(default_factory=dict)
    descriptors: dict[int, Descriptor] = field(default_factory=dict)
    routes: dict[tuple[bool, Span], WrittenRoute] = field(default_factory=dict)
    scopes: list[Ranges] = field(default_factory=list)
    policy_filter: tuple[int, str] | None = None
    pp: str = ""
    tunnel: str = ""
    open_block: str = ""
    """The pp or tunnel whose block is the last thing read, "" when other commands have followed."""
    lost: set[int] = field(default_factory=set)

    def face(self, face_id: str, line: int) -> Face:
        """Return the interface of that id, made when it is first named."""
        return self.faces.setdefault(face_id, Face(face_id, line))

    def miss(self, origin: Origin, bearing: Bearing, why: Text = UNKNOWN_COMMAND, part: str = "") -> None:
        """Note that the line just taken was not understood."""
        self.account.understood -= 1
        shown = shown_text(origin.text)
        why = why.filled(part=part[:MOST_PART] if part and part in shown else "…")
        self.account.unparsed.append(UnparsedLine(origin.line, shown, why, bearing))
        self.lost.add(origin.line)

    def lose(self, origin: Origin, bearing: Bearing, why: Text, part: str = "") -> None:
        """Note, once for each line, that a line counted as understood says something that nothing explains."""
        if origin.line not in self.lost:
            self.miss(origin, bearing, why, part)
