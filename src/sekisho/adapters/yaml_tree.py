"""Builds the values of a YAML text from its events, in one pass that holds no more than what comes out of it.

The library's own way (nodes first, then values) takes ten times the memory and lets references grow before anyone can
count them. Here every part is counted, bounded and checked when its event comes.

Values are those of YAML 1.1 as people meet them, but truth values are only true and false: so `on: nas1` keeps its key
and `yes` stays a word. Tags are refused, save those that other programs write to say what a part is anyway.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from sekisho.adapters.yaml_messages import (
    CIRCLE,
    GIVEN_TWICE,
    GROWS,
    NO_REFERENCE,
    SECOND_DOCUMENT,
    STRANGE_CHARACTER,
    TAG,
    TOO_DEEP,
    WRONG_FORM,
    WRONG_VALUE,
    YamlUnreadable,
)

MAX_DEPTH = 40
MAX_WRITTEN = 1_000
"""Characters of a number or a date; what is longer is none, and would take its time to say so."""
_MAX_REMEMBERED = 50_000
_MERGE = "<<"
_STANDARD = "tag:yaml.org,2002:"
_TAGS = {
    yaml.MappingStartEvent: frozenset({"map"}),
    yaml.SequenceStartEvent: frozenset({"seq"}),
    yaml.ScalarEvent: frozenset({"str", "int", "float", "bool", "null", "timestamp"}),
}
_NO_TEXT = re.compile("[\0\ud800-\udfff]")

Parts: TypeAlias = dict[str | int, "int | tuple[int, Parts]"]
"""The line (from 1) on which each part of a collection begins, with the parts of those that are collections."""


class _Loader(yaml.CSafeLoader):
    """Truth values as YAML 1.2 has them."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":bool")]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


@dataclass(slots=True, eq=False)
class _Open:
    """A collection whose end has not come yet. `before` counts the parts of the file before it."""

    value: dict[Any, Any] | list[Any]
    line: int
    before: int
    anchor: str | None
    seen: dict[str, int] = field(default_factory=dict)
    merged: list[Any] = field(default_factory=list)
    key: Any = None
    awaits_value: bool = False


@dataclass(frozen=True, slots=True)
class _Named:
    """A part that references may lead to: its value, how many parts it has, and its text when it is one word."""

    value: Any
    size: int
    text: str | None


def build(text: str, max_parts: int) -> Any:
    """Return the value of a YAML text; None when it is empty. `max_parts` bounds it with every reference written out.

    Raises:
        YamlUnreadable, yaml.YAMLError: it cannot be read.
    """
    loader = _Loader(text)
    try:
        return _Building(loader, max_parts).result()
    finally:
        loader.dispose()


class _Building:
    def __init__(self, loader: _Loader, max_parts: int) -> None:
        self._loader = loader
        self._max_parts = max_parts
        self._parts = 0
        self._documents = 0
        self._root: Any = None
        self._open: list[_Open] = []
        self._named: dict[str, _Named | _Open] = {}
        self._remembered: dict[str, Any] = {}

    def result(self) -> Any:
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        for event in _events(self._loader):
            if (handler := handlers.get(type(event))) is not None:
                handler(event)
        return self._root

    def _document(self, event: yaml.Event) -> None:
        self._documents += 1
        if self._documents > 1:
            raise YamlUnreadable(SECOND_DOCUMENT, _line(event))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._count(1, event)
        is_plain = event.implicit[0] and event.tag in (None, "!")
        value = self._plain(event) if is_plain else self._tagged(event)
        if event.anchor is not None:
            self._name(event, _Named(value, 1, event.value))
        self._put(value, event.value, event, is_merge=is_plain and event.value == _MERGE)

    def _plain(self, event: yaml.ScalarEvent) -> Any:
        """Return what a word without quotes means. Files say the same few thousand words again and again."""
        try:
            return self._remembered[event.value]
        except KeyError:
            tag = self._loader.resolve(yaml.ScalarNode, event.value[:MAX_WRITTEN], (True, False))  # type: ignore[no-untyped-call]
            value = self._made(event, tag)
        if len(self._remembered) < _MAX_REMEMBERED:
            self._remembered[event.value] = value
        return value

    def _tagged(self, event: yaml.ScalarEvent) -> Any:
        _refuse_tag(event)
        return self._made(event, event.tag or f"{_STANDARD}str")

    def _made(self, event: yaml.ScalarEvent, tag: str) -> Any:
        text: str = event.value
        if _NO_TEXT.search(text):
            raise YamlUnreadable(STRANGE_CHARACTER, _line(event))
        make = self._loader.yaml_constructors.get(tag)
        if make is None or tag in (f"{_STANDARD}str", "!"):
            return text
        if len(text) > MAX_WRITTEN:
            raise YamlUnreadable(WRONG_VALUE, _line(event))
        try:
            return make(self._loader, yaml.ScalarNode(tag, text))
        except (ValueError, OverflowError, LookupError, AttributeError):  # the last two for "!!bool x", "!!timestamp x"
            raise YamlUnreadable(WRONG_VALUE, _line(event)) from None

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        _refuse_tag(event)
        before = self._parts
        self._count(1, event)
        value: dict[Any, Any] | list[Any] = {} if type(event) is yaml.MappingStartEvent else []
        opened = _Open(value, _line(event), before, event.anchor)
        if event.anchor is not None:
            self._name(event, opened)
        self._put(value, None, event)
        self._open.append(opened)
        if len(self._open) > MAX_DEPTH:
            raise YamlUnreadable(TOO_DEEP, opened.line)

    def _end(self, _: yaml.CollectionEndEvent) -> None:
        ended = self._open.pop()
        if ended.merged and isinstance(ended.value, dict):
            _merge(ended.value, ended.merged, ended.line)
        if ended.anchor is not None:
            self._named[ended.anchor] = _Named(ended.value, self._parts - ended.before, None)

    def _alias(self, event: yaml.AliasEvent) -> None:
        named = self._named.get(event.anchor or "")
        if named is None:
            raise YamlUnreadable(NO_REFERENCE, _line(event))
        if isinstance(named, _Open):
            raise YamlUnreadable(CIRCLE, named.line)
        self._count(named.size, event)
        self._put(named.value, named.text, event)

    def _count(self, size: int, event: yaml.Event) -> None:
        self._parts += size
        if self._parts > self._max_parts:
            raise YamlUnreadable(GROWS if type(event) is yaml.AliasEvent else TOO_DEEP, _line(event))

    def _name(self, event: Any, named: _Named | _Open) -> None:
        if event.anchor in self._named:
            raise YamlUnreadable(WRONG_FORM, _line(event))
        self._named[event.anchor] = named

    def _put(self, value: Any, text: str | None, event: yaml.Event, *, is_merge: bool = False) -> None:
        """Put a part where it belongs; `text` is its word when it is no collection."""
        if not self._open:
            self._root = value
            return
        around = self._open[-1]
        if isinstance(around.value, list):
            around.value.append(value)
        elif not around.awaits_value:
            _take_key(around, value, text, event)
            around.awaits_value = True
            if is_merge:
                around.key = around.merged
        else:
            around.awaits_value = False
            if around.key is around.merged:
                around.merged.append(value)
            else:
                around.value[around.key] = value


