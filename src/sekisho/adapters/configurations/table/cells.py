"""What people write into the cells of a rule table, as values: full-width digits, words of both languages, lists.

Every reading is exact or fails with `CellUnreadable`: a cell is never guessed at.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeVar

from sekisho.domain.network.addresses import ANY_ADDRESS, NotAnAddress, address_span
from sekisho.domain.network.model import Action, AtInterface, AtZones, Direction, Everywhere, Place, State
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import (
    ANY_PORT,
    ANY_SERVICE,
    NotAService,
    parse_services,
    service_span,
)
from sekisho.domain.text import Text

T = TypeVar("T")


class CellUnreadable(ValueError):
    """A cell cannot be read. `why` says what is wrong and how to write it."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


class Column(Enum):
    """A column of the table; the value is its heading."""

    DEVICE = Text("装置", "device")
    PLACE = Text("場所", "place")
    DIRECTION = Text("向き", "direction")
    SEQ = Text("順番", "seq")
    ACTION = Text("動作", "action")
    SRC = Text("送信元", "src")
    DST = Text("宛先", "dst")
    SERVICE = Text("サービス", "service")
    STATE = Text("通信の状態", "state")
    COMMENT = Text("備考", "comment")
    SCHEDULE = Text("時間帯", "schedule")
    UNTIL = Text("期限", "until")
    ENABLED = Text("有効", "enabled")
    PROTOCOL = Text("プロトコル", "protocol")

    __hash__ = object.__hash__  # columns are keys in every row; the library's own hash is many times slower


_HEADINGS: dict[Column, tuple[str, ...]] = {
    Column.DEVICE: ("機器", "機器名", "装置名", "機器id", "ホスト名", "hostname", "firewall"),
    Column.PLACE: ("適用箇所", "適用場所", "インタフェース", "インターフェース", "インターフェイス", "ゾーン", "口", "interface", "zone", "at"),
    Column.DIRECTION: ("方向", "入出", "in/out", "dir"),
    Column.SEQ: ("番号", "no", "no.", "#", "優先順位", "優先度", "順序", "id", "rule", "ruleno", "order", "priority", "number"),
    Column.ACTION: ("許可/拒否", "許可拒否", "可否", "アクション", "処理", "通す/止める", "permit/deny"),
    Column.SRC: ("送信元アドレス", "送信元ip", "送信元ipアドレス", "通信元", "接続元", "元", "source", "sourceaddress", "srcaddr", "from"),
    Column.DST: ("宛先アドレス", "宛先ip", "宛先ipアドレス", "あて先", "送信先", "通信先", "接続先", "先", "destination", "destinationaddress", "dstaddr", "to"),
    Column.SERVICE: ("ポート", "ポート番号", "宛先ポート", "宛先ポート番号", "通信の種類", "services", "port", "dport", "dstport", "destinationport"),
    Column.STATE: ("状態", "ステート", "コネクション"),
    Column.COMMENT: ("コメント", "説明", "メモ", "用途", "目的", "note", "notes", "remarks", "description"),
    Column.SCHEDULE: ("スケジュール", "曜日・時間", "time"),
    Column.UNTIL: ("有効期限", "終了日", "expires", "expiry"),
    Column.ENABLED: ("使用", "有効/無効", "active", "status"),
    Column.PROTOCOL: ("種別", "proto"),
}  # fmt: skip
ACTIONS = {
    Action.PERMIT: ("許可", "permit", "allow", "accept", "pass", "通す", "通過", "可", "○", "◯", "ok", "許可する", "yes"),
    Action.DENY: ("拒否", "deny", "drop", "reject", "block", "discard", "遮断", "破棄", "止める", "不可", "×", "✕", "ng", "禁止", "拒否する", "no"),
    Action.UNKNOWN: ("不明", "unknown", "?", "未確認"),
}  # fmt: skip
DIRECTIONS = {
    Direction.IN: ("入", "in", "入る", "受信", "内向き", "インバウンド", "inbound", "ingress", "→入"),
    Direction.OUT: ("出", "out", "出る", "送信", "外向き", "アウトバウンド", "outbound", "egress"),
}
STATES = {
    State.ANY: ("", "any", "すべて", "全て", "-", "問わない"),
    State.NEW: ("new", "新規", "最初", "新しい通信"),
    State.ESTABLISHED: ("established", "確立済み", "確立済", "応答", "戻り", "既存", "estab", "established/related"),
}
STATEFUL = {True: ("stateful", "戻りは自動", "ステートフル"), False: ("stateless", "戻りも判定", "ステートレス")}
ENABLED = {True: ("", "有効", "yes", "on", "true", "1", "enabled", "enable", "○", "◯"), False: ("無効", "no", "off", "false", "0", "disabled", "disable", "×", "✕", "停止")}  # fmt: skip
DEFAULT_WORDS = ("既定", "default", "その他", "その他すべて", "暗黙", "implicit", "残り")
ANY_WORDS = ("any", "すべて", "全て", "全部", "*", "all", "問わない", "どこでも")
EVERYWHERE = ("global", "全体", "装置全体", "everywhere")
_SERVICE_NAMES = {
    "http": "tcp/80", "https": "tcp/443", "ssh": "tcp/22", "telnet": "tcp/23", "ftp": "tcp/21", "smtp": "tcp/25", "pop3": "tcp/110",
    "imap": "tcp/143", "ldap": "tcp/389", "rdp": "tcp/3389", "smb": "tcp/445", "cifs": "tcp/445", "vnc": "tcp/5900", "snmp": "udp/161",
    "syslog": "udp/514", "ntp": "udp/123", "ike": "udp/500", "ping": "icmp", "リモートデスクトップ": "tcp/3389", "ファイル共有": "tcp/445",
    "sqlserver": "tcp/1433", "oracle": "tcp/1521", "postgresql": "tcp/5432", "mysql": "tcp/3306",
}  # fmt: skip
_SEPARATORS = re.compile(r"[,、，;；\n・]+")
_DASHES = re.compile(r"(?<=[0-9a-fA-F:])\s*(?:-|~|〜|–|—|‐|−|ー|から)\s*(?=[0-9a-fA-F:])")
_WITH_MASK = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})\s*[/ ]\s*((?:255|254|252|248|240|224|192|128|0)(?:\.\d{1,3}){3})")
_STARRED = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,2})((?:\.\*){1,3})")
_PORTS_ONLY = re.compile(r"\d{1,5}(?:-\d{1,5})?")
_PORT_FIRST = re.compile(r"(\d{1,5}(?:-\d{1,5})?)\s*/?\s*(tcp|udp|sctp)")
_PROTOCOL_FIRST = re.compile(r"(tcp|udp|sctp)\s*[/:：\s]?\s*(\d{1,5}(?:-\d{1,5})?)")
_SOURCE_PORTS = re.compile(r"(.*?)\s+(?:from|送信元ポート)\s+([\d,\s-]+)", re.DOTALL)

