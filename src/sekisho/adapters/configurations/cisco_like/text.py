"""Lines and blocks of Cisco-like configurations, and the account of which of them were understood.

Shared by the readers of Cisco IOS, Cisco ASA and AlliedWare Plus: a command at the left margin opens a block, indented
lines belong to it, `!` begins a comment. Text pasted without indentation is put into blocks by its words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sekisho.domain.network.configuration import Bearing, ConfigNotice, UnparsedLine
from sekisho.domain.network.model import Origin
from sekisho.domain.text import Text

NOT_KNOWN = Text("この製品がまだ知らない行です。", "Sekisho does not know this line yet.")
RULE_NOT_READ = Text(
    "フィルターの行ですが、一部を読み取れません。この行に当たる通信は「分からない」と扱います。",
    "This filter line could not be read in full. What it may match is treated as unknown.",
)
NO_SUCH_OBJECT = Text(
    "「{name}」の定義がこの設定の中にありません。この行に当たる通信は「分からない」と扱います。",
    "“{name}” is not defined in this configuration. What this line may match is treated as unknown.",
)
NO_SUCH_LIST = Text(
    "フィルター「{name}」の定義がこの設定の中にありません。",
    "The filter “{name}” is not defined in this configuration.",
)
GROUP_IN_ITSELF = Text(
    "グループ「{name}」が自分自身を含んでいるか、入れ子が深すぎます。そこから先は読みません。",
    "The group “{name}” contains itself or is nested too deeply. It is not followed further.",
)
NOT_AN_ADDRESS = Text("アドレスとして読めません。", "This cannot be read as an address.")
ROUTES_LEARNED = Text(
    "経路を隣の装置から受け取る設定です。受け取る経路は、この設定だけでは分かりません。",
    "Routes are learned from neighbours. This configuration alone does not tell them.",
)
ROUTES_BY_POLICY = Text(
    "宛先のほかの条件で経路を変える設定です。この製品の計算には入りません。",
    "Packets are routed by more than their destination. This is not part of the calculation.",
)
ROUTES_APART = Text(
    "装置の中で経路を分ける設定（VRF）です。分けた経路は、この製品の計算には入りません。",
    "Routes are kept apart inside the device (VRF). This is not part of the calculation.",
)
NAT_NOT_READ = Text("アドレス変換の設定ですが、読み取れません。", "This address translation could not be read.")

_SECRET = re.compile(
    r"(?i)((?<![a-z])(?:password|passwd|passphrase|passcode|pwd|pw|secret|pre-shared-key\S*|psk|community|key-string|key"
    r"|md5|sha\d*|hmac\S*|token|encrypted|authentication-key|credentials?)(?![a-z-])|パスワード|暗証番号|合言葉)(.*)"
)
_MAY_TELL = re.compile(r"(?i)pass|pwd|pw|secret|key|psk|commun|md5|sha|hmac|token|encrypt|credent|[パ暗合]")
"""What every word that announces a secret has in it: most lines are told from those few by one quick look."""
_NOISE = re.compile(
    r"(?i)^(building configuration|current configuration|using \d+ out of|last configuration change|nvram config last"
    r"|cryptochecksum|[\w.()/-]{1,80}[#>](?:\s*(?:sh|show|term|terminal|exit|enable|en|conf|write|wr|copy)\b.*)?$)"
)
_COMMAND = re.compile(r"^(?:no )?[a-z][a-z-]{0,30}(?: |$)")
"""How a command begins. A line that begins otherwise may be the folded end of another one, so its text is not kept."""
_PROMPT = re.compile(r"^[\w./-]{1,64}\(conf[\w-]*\)#\s*")
_MORE = re.compile(r"(?i)(?:<-+\s*more\s*-+>|-+\s*more\s*-+)[\s\x08]*")


def words_of(text: str) -> frozenset[str]:
    """Return the words of a table written as text."""
    return frozenset(text.split())


def likeness_by(text: str, marks: tuple[tuple[str, float], ...]) -> float:
    """Return the sum, 0 to 1, of the weights of those patterns that are found near the beginning of `text`."""
    beginning = text[:200_000]
    return max(0.0, min(1.0, sum(weight for mark, weight in marks if re.search(mark, beginning, re.MULTILINE))))


def safe(text: str) -> str:
    """Return `text` with whatever follows a word that announces a secret replaced by `***`."""
    if not _MAY_TELL.search(text):
        return text.strip()
    return _SECRET.sub(lambda found: found[1] + (" ***" if found[2].strip() else found[2]), text.strip())


@dataclass(slots=True)
class Line:
    """One line that says something: its number from 1, its indentation in columns and its words."""

    number: int
    indent: int
    text: str
    words: list[str]

    def starts(self, *words: str) -> bool:
        """Return whether the line begins with these words."""
        return self.words[: len(words)] == list(words)

    @property
    def origin(self) -> Origin:
        """Return where the line stands, without secrets."""
        return Origin(self.number, safe(self.text))


@dataclass(slots=True)
class Block:
    """A command and the lines that belong to it."""

    head: Line
    body: list[Line] = field(default_factory=list)


class Account:
    """The lines of one configuration, and which of them were not understood; every other one counts as understood."""

    def __init__(self, text: str, comment: str = "!", *, has_long_banners: bool = True) -> None:
        self.lines = list(_significant(text, comment, has_long_banners=has_long_banners))
        self.notices: list[ConfigNotice] = []
        self._unparsed: dict[int, UnparsedLine] = {}

    def unread(self, line: Line | Origin, why: Text = NOT_KNOWN, bearing: Bearing = Bearing.OTHER) -> None:
        """Note that a line was not understood; what was said first about a line stands."""
        number, text = (line.number, line.text) if isinstance(line, Line) else (line.line, line.text)
        if number not in self._unparsed:
            shown = safe(text) if why is not NOT_KNOWN or _COMMAND.match(text) else "***"
            self._unparsed[number] = UnparsedLine(number, shown, why, bearing)

    def tell(self, line: Line | Origin, rule: str, message: Text) -> None:
        """Note something that people should know about a line that was understood."""
        self.notices.append(ConfigNotice(line.number if isinstance(line, Line) else line.line, rule, message))

    @property
    def unparsed(self) -> tuple[UnparsedLine, ...]:
        """Return the lines that were not understood, in order."""
        return tuple(self._unparsed[number] for number in sorted(self._unparsed))

    @property
    def understood(self) -> int:
        """Return how many lines were read or have no bearing."""
        return len(self.lines) - len(self._unparsed)


def _significant(text: str, comment: str, *, has_long_banners: bool) -> Iterator[Line]:
    raw = text.split("\n")
    resume, endless = 0, set[str]()
    for at, written in enumerate(raw):
        if at < resume:
            continue
        line = _plain(written)
        words = line.split()
        if not words or words[0][0] in comment:
            continue
        if (words[0][0] in "bBcCuUlLnN-" or "#" in words[0] or ">" in words[0]) and _NOISE.match(line):
            continue
        if has_long_banners and words[0] == "banner" and (end := _banner_end(line)) and end not in endless:
            last = next((below for below in range(at + 1, len(raw)) if end in raw[below]), None)
            if last is None:
                endless.add(end)  # cut off: what follows is read as usual
            else:
                resume = last + 1
        yield Line(at + 1, len(line) - len(line.lstrip(" \t")), line.strip(), words)


def _plain(written: str) -> str:
    """Return a line without what a terminal put into it: page stops and prompts."""
    line = written.rstrip()
    if "ore" in line:
        line = _MORE.sub("", line)
    if ")#" in line[:80]:
        line = _PROMPT.sub("", line)  # a record of commands being typed
    return line


def _banner_end(line: str) -> str:
    """Return what ends a banner that goes on below this line, "" when it does not."""
    parts = line.split(None, 2)
    if len(parts) < 3:
        return ""
    text = parts[2]
    end = text[:2] if text[0] == "^" and len(text) > 1 else text[0]
    return "" if end in text[len(end) :] else end


Belongs = Callable[[Line, Line], bool]
"""Whether the second line, written at the margin, is meant to belong to the block that the first one opens."""


def blocks(lines: list[Line], belongs: Belongs) -> list[Block]:
    """Return the lines as blocks, in order. Lines indented before any command stand alone."""
    found: list[Block] = []
    for line in lines:
        if found and (line.indent or (not _is_indented(found[-1]) and belongs(found[-1].head, line))):
            found[-1].body.append(line)
        else:
            found.append(Block(line))
    return found


def _is_indented(block: Block) -> bool:
    return bool(block.body) and block.body[0].indent > 0


def nested(body: list[Line]) -> list[Block]:
    """Return the lines of a block as blocks of their own: what is indented deeper belongs to the line above."""
    found: list[Block] = []
    for line in body:
        if found and line.indent > found[-1].head.indent:
            found[-1].body.append(line)
        else:
            found.append(Block(line))
    return found
