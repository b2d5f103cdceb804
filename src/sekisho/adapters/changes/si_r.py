"""Changes on Fujitsu Si-R: filters under free numbers, others moved up where there is no room, surplus ones deleted.

A filter said again under its number replaces what was there; the device tries them by number, and one line may hold for
both directions. What is typed works only once it is saved and put into effect, so there is no moment between.

Source: Si-R 30B command reference, `remote ip filter` (numbers, sorting, redefinition). Uncertain, and told: how a model
deletes a filter (`delete lan 0 ip filter 3` on Si-R G and brin), and how many filters it takes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sekisho.adapters.changes.words import certain, checked
from sekisho.adapters.changes.written import Added, Edit, Kept, Laid, NotWritable, Task, Written, laid_out
from sekisho.adapters.configurations.si_r.filters import SEQ_OF_V6
from sekisho.adapters.configurations.si_r.writer import filter_words
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import AtInterface, Direction
from sekisho.domain.text import Text

COMMENT = "#"
MOST_OLD = 32
_PROMPT = re.compile(r"(?:Si-R[ \w-]{0,16}|[\w.-]{1,32})(?:\(config[\w-]{0,16}\))?[#>]\s")
_FACES = ("lan", "remote", "template", "answer")
SAVE = Text(
    "入力した変更は、save で保存し、機種に合った方法（commit または reset）で反映させるまで効きません。反映のときに通信が短く切れることがあります。",
    "What is entered takes effect only after “save” and, depending on the model, “commit” or “reset”. Connections may"
    " drop for a moment then.",
)
DELETES = Text(
    "フィルタを消すコマンドの書き方は機種によって違います（Si-R G・brin は delete lan 0 ip filter 番号）。"
    "誤りと表示されたら、その機種のコマンドリファレンスで確かめてください。",
    "How a filter is deleted differs between models (Si-R G and brin: delete lan 0 ip filter NUMBER). If the device"
    " refuses it, look it up in the command reference of the model.",
)
MANY = Text(
    "フィルタの番号が {count} 個になります。古い機種は {most} 個までです。",
    "There will be {count} filters; older models take {most} at most.",
)
NOT_A_LINE = Text(
    "{place} で変える規則は、番号の付いたフィルタの行ではないため、コマンドは提案しません。",
    "What is to change at {place} is no numbered filter line, so no commands are offered.",
)


@dataclass(slots=True)
class _Site:
    """The filter lines of one interface and family: the words behind the number, by number."""

    head: str
    filters: dict[int, str] = field(default_factory=dict)
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """A filter of the new list. `own` is the number it has had, None for a new one."""

    words: str
    own: int | None = None


def fitted(edits: tuple[Edit, ...], existing: tuple[Edit, ...], configuration: DeviceConfiguration) -> tuple[Edit, ...]:
    """Return the edits as they are; both directions of an interface are put together when they are written."""
    del existing, configuration
    return edits


def write(task: Task) -> Written:
    """Return the commands of a task.

    Raises:
        NotWritable: see there.
    """
    change: list[str] = []
    back: list[str] = []
    notes = [SAVE]
    by_interface: dict[str, list[tuple[Edit, AtInterface]]] = {}
    for edit in task.edits:
        if not isinstance(edit.at, AtInterface):
            raise NotWritable(NOT_A_LINE.filled(place=edit.at))
        by_interface.setdefault(edit.at.interface, []).append((edit, edit.at))
    for interface, edits in by_interface.items():
        for family in (4, 6):
            if not any(family in edit.families for edit, _ in edits):
                continue
            site = _site(task.text, interface, family)
            lines = _new_list(site, edits, family)
            do, undo = _commands(site, _numbered(lines), attaches=edits[0][0].old is None)
            change += do
            back += undo
            if len(lines) > MOST_OLD:
                notes.append(MANY.filled(count=len(lines), most=MOST_OLD))
    if any(line.startswith("delete ") for line in (*change, *back)):
        notes.append(DELETES)
    return Written(tuple(checked(change)), tuple(back), tuple(notes))


def applied(text: str, commands: Sequence[str]) -> str:
    """Return the configuration after the commands; deleted filters are gone, others count as said last."""
    lines = text.split("\n")
    for command in commands:
        words = command.split()
        if words[:1] == ["delete"]:
            lines = [line for line in lines if not _is_of(line, words[1:])]
        else:
            lines.append(command)
    return "\n".join(lines)


def _new_list(site: _Site, edits: list[tuple[Edit, AtInterface]], family: int) -> list[_Line]:
    """Return the lines of both directions in the order in which the device is to try them."""
    laid = {at.direction: laid_out(edit, family) for edit, at in edits}
    lines: list[_Line] = []
    for number in sorted(site.filters):
        for direction, one in laid.items():
            lines += [_Line(words) for words in _before(one, number, direction, family)]
        kept = _kept(site.filters[number], number, laid, family)
        if kept is not None:
            lines.append(kept)
    for direction, one in laid.items():
        lines += [_Line(words) for words in _before(one, None, direction, family)]
    return lines


def _before(laid: Laid, number: int | None, direction: Direction, family: int) -> list[str]:
    """Return the new lines that stand before the filter of a number (None: behind all)."""
    found: list[str] = []
    waiting: list[str] = []
    for item in laid.items:
        if isinstance(item, Added):
            certain(item.rule)
            waiting += filter_words(item.rule, direction.value, family)
            continue
        if number is not None and _number_of(item, family) == number:
            found += waiting
        waiting = []
    return waiting if number is None else found


def _number_of(line: Kept, family: int) -> int | None:
    rule = line.rules[0]
    if rule.origin is None:
        return None
    return rule.seq - SEQ_OF_V6 if family == 6 else rule.seq


def _kept(words: str, number: int, laid: dict[Direction, Laid], family: int) -> _Line | None:
    """Return what stays of a line: all of it, or what holds in the direction in which it is not taken away."""
    gone = {
        direction for direction, one in laid.items() if any(_number_of(line, family) == number for line in one.gone)
    }
    if not gone:
        return _Line(words, number)
    holds = _direction(words)
    left = [direction for direction in Direction if holds in ("any", direction.value) and direction not in gone]
    if holds == "reverse":
        raise NotWritable(NOT_A_LINE.filled(place=number))
    return _Line(_directed(words, left[0]), number) if left else None


def _direction(words: str) -> str:
    parts = words.split()
    at = 3 if parts[1:2] == ["acl"] else 8
    return parts[at] if len(parts) > at else "any"


def _directed(words: str, direction: Direction) -> str:
    """Return the words of a line that holds in one direction only."""
    parts = words.split()
    at = 3 if parts[1:2] == ["acl"] else 8
    parts += ["any"] * (at - len(parts))
    parts[at : at + 1] = [direction.value]
    return " ".join(parts)


def _numbered(lines: list[_Line]) -> dict[int, str]:
    """Return the lines by their new number: each keeps its own unless those before have taken it."""
    found: dict[int, str] = {}
    last = -1
    for line in lines:
        last = last + 1 if line.own is None else max(line.own, last + 1)
        found[last] = line.words
    return found


def _commands(site: _Site, new: dict[int, str], *, attaches: bool) -> tuple[list[str], list[str]]:
    old = site.filters
    do = [f"{site.head} filter {number} {words}" for number, words in new.items() if old.get(number) != words]
    do += [f"delete {site.head} filter {number}" for number in old if number not in new]
    undo = [f"{site.head} filter {number} {words}" for number, words in old.items() if new.get(number) != words]
    undo += [f"delete {site.head} filter {number}" for number in new if number not in old]
    if attaches and not site.has_default:
        do.append(f"{site.head} filter default pass")
        undo.append(f"delete {site.head} filter default")
    return do, undo


def _words(line: str) -> list[str]:
    prompt = _PROMPT.match(line)
    return (line[prompt.end() :] if prompt else line).split()


def _face(words: list[str]) -> tuple[str, int]:
    """Return the interface a line speaks of, and how many words name it."""
    if not words or words[0] not in _FACES:
        return "", 0
    numbered = len(words) > 1 and words[1].isascii() and words[1].isdecimal()
    at = 2 if numbered else 1
    name = words[0] if words[0] == "answer" else f"{words[0]}{int(words[1][:6]) if numbered else 0}"
    if len(words) > at + 2 and words[at] == "ap" and words[at + 1].isdecimal() and words[at + 2] in ("ip", "ip6"):
        at += 2
    return name, at


def _site(text: str, interface: str, family: int) -> _Site:
    word = "ip6" if family == 6 else "ip"
    site = _Site("")
    for line in text.split("\n"):
        words = _words(line)
        name, at = _face(words)
        if name != interface:
            continue
        head = " ".join([*words[:at], word])
        match words[at:]:
            case [own, "filter", "default", *_] if own == word:
                site.has_default, site.head = True, head
            case [own, "filter", number, *rest] if own == word and number.isdecimal():
                site.filters[int(number)], site.head = " ".join(rest), head
            case _ if not site.head:
                site.head = head
    if not site.head:
        raise NotWritable(NOT_A_LINE.filled(place=interface))
    return site


def _is_of(line: str, wanted: list[str]) -> bool:
    """Return whether a line is the filter that `wanted` ("lan 0 ip filter 3") names, however it is written."""
    words = _words(line)
    mine, theirs = _face(words), _face(wanted)
    return bool(mine[0]) and mine[0] == theirs[0] and words[mine[1] : mine[1] + 3] == wanted[theirs[1] : theirs[1] + 3]
