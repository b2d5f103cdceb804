"""Turns the bytes of a configuration file into text: whatever code it is written in, LF line ends, nothing hidden.

Configurations come as files of Windows editors (Shift_JIS, UTF-16), as logs of terminal programs (escape sequences, pager
prompts, backspaces) and as UTF-8. Lines stay lines, so that line numbers are those an editor shows.
"""

import codecs
import re

from sekisho.domain.text import Text

MAX_BYTES = 50 * 1024 * 1024
_SAMPLE = 64 * 1024
_LOST_SHARE = 0.02
"""Share of characters that no text has; above it the file is something else than text."""


class ConfigurationUnreadable(Exception):
    """The file is no configuration that can be read. `text` tells its sender why, and what to send instead."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.ja)


TOO_LARGE = Text(
    "ファイルが大きすぎます（上限 {limit} MB）。装置の設定だけを保存したファイルを送ってください。",
    "The file is too large (at most {limit} MB). Please send a file with the device's configuration only.",
)
_EMPTY = Text(
    "ファイルの中身が空です。装置の設定を保存し直して送ってください。",
    "The file is empty. Please save the device's configuration again and send that file.",
)
_BINARY = Text(
    "文字のファイルではありません。装置の設定を、画面の表示を文字として保存したファイル（.txt など）で送ってください。",
    "This is not a text file. Please send the configuration as text (for example .txt), as the device displays it.",
)
_PACKED = Text(
    "圧縮されたファイルです。展開（解凍）して、中の設定ファイルを送ってください。",
    "The file is packed in an archive. Please unpack it and send the configuration file itself.",
)
_PICTURE = Text(
    "画像またはPDFのファイルです。設定を文字として保存したファイル（.txt など）を送ってください。",
    "This is a picture or a PDF. Please send the configuration saved as text (for example .txt).",
)
_OLD_OFFICE = Text(
    "古い形式のOffice文書です。表は「Excel ブック（*.xlsx）」かCSV、設定は文字のファイル（.txt）で保存し直して送ってください。",
    "This is an old Office document. Save a table as .xlsx or CSV, a configuration as plain text (.txt), and send that.",
)
_SIGNATURES = (
    (b"PK\x03\x04", _PACKED),
    (b"\x1f\x8b", _PACKED),
    (b"7z\xbc\xaf\x27\x1c", _PACKED),
    (b"BZh", _PACKED),
    (b"\xfd7zXZ\x00", _PACKED),
    (b"Rar!\x1a\x07", _PACKED),
    (b"%PDF-", _PICTURE),
    (b"\x89PNG\r\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_OFFICE),
    (b"\x7fELF", _BINARY),
    (b"MZ\x90", _BINARY),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(raw: bytes) -> str:
    """Return the text of `raw`: UTF-8, UTF-16, Shift_JIS, EUC-JP or JIS, found out; LF line ends; no control characters.

    Bytes that no code explains become U+FFFD in their line only.

    Raises:
        ConfigurationUnreadable: empty, larger than `MAX_BYTES`, or no text.
    """
    if len(raw) > MAX_BYTES:
        raise ConfigurationUnreadable(TOO_LARGE.filled(limit=MAX_BYTES // (1024 * 1024)))
    if not raw.strip(b" \t\r\n\0"):
        raise ConfigurationUnreadable(_EMPTY)
    for signature, why in _SIGNATURES:
        if raw.startswith(signature):
            raise ConfigurationUnreadable(why)
    text = _text_of(raw)
    if not _is_plain(text):
        if len(_NEVER_IN_TEXT.findall(text)) > _LOST_SHARE * len(text) + 2:
            raise ConfigurationUnreadable(_BINARY)
        text = _without_terminal_traces(text)
    if not text.strip():
        raise ConfigurationUnreadable(_EMPTY)
    return text


# ---- which code ----


def _text_of(raw: bytes) -> str:
    for bom, code in _BOMS:
        if raw.startswith(bom):
            return raw[len(bom) :].decode(code, "replace")
    wide = _wide_code(raw[:_SAMPLE])
    if wide:
        return raw.decode(wide, "replace")
    if b"\x1b$" in raw:
        try:
            return raw.decode("iso2022_jp")
        except UnicodeDecodeError:
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _japanese(raw)


def _wide_code(sample: bytes) -> str:
    """Return the UTF-16 that a text without a mark is written in, told by zero bytes on one side; "" for none."""
    pairs = len(sample) // 2
    if pairs < 4:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.4 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return ""


def _japanese(raw: bytes) -> str:
    whole = [text for code in ("cp932", "euc_jp") if (text := _strictly(raw, code)) is not None]
    if whole:
        return min(whole, key=_oddness)
    # A log of several sessions, a file cut in the middle of a character: each line for itself.
    return "\n".join(_line(line) for line in raw.split(b"\n"))


def _line(line: bytes) -> str:
    texts = [text for code in ("utf-8", "cp932", "euc_jp") if (text := _strictly(line, code)) is not None]
    return min(texts, key=_oddness) if texts else line.decode("utf-8", "replace")


def _strictly(raw: bytes, code: str) -> str | None:
    try:
        return raw.decode(code)
    except UnicodeDecodeError:
        return None


_ODD = re.compile(r"[\uff61-\uff9f\ue000-\uf8ff\x80-\x9f]")


def _oddness(text: str) -> float:
    """Return the share of half-width kana and private characters: EUC-JP read as Shift_JIS is full of them."""
    beyond = sum(1 for character in text if character > "\x7f")
    return len(_ODD.findall(text)) / beyond if beyond else 0.0


# ---- what a terminal leaves behind ----

_NEVER_IN_TEXT = re.compile("[\x00-\x07\x0e-\x1a\x1c-\x1f\ufffd]")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[@-~]|[()][A-Z0-9]|[=>78cDEHM])")
_PAGER = re.compile(
    r"^[ \t]*(?:<?-{1,3}[ \t]?(?:more|つづく|続く)[ \t]?(?:\([^)\n]{0,40}\)[ \t]?)?-{1,3}>?|Press any key to continue[^\n\x08\r]{0,60})"
    r"(?:[ \t\x08\r]*\x08[ \t\x08]*|[ \t]*\r+[ \t]*\r*)?",
    re.IGNORECASE | re.MULTILINE,
)
_PAGER_HINTS = ("more", "つづく", "続く", "continue")
_LINE_ENDS = re.compile(r"\r+\n|\n\r(?=[^\n]|$)|\r+")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f\ufeff\u200b\u200e\u200f\u2060]")
_CONTROL_BYTES = bytes({*range(0x20), 0x7F} - set(b"\t\n"))
_BLANKS = str.maketrans({"\x0b": " ", "\x0c": " ", "\x1c": " ", "\x1d": " ", "\x1e": " ", "\x1f": " "})
_BREAKS = str.maketrans({"\x85": " ", "\u2028": " ", "\u2029": " ", "\xa0": " "})


def _is_plain(text: str) -> bool:
    """Return whether `text` is what an editor wrote in ASCII, which needs no cleaning: the commonest, found out soonest."""
    return (
        text.isascii()
        and len(text.encode().translate(None, _CONTROL_BYTES)) == len(text)
        and not _may_have_pager_prompts(text)
    )


def _may_have_pager_prompts(text: str) -> bool:
    lower = text.lower()
    return any(hint in lower for hint in _PAGER_HINTS)


def _without_terminal_traces(text: str) -> str:
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if _may_have_pager_prompts(text):
        text = _PAGER.sub("", text)
    if "\r" in text:
        text = _LINE_ENDS.sub("\n", text)
    text = text.translate(_BLANKS).translate(_BREAKS)
    if "\x08" in text:
        text = "\n".join(_typed(line) if "\x08" in line else line for line in text.split("\n"))
    return _CONTROL.sub("", text)


def _typed(line: str) -> str:
    """Return what stands on the screen after the backspaces of `line`."""
    shown: list[str] = []
    for character in line:
        if character != "\x08":
            shown.append(character)
        elif shown:
            shown.pop()
    return "".join(shown)
