"""Takes secrets out of a configuration before anything else reads it: passwords, shared keys, communities, hashes, keys.

Each secret becomes `***` in its line, so line numbers hold. Better one harmless word too many than one secret too few: a
word that announces a secret takes the next word with it whatever the vendor. Lines that consist of `***` alone were part
of a key or a certificate.

Source: the command references of the vendors of `read.VENDORS` for where secrets stand (positions, not texts).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width

MASK = "***"
LEAST_FOLD = 60
Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without secrets, and how many were taken out."""

    text: str
    count: int


def redact(text: str) -> Redacted:
    """Return `text` with every secret replaced by `***`, line by line as it was."""
    lines = text.split("\n")
    if _RULESET.match(text):
        return _redacted_ruleset(lines)
    width = fold_width(lines)
    masked, count, at = list(lines), 0, 0
    blocks = _blocks(lines)
    while at < len(lines):
        inside = blocks.get(at)
        if inside is not None:
            masked[at] = inside
            count += inside != lines[at]
            at += 1
            continue
        joined = at + 1
        while width and joined < len(lines) and _may_be_folded(lines, joined, width) and joined - at < 64:
            joined += 1
        count += _mask_lines(lines, masked, at, joined)
        at = joined
    return Redacted("\n".join(masked), count)


def _mask_lines(lines: list[str], masked: list[str], first: int, end: int) -> int:
    """Mask the lines `first` to `end` as the one line that they were before a console folded it.

    What each of them holds by itself goes too: two commands of one length can look like one that was folded.
    """
    if end == first + 1:
        spans = secret_spans(lines[first])
        if spans:
            masked[first] = _masked(lines[first], spans)
        return len(spans)
    spans = secret_spans("".join(lines[first:end]))
    start = 0
    for at in range(first, end):
        length = len(lines[at])
        here = [(max(a - start, 0), min(b - start, length)) for a, b in spans if a < start + length and b > start]
        masked[at] = _masked(lines[at], _joined([*here, *secret_spans(lines[at])]))
        start += length
    return len(spans)


def _joined(spans: Spans) -> Spans:
    """Return `spans` in order, those that touch or cross as one."""
    joined: Spans = []
    for first, end in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((first, end))
    return joined


def _masked(line: str, spans: Spans) -> str:
    parts, at = [], 0
    for first, end in spans:
        parts += [line[at:first], MASK]
        at = end
    return "".join([*parts, line[at:]])


# ---- nftables as JSON: "key" is a word of its grammar there, and secrets can only stand in what people wrote ----

_RULESET = re.compile(r"\ufeff?\s*\{\s*\"nftables\"")
_JSON_LINE = re.compile(r"\s*(?:[\[\]{},\"\d-]|null|true|false|$)")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_HARMLESS_NAMES = ("op", "key", "protocol", "field", "right", "family", "table", "chain")
_PERHAPS_SECRET = re.compile("".join(['"(?=\\s*:\\s*")', *(f'(?<!"{name}")' for name in _HARMLESS_NAMES)]))
"""A name before a text, unless it is a word of the grammar in front of which no secret is looked for: long rulesets
consist of nothing else."""
_JSON_TEXT = re.compile(r"\"(?P<name>[^\"\\]{1,60})\"\s*:\s*\"(?P<value>(?:[^\"\\]|\\.)*)\"")


def _redacted_ruleset(lines: list[str]) -> Redacted:
    masked, count = list(lines), 0
    for at, line in enumerate(lines):
        spans = _texts_with_secrets(line) if _JSON_LINE.match(line) else secret_spans(line)
        if spans:
            masked[at] = _masked(line, spans)
            count += len(spans)
    return Redacted("\n".join(masked), count)


def _texts_with_secrets(line: str) -> Spans:
    """Return the values of comments and log prefixes that hold secrets, and all values under a name that announces one."""
    found: Spans = []
    if not _PERHAPS_SECRET.search(line):
        return found
    for match in _JSON_TEXT.finditer(line):
        name = match["name"].lower()
        value = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), match["value"])
        is_free = name in ("comment", "prefix")
        if secret_spans(f"comment {value}") if is_free else name != "key" and secret_spans(f"{name}: x"):
            found.append(match.span("value"))
    return found


# ---- lines that a console folded ----


def fold_width(lines: list[str]) -> int:
    """Return the width at which a console seems to have broken long lines; 0 when it did not.

    A folded log has no line beyond the width of its screen, and several that fill it: 80 columns, or another width that
    at least two lines have exactly.
    """
    widths = [columns(line) for line in lines]
    longest = max(widths, default=0)
    if longest < LEAST_FOLD or longest > 512:
        return 0
    full = widths.count(longest)
    return longest if full > 1 or longest in (80, 100, 120, 132, 160, 200) else 0