def _take_key(around: _Open, key: Any, text: str | None, event: yaml.Event) -> None:
    line = _line(event)
    if text is None:
        raise YamlUnreadable(WRONG_VALUE, line)
    if text in around.seen and text != _MERGE:
        raise YamlUnreadable(GIVEN_TWICE.filled(first=around.seen[text]), line)
    around.seen[text] = line
    around.key = key


def _merge(value: dict[Any, Any], merged: list[Any], line: int) -> None:
    """Put what `<<` refers to before the mapping's own keys, which win; of a list of mappings the first wins."""
    own = dict(value)
    value.clear()
    for part in merged:
        for mapping in reversed(part) if isinstance(part, list) else (part,):
            if not isinstance(mapping, dict):
                raise YamlUnreadable(WRONG_FORM, line)
            value.update(mapping)
    value.update(own)


def _refuse_tag(event: Any) -> None:
    tag = event.tag
    if tag not in (None, "!") and not (tag.startswith(_STANDARD) and tag[len(_STANDARD) :] in _TAGS[type(event)]):
        raise YamlUnreadable(TAG, _line(event))


def _events(loader: _Loader) -> Iterator[yaml.Event]:
    return iter(loader.get_event, None)


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1


def part_lines(text: str) -> Parts:
    """Return the lines of the parts of a text that `build` has accepted. References lead to the lines they refer to."""
    loader = _Loader(text)
    try:
        return _lines(loader)
    finally:
        loader.dispose()


@dataclass(slots=True, eq=False)
class _Around:
    """The collection whose parts come now. `key` is the one whose value comes next."""

    parts: Parts
    is_list: bool
    key: str | None = None
    line: int = 0


_STARTS = frozenset({yaml.MappingStartEvent, yaml.SequenceStartEvent})
_ENDS = frozenset({yaml.MappingEndEvent, yaml.SequenceEndEvent})
_NODES = _STARTS | {yaml.ScalarEvent, yaml.AliasEvent}


def _lines(loader: _Loader) -> Parts:
    root: Parts = {}
    around = [_Around(root, is_list=True)]
    named: dict[str, Parts | str] = {}
    for event in _events(loader):
        kind = type(event)
        if kind in _ENDS:
            around.pop()
        elif kind in _NODES:
            part = _part(event, named)
            _place(around[-1], part, event)
            if kind in _STARTS and isinstance(part, dict):
                around.append(_Around(part, kind is yaml.SequenceStartEvent))
    first = root.get(0)
    return first[1] if isinstance(first, tuple) else {}


def _part(event: Any, named: dict[str, Parts | str]) -> Parts | str:
    if type(event) is yaml.AliasEvent:
        return named[event.anchor or ""]
    part: Parts | str = event.value if type(event) is yaml.ScalarEvent else {}
    if event.anchor is not None:
        named[event.anchor] = part
    return part


def _place(around: _Around, part: Parts | str, event: yaml.Event) -> None:
    if not around.is_list and around.key is None:
        around.key, around.line = str(part), _line(event)
        return
    key: str | int = len(around.parts) if around.key is None else around.key
    line = _line(event) if around.key is None else around.line
    around.parts[key] = (line, part) if isinstance(part, dict) else line
    around.key = None
