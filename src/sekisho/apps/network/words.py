"""How the pages call what stands in the map: hosts, lines, services, reasons, changes."""

from dataclasses import dataclass
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from sekisho.catalogue.intrusion import load_intrusion
from sekisho.catalogue.reporting import load_report_knowledge
from sekisho.domain.network.addresses import addresses_text
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
from sekisho.domain.network.hygiene import Flaw
from sekisho.domain.network.legs import Doubt, Unsure
from sekisho.domain.network.model import Action, AtInterface, Direction, ExternalLine, Network, Place, Rule, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import service_text, services_text
from sekisho.domain.network.survival import Because
from sekisho.domain.network.taking import How
from sekisho.domain.tri import Tri
from sekisho.foundation.ui.texts import listed, speak


@dataclass(frozen=True)
class Names:
    """The names of one network's parts. A name that the map does not give is its id."""

    network: Network

    def __post_init__(self) -> None:
        named = {node.id: node.name or node.id for node in self.network.nodes}
        named |= {line.id: line_label(line) for line in self.network.lines}
        object.__setattr__(self, "_ends", named)
        object.__setattr__(self, "_devices", {device.id: device for device in self.network.devices})
        object.__setattr__(
            self, "_segments", {segment.id: segment.name or segment.id for segment in self.network.segments}
        )
        object.__setattr__(self, "_copies", {copy.id: copy.name or copy.id for copy in self.network.backups})

    def end(self, name: str) -> str:
        """Return what people call a node or line."""
        return str(self._ends.get(name, name))  # type: ignore[attr-defined]

    def device(self, name: str) -> str:
        """Return what people call a device."""
        device = self._devices.get(name)  # type: ignore[attr-defined]
        if device is None or device.line_number is None:
            return device.name if device is not None and device.name else name
        called = {"name": device.name or name, "number": device.line_number}
        return _("回線%(number)sの %(name)s") % called

    def segment(self, name: str) -> str:
        """Return what people call a segment."""
        return str(self._segments.get(name, name))  # type: ignore[attr-defined]

    def copy(self, name: str) -> str:
        """Return what people call a backup copy."""
        return str(self._copies.get(name, name))  # type: ignore[attr-defined]

    def interface(self, device: str, name: str) -> str:
        """Return an interface with what its device's configuration calls it."""
        found = self._devices.get(device)  # type: ignore[attr-defined]
        interface = found.interface(name) if found is not None else None
        if interface is None or not (interface.name or interface.segment):
            return name
        return _("%(interface)s（%(name)s）") % {
            "interface": name,
            "name": interface.name or self.segment(interface.segment or ""),
        }


def line_label(line: ExternalLine) -> str:
    """Return "回線4 給食" for a line that the register counts, else its name or id."""
    if line.number is None:
        return line.name or line.id
    return (_("回線%(number)s %(name)s") % {"number": line.number, "name": line.name}).strip()


def service_label(service: int) -> str:
    """Return a service with what it is for: "tcp/3389（遠隔操作）"."""
    code, meaning = service_text(service), service_meaning(service)
    return _("%(code)s（%(meaning)s）") % {"code": code, "meaning": meaning} if meaning else code


def service_meaning(service: int) -> str:
    """Return what a service is for, "" when the catalogues do not know it."""
    text = load_intrusion().service_names.get(service)
    if text is not None:
        return speak(text)
    protocol, _slash, port = service_text(service).partition("/")
    wanted = f"{port}/{protocol}"
    known = next((one for one in load_report_knowledge().ports if wanted in one.ports), None)
    return speak(known.service) if known is not None else ""


def services_label(services: Ranges) -> str:
    """Return a set of services in a row; more than four are counted."""
    if services in _attacked():
        return _("乗っ取りに使われるサービス（遠隔操作・ファイル共有など）")
    texts = services_text(services)
    if texts == ["any"]:
        return _("すべてのサービス")
    shown = texts[:4]
    rest = len(texts) - len(shown)
    return listed(shown) + (_("ほか%(n)s") % {"n": rest} if rest > 0 else "")


@cache
def _attacked() -> tuple[Ranges, ...]:
    """Return what the smallest changes take out: everything by which a host is taken, with management pages and without."""
    intrusion = load_intrusion().intrusion
    both = (intrusion.services, intrusion.takeover)
    return tuple(Ranges.of((service, service) for service in services) for services in both)


def addresses_label(addresses: Ranges) -> str:
    """Return a set of addresses in a row; more than three spans are counted."""
    texts = addresses_text(addresses)
    if texts == ["any"] or "0.0.0.0/0" in texts:
        return _("どこでも")
    rest = len(texts) - 3
    return listed(texts[:3]) + (_("ほか%(n)s") % {"n": rest} if rest > 0 else "")


