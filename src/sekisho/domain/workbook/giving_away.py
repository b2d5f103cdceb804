"""Sentences that give a password away, and headings that ask for one: `holds_credentials`, `means_a_password`.

Finding too much costs a person one look at a cell; finding too little costs a hospital its router. So a sentence counts
unless it clearly says that nothing is written there（「パスワード：別途」）. Patterns look at `cleaning.plain` text, and
only at text with one of `HINTS` or the shape of `HINTING_PAIR`: that is what keeps reading fast.
"""

import re
from functools import cache

from sekisho.domain.workbook.cleaning import plain

_WORD_JA = (
    r"(?:パスワ[ー-]ド|ぱすわ[ーあ]ど|パスフレーズ|パスコード|暗証番号|合言葉|事前共有鍵|共有鍵|"
    r"(?:暗号化?|wi-?fi|wpa\d?|wep|無線(?:lan)?|セキュリティ|接続) ?キー|特権(?:モード)?(?:pw|パス))"
)
_WORD_EN = (
    r"(?:p(?:ass)?[ _-]?w(?:or)?d|passwd|pass(?:word|code|phrase)?|p ?w|psk|secret|pre-?shared[ _-]?key|"
    r"(?:wi-?fi|wep|wpa\d?)[ _-]?key|snmp[ _-]?(?:server )?community|enable(?:[ _-]?(?:pw|pass(?:word)?|secret))?)"
)
_WORD = rf"(?:(?<![a-z]){_WORD_EN}|{_WORD_JA})[」』)]?"
_NOTHING_TOLD = (
    r"(?:別途|別紙|なし|無し|無$|不明|未|不要|要確認|確認中|わから|分から|設定|変更|定期|あり|有|ベンダ|保守|管理|秘密|非公開|非開示|提出|"
    r"口頭|電話|\*{2,}|●{2,}|-+$|※|\d+(?:文字|桁|けた)|[a-z]{0,5}[^\x00-\x7f]*?(?:確認|管理|保管|聞|問い?合))"
)
# Letters with a digit or a sign: what prose and times are not.
_PLAUSIBLE = r"(?=[!-~]*[a-z])(?=[!-~]*[0-9!#-&*+=?@^_~])(?!\S*://)[!-~]{4,}"
# Letters, a digit and a sign that no name of a product, place or mailbox has.
_WITH_A_SIGN = r"(?=[!-~]*[a-z])(?=[!-~]*[0-9])(?=[!-~]*[!$%&*?@^])(?!\S*://)(?!\S*@[\w-]+\.\w)[!-~]{6,}"
_ACCOUNT = r"(?<![a-z0-9@.])(?:admin(?:istrator)?\d*|root|sysadmin|superuser|supervisor|manager|guest|maint)"