_NO_ADDRESS = Text(
    "「{text}」はアドレスとして読めません。10.0.0.1、10.0.0.0/24、10.0.0.1-10.0.0.9 の形か、「すべて」と書いてください。",
    "“{text}” is no address. Please write 10.0.0.1, 10.0.0.0/24 or 10.0.0.1-10.0.0.9, or “any”.",
)
_NO_SERVICE = Text(
    "「{text}」はサービスとして読めません。tcp/443、udp/1000-2000、icmp の形か、「すべて」と書いてください。",
    "“{text}” is no service. Please write tcp/443, udp/1000-2000 or icmp, or “any”.",
)
_BLANK = Text(
    "ここが空です。どれでもよい場合は「すべて」と書いてください。",
    "This cell is empty. If anything is meant, please write “any”.",
)
_NO_WORD = Text(
    "「{text}」は読めません。一覧から選んでください（{known}）。",
    "“{text}” cannot be read. Please choose one of: {known}.",
)
_NO_PLACE = Text(
    "「場所」に口の名前があるときは、「向き」に「入」か「出」を書いてください。ゾーンは「外>内」、装置全体は「全体」と書きます。",
    "Where “place” names an interface, “direction” must say “in” or “out”. Zones are written “wan>lan”, the whole device “global”.",
)


@lru_cache(maxsize=8192)
def cleaned(text: str) -> str:
    """Return a cell as meant: half-width, without blanks around it and without the apostrophe that guards a formula."""
    flat = unicodedata.normalize("NFKC", text).replace("\u3000", " ").replace("\u200b", "").strip()
    return flat[1:] if len(flat) > 1 and flat[0] == "'" else flat


@lru_cache(maxsize=8192)
def _key(text: str) -> str:
    return re.sub(r"[\s※*()（）「」:]+", "", cleaned(text)).lower()


_COLUMNS = {
    _key(word): column for column in Column for word in (column.value.ja, column.value.en, *_HEADINGS.get(column, ()))
}


def columns_of(cells: list[str]) -> dict[Column, int]:
    """Return where each column stands if `cells` are the headings of a rule table, else nothing."""
    found: dict[Column, int] = {}
    for position, cell in enumerate(cells):
        column = _COLUMNS.get(_key(cell)) if cell else None
        if column is not None:
            found.setdefault(column, position)
    has_rules = Column.ACTION in found and (Column.SRC in found or Column.DST in found)
    return found if has_rules else {}


def word_of(text: str, words: Mapping[T, tuple[str, ...]]) -> T:
    """Return the meaning of a cell with a fixed choice of words.

    Raises:
        CellUnreadable: it is none of them.
    """
    flat = cleaned(text).lower().replace(" ", "")
    for meaning, choices in words.items():
        if flat in choices:
            return meaning
    known = "、".join(choices[0] for choices in words.values() if choices[0])
    raise CellUnreadable(_NO_WORD.filled(text=text[:40], known=known))


