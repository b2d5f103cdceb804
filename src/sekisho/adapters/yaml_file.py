"""Reads YAML files that people wrote or that strangers sent: bounded, without surprises, with line numbers.

Refused with a message: files too large or nested too deeply, references that grow ("alias bombs") or lead to
themselves, objects of programs, keys given twice, characters that no text has. No message repeats what the file says,
since a case file may hold a password by mistake.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from sekisho.domain.text import Text

MAX_BYTES = 5_000_000
MAX_DEPTH = 40
MAX_NODES = 400_000
"""Bounds the tree with every reference written out."""

Path = tuple[str | int, ...]


class YamlUnreadable(ValueError):
    """The file cannot be read as YAML. `message` says where (`line`, from 1, when known), why and how to mend it."""

    def __init__(self, why: Text, line: int | None = None) -> None:
        super().__init__(why.en)
        self.line = line
        self.message = Text(f"{line}行目：{why.ja}", f"line {line}: {why.en}") if line else why


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One thing wrong in a file: the line it begins on (None when unknown), the rule broken, and what to do."""

    line: int | None
    rule: str
    message: Text


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A mapping, and the line (from 1) on which each of its parts begins, by the path of keys and positions to it."""

    value: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)

    def line_of(self, *path: str | int) -> int | None:
        """Return the line of the part at `path`, or of the nearest part around it."""
        for length in range(len(path), 0, -1):
            if (line := self.lines.get(path[:length])) is not None:
                return line
        return None


class YamlReading:
    """One pass over a document: goes through its lists and collects what is wrong, so that the rest can be kept.

    `area` begins the code of each problem's rule ("survey" makes survey.not-a-list); `example` is one entry as it
    should be written, shown to who wrote it otherwise.
    """

    area = ""
    example = ""

    def __init__(self, document: YamlDocument) -> None:
        self.document = document
        self.problems: list[FileProblem] = []

    def entries(self, key: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Yield path and mapping of each entry of a top-level list; tell what is no list or no mapping."""
        entries = self.document.value.get(key)
        if entries is None:
            return
        if not isinstance(entries, list):
            self.problem("not-a-list", _NOT_A_LIST.filled(example=self.example), key)
            return
        for position, entry in enumerate(entries):
            if isinstance(entry, dict):
                yield (key, position), entry
            else:
                self.problem("not-an-entry", _NOT_AN_ENTRY.filled(example=self.example), key, position)

    def problem(self, rule: str, message: Text, *path: str | int) -> None:
        """Tell that the part at `path` breaks `rule`."""
        self.problems.append(FileProblem(self.document.line_of(*path), f"{self.area}.{rule}", message))


class _Loader(yaml.CSafeLoader):
    """Truth values as YAML 1.2 has them: only true and false. So `on: nas1` keeps its key and `yes` stays a word."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":bool")]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read_yaml(raw: bytes, *, max_bytes: int = MAX_BYTES) -> YamlDocument:
    """Return the mapping that `raw` holds; an empty file is an empty mapping.

    UTF-8 and UTF-16 are told by their marks; what is no UTF-8 is read as the Shift_JIS of older Japanese Windows.

    Raises:
        YamlUnreadable: see the module.
    """
    if len(raw) > max_bytes:
        raise YamlUnreadable(_TOO_LARGE.filled(limit=max_bytes // 1_000_000))
    text = _decoded(raw)
    try:
        _refuse_deep_or_long(text)
        loader = _Loader(text)
        try:
            return _document(loader, loader.get_single_node())
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise YamlUnreadable(_explained(error, text, line), line) from None
    except yaml.reader.ReaderError:
        raise YamlUnreadable(_STRANGE_CHARACTER) from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise error if isinstance(error, YamlUnreadable) else YamlUnreadable(_WRONG_VALUE) from None


def _decoded(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp932")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise YamlUnreadable(_NOT_TEXT)


def _refuse_deep_or_long(text: str) -> None:
    """Walk the events first: they come one by one, while building the tree recurses."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or count > 2 * MAX_NODES:
            mark = event.start_mark
            raise YamlUnreadable(_TOO_DEEP, mark.line + 1 if mark else None)


def _document(loader: _Loader, root: yaml.Node | None) -> YamlDocument:
    if root is None or (isinstance(root, yaml.ScalarNode) and root.tag.endswith(":null")):
        return YamlDocument({})
    if not isinstance(root, yaml.MappingNode):
        raise YamlUnreadable(_NO_MAPPING, root.start_mark.line + 1)
    _refuse_growth(root)
    for node in _all_nodes(root):
        _refuse_bad_node(node)
    return YamlDocument(_constructed(loader, root), dict(_lines(root)))


def _constructed(loader: _Loader, root: yaml.Node) -> dict[str, Any]:
    """Return the values; when one cannot be made (30 February), say on which line it stands."""
    try:
        value: dict[str, Any] = loader.construct_document(root)
    except (ValueError, OverflowError):
        for node in _all_nodes(root):
            if isinstance(node, yaml.ScalarNode) and not _can_be_made(loader, node):
                raise YamlUnreadable(_WRONG_VALUE, node.start_mark.line + 1) from None
        raise
    return value


def _can_be_made(loader: _Loader, node: yaml.Node) -> bool:
    loader.recursive_objects.clear()  # what the failed attempt left open would read as a circle
    try:
        loader.construct_object(node)
    except (ValueError, OverflowError):
        return False
    return True