def columns(line: str) -> int:
    """Return how many columns of a screen `line` takes: a Japanese character takes two."""
    if line.isascii():
        return len(line)
    return sum(2 if east_asian_width(character) in "WFA" else 1 for character in line)


def _may_be_folded(lines: list[str], at: int, width: int) -> bool:
    above, line = lines[at - 1], lines[at]
    # One blank may be the one at which the line was broken; more are indentation.
    if columns(above) != width or not line or line[0] in "\t#!;" or line.startswith("  "):
        return False
    return not _FIRST_WORD.match(line.lstrip())


_FIRST_WORD = re.compile(
    r"(?:no|ip|ipv6|interface|router?|access-list|set|edit|next|end|config|pp|tunnel|nat|ipsec|dns|dhcp|snmp|snmp-server|snmp-agent"
    r"|login|administrator|console|syslog|logging|radius|radius-server|tacacs-server|ntp|ntpdate|schedule|sshd?|sshd|telnetd"
    r"|httpd|lan|vlan|bridge|l2tp|pptp|description|remote|ether|password|hostname|username|enable|line|crypto|isakmp|ike"
    r"|aaa|object|object-group|nameif|security|timezone|date|statistics|alarm|upnp|mail|url|save|exit|quit)(?=\s|$)",
    re.IGNORECASE,
)


# ---- keys and certificates over several lines ----

_BEGIN, _END = re.compile(r"-----BEGIN [A-Z0-9 ]{3,40}-----"), re.compile(r"-----END [A-Z0-9 ]{3,40}-----")
_HEX_LINE = re.compile(r"[ \t]*(?:[0-9A-Fa-f]{8}[ \t]+){2,}[0-9A-Fa-f]{0,8}[ \t]*")
_HEX_REST = re.compile(r"[ \t]*[0-9A-Fa-f]{1,8}(?:[ \t]+[0-9A-Fa-f]{1,8})*[ \t]*")
_BASE64_LINE = re.compile(r"[ \t]*[A-Za-z0-9+/]{48,}={0,2}[ \t]*")
_BASE64_REST = re.compile(r"[ \t]*[A-Za-z0-9+/]{4,}={0,2}[ \t]*")


def _blocks(lines: list[str]) -> dict[int, str]:
    """Return what becomes of each line that belongs to a PEM block, a dump of hexadecimal digits or of base64."""
    found: dict[int, str] = {}
    inside = ""
    for at, line in enumerate(lines):
        if inside == "pem":
            end = _END.search(line)
            found[at] = MASK + line[end.end() :] if end else MASK if line.strip() else line
            inside = "" if end else inside
            continue
        if "-----BEGIN" in line and (begin := _BEGIN.search(line)):
            end = _END.search(line, begin.end())
            rest = line[end.end() :] if end else ""
            head = line[: begin.start()]
            found[at] = _masked(head, secret_spans(head)) + MASK + rest
            inside = "" if end else "pem"
            continue
        inside = _dump(line, inside)
        if inside:
            found[at] = MASK
    return found


def _dump(line: str, inside: str) -> str:
    """Return "hex" or "base64" when `line` is part of a dump that began above or begins here, else ""."""
    if not line or len(line) > 4096:
        return ""
    if _HEX_LINE.fullmatch(line) or (inside == "hex" and _HEX_REST.fullmatch(line)):
        return "hex"
    if _BASE64_LINE.fullmatch(line) or (inside == "base64" and _BASE64_REST.fullmatch(line) and _mixed(line)):
        return "base64"
    return ""


def _mixed(text: str) -> bool:
    """Tell the end of a key from a word such as "exit" or "quit"."""
    return any(c.isdigit() or c in "+/=" or c.isupper() for c in text)


# ---- secrets within a line ----

