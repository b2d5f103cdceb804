"""Reads what people write in address cells: IPv4 and IPv6 with or without a prefix, host names, FQDNs.

An address decides what is scanned, so nothing is guessed: octets with leading zeros, ranges, networks and several
addresses in one cell are refused with what to write instead. Which addresses make sense as a *public* one (private,
reserved, documentation) is a matter of the checks, not of reading.

Sources: RFC 6943 3.1.1 (an octet with a leading zero is octal to some readers and decimal to others); RFC 5952 (one
text per IPv6 address); RFC 1035 2.3.1 and RFC 5890 (labels of 63 characters).
"""

import ipaddress
import re

from sekisho.domain.workbook.cleaning import folded
from sekisho.domain.workbook.readings import NOTHING, Reading, doubted, refused

# As texts, which `re` compiles when they are first asked for: most addresses are plain and need none of them.
_FOUR = r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){3}(?![\d.])"
_COMMA_FOUR = r"\d{1,3}(?:,\d{1,3}){3}\Z"
_MAC = r"(?i)(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\Z|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}\Z|[0-9a-f]{12}\Z"
_RANGE = r"(?i)\d\s*(?:~|-|から|to)\s*\d"
_BRACKETS = r"\s*\([^()]*\)\s*\Z"
_PORT = r":(\d{1,5})\Z"
_SCHEME = r"(?i)\A[a-z][a-z0-9+.-]*://"
_NOTHING_WORDS = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "なし",
        "無し",
        "無",
        "該当なし",
        "入力不要",
        "記入不要",
        "不要",
        "n/a",
        "na",
        "none",
        "空欄",
    }
)
_LABEL = r"(?!-)[\w-]{1,63}(?<!-)\Z"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]+)*\Z"


_OCTETS = {str(number): number for number in range(256)}
_PREFIXES = {str(length): length for length in range(33)}


def read_global_address(raw: str) -> Reading:
    """Read one public address: canonical text of `ipaddress`, no prefix length."""
    return _read_address(raw, with_prefix=False)


def read_interface_address(raw: str) -> Reading:
    """Read one host address; with a prefix length it stays "192.168.1.131/24", in canonical text."""
    return _read_address(raw, with_prefix=True)


def _read_address(raw: str, *, with_prefix: bool) -> Reading:
    text = folded(raw)
    if text.casefold() in _NOTHING_WORDS:
        return NOTHING
    if _is_canonical(text, with_prefix=with_prefix):
        return Reading(text)
    bare = re.sub(_BRACKETS, "", text) if ")" in text else text
    if re.match(_COMMA_FOUR, bare):
        bare = bare.replace(",", ".")
    bare = _mask_as_prefix(bare)
    reading = _refusal(bare) or _without_trimmings(bare, with_prefix=with_prefix)
    if reading.answer is not None and not reading.notes and bare != text and ")" in text:
        return doubted(
            str(reading.answer),
            "address-note-dropped",
            "アドレス以外の説明が書かれていたため、「{answer}」だけを読みました。説明は備考に書いてください。",
            'There was a remark beside the address; only "{answer}" was read. Please write the remark under Remarks.',
            answer=str(reading.answer),
        )
    return reading


def _is_canonical(text: str, *, with_prefix: bool) -> bool:
    """True for one IPv4 host address just as `ipaddress` writes it: what most people send, told by plain comparisons."""
    address, slash, prefix = text.partition("/")
    octets = address.split(".")
    if len(octets) != 4 or not all(octet in _OCTETS for octet in octets):
        return False
    if not slash:
        return True
    return with_prefix and prefix in _PREFIXES and not _names_a_network(octets, _PREFIXES[prefix])


def _names_a_network(octets: list[str], length: int) -> bool:
    """True when every bit behind the prefix is 0, as in 192.168.1.0/24; with /31 and /32 there is no such address."""
    a, b, c, d = (_OCTETS[octet] for octet in octets)
    return length < 31 and (a << 24 | b << 16 | c << 8 | d) & (0xFFFFFFFF >> length) == 0


def _mask_as_prefix(text: str) -> str:
    """Return "192.168.1.1 255.255.255.0" as "192.168.1.1/24": the same meaning in the form of the sheet."""
    address, separator, mask = text.replace(" / ", "/").replace(" /", "/").replace("/ ", "/").partition("/")
    if not separator:
        address, _, mask = text.partition(" ")
    if mask.startswith("255.") and re.fullmatch(_FOUR, mask):
        try:
            return f"{address}/{ipaddress.ip_network(f'0.0.0.0/{mask}').prefixlen}"
        except ValueError:
            return text
    return f"{address}/{mask}" if separator else text