def _refuse_growth(root: yaml.Node) -> None:
    """Refuse a tree that is too large once every reference is written out, or that contains itself."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in open_nodes:
            raise YamlUnreadable(_CIRCLE, node.start_mark.line + 1)
        if id(node) not in sizes:
            open_nodes.add(id(node))
            sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
            open_nodes.discard(id(node))
        if sizes[id(node)] > MAX_NODES:
            raise YamlUnreadable(_GROWS, node.start_mark.line + 1)
        return sizes[id(node)]

    size(root)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _all_nodes(root: yaml.Node) -> Iterator[yaml.Node]:
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        waiting.extend(_children(node))


def _refuse_bad_node(node: yaml.Node) -> None:
    if isinstance(node, yaml.ScalarNode) and any(unicodedata.category(c) == "Cs" or c == "\0" for c in node.value):
        raise YamlUnreadable(_STRANGE_CHARACTER, node.start_mark.line + 1)
    if not isinstance(node, yaml.MappingNode):
        return
    first: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise YamlUnreadable(_WRONG_VALUE, line)
        if key.value != "<<" and key.value in first:
            raise YamlUnreadable(_GIVEN_TWICE.filled(first=first[key.value]), line)
        first[key.value] = line


def _lines(root: yaml.Node) -> Iterator[tuple[Path, int]]:
    """Yield the path and line of every part; references are followed, which the size bound keeps finite."""
    waiting: list[tuple[Path, yaml.Node]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            parts = [((*path, key.value), key, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            parts = [((*path, at), value, value) for at, value in enumerate(node.value)]
        else:
            continue
        for part, where, value in parts:
            yield part, where.start_mark.line + 1
            waiting.append((part, value))


def _explained(error: yaml.MarkedYAMLError, text: str, line: int | None) -> Text:
    written = text.splitlines()[line - 1 : line] if line else []
    if any("\t" in here[: len(here) - len(here.lstrip())] for here in written):
        return _TAB
    said = f"{error.context or ''} {error.problem or ''}"
    return next((text for sign, text in _EXPLANATIONS if sign in said), _WRONG_FORM)


_NOT_A_LIST = Text(
    "「- {example}」の形で1件ずつ並べて書いてください。この項目は使わずに進みます。",
    "Write one entry after another as “- {example}”. This key is left out.",
)
_NOT_AN_ENTRY = Text(
    "「- {example}」の形で書いてください。この行は使わずに進みます。",
    "Write this as “- {example}”. The entry is left out.",
)
_TOO_LARGE = Text(
    "ファイルが大きすぎます（上限 {limit}MB）。別の資料が混ざっていないか確かめてください。",
    "The file is too large (limit {limit} MB). Check that nothing else got into it.",
)
_NOT_TEXT = Text(
    "文字のファイルとして読めません。メモ帳などで開き、文字コード UTF-8 で保存し直してください。",
    "This is not a text file. Open it in an editor and save it as UTF-8.",
)
_STRANGE_CHARACTER = Text(
    "使えない文字が入っています。その行を打ち直し、文字コード UTF-8 で保存してください。",
    "There is a character that cannot be used. Type the line again and save as UTF-8.",
)
_TOO_DEEP = Text(
    "入れ子が深すぎるか、項目が多すぎます。見本のファイルと見比べてください。",
    "Nested too deeply, or too many entries. Compare with the sample file.",
)
_GROWS = Text(
    "「&」と「*」の参照を広げると大きくなりすぎます。参照を使わずに書いてください。",
    "Written out, its references (& and *) become too large. Write it without references.",
)
_CIRCLE = Text(
    "「&」と「*」の参照が自分自身に戻っています。参照を使わずに書いてください。",
    "A reference (& and *) leads back to itself. Write it without references.",
)
_NO_MAPPING = Text(
    "「項目: 値」の形になっていません。見本のファイルと見比べてください。",
    "This is not in the form “key: value”. Compare with the sample file.",
)
_GIVEN_TWICE = Text(
    "同じ項目が{first}行目にもあります。どちらか一つにしてください。",
    "The same key already stands on line {first}. Keep one of them.",
)
_WRONG_VALUE = Text(
    '書き方を読み取れない値があります。日付は 2026-11-21 のように、文字は "..." で囲んで書いてください。',
    "A value cannot be read. Write dates as 2026-11-21 and put text in quotes.",
)
_WRONG_FORM = Text(
    "書き方を読み取れません。すぐ上の行も含めて、コロンの後の空白、字下げ、引用符の閉じ忘れを確かめてください。",
    "This cannot be read. Here and on the line above, check the space after colons, the indentation and the quotes.",
)
_TAB = Text("タブ文字があります。字下げは空白（スペース）で書いてください。", "There is a tab. Indent with spaces.")
_EXPLANATIONS = (
    (
        "could not determine a constructor",
        Text(
            "「!」で始まる指定は使えません。その部分を消してください。",
            "Tags that begin with “!” are not accepted. Remove it.",
        ),
    ),
    (
        "undefined alias",
        Text(
            "「*」の参照先がありません。参照を使わずに書いてください。", "A reference (*) leads nowhere. Write it out."
        ),
    ),
    (
        "expected a single document",
        Text(
            "「---」で区切られています。一つのファイルには一つだけ書いてください。",
            "There is more than one document; keep one.",
        ),
    ),
)
