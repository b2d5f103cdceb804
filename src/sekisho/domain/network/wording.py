"""How answers about the network are said to people: why, what is missing, what to do. Japanese first.

Plain sentences for someone who never chose to do security; the exact rule, interface and address stand beside them on
the screens, for the vendor. A long table of sayings, hence a long file.
"""

from collections.abc import Callable, Mapping

from sekisho.domain.network.changes import (
    Change,
    CloseLine,
    CutCable,
    DisableRule,
    InsertDeny,
    IsolateSegment,
    NarrowRule,
    PutJumpHost,
    TakeOffline,
)
from sekisho.domain.network.explain import Decision, Explanation, Way
from sekisho.domain.network.hygiene import Flaw
from sekisho.domain.network.legs import Doubt, Unsure
from sekisho.domain.network.matrix import Cell
from sekisho.domain.network.model import Network
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import service_text, services_text
from sekisho.domain.network.survival import Because
from sekisho.domain.network.taking import How, Taking
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

REACHED: Mapping[Tri, Text] = {
    Tri.YES: Text("届きます", "reached"),
    Tri.NO: Text("届きません", "not reached"),
    Tri.UNKNOWN: Text("分かりません", "cannot tell"),
}
FALLS: Mapping[Tri, Text] = {
    Tri.YES: Text("失われます", "is lost"),
    Tri.NO: Text("失われません", "is not lost"),
    Tri.UNKNOWN: Text("失われるかもしれません（分からない部分があります）", "may be lost (something is unknown)"),
}
SURVIVES: Mapping[Tri, Text] = {
    Tri.YES: Text("残ります", "survives"),
    Tri.NO: Text("失われます", "is lost"),
    Tri.UNKNOWN: Text("分かりません", "cannot tell"),
}
CELLS: Mapping[Cell, Text] = {
    Cell.BLOCKED: Text("止まっています", "blocked"),
    Cell.ALLOWED: Text("通ります", "allowed"),
    Cell.EXCEPTION: Text("届け出た通信だけ通ります", "declared needs only"),
    Cell.UNKNOWN: Text("分かりません", "cannot tell"),
}

SERVICES_SAID = 4

