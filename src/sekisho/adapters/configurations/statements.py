"""What line-by-line readers share: addresses as configurations write them, and the account of what was understood."""

import re
from functools import lru_cache

from sekisho.domain.network.addresses import V6_BASE, NotAnAddress, address_number, prefix_span
from sekisho.domain.network.configuration import Bearing, ConfigNotice, UnparsedLine
from sekisho.domain.network.model import Origin
from sekisho.domain.network.ranges import EMPTY, Ranges, Span
from sekisho.domain.network.services import ports_of
from sekisho.domain.text import Text

MANY_SPANS = 1024
"""A wildcard with more spans than this is widened to one span; the rule is then not exact."""
MOST_SPANS = 100_000
"""So many spans of wildcards a configuration may have in all; the rest is widened too."""
MOST_RULES = 200_000
"""So many rules a configuration may become (a long list on many interfaces); the rest is taken as unknown."""
MOST_TEXT = 200
"""Characters of a line that are shown."""
UNKNOWN_OUTSIDE = 0
"""0.0.0.0: the outer address of a NAT whose address a provider assigns when the line comes up."""

UNKNOWN_COMMAND = Text(
    "この製品がまだ知らない設定です。通信を通すか止めるかに関わらないことを、機器の説明書で確かめてください。",
    "Not a setting this product knows yet. Check in the device's manual that it does not decide what may pass.",
)
UNKNOWN_FILTER = Text(
    "フィルタの設定のうち「{part}」が読み取れませんでした。この行が通す通信は「不明」として扱います。",
    'The part "{part}" of this filter could not be read. What this line lets pass is taken as unknown.',
)
CUT_SHORT = Text(
    "行が途中で終わっているようです。機器からもう一度書き出した設定をお使いください。",
    "The line seems to end too early. Use a configuration exported from the device once more.",
)
WRONG_FAMILY = Text(
    "IPv4の設定にIPv6のアドレス（またはその逆）「{part}」が書かれています。この行は「不明」として扱います。",
    'An IPv6 address in an IPv4 setting, or the other way round: "{part}". This line is taken as unknown.',
)
NOT_AN_ADDRESS = Text(
    "「{part}」はアドレスとして読めませんでした。名前の付いた組であれば、その中身も設定に含めてください。",
    '"{part}" cannot be read as an address. If it names a group, include its definition in the configuration.',
)
UNKNOWN_ROUTE = Text(
    "経路の設定のうち「{part}」が読み取れませんでした。この行の経路は計算に入っていません。",
    'The part "{part}" of this route could not be read. The route is not part of the computation.',
)
UNKNOWN_NAT = Text(
    "アドレス変換の設定のうち「{part}」が読み取れませんでした。この変換は計算に入っていません。",
    'The part "{part}" of this translation could not be read. It is not part of the computation.',
)
LEARNED_ROUTES = Text(
    "ほかの機器から受け取る経路は、この設定には書かれていません。必要な経路はネットワーク図に書き足してください。",
    "Routes learned from other devices are not in this configuration. Add those you need to the network's description.",
)
TOO_MANY_RULES = Text(
    "リストが長く、当てている所も多いため、規則が多くなりすぎます。ここを通る通信は「不明」として扱います。",
    "The list is long and applied in many places, which makes too many rules. What passes here is taken as unknown.",
)
NO_SUCH_LIST = Text(
    "「{part}」という名前のリストが、この設定の中にありません。ここを通る通信は「不明」として扱います。",
    'There is no list "{part}" in this configuration. What passes here is taken as unknown.',
)


class NotRead(ValueError):
    """A part of a line cannot be read: the message's template and the part that fills it."""

    def __init__(self, why: Text, part: str = "") -> None:
        super().__init__(part)
        self.why, self.part = why, part


# A word after which the rest of a line may be a secret. Redaction has been there before; this is the second lock.
_BEFORE_SECRET = re.compile(
    r"(?i)(?:^|\s)(?:\S*pass(?:word|wd|phrase|code)s?|\S*secrets?|\S*keys?|psk|pre-?shared-?key|communit(?:y|ies)"
    r"|\S*auth(?:entication)?|hash|plain|char|hex|encrypted|credentials?|token|chap|pap|send|user(?:name|s)?|myname"
    r"|manager|account|text|id)(?=\s|$)"
)
_COMMAND_LIKE = re.compile(r"(?:no\s+)?[a-z][a-z-]{0,24}(?:\s|$)")


def guarded(text: str) -> str:
    """Return the text of a line that was not understood, without what may be a secret.

    What follows a word such as "password" is left out, and a line that begins like no command altogether: it may be the
    folded end of the line above.
    """
    text = text[: 2 * MOST_TEXT].strip()
    if not _COMMAND_LIKE.match(text):
        return "***"
    found = _BEFORE_SECRET.search(text)
    shown = f"{text[: found.end()]} ***" if found and found.end() < len(text) else text
    return shown[:MOST_TEXT]


def said_by(line: int, text: str) -> Origin:
    """Return where a line that was read whole stands; nothing in it can be a secret."""
    return Origin(line, text[: 2 * MOST_TEXT].strip()[:MOST_TEXT])