def _refusal(text: str) -> Reading | None:
    """Return why `text` is no single address, None when it may be one."""
    # An IPv6 address in full looks like a MAC address in no notation: eight groups, not six.
    if re.match(_MAC, text):
        return refused(
            "mac-address",
            "「{value}」はMACアドレス（機器の製造番号のようなもの）です。IPアドレス（例：192.168.1.131）を書いてください。",
            '"{value}" is a MAC address (a kind of serial number). Please write the IP address, for example 192.168.1.131.',
            value=text,
        )
    has_mask = re.fullmatch(r"[\d.]+[/ ]255\.[\d.]+", text) is not None
    several = (len(re.findall(_FOUR, text)) > 1 and not has_mask) or text.count("::") > 1
    if several and re.search(_RANGE, text):
        return _range_refused(text)
    if several or re.search(r"[\d:a-f]\s*[,;\n]\s*[\da-f]", text, re.IGNORECASE):
        return refused(
            "several-addresses",
            "1つのセルに複数のアドレスがあります。1行に1つずつ、行を分けて書いてください。",
            "There are several addresses in one cell. Please write one per row.",
        )
    if re.fullmatch(r"[\d.]+\s*~\s*\d+", text) or re.fullmatch(r"\d+\.\d+\.\d+\.\d+\s*-\s*\d+", text):
        return _range_refused(text)
    return None


def _range_refused(text: str) -> Reading:
    return refused(
        "address-range",
        "「{value}」は範囲です。使っているアドレスを1行に1つずつ書いてください。",
        '"{value}" is a range. Please write each address in use on a row of its own.',
        value=text,
    )


def _without_trimmings(text: str, *, with_prefix: bool) -> Reading:
    """Read an address that may carry a scheme, a port or a zone, and say what was left out."""
    trimmed = re.sub(_SCHEME, "", text).rstrip("/") if "://" in text else text
    if trimmed.startswith("[") and "]" in trimmed:
        inner, _, rest = trimmed[1:].partition("]")
        trimmed = inner + ("" if re.fullmatch(_PORT, rest) else rest)
    elif trimmed.count(":") == 1:
        trimmed = re.sub(_PORT, "", trimmed)
    trimmed, zone, rest = trimmed.partition("%")
    if zone and "/" in rest:
        trimmed += "/" + rest.partition("/")[2]
    reading = _bare(trimmed.strip(), with_prefix=with_prefix)
    if trimmed == text or reading.answer is None or reading.notes:
        return reading
    return doubted(
        str(reading.answer),
        "address-trimmed",
        "「{value}」から、アドレスの部分「{answer}」だけを読みました。正しいか確かめてください。",
        'From "{value}" only the address "{answer}" was read. Please check that it is right.',
        value=text,
        answer=str(reading.answer),
    )


def _bare(text: str, *, with_prefix: bool) -> Reading:
    address_text, slash, prefix_text = text.partition("/")
    if "." in address_text and ":" not in address_text and (refusal := _four_refused(address_text)):
        return refusal
    try:
        interface = ipaddress.ip_interface(text if slash else address_text)
    except ValueError:
        return _unreadable(text, address_text, prefix_text)
    if interface.version == 6 and interface.ip.ipv4_mapped:
        return refused(
            "address-mapped",
            "「{value}」はIPv4アドレスをIPv6の形で書いたものです。「{answer}」の形で書いてください。",
            '"{value}" is an IPv4 address in IPv6 dress. Please write it as "{answer}".',
            value=text,
            answer=str(interface.ip.ipv4_mapped),
        )
    if not slash:
        return Reading(str(interface.ip))
    return _prefixed(text, interface, with_prefix=with_prefix)


def _four_refused(text: str) -> Reading | None:
    """Return what is wrong with a dotted address, None when its four octets are sound."""
    octets = text.split(".")
    if len(octets) != 4 or not all(octet.isdecimal() for octet in octets):
        return None
    if any(len(octet) > 1 and octet[0] == "0" for octet in octets):
        return refused(
            "address-leading-zero",
            "「{value}」には0で始まる数字があり、読み方が二通りあります。頭の0を取って書いてください（例：010 → 10）。",
            '"{value}" has numbers that begin with 0, which can be read in two ways. Please leave out the leading zeros (010 → 10).',
            value=text,
        )
    if any(int(octet) > 255 for octet in octets):
        return refused(
            "address-out-of-range",
            "「{value}」はIPアドレスとして正しくありません。点で区切った4つの数字は、それぞれ0から255までです。",
            '"{value}" is not an IP address: each of the four numbers runs from 0 to 255.',
            value=text,
        )
    return None