_ASSIGNED = rf"{_WORD}\s*(?:[:;=→]|\s/\s)\s*[「『\"'(]?(?!{_NOTHING_TOLD})[^\s、。,/|)」』]{{2,}}"
_SPOKEN = (
    rf"{_WORD}\s*(?:(?:は|が|\()\s*[「『\"'(]?|[「『])[!-~]{{3,}}|"
    rf"{_WORD}\s+is\s+{_PLAUSIBLE}|{_WORD}{_WITH_A_SIGN}"
)
# "PW hogehoge1": no sign between, so after an English word the next must look like a password and not like prose. In a
# router's own words the kind of coding stands between: "password 7 0822455D0A16", "pre-shared-key 1 text abc".
_NEXT_WORD = (
    rf"{_WORD_JA}\s+[!-~]{{3,}}|(?<![a-z])snmp[ _-]?(?:server )?community\s+[!-~]{{3,}}|"
    rf"(?<![a-z]){_WORD_EN}\s+(?:\d\s+(?:text\s+)?)?(?=[!-~]*[0-9!-/:-@\[-`{{-~])(?=[!-~]*[a-z])[!-~]{{4,}}|"
    r"(?<![a-z])pre-?shared[ _-]?key\s+\d+\s+(?:text\s+)?[!-~]{3,}|pp auth myname\s+\S+\s+\S+"
)
_PAIR = (
    r"(?<![a-z])(?:id|user|account|アカウント|ログイン(?:id)?|ユーザー?名?)\s*(?:と|&|・|[／/|,])\s*"
    rf"{_WORD}\s*[:=は]?\s*(?!{_NOTHING_TOLD})[!-~]{{2,}}\s*[／/|,]\s*[!-~]{{2,}}"
)
# No word for it at all, only the two side by side: 「admin / P@ssw0rd」, 「root:abc123」.
_SIDE_BY_SIDE = (
    rf"{_ACCOUNT}\s*[/:|,、・]\s*{_PLAUSIBLE}|{_ACCOUNT}\s+{_WITH_A_SIGN}|"
    rf"(?<![a-z0-9@.:/\\-])[a-z][\w.-]{{2,}}\s*/\s*{_WITH_A_SIGN}"
)
# Short words that have other meanings, a path or a key person: what follows must look like nothing else.
_SHORT_WORD = (
    rf"(?<![ァ-ヶー])パス(?:\s*[:=]\s*|\s+)(?![/\\]|[a-z]:){_PLAUSIBLE}|"
    rf"(?:(?<![a-z])key|(?<![ァ-ヶー])キー)\s*[:=]\s*(?=[!-~]*[0-9]){_PLAUSIBLE}"
)
_IN_ADDRESS = r"[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@"


@cache
def _giving_away() -> tuple[re.Pattern[str], ...]:
    """Return the patterns, for lower-case text. Compiling them takes longer than reading a workbook, and most workbooks need none."""
    patterns = (_ASSIGNED, _SPOKEN, _NEXT_WORD, _PAIR, _SIDE_BY_SIDE, _SHORT_WORD, _IN_ADDRESS)
    return tuple(map(re.compile, patterns))


HINTS = (
    "pw", "p w", "p-w", "p_w", "pass", "psk", "secret", "key", "enable", "snmp", "pp auth",
    "admin", "root", "superuser", "supervisor", "manager", "guest", "maint",
    "パス", "ぱす", "暗証", "合言葉", "共有鍵", "暗号", "キー", "://",
)  # fmt: skip
"""Lower-case words; every pattern here needs one of them, or `HINTING_PAIR`."""

HINTING_PAIR = re.compile(r"[a-z0-9._-]{3}\s*/\s*[!-~]*[!$%&*?@^]")
"""Found in lower-case text with two words side by side, the second of which may be a password."""

# Whose password it is may stand before it: 管理者PW, 装置①パスワード. A way of signing in is none.
_HEADING = (
    r"(?i)(?!.*(?:ワンタイム|one-?time|認証|及び|および))[^:;、。]{0,15}?"
    r"(?:パスワ[ー-]ド|パスフレーズ|暗証番号|(?<![a-z])(?:p(?:ass)?[ _-]?w(?:or)?d|passwd|pw))\d{0,2}"
)
_BRACKETED = r"[(\[【<][^()\[\]【】<>]*[)\]】>]"
_SIGNED = "(?i)" + _WITH_A_SIGN


def holds_credentials(text: str) -> bool:
    """True when a sentence gives a password away. 「パスワードは別途連絡」 does not."""
    lowered = plain(text).lower()
    if not any(hint in lowered for hint in HINTS) and not HINTING_PAIR.search(lowered):
        return False
    return any(pattern.search(lowered) for pattern in _giving_away())


def means_a_password(heading: str) -> bool:
    """True when a heading or label asks for a password in words of its own: 「管理者PW」, 「ログイン用パスワード（画面）」."""
    if len(heading) > 40:
        return False
    asked = re.fullmatch(_HEADING, re.sub(_BRACKETED, "", plain(heading)).strip(" *※:"))
    # 「パスワード（abc123）」 is no heading: it holds one.
    return asked is not None and not holds_credentials(heading)


def looks_like_a_password(text: str) -> bool:
    """True when the whole text has letters, digits and signs as only a password has them."""
    return re.fullmatch(_SIGNED, plain(text)) is not None
