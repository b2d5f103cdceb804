"""Makes the characters of a cell plain: widths, invisible characters, spaces. Meaning never changes here.

Free text keeps what a reader of Japanese sees: full-width letters, digits and signs become half-width, half-width kana
become full-width with their sound marks joined, but a circled number stays one（サーバ室①）. Codes (addresses, numbers)
are folded further by their own readers, which call `folded`.
"""

import re
import unicodedata

# What a copy from a web page, a chat or another system leaves behind and nobody sees: zero-width characters,
# direction marks, soft hyphen, byte order mark, variation selectors, and control characters but tab and line feed.
_UNSEEN = (
    "\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e01ef"
)
# As texts, which `re` compiles when they are first asked for: most texts need none of them.
_INVISIBLE = f"[{_UNSEEN}]"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_HALF_KANA = "[\uff61-\uff9f]+"
_WAVE_DASH = 0xFF5E
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if code != _WAVE_DASH} | {
    0x3000: 0x20,
    0x00A0: 0x20,
    0x2007: 0x20,
    0x202F: 0x20,
    0x2028: 0x0A,
    0x2029: 0x0A,
}
_WIDE_SIGNS = "\uff01-\uff5d\u3000\u00a0\u2007\u202f\u2028\u2029"
_WIDE_LETTERS = f"[{_WIDE_SIGNS}]+"
_ODD = re.compile(f"[{_UNSEEN}{_WIDE_SIGNS}\uff61-\uff9f\ud800-\udfff]")
"""Any letter that `plain` has to look at: most texts have none."""


def plain(text: str) -> str:
    """Return `text` on one line with ordinary widths, single spaces and no invisible characters."""
    if text.isascii() and text.isprintable():
        return text if "  " not in text and text[:1] != " " != text[-1:] else " ".join(text.split())
    if _ODD.search(text):
        # Looking for the few wide letters first is far cheaper than translating every letter.
        text = re.sub(_HALF_KANA, _full_kana, re.sub(_WIDE_LETTERS, _half, text))
        text = _SURROGATE.sub("\ufffd", re.sub(_INVISIBLE, "", text))
    return " ".join(unicodedata.normalize("NFC", text).split())


def _half(match: re.Match[str]) -> str:
    return match.group().translate(_WIDE)


def _full_kana(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match.group())


def decoded(text: str) -> str:
    """Return `text` with the escapes that Excel writes for control characters（_x000D_）as those characters."""
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text) if "_x" in text else text


def has_broken_characters(text: str) -> bool:
    """True when `text` holds what no person typed: a NUL, half of a surrogate pair, or a replacement character."""
    return "\0" in text or "\ufffd" in text or _SURROGATE.search(text) is not None


def folded(text: str) -> str:
    """Return `text` fully folded (NFKC) for codes and numbers, with every dash, dot and comma the ASCII one."""
    text = plain(text)
    # No folding changes an ASCII text.
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_CODE_SIGNS)


_CODE_SIGNS = dict.fromkeys(map(ord, "‐‑‒–—―−ー─━ｰ﹣⁃"), "-") | {
    ord("。"): ".",
    ord("．"): ".",
    ord("｡"): ".",
    ord("・"): ".",
    ord("、"): ",",
    ord("､"): ",",
    ord("，"): ",",
    ord("："): ":",
    ord("／"): "/",
    ord("〜"): "~",
    ord("～"): "~",
    ord("⁄"): "/",
    ord("∕"): "/",
}


def matching_key(text: str) -> str:
    """Return the form in which headings, choices and sheet names are compared: no case, spaces, marks or brackets.

    ＊, ※ and (*) mark a required column in print; they and a note in brackets at the end are no part of the name.
    """
    return _MARKS.sub("", unicodedata.normalize("NFKC", text).casefold())


# Long vowel marks stay: ルーター and ルータ are told apart by the catalogue's other spellings, not by guessing.
_MARKS = re.compile(
    rf"[\s{_UNSEEN}*※★☆●◎■□◆◇▼▽▲△・:;,.、。｡「」『』【】\[\]()（）<>〈〉《》_\-‐–—―−/／|｜\"'’‘“”!?！？※⁂]+"
)
