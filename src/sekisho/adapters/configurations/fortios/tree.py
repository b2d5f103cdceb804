"""The `config` / `edit` / `set` / `next` / `end` tree of a FortiOS configuration.

One pass over the lines. A quoted value may run over several lines (certificates, replacement messages). A quote that is
never closed must not swallow the policies below it: outside the keys that hold long texts a value ends where the next
command begins, and a value that runs to the end of the file ends on its own line.

Source: FortiOS CLI reference, "Using the CLI: command syntax, subcommands, entering spaces and special characters".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LONG_TEXTS = frozenset(
    {"buffer", "script", "private-key", "certificate", "csr", "ca", "crl", "public-key", "content", "source", "pre-banner",
     "post-banner", "message", "html", "css", "header", "body", "image-base64", "sshd-key"}
)  # fmt: skip
_COMMANDS = ("config ", "edit ", "set ", "unset ", "append ")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)|(")', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SECRET = re.compile(r"pass|psk|secret|key|community|private|\benc\b|token|credential|pwd|hash|\bsha", re.IGNORECASE)
_PLAIN_WORD = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(slots=True)
class Setting:
    """The values of one `set`, and its line."""

    values: list[str]
    line: int

    @property
    def first(self) -> str:
        """Return the first value, "" when there is none."""
        return self.values[0] if self.values else ""


@dataclass(slots=True)
class Stray:
    """A line that is no command, or one that stands where it cannot: its number, and its text without secrets."""

    line: int
    text: str


@dataclass(slots=True)
class Node:
    """A `config` or an `edit`: its name, its settings, what stands inside it in order, and lines that fit nowhere.

    `is_closed` is False where the file broke off inside.
    """

    kind: str
    name: str
    line: int
    settings: dict[str, Setting] = field(default_factory=dict)
    children: dict[tuple[str, str], "Node"] = field(default_factory=dict)
    strays: list[Stray] = field(default_factory=list)
    is_closed: bool = True

    def get(self, key: str) -> str:
        """Return the first value of `key`, "" when it is not set."""
        setting = self.settings.get(key)
        return setting.first if setting else ""

    def values(self, key: str) -> list[str]:
        """Return all values of `key`."""
        setting = self.settings.get(key)
        return setting.values if setting else []

    def line_of(self, key: str) -> int:
        """Return the line of `key`, or that of the node."""
        setting = self.settings.get(key)
        return setting.line if setting else self.line

    def is_on(self, key: str) -> bool:
        """Return whether `key` is set to enable."""
        return self.get(key) == "enable"

    def section(self, name: str) -> "Node | None":
        """Return the `config` of that name inside."""
        return self.children.get(("config", name))

    def rearrange(self, words: list[str]) -> bool:
        """Do what `delete 5` and `move 5 before 3` say, and return whether that was possible."""
        keys = [("edit", word) for word in words[1::2]]
        if self.kind != "config" or not keys or any(key not in self.children for key in keys):
            return False
        if words[0] == "delete" and len(words) == 2:
            del self.children[keys[0]]
            return True
        if words[0] != "move" or len(words) != 4 or words[2] not in ("before", "after") or keys[0] == keys[1]:
            return False
        moved = self.children.pop(keys[0])
        order = list(self.children.items())
        place = [key for key, _ in order].index(keys[1]) + (words[2] == "after")
        self.children = dict([*order[:place], (keys[0], moved), *order[place:]])
        return True

    @property
    def entries(self) -> list["Node"]:
        """Return the `edit`s inside, in order."""
        return [child for (kind, _), child in self.children.items() if kind == "edit"]

    @property
    def sections(self) -> list["Node"]:
        """Return the `config`s inside, in order."""
        return [child for (kind, _), child in self.children.items() if kind == "config"]

    def walk(self) -> Iterator["Node"]:
        """Yield this node and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children.values()))


@dataclass(slots=True)
class Tree:
    """A whole file: the node that holds everything, its header comments, and how many lines say something.

    `broken_at` is the last line of a file that ends inside a `config`, else None.
    """

    root: Node
    header: str
    lines: int
    broken_at: int | None


def shown(line: str) -> str:
    """Return a line for people to see: a value whose key may hold a secret, or that is no plain command, is left out."""
    words = line.split()
    if not words or not _PLAIN_WORD.fullmatch(words[0]):
        return "***"
    if _SECRET.search(line):
        plain = [word for word in words[:2] if _PLAIN_WORD.fullmatch(word)]
        return " ".join([*plain, "***"])
    return " ".join(words)