PARTIES: dict[str, Promise] = {
    "vendor": _lazy("業者"),
    "public": _lazy("公的な機関"),
    "hospital": _lazy("病院の施設"),
}


def party_label(line: ExternalLine) -> str:
    """Return who is at the far end of a line: the company, else the kind of party; "" when nobody says."""
    return line.vendor or str(PARTIES.get(line.party, line.party))


ACTIONS: dict[Action, Promise] = {
    Action.PERMIT: _lazy("通す"),
    Action.DENY: _lazy("止める"),
    Action.UNKNOWN: _lazy("分からない"),
}


def rule_label(rule: Rule) -> str:
    """Return one rule in words: "通す：172.31.20.0/24 → 10.10.20.0/24、tcp/3389"."""
    said = _("%(action)s：%(source)s から %(target)s へ、%(services)s") % {
        "action": ACTIONS[rule.action],
        "source": addresses_label(rule.src),
        "target": addresses_label(rule.dst),
        "services": services_label(rule.service),
    }
    if rule.state is State.ESTABLISHED:
        said += _("（返事だけ）")
    return said


def place_label(names: Names, device: str, place: Place) -> str:
    """Return where rules stand: "tunnel1 から入るとき"."""
    if isinstance(place, AtInterface):
        text = _("%(interface)s から入るとき") if place.direction is Direction.IN else _("%(interface)s から出るとき")
        return text % {"interface": names.interface(device, place.interface)}
    return _("装置を通るとき") if str(place) == "global" else _("%(zones)s の間") % {"zones": place}


HOW: dict[How, Promise] = {
    How.SERVICE: _lazy("開いているサービスから"),
    How.CONSOLE: _lazy("管理画面から（管理者の情報を持っている）"),
    How.HYPERVISOR: _lazy("仮想サーバの土台から"),
    How.MEDIA: _lazy("USBメモリなどで運ばれて"),
    How.SAME_HOST: _lazy("同じ装置のもう一つの接続口から"),
    How.VENDOR: _lazy("同じ会社の別の回線から"),
}

BECAUSE: dict[Because, Promise] = {
    Because.NOT_REACHED: _lazy("侵入者は、この控えの置き場所まで届きません。"),
    Because.DETACHED: _lazy("媒体を抜いてあるので、書き換えられません。"),
    Because.UNCHANGEABLE: _lazy("決めた日数の間は書き換えられない仕組みです。"),
    Because.PLACE_FALLS: _lazy("置き場所の装置が奪われ、つながったままの控えも消されます。"),
    Because.PLACE_MAY_FALL: _lazy("置き場所の装置が奪われるかもしれません。"),
    Because.PLACE_UNKNOWN: _lazy("置き場所が地図にありません。どの装置に置いてあるかを書き足してください。"),
    Because.ONLY_GENERATION: _lazy("媒体が一つだけなので、書き込んでいる間に奪われると残りません。"),
    Because.GENERATIONS_UNKNOWN: _lazy("何世代あるか分かりません。媒体の本数を書き足してください。"),
    Because.LINK_MAY_BE_UP: _lazy("決まった時間だけつながる控えです。ちょうどその時間に襲われると失われます。"),
    Because.UNCHANGEABLE_TOO_SHORT: _lazy("書き換えられない日数が短く、潜んでいる間に切れるかもしれません。"),
    Because.CONNECT_UNKNOWN: _lazy("つなぎ方（つないだまま、抜く、など）が分かりません。"),
    Because.CREDENTIALS_HELD: _lazy("侵入者が、この控えを消せる管理者の情報を手に入れます。"),
}

DOUBTS: dict[Unsure, tuple[Promise, Promise]] = {
    Unsure.FILTERS_UNKNOWN: (
        _lazy("「%(what)s」の設定がありません。"),
        _lazy("この装置の設定ファイルを保守会社に出してもらい、「装置の設定」に入れてください。"),
    ),
    Unsure.GATEWAY_UNKNOWN: (
        _lazy("「%(what)s」の出口になる装置が分かりません。"),
        _lazy("network.yaml の segments に gateway（出口の装置）を書き足してください。"),
    ),
    Unsure.NEXT_HOP_UNKNOWN: (
        _lazy("次に渡す先「%(what)s」がどの装置か分かりません。"),
        _lazy("そのアドレスを持つ装置を devices に書き足してください。"),
    ),
    Unsure.ROUTES_UNKNOWN: (
        _lazy("「%(what)s」の経路（どこへ渡すかの表）が全部は分かりません。"),
        _lazy("この装置の設定ファイルを入れるか、経路を書き足してください。"),
    ),
    Unsure.TERMINATION_UNKNOWN: (
        _lazy("回線「%(what)s」が院内のどこにつながるか分かりません。"),
        _lazy("回線終端装置から線をたどり、つながる装置を lines の terminates に書いてください。"),
    ),
    Unsure.PLACE_UNKNOWN: (
        _lazy("「%(what)s」のアドレスが、どの区画にも入っていません。"),
        _lazy("区画（segments）のアドレスの範囲か、この機器のアドレスを直してください。"),
    ),
}