_DOUBTS: Mapping[Unsure, Text] = {
    Unsure.FILTERS_UNKNOWN: Text(
        "装置「{what}」の設定がないため分かりません。この装置の設定ファイルを、保守会社に頼んで受け取り、読み込んでください。",
        "The settings of device “{what}” are missing. Ask its vendor for the configuration file and load it.",
    ),
    Unsure.GATEWAY_UNKNOWN: Text(
        "ネットワーク「{what}」には複数の装置があり、どれが出口か分かりません。出口の装置（gateway）を指定してください。",
        "Several devices touch segment “{what}” and nobody said which is its gateway. Name the gateway.",
    ),
    Unsure.NEXT_HOP_UNKNOWN: Text(
        "通信の送り先「{what}」が、どの装置か分かりません。そのアドレスを持つ装置を一覧に加えてください。",
        "No known device has the next hop “{what}”. Add the device with that address.",
    ),
    Unsure.ROUTES_UNKNOWN: Text(
        "装置「{what}」の経路がすべては分かりません。設定ファイルか経路の一覧を読み込んでください。",
        "Not all routes of device “{what}” are known. Load its configuration or its routing table.",
    ),
    Unsure.TERMINATION_UNKNOWN: Text(
        "回線「{what}」が、院内のどの装置につながっているか分かりません。ケーブルをたどって確かめてください。",
        "Nobody knows where line “{what}” ends. Follow its cable.",
    ),
    Unsure.PLACE_UNKNOWN: Text(
        "アドレスが、どのネットワークにも入っていません。ネットワークの範囲か、アドレスを直してください。",
        "An address lies in no known segment. Mend the segment’s range or the address.",
    ),
}
_HOW: Mapping[How, Text] = {
    How.SERVICE: Text("{origin} から {service} で届く", "reached from {origin} by {service}"),
    How.CONSOLE: Text(
        "{origin} から管理画面（{service}）に、手に入れた管理者のパスワードで入る",
        "from {origin} into its console ({service}) with administrator’s credentials already held",
    ),
    How.HYPERVISOR: Text("土台の仮想サーバ {origin} ごと", "together with its hypervisor {origin}"),
    How.MEDIA: Text("{origin} から USB メモリなどで運ばれる", "carried from {origin} on a USB stick or the like"),
    How.SAME_HOST: Text("同じ機械の別の口", "another network card of the same host"),
    How.VENDOR: Text("同じ業者の別の回線から", "by another line of the same company"),
}
_BECAUSE: Mapping[Because, Text] = {
    Because.NOT_REACHED: Text("攻撃が置き場所に届きません。", "The attack does not get to where it lies."),
    Because.DETACHED: Text("機械から抜いて保管しているため、届きません。", "It is kept out of the drive."),
    Because.UNCHANGEABLE: Text(
        "侵入に気づくまでの日数より長く、書き換えを禁じています。",
        "It cannot be changed for longer than an intruder stays unnoticed.",
    ),
    Because.PLACE_FALLS: Text("置き場所の装置が乗っ取られます。", "The device it lies on falls."),
    Because.PLACE_MAY_FALL: Text(
        "置き場所の装置に届くかどうか、分からない部分があります。", "Whether the device it lies on falls, is unknown."
    ),
    Because.PLACE_UNKNOWN: Text(
        "どこに置いてあるか分かりません。置き場所を確かめてください。",
        "Nobody knows where it is kept. Find out.",
    ),
    Because.ONLY_GENERATION: Text(
        "媒体が1つしかないため、書き込み中に攻撃されると失われます。2つ以上を交代で使ってください。",
        "There is one medium only: it is lost when the attack comes while it is in the drive. Rotate at least two.",
    ),
    Because.GENERATIONS_UNKNOWN: Text(
        "媒体がいくつあるか分かりません。数を確かめてください。", "Nobody knows how many media there are. Count them."
    ),
    Because.LINK_MAY_BE_UP: Text(
        "つながっている時間に攻撃されると失われます。",
        "It is lost when the attack comes while the link is up.",
    ),
    Because.UNCHANGEABLE_TOO_SHORT: Text(
        "書き換えを禁じている日数が、侵入に気づくまでの日数より短いです。日数を延ばしてください。",
        "The days during which it cannot be changed are fewer than an intruder stays unnoticed. Prolong them.",
    ),
    Because.CONNECT_UNKNOWN: Text(
        "つなぎ方が分かりません。常時つながっているか、抜いてあるかを確かめてください。",
        "Nobody knows how it is attached. Find out whether it is always on or taken out.",
    ),
    Because.CREDENTIALS_HELD: Text(
        "管理者のパスワードが攻撃者に知られるため、消されます。",
        "The intruder holds its administrator’s credentials and can delete it.",
    ),
}
_FLAWS: Mapping[Flaw, Text] = {
    Flaw.SHADOWED: Text(
        "前の規則がすべて決めるため、働きません。消しても変わりません。",
        "An earlier rule decides everything. Removing it changes nothing.",
    ),
    Flaw.NEVER_DECIDES: Text(
        "登録された機器どうしの通信では、一度も使われません。",
        "It never decides anything between the listed hosts.",
    ),
    Flaw.ANY_TO_ANY: Text(
        "どこからどこへでも、すべて通します。必要な通信だけに絞ってください。",
        "It lets everything pass from anywhere to anywhere. Narrow it to what is needed.",
    ),
    Flaw.ANY_SERVICE: Text(
        "通信の種類を問わず通します。必要な種類だけに絞ってください。",
        "It lets every service pass. Narrow it to the services that are needed.",
    ),
    Flaw.EXPIRED: Text("期限が過ぎています。消すか、延ばす理由を書いてください。", "Its end has passed. Remove it or say why it stays."),
    Flaw.DISABLED: Text("止めてある規則です。要らなければ消してください。", "It is switched off. Remove it if it is not needed."),
    Flaw.CLEAR_TEXT_MANAGEMENT: Text(
        "暗号化しない通信（Telnet・FTP・HTTP）を、広い範囲から通します。",
        "It lets unencrypted services (Telnet, FTP, HTTP) pass from a wide range.",
    ),
    Flaw.NOT_UNDERSTOOD: Text(
        "読み取れなかった規則です。この規則が関わる答えは「分かりません」になります。",
        "This rule was not understood; answers that hang on it are “cannot tell”.",
    ),
}  # fmt: skip
_WAYS: Mapping[Way, Text] = {
    Way.SAME_SEGMENT: Text(
        "同じネットワークの中なので、途中に止めるものがありません。",
        "Both are on the same segment: nothing stands between.",
    ),
    Way.ROUTED: Text("次の装置を通ります。", "The way goes through these devices."),
    Way.NO_WAY: Text("そこへ行く経路がありません。", "There is no way there."),
    Way.NOT_LISTENING: Text("相手がこの通信を受け付けていません。", "The target does not listen on this service."),
    Way.UNSURE: Text("途中が分からないため、答えられません。", "Something on the way is unknown."),
}


def doubt_text(doubt: Doubt) -> Text:
    """Return what is unknown, and what to supply."""
    return _DOUBTS[doubt.why].filled(what=doubt.what)


def because_text(because: Because) -> Text:
    """Return why a backup copy survives or not."""
    return _BECAUSE[because]


def flaw_text(flaw: Flaw) -> Text:
    """Return what is wrong with a rule."""
    return _FLAWS[flaw]


def taking_text(taking: Taking, names: Callable[[str], str] = str) -> Text:
    """Return by what a node falls. `names` tells how people call a node or line."""
    service = service_text(taking.service) if taking.service else ""
    return _HOW[taking.how].filled(origin=names(taking.origin), service=service)