@lru_cache(maxsize=8192)
def addresses_of(text: str) -> Ranges:
    """Return the addresses of a cell.

    Raises:
        CellUnreadable: a part of it is no address, or the cell is empty.
    """
    flat = _DASHES.sub("-", _WITH_MASK.sub(r"\1/\2", cleaned(text)))
    if flat.lower() in ANY_WORDS:
        return ANY_ADDRESS
    spans: list[Span] = []
    for part in _parts(flat):
        starred = _STARRED.fullmatch(part)
        if starred:
            given = starred.group(1).count(".") + 1
            part = starred.group(1) + ".0" * (4 - given) + f"/{8 * given}"
        try:
            spans.append(address_span(part))
        except NotAnAddress:
            raise CellUnreadable(_NO_ADDRESS.filled(text=part[:40])) from None
    return Ranges.of(spans)


def _parts(flat: str) -> list[str]:
    parts = [part for piece in _SEPARATORS.split(flat) for part in piece.split()]
    if not parts:
        raise CellUnreadable(_BLANK)
    return parts


@lru_cache(maxsize=8192)
def services_of(text: str, protocol: str = "") -> tuple[Ranges, Ranges]:
    """Return the services of a cell and the source ports they come from. `protocol` is a column of its own, if any.

    A port without a protocol stands for TCP and UDP.

    Raises:
        CellUnreadable: a part of it is no service, or both cells are empty.
    """
    flat = cleaned(text).lower()
    sources = ANY_PORT
    if with_source := _SOURCE_PORTS.fullmatch(flat):
        flat = with_source.group(1)
        sources = _source_ports(with_source.group(2))
    return _services(flat, cleaned(protocol).lower()), sources


def _source_ports(text: str) -> Ranges:
    try:
        spans = [service_span(f"tcp/{part}") for part in re.split(r"[,\s]+", text.strip())]
    except NotAService:
        raise CellUnreadable(_NO_SERVICE.filled(text=text[:40])) from None
    base = 6 * 65536
    return Ranges.of((first - base, last - base) for first, last in spans)


def _services(flat: str, protocol: str) -> Ranges:
    if protocol in (*ANY_WORDS, "ip", ""):
        protocol = ""
    elif flat in ("", "-", *ANY_WORDS):
        flat = protocol
    if flat in (*ANY_WORDS, "ip"):
        return ANY_SERVICE
    flat = _DASHES.sub("-", flat)
    flat = re.sub(r"\b(tcp|udp|sctp)\s+(?=\d)", r"\1/", flat)
    texts = [text for part in _parts(flat) for text in _service_texts(part, protocol)]
    try:
        return parse_services(texts)
    except NotAService as fault:
        raise CellUnreadable(_NO_SERVICE.filled(text=str(fault)[:40])) from None


def _service_texts(part: str, protocol: str) -> list[str]:
    if part in _SERVICE_NAMES:
        return [_SERVICE_NAMES[part]]
    if part == "dns":
        return ["tcp/53", "udp/53"]
    if _PORTS_ONLY.fullmatch(part):
        return [f"{one}/{part}" for one in re.split(r"[/,+]", protocol or "tcp/udp")]
    if match := _PORT_FIRST.fullmatch(part):
        return [f"{match.group(2)}/{match.group(1)}"]
    if match := _PROTOCOL_FIRST.fullmatch(part):
        return [f"{match.group(1)}/{match.group(2)}"]
    return [part]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a rule stands, and between which interfaces it holds there."""

    place: Place
    entering: frozenset[str] | None = None
    leaving: frozenset[str] | None = None


@lru_cache(maxsize=1024)
def spot_of(place: str, direction: str) -> Spot:
    """Return where a rule stands from its cells for place and direction.

    Raises:
        CellUnreadable: the two do not say where.
    """
    name, side = cleaned(place), cleaned(direction)
    if name.lower() in ("", *EVERYWHERE) and ">" in side:
        entering, _, leaving = side.partition(">")
        return Spot(Everywhere(), _names(entering), _names(leaving))
    if name.lower() in EVERYWHERE or (not name and not side):
        return Spot(Everywhere())
    for arrow in (">", "→", "⇒"):
        if arrow in name:
            source, _, target = name.partition(arrow)
            return Spot(AtZones(source.strip(" -="), target.strip()))
    if not (name and side):
        raise CellUnreadable(_NO_PLACE)
    return Spot(AtInterface(name, word_of(side, DIRECTIONS)))


def _names(text: str) -> frozenset[str] | None:
    if text.strip() in ("*", ""):
        return None
    return frozenset(name.strip() for name in text.split("|")) - {"", "(none)"}