def doubt_label(names: Names, doubt: Doubt) -> tuple[str, str]:
    """Return what is unknown and what to supply."""
    what, supply = DOUBTS[doubt.why]
    name = names.device(doubt.what)
    if name == doubt.what:
        name = names.end(doubt.what)
    if name == doubt.what:
        name = names.segment(doubt.what)
    return str(what) % {"what": name}, str(supply)


FLAWS: dict[Flaw, Promise] = {
    Flaw.SHADOWED: _lazy("前の規則に隠れていて、働くことがありません"),
    Flaw.NEVER_DECIDES: _lazy("この規則で決まる通信が、いまの病院にはありません"),
    Flaw.ANY_TO_ANY: _lazy("どこからどこへでも通します"),
    Flaw.ANY_SERVICE: _lazy("すべてのサービスを通します"),
    Flaw.EXPIRED: _lazy("期限を過ぎています"),
    Flaw.DISABLED: _lazy("無効になったまま残っています"),
    Flaw.CLEAR_TEXT_MANAGEMENT: _lazy("暗号化されない管理の通信を通します"),
    Flaw.NOT_UNDERSTOOD: _lazy("読み取れなかった規則です"),
}

REACHED: dict[Tri, Promise] = {
    Tri.YES: _lazy("通じます"),
    Tri.NO: _lazy("通じません"),
    Tri.UNKNOWN: _lazy("分かりません"),
}


def change_label(names: Names, change: Change) -> str:
    """Return what is to be done, as one line of a work order."""
    network = names.network
    match change:
        case DisableRule(position, seq, keeps):
            ruleset = network.rulesets[position]
            return _("「%(device)s」の規則 %(seq)s（%(place)s）を外す") % {
                "device": names.device(ruleset.device),
                "seq": seq,
                "place": place_label(names, ruleset.device, ruleset.at),
            } + _kept(len(keeps))
        case NarrowRule(position, seq, services, keeps):
            ruleset = network.rulesets[position]
            return _("「%(device)s」の規則 %(seq)s（%(place)s）から %(services)s を除く") % {
                "device": names.device(ruleset.device),
                "seq": seq,
                "place": place_label(names, ruleset.device, ruleset.at),
                "services": services_label(services),
            } + _kept(len(keeps))
        case InsertDeny():
            return _deny_label(names, change)
        case CloseLine(line):
            return _("「%(line)s」をふだん切っておき、使うときだけつなぐ") % {"line": names.end(line)}
        case IsolateSegment(segment):
            return _("「%(segment)s」の中の機器どうしが直接話せないようにする（ポート分離）") % {
                "segment": names.segment(segment)
            }
        case CutCable(device, interface):
            return _("「%(device)s」の %(interface)s の線を抜く") % {
                "device": names.device(device),
                "interface": names.interface(device, interface),
            }
        case TakeOffline(copy):
            return _("控え「%(copy)s」を、書き込むとき以外は抜いておく（2本以上を交代で）") % {"copy": names.copy(copy)}
        case PutJumpHost(line, host):
            return _("「%(line)s」は踏み台「%(host)s」だけに届くようにする") % {
                "line": names.end(line),
                "host": names.end(host),
            }


def _deny_label(names: Names, change: InsertDeny) -> str:
    said = _("「%(device)s」の%(place)sに、%(source)s から %(target)s への %(services)s を止める規則を先頭に足す") % {
        "device": names.device(change.device),
        "place": place_label(names, change.device, change.at),
        "source": addresses_label(change.src),
        "target": addresses_label(change.dst),
        "services": services_label(change.services),
    }
    if change.attaches:
        said += _("（ここにはまだ規則の組がないので、新しく付ける）")
    return said + _kept(len(change.keeps))


def _kept(count: int) -> str:
    if not count:
        return ""
    return ngettext("。届け出のある通信%(n)s件は通したまま", "。届け出のある通信%(n)s件は通したまま", count) % {
        "n": count
    }