def way_text(explanation: Explanation) -> Text:
    """Return in one sentence how the two ends are joined."""
    return _WAYS[explanation.way]


def decision_text(decision: Decision) -> Text:
    """Return what a rule set does, and by which rule."""
    side = Text("返事を", "the reply") if decision.is_reply else Text("通信を", "the packet")
    rule = Text("規則のどれにも当てはまらないため", "no rule matches, so its default")
    if decision.rule is not None:
        number, line = decision.rule.seq, decision.rule.origin.line if decision.rule.origin else None
        where = Text(f"（{line}行目）", f" (line {line})") if line else Text("", "")
        rule = Text(f"規則 {number}{where.ja} が", f"rule {number}{where.en}")
    does = {
        Tri.YES: Text("{rule}{side}通します。", "{rule} lets {side} pass."),
        Tri.NO: Text("{rule}{side}止めます。", "{rule} stops {side}."),
        Tri.UNKNOWN: Text("{rule}{side}どうするか、分かりません。", "It cannot be told what {rule} does with {side}."),
    }
    return does[decision.passes].filled(rule=rule, side=side)


def services_said(services: Ranges) -> Text:
    """Return a set of services for a sentence: all of a few, else the first ones and how many there are."""
    texts = services_text(services)
    if len(texts) <= SERVICES_SAID:
        return Text("、".join(texts), ", ".join(texts))
    shown = texts[: SERVICES_SAID - 1]
    return Text(
        f"{'、'.join(shown)} など {len(texts)} 種類の通信", f"{', '.join(shown)} and others ({len(texts)} services)"
    )


def change_text(network: Network, change: Change) -> Text:
    """Return a change as one line of a work order."""
    services = services_said(change.services) if isinstance(change, InsertDeny | NarrowRule) else Text("", "")
    if isinstance(change, DisableRule | NarrowRule):
        ruleset = network.rulesets[change.ruleset]
        device, at = _device(network, ruleset.device), str(ruleset.at)
        if isinstance(change, DisableRule):
            text = Text("{device} の {at} の規則 {seq} を外す", "On {device}, {at}: take out rule {seq}")
        else:
            text = Text(
                "{device} の {at} の規則 {seq} から {services} を外す",
                "On {device}, {at}: take {services} out of rule {seq}",
            )
        said = text.filled(device=device, at=at, seq=change.seq, services=services)
        return _with_kept(said, len(change.keeps))
    if isinstance(change, InsertDeny):
        text = Text(
            "{device} の {at} で {services} を止める" + ("（新しく規則を付ける）" if change.attaches else ""),
            "On {device}, {at}: deny {services}" + (" (a new filter)" if change.attaches else ""),
        )
        said = text.filled(device=_device(network, change.device), at=change.at, services=services)
        return _with_kept(said, len(change.keeps))
    return _elsewhere_text(network, change)


def _with_kept(said: Text, kept: int) -> Text:
    if not kept:
        return said
    return Text(f"{said.ja}。届け出た通信 {kept} 件は残す", f"{said.en}; keep declared needs: {kept}")


def _elsewhere_text(network: Network, change: Change) -> Text:
    if isinstance(change, CloseLine):
        return Text("回線 {line} を、使うときだけつなぐ", "Keep line {line} off but when it is used").filled(
            line=_line(network, change.line)
        )
    if isinstance(change, IsolateSegment):
        return Text(
            "ネットワーク {segment} の中の機器どうしを通信させない",
            "Isolate the hosts of segment {segment} from each other",
        ).filled(segment=_segment(network, change.segment))
    if isinstance(change, CutCable):
        return Text("{device} の {interface} のケーブルを抜く", "Pull the cable of {interface} of {device}").filled(
            device=_device(network, change.device), interface=change.interface
        )
    if isinstance(change, TakeOffline):
        name = next((copy.name or copy.id for copy in network.backups if copy.id == change.copy), change.copy)
        return Text(
            "バックアップ「{copy}」の媒体を、書き込むとき以外は抜く（2つ以上を交代で使う）",
            "Take the medium of backup “{copy}” out but while writing (rotate at least two)",
        ).filled(copy=name)
    if isinstance(change, PutJumpHost):
        return Text(
            "回線 {line} からは踏み台 {host} にだけ届くようにする", "Let line {line} reach the jump host {host} only"
        ).filled(line=_line(network, change.line), host=_node(network, change.host))
    raise TypeError(type(change).__name__)


def _device(network: Network, device_id: str) -> str:
    return next((one.name or one.id for one in network.devices if one.id == device_id), device_id)


def _line(network: Network, line_id: str) -> str:
    return next((one.name or one.id for one in network.lines if one.id == line_id), line_id)


def _segment(network: Network, segment_id: str) -> str:
    return next((one.name or one.id for one in network.segments if one.id == segment_id), segment_id)


def _node(network: Network, node_id: str) -> str:
    return next((one.name or one.id for one in network.nodes if one.id == node_id), node_id)