def _unreadable(text: str, address_text: str, prefix_text: str) -> Reading:
    if prefix_text.isdecimal() and not re.search(r"[^\da-fA-F.:]", address_text):
        return refused(
            "address-prefix",
            "「/{prefix}」は正しくありません。「/」のあとは、IPv4なら0から32、IPv6なら0から128の数字です（例：192.168.1.131/24）。",
            '"/{prefix}" is not right: after the slash comes a number from 0 to 32 for IPv4, 0 to 128 for IPv6 (for example 192.168.1.131/24).',
            prefix=prefix_text,
        )
    return refused(
        "not-an-address",
        "「{value}」はIPアドレスとして読めません。点で区切った4つの数字（例：192.168.1.131）で書いてください。分からなければ「不明」と書けます。",
        '"{value}" cannot be read as an IP address. Please write four numbers with dots (for example 192.168.1.131), or "不明" when you do not know.',
        value=text,
    )


def _prefixed(text: str, interface: ipaddress.IPv4Interface | ipaddress.IPv6Interface, *, with_prefix: bool) -> Reading:
    length = interface.network.prefixlen
    is_network = length < interface.max_prefixlen - 1 and interface.ip == interface.network.network_address
    if is_network and int(interface.ip):
        return refused(
            "network-address",
            "「{value}」は1台のアドレスではなく、範囲（ネットワーク）の番号です。その装置自身のアドレスを書いてください。",
            '"{value}" names a whole network, not one device. Please write the address of the device itself.',
            value=text,
        )
    if with_prefix:
        return Reading(str(interface))
    if length == interface.max_prefixlen:
        return Reading(str(interface.ip))
    return doubted(
        str(interface.ip),
        "address-prefix-dropped",
        "「/{length}」を除いて「{answer}」と読みました。ほかにも使っているアドレスがあれば、1行に1つずつ書いてください。",
        '"{answer}" was read without "/{length}". If more addresses are in use, please write one per row.',
        length=length,
        answer=str(interface.ip),
    )


def read_host_name(raw: str) -> Reading:
    """Read a computer's name（端末ホスト名）: letters, digits, hyphen, underscore, dots between."""
    text = folded(raw).strip()
    if text.casefold() in _NOTHING_WORDS:
        return NOTHING
    name = text.removeprefix("\\\\")
    if re.fullmatch(_FOUR, name):
        return refused(
            "host-name-is-address",
            "「{value}」はIPアドレスです。ここにはコンピューター名（例：PC0001）を書いてください。",
            '"{value}" is an IP address. Please write the name of the computer here (for example PC0001).',
            value=text,
        )
    if not re.match(_HOST, name):
        return doubted(
            name,
            "host-name-characters",
            "「{value}」には、コンピューター名に使われない文字があります。パソコンの［設定］→［システム］→［バージョン情報］の「デバイス名」を確かめてください。",
            '"{value}" has characters that computer names do not use. Please check the device name under Settings > System > About.',
            value=text,
        )
    return Reading(name)


def read_fqdn(raw: str) -> Reading:
    """Read a full domain name, lower case, without the final dot; the host alone when an URL was pasted."""
    text = folded(raw).casefold().replace(" ", "")
    if text in _NOTHING_WORDS:
        return NOTHING
    name = re.sub(_SCHEME, "", text)
    name = name.split("/", 1)[0].split("?", 1)[0].rsplit("@", 1)[-1]
    name = re.sub(_PORT, "", name).rstrip(".")
    if re.fullmatch(_FOUR, name) or ":" in name:
        return refused(
            "fqdn-is-address",
            "「{value}」は名前ではなくIPアドレスです。ここには名前（例：vpn.example.jp）を書き、無ければ空欄にしてください。",
            '"{value}" is an IP address, not a name. Please write a name (for example vpn.example.jp), or leave it blank.',
            value=name,
        )
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(re.match(_LABEL, label) for label in labels):
        return refused(
            "not-an-fqdn",
            "「{value}」はFQDN（インターネット上の名前）として読めません。vpn.example.jp のように点で区切って書き、無ければ空欄にしてください。",
            '"{value}" cannot be read as an FQDN. Please write it with dots, such as vpn.example.jp, or leave it blank.',
            value=name,
        )
    if name != text.rstrip("."):
        return doubted(
            name,
            "fqdn-trimmed",
            "「{value}」から、名前の部分「{answer}」だけを読みました。正しいか確かめてください。",
            'From "{value}" only the name "{answer}" was read. Please check that it is right.',
            value=text.rsplit("@", 1)[-1],
            answer=name,
        )
    return Reading(name)