def tokens_of(line: str) -> tuple[list[str], bool]:
    """Return the words of a line with quotes and escapes taken off, and whether a quote stays open."""
    if '"' not in line and "\\" not in line:
        return line.split(), False
    words: list[str] = []
    end, is_open = -1, False
    for match in _TOKEN.finditer(line):
        quoted, plain, opening = match.groups()
        if opening:
            is_open = True
            break
        word = _ESCAPE.sub(r"\1", quoted) if quoted is not None else _ESCAPE.sub(r"\1", plain)
        if match.start() == end and words:
            words[-1] += word
        else:
            words.append(word)
        end = match.end()
    return words, is_open


def parse(text: str) -> Tree:
    """Return the tree of `text`. Never raises; what fits nowhere is in `Node.strays`."""
    return _Parser(text.split("\n")).tree()


class _Parser:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._root = Node("config", "", 0)
        self._stack = [self._root]
        self._header: list[str] = []
        self._said = 0
        self._last = 0
        self._no_more_quotes = False

    def tree(self) -> Tree:
        position = 0
        while position < len(self._lines):
            line = self._lines[position].strip()
            number = position + 1
            position += 1
            if not line:
                continue
            if line.startswith("#"):
                self._header += [line] if len(self._header) < 20 else []
                continue
            self._said += 1
            self._last = number
            words, is_open = tokens_of(line)
            if is_open:
                words, position = self._continued(line, words, position)
            self._take(words, line, number)
        for node in self._stack[1:]:
            node.is_closed = False
        broken_at = self._last if len(self._stack) > 1 else None
        return Tree(self._root, "\n".join(self._header), self._said, broken_at)

    def _continued(self, line: str, words: list[str], position: int) -> tuple[list[str], int]:
        """Return the words of a value that goes on below, and where reading goes on; see the module's text."""
        if not self._no_more_quotes:
            is_long = len(words) > 1 and words[1] in LONG_TEXTS
            end = position
            while end < len(self._lines):
                below = self._lines[end]
                if not is_long and _is_command(below.strip()):
                    break
                end += 1
                if _closes(below):
                    self._said += end - position
                    self._last = end
                    # The texts of long values are of no use here, and their tail may hold anything.
                    return [*words, ""], end
            self._no_more_quotes = end == len(self._lines)
        rest = line[line.rfind('"') + 1 :]
        return [*words, _ESCAPE.sub(r"\1", rest.strip())], position

    def _take(self, words: list[str], line: str, number: int) -> None:
        node = self._stack[-1]
        command = words[0]
        if command in ("set", "append", "select") and len(words) > 1:
            self._set(node, words, number)
        elif command == "unset" and len(words) > 1:
            node.settings.pop(words[1], None)
        elif command == "edit" and len(words) > 1 and node.kind == "config" and node is not self._root:
            self._open("edit", words[1], number)
        elif command == "config" and len(words) > 1:
            self._open("config", " ".join(words[1:]), number)
        elif line == "next" and node.kind == "edit":
            self._stack.pop()
        elif line == "end" and len(self._stack) > 1:
            self._end()
        elif command in ("move", "delete", "rename", "clone", "purge") and node.rearrange(words):
            pass
        elif line.strip("*\"' "):
            node.strays.append(Stray(number, shown(line)))

    def _set(self, node: Node, words: list[str], number: int) -> None:
        if node is self._root:
            node.strays.append(Stray(number, shown(" ".join(words))))
            return
        known = node.settings.get(words[1])
        if words[0] == "append" and known is not None:
            known.values.extend(words[2:])
        else:
            node.settings[words[1]] = Setting(words[2:], number)

    def _open(self, kind: str, name: str, number: int) -> None:
        parent = self._stack[-1]
        node = parent.children.get((kind, name))
        if node is None:
            node = parent.children[kind, name] = Node(kind, name, number)
        self._stack.append(node)

    def _end(self) -> None:
        """Close the innermost `config`, and the `edit` inside it that nobody closed by `next`."""
        if self._stack.pop().kind == "edit":
            self._stack.pop()


def _is_command(line: str) -> bool:
    return line in ("next", "end") or line.startswith(_COMMANDS)


def _closes(line: str) -> bool:
    return '"' in _ESCAPE.sub("", line)