_WORDS = (
    r"pass(?:word|wd|phrase|code|wort)s?|pass(?=[\"']?[ \t]*[:=])|pwd|psk(?:secret)?|secrets?|pre-?shared?-?keys?|communit(?:y|ies)"
    r"|community-(?:name|string)|(?:auth|enc|hmac|priv|private|cipher|crypt|master|session)key|pin(?:code)?|credentials?|api-?key|token|phash|key-?string|key-?hexadecimal|shared-?key|passkey"
)
_WORDS_JA = "パスワード|パスフレーズ|暗証番号|暗証|事前共有鍵|事前共有キー|共有鍵|共有キー|秘密鍵|暗号鍵|コミュニティ名?|ﾊﾟｽﾜｰﾄﾞ|合言葉"
_VALUE = r"(?:\"(?:[^\"\\\n]|\\.){0,4000}\"?|'[^'\n]{0,4000}'?|[^\s\"'<>][^\s<>]*)"
_QUALIFIER = (
    r"(?:0|5|6|7|8|9|14|15|encrypted|encrypt|cipher|clear-?text|clear|plain(?:-?text)?|simple|text|ascii|hex(?:adecimal)?|char|string|enc"
    r"|md5|sha\d*(?:-\d+)?|aes(?:-?\d+)?(?:-\w+)?|3?des|hash|level[ \t]+\d+|local|remote|set|id[ \t]+\S+|read-only|read-write"
    r"|[a-z]+(?=[ \t]+set[ \t])|\d+(?=[ \t]+(?:text|encrypted|ascii|char|0x))|ro|rw|scrypt|pbkdf2|bcrypt|is|=|:|は"
    rf"|{_WORDS})"
)
_NOT_A_VALUE = (
    r"(?:generate|chain|config-key|zeroize|export|import|pubkey-chain|exchange|length|lifetime|size|type|policy|on|off|enable"
    r"|disable|none|encryption|recovery|strength|expire|minimum-length|history|prompt|required|group|view|use|auto|in|out"
    r"|address|interval|retry|keepalive|ike|to|from|of|for|and|or|the|authentication|login|key|password|password-encrypt)"
    r"(?=[\s\"'>]|$)"
)
# A word that announces a secret, its separator, what stands between, the secret.
_ANNOUNCED = rf"(?:(?:{_WORDS})(?![\w-])|(?<![A-Za-z])(?:key|pw)(?![\w-]))"
_GENERIC = re.compile(
    rf"{_ANNOUNCED}(?:[\"']?[ \t]*[:=,][ \t]*(?:{_QUALIFIER}[ \t]+){{0,4}}(?P<a>{_VALUE})"
    rf"|[\"']?[ \t]+(?:{_QUALIFIER}[ \t]+){{0,4}}(?!{_NOT_A_VALUE})(?P<b>{_VALUE}))",
    re.IGNORECASE,
)
_GENERIC_HINTS = (
    "pass",
    "pwd",
    "psk",
    "secret",
    "shared",
    "communit",
    "pin",
    "credential",
    "key",
    "token",
    "phash",
    "pw",
)
_IN_WORDS = re.compile(
    rf"(?:(?:{_WORDS})(?![A-Za-z-])|(?<![A-Za-z])(?:key|pw|id)(?=[ \t]*[:=：＝])|{_WORDS_JA})[ \t:=：＝、,はがを「『（(]*(?P<a>[^\n]+)",
    re.IGNORECASE,
)
_JAPANESE = re.compile(_WORDS_JA)
_COMMENT = re.compile(
    r"^[ \t]*[*/]|(?:^|(?<=[ \t]))(?:[#!;]|//|remark\b|description\b|comments?\b|説明|memo\b|banner\b)|^[ \t]*name[ \t]+\"",
    re.IGNORECASE,
)
# Lines that decide about packets keep their words: an object may well be called "password".
_FILTERING = re.compile(
    r"[ \t]*(?:no[ \t]+)?(?:access-(?:list|group)|(?:ip|ipv6)[ \t]+(?:filter|access-(?:list|group)|route|\S+[ \t]+secure)|permit|deny"
    r"|\d+[ \t]+(?:permit|deny)|object(?:-group)?[ \t]|network-object|service-object|group-object|port-object|nat[ \t(]|acl[ \t]|interface[ \t]"
    r"|set[ \t]+(?:member|srcaddr6?|dstaddr6?|service|srcintf|dstintf|groups|users|alias|schedule|action|name)\b|edit[ \t]|config[ \t]"
    r"|(?:remote|lan|template)[ \t]+\S+[ \t]+(?:ap[ \t]+\S+[ \t]+)?ip6?[ \t]+(?:filter|route|nat)|route-map|class-map|policy-map|match[ \t])",
    re.IGNORECASE,
)
_PART = r"(?:[^\s\"'][^\s]*|\"[^\"\n]*\"?|'[^'\n]*'?)"