class Account:
    """What became of each line of one configuration."""

    def __init__(self) -> None:
        self.understood = 0
        self.unparsed: list[UnparsedLine] = []
        self.missed: set[int] = set()
        self.notices: list[ConfigNotice] = []

    def miss(self, line: int, text: str, bearing: Bearing, why: Text = UNKNOWN_COMMAND, part: str = "") -> None:
        """Note a line that was not understood; `part` fills the place in `why`, without a secret."""
        shown = guarded(text)
        part = part if part and part in shown else "…"
        self.missed.add(line)
        self.unparsed.append(UnparsedLine(line, shown, why.filled(part=part), bearing))

    def take_back(self, line: int, text: str, bearing: Bearing, why: Text, part: str = "") -> None:
        """Note that a line counted as understood turned out not to be (a name in it that nothing defines)."""
        if line in self.missed:
            return
        self.understood -= 1
        self.miss(line, text, bearing, why, part)

    def notice(self, line: int, rule: str, message: Text) -> None:
        """Note something people should know though it was read."""
        self.notices.append(ConfigNotice(line, rule, message))


_PLAIN = re.compile(r"(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})(?:/(\d{1,2}))?")


def prefix(text: str) -> Ranges:
    """Return the addresses of "10.0.0.1", "10.0.0.0/24" or "10.0.0.0/255.255.255.0".

    Raises:
        NotAnAddress: also for a mask written with the zeros in front, which no router takes.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return Ranges((_plain_span(text, plain),))
    _, _, mask = text.partition("/")
    if "." in mask and not _is_mask(mask):
        raise NotAnAddress(text)
    return Ranges((prefix_span(text),))


def _plain_span(text: str, found: re.Match[str]) -> Span:
    """Return the span of an IPv4 prefix: what `prefix_span` does, in a tenth of the time."""
    a, b, c, d, length = found.groups()
    first, second, third, fourth, bits = int(a), int(b), int(c), int(d), int(length or 32)
    if first > 255 or second > 255 or third > 255 or fourth > 255 or bits > 32:
        raise NotAnAddress(text)
    free = (1 << (32 - bits)) - 1
    number = first << 24 | second << 16 | third << 8 | fourth
    return number & ~free, number | free


def _is_mask(text: str) -> bool:
    zeros = (1 << 32) - 1 - address_number(text)
    return zeros & (zeros + 1) == 0


def is_v6(addresses: Ranges) -> bool:
    """Return whether a set, not empty, begins in IPv6."""
    return addresses.first >= V6_BASE


def wildcard(address: str, free: str, most: int = MANY_SPANS) -> tuple[Ranges, bool]:
    """Return the addresses that equal `address` but for the bits set in `free`, and whether that is exact.

    Source: wildcard bits as in access lists; the lowest run of free bits makes one span, every other free bit doubles
    their number. More than `most` are widened to one span over all of them.

    Raises:
        NotAnAddress: one of the two is no address, or their families differ.
    """
    base, bits = address_number(address), address_number(free)
    if (base >= V6_BASE) != (bits >= V6_BASE):
        raise NotAnAddress(free)
    bits -= V6_BASE if bits >= V6_BASE else 0
    first = base - (base & bits)
    run = (~bits & (bits + 1)).bit_length() - 1
    others = [1 << at for at in range(run, bits.bit_length()) if bits >> at & 1]
    if 1 << len(others) > most:
        return Ranges(((first, first + bits),)), False
    starts = [first]
    for other in others:
        starts += [start + other for start in starts]
    return Ranges.of((start, start + (1 << run) - 1) for start in starts), True


def connected(text: str) -> tuple[int, Span]:
    """Return the own address and the connected network of "10.0.0.1/24" or "10.0.0.1/255.255.255.0".

    Raises:
        NotAnAddress: also without a prefix.
    """
    address, slash, _ = text.partition("/")
    if not slash:
        raise NotAnAddress(text)
    return address_number(address), prefix(text).spans[0]


@lru_cache(maxsize=1 << 12)
def services(protocol: int, ports: Ranges) -> Ranges:
    """Return the services of one protocol; long lists repeat few of them."""
    return ports_of(protocol, ports)


def port(text: str, names: dict[str, int]) -> int | None:
    """Return a port written as a number or by one of `names`; None for anything else."""
    if text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) < 1 << 16:
        return int(text)
    return names.get(text.lower())


def up_to(number: int) -> Ranges:
    """Return the ports 0 to `number`; none for a negative one."""
    return Ranges(((0, number),)) if number >= 0 else EMPTY


PORT_NAMES = {
    "ftp-data": 20,
    "ftpdata": 20,
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "tacacs": 49,
    "dns": 53,
    "domain": 53,
    "bootps": 67,
    "bootpc": 68,
    "tftp": 69,
    "gopher": 70,
    "finger": 79,
    "http": 80,
    "www": 80,
    "pop3": 110,
    "sunrpc": 111,
    "ident": 113,
    "nntp": 119,
    "ntp": 123,
    "netbios-ns": 137,
    "netbios-dgm": 138,
    "netbios-ssn": 139,
    "imap": 143,
    "imap4": 143,
    "snmp": 161,
    "snmptrap": 162,
    "bgp": 179,
    "ldap": 389,
    "https": 443,
    "isakmp": 500,
    "ike": 500,
    "login": 513,
    "syslog": 514,
    "rip": 520,
    "route": 520,
    "imaps": 993,
    "pop3s": 995,
    "l2tp": 1701,
    "pptp": 1723,
    "radius": 1812,
}
"""Names of well-known ports that router configurations use. Source: IANA service names, and the vendors' own words."""