def _known(hint: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    return hint, re.compile(pattern, re.IGNORECASE)


_KNOWN = (
    # YAMAHA
    _known("pp auth", rf"^\s*(?:no\s+)?pp\s+auth\s+(?:user|my)name\s+({_PART})\s+({_PART})"),
    _known("myname", rf"\smyname\s+(?:\d+\s+)?({_PART})(?:\s+({_PART}))?"),
    _known("user", rf"^\s*(?:login\s+user|auth\s+user\s+\d+)\s+(?:{_PART})\s+(?:encrypted\s+)?({_PART})"),
    _known("pre-shared-key", rf"^\s*ipsec\s+ike\s+pre-shared-key\s+\S+\s+(?:text\s+)?({_VALUE})"),
    _known("-key", rf"^\s*ipsec\s+sa\s+policy\s.*?-key[= ]({_PART})"),
    _known("snmp", rf"^\s*snmp(?:v2c)?\s+(?:trap\s+)?community\s+(?:read-only\s+|read-write\s+)?({_PART})"),
    _known(
        "snmp", rf"^\s*snmp(?:v2c)?\s+(?:trap\s+)?host\s+\S+(?:\s+(?:trap|inform)\w*)?\s+({_PART})(?:\s+({_PART}))?"
    ),
    _known("snmpv3", rf"^\s*snmpv3\s+usm\s+user\s.*?\s(?:md5|sha\S*)\s+({_PART})(?:\s+(?:des\S*|aes\S*)\s+({_PART}))?"),
    _known("l2tp", rf"\bl2tp\s+tunnel\s+auth\s+on\s+({_PART})"),
    _known("mobile", rf"^\s*mobile\s+(?:pin\s+code|access-point\s+\S+|auth\s+\S+)\s.*?({_PART})\s*$"),
    _known("mail server", rf"^\s*mail\s+server\s+(?:smtp|pop)\s.*?\s(?:smtp-auth|pop\S*|apop)\s+({_PART})\s+({_PART})"),
    _known("key=", r"(?:md5|auth)_?key=(?:\d+,)?([^\s\"]+)"),
    _known("auth=", r"\bauth=([^\s\"]+)"),
    _known("sshd host", rf"^\s*sshd\s+host\s+key\s+generate\s+({_VALUE}(?:\s+{_VALUE}){{0,3}})"),
    _known("sip server", rf"^\s*sip\s+server\s+\d+\s+\S+\s+type\s.*?\s({_PART})\s*$"),
    # NEC IX
    _known(
        "authentication",
        rf"^\s*authentication\s+(?:myname|password|username)\s+({_PART})(?:\s+(?:plain\s+|char\s+|encrypted\s+)?({_PART}))?",
    ),
    _known("username", rf"^\s*username\s+(?:{_PART})\s.*?(?:password|secret)\s+(?:[a-z]+\s+)?(?:\d\s+)?({_PART})\s*$"),
    _known(
        "username",
        rf"^\s*username\s+(?:{_PART})\s+password\s+(?:(?:plain|hash|encrypted|secret)\s+)?(?:\d\s+)?({_PART})",
    ),
    _known("ike", rf"^\s*ike\s+policy\s.*?\skey\s+({_PART})"),
    _known("ikev2", rf"^\s*ikev2\s.*?\skey\s+(?:char\s+|hex\s+)?({_PART})"),
    _known("snmp-agent", rf"^\s*snmp-agent\s+ip\s+host\s+\S+\s+({_PART})"),
    # Si-R
    _known("ppp auth", rf"\bppp\s+auth\s+(?:send|receive)\s+({_PART})\s+({_PART})"),
    _known("shared key", rf"\bike\s+shared\s+key\s+(?:(?:text|hex)\s+)?({_VALUE})"),
    _known("snmp", rf"^\s*snmp\s+(?:manager|trap)\s+\d+\s+\S+\s+({_PART})"),
    _known("psk", rf"\bpsk\s+(?:(?:text|hex)\s+)?({_VALUE})"),
    _known("key", rf"\bkey\s+\d+\s+(?:text|hex)\s+({_VALUE})"),
    _known("key", rf"\bipsec\s.{{0,200}}?\s(?:encrypt|auth)\s.{{0,80}}?(?:key\s+)?(?:text|hex)\s+({_VALUE})"),
    _known("hmac", rf"\b(?:auth|authentication)\s+hmac\S*\s+(?:text\s+|hex\s+)({_VALUE})"),
    _known("encrypt", rf"\bencrypt\s+(?:des|3des|aes)\S*\s+(?:text\s+|hex\s+)({_VALUE})"),
    # Cisco, AlliedWare Plus, ASA
    _known("md5", rf"\bmessage-digest-key\s+\d+\s+md5\s+(?:\d\s+)?({_VALUE})"),
    _known("-key", rf"\bauthentication-key\s+\d+\s+\S+\s+(?:\d\s+)?({_VALUE})"),
    _known("-key", rf"\bauthentication-key\s+(?:\d\s+)?({_VALUE})"),
    _known(
        "authentication",
        rf"^\s*(?:standby|vrrp|glbp|neighbor)\s.*?\sauthentication\s+(?:text\s+|md5\s+(?:key-string\s+)?)?(?:\d\s+)?({_VALUE})",
    ),
    _known(
        "authentication",
        rf"^\s*ip\s+(?:ospf|rip|eigrp|isis|nhrp)\s+authentication(?:-key)?\s+(?:(?:string|key|\d)\s+)?({_VALUE})\s*$",
    ),
    _known(
        "snmp-server",
        rf"^\s*snmp-server\s+host\s+(?:[a-z]\S*\s+)?[\da-f.:]+\s+(?:traps?\s+|informs?\s+|poll\s+)?(?:version\s+(?:1|2c|3\s+\S+)\s+)?"
        rf"(?:community\s+)?(?:\d\s+)?({_PART})",
    ),
    _known(
        "snmp-server",
        rf"^\s*snmp-server\s+user\s.*?\sauth\s+(?:md5|sha\S*)\s+(?:\d\s+)?({_PART})(?:\s+priv\s+(?:3?des|aes)\s*\d*\s+({_PART}))?",
    ),
    _known("config-key", rf"\bconfig-key\s+\S+\s+({_VALUE})"),
    _known("chap", rf"\bppp\s+chap\s+hostname\s+({_PART})"),
    _known("sent-username", rf"\bsent-username\s+({_PART})"),
    _known("wpa", rf"\bwpa[\w-]*\s+(?:ascii|hex|passphrase)\s+(?:\d\s+)?({_VALUE})"),
    # FortiOS, PAN-OS
    _known("enc ", r"\bENC[ \t]+([^\s\"]+)"),
    _known("user", r"\buser(?:name)?=([^\s:;&\"]+)"),
    _known(
        "</",
        r"<(?:[\w.-]{0,60}?(?:password|passwd|phash|secret|passphrase|key|community|hash|psk|pin|token|authpwd|privpwd|community-string))"
        r"(?:\s[^<>]{0,200})?>([^<]+)",
    ),
    _known("==", r"(-[A-Z]{2}==[A-Za-z0-9+/=]{16,})"),
    # Anywhere: hashes of passwords, names and passwords in addresses
    _known("$", r"(\$(?:[0-9]{1,2}[a-z]?|2[abxy]|y|sha\d+|nt|argon2\w*)\$[^\s\"'<>]{6,})"),
    _known("}", r"(\{S?(?:SHA|MD5|SHA\d+|CRYPT)\}[^\s\"'<>]+)"),
    _known("://", r"\w{2,10}://([^\s/@\"'<>]{1,200})@"),
)
"""What single vendors write where no word announces it: what must stand in the line, and the secrets as groups."""
_HINTS = tuple(sorted({hint for hint, _ in _KNOWN} | set(_GENERIC_HINTS) | {"id:", "id="}))
_HINT = re.compile("|".join(map(re.escape, _HINTS)))


def secret_spans(line: str) -> Spans:
    """Return where in `line` secrets stand: first and end of each, in order, none overlapping."""
    lower = line.lower()
    if not _HINT.search(lower) and line.isascii():
        return []
    spans: Spans = []
    for first, end in sorted(_found(line, lower)):
        if not line[first:end].strip("*\"'; \t"):
            continue
        if spans and first < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((first, end))
    return spans


def _found(line: str, lower: str) -> Iterator[tuple[int, int]]:
    for hint, pattern in _KNOWN:
        if hint in lower:
            for match in pattern.finditer(line):
                yield from (_bare(line, *match.span(group)) for group in range(1, pattern.groups + 1) if match[group])
    announced = any(hint in lower for hint in _GENERIC_HINTS) or "id" in lower
    japanese = not line.isascii() and _JAPANESE.search(line) is not None
    if not (announced or japanese):
        return
    comment = _COMMENT.search(line)
    if comment or japanese:
        for match in _IN_WORDS.finditer(line, comment.end() if comment and not japanese else 0):
            yield match.span("a")
    if announced and not _FILTERING.match(line):
        for match in _GENERIC.finditer(line):
            yield _bare(line, *match.span("a" if match["a"] is not None else "b"))


def _bare(line: str, first: int, end: int) -> tuple[int, int]:
    """Return the span without the quotes around it and what ends a list or a statement behind it."""
    if end - first > 1 and line[first] in "\"'":
        first += 1
    while end > first and line[end - 1] in "\"',;":
        end -= 1
    return first, end
