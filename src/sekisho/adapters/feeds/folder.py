"""A folder of feeds: every file is recognised by its content, read once, and read again only when it has changed."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sekisho.adapters.feeds.reading import FeedReading
from sekisho.adapters.feeds.recognise import READERS, Kind, kind_of
from sekisho.adapters.feeds.refusals import FeedRefused
from sekisho.adapters.feeds.store import FeedState, FeedStore
from sekisho.adapters.feeds.streams import opened_feed
from sekisho.catalogue.device_families import fingerprint
from sekisho.catalogue.maker_lifecycles import load_maker_lifecycles
from sekisho.domain.text import Text
from sekisho.domain.vulnerabilities.advisories import SourceState

STORE_NAME = ".sekisho-feeds.sqlite3"
MAX_FILES = 20_000
_FEED_ENDINGS = (".json", ".xml", ".rdf", ".csv", ".gz", ".yaml", ".yml")
STALE_AFTER = {
    Kind.NVD: timedelta(days=14),
    Kind.KEV: timedelta(days=14),
    Kind.EPSS: timedelta(days=14),
    Kind.JVN: timedelta(days=30),
    Kind.ENDOFLIFE: timedelta(days=180),
    Kind.MAKERS: timedelta(days=365),
}
"""How old a source may be before what it says, and above all what it does not say, has to be doubted."""


@dataclass(frozen=True, slots=True)
class FeedProblem:
    """A file that was not taken over, and why. `file` is its path in the folder."""

    file: str
    text: Text


@dataclass(frozen=True, slots=True)
class Update:
    """What reading the folder did."""

    read: tuple[FeedState, ...] = ()
    problems: tuple[FeedProblem, ...] = ()
    passed_over: tuple[str, ...] = ()
    is_kept: bool = True


class NoFeeds(ValueError):
    """The folder cannot be used. `text` says why."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


def open_folder(
    folder: Path, *, now: datetime, report: Callable[[str], None] = lambda name: None
) -> tuple[FeedStore, Update]:
    """Return the store of `folder`, with every new and changed file taken over. Close it after use.

    The store lies in the folder; where nothing can be written (a read-only medium) it is in memory, and says so.

    Raises:
        NoFeeds: there is no such folder.
    """
    if not folder.is_dir():
        raise NoFeeds(_NO_FOLDER.filled(folder=folder))
    try:
        store, is_kept = FeedStore(folder / STORE_NAME), True
        store.touch()
    except (sqlite3.Error, OSError):
        store, is_kept = FeedStore(), False
    return store, update(store, folder, now=now, report=report, is_kept=is_kept)


def update(
    store: FeedStore,
    folder: Path,
    *,
    now: datetime,
    report: Callable[[str], None] = lambda name: None,
    is_kept: bool = True,
) -> Update:
    """Take over what is new in `folder`. What vanished from it is forgotten, by reading everything anew."""
    files = dict(feed_files(folder))
    if any(feed.path not in files for feed in store.feeds() if feed.path != _OWN.path):
        store.clear()
    _add_own(store)
    there = {feed.path: feed for feed in store.feeds()}
    read: list[FeedState] = []
    problems: list[FeedProblem] = []
    passed_over: list[str] = []
    for name, path in files.items():
        try:
            stat = path.stat()
            known = there.get(name)
            if known and (known.size, known.changed) == (stat.st_size, stat.st_mtime_ns):
                continue
            kind = kind_of(path)
            if kind is None:
                passed_over.append(name)
                continue
            report(name)
            wanted = FeedState(name, stat.st_size, stat.st_mtime_ns, kind, None, 0, read_at=now)
            read.append(_taken_over(store, path, wanted))
        except FeedRefused as error:
            problems.append(FeedProblem(name, error.text))
        except OSError as error:
            problems.append(FeedProblem(name, _UNREADABLE.filled(why=error.strerror or "")))
        except sqlite3.Error:
            # The disk is full, or another program holds the store: what was there before stays.
            problems.append(FeedProblem(name, _NOT_STORED))
    problems += [FeedProblem(name, _NO_FEED) for name in passed_over if name.lower().endswith(_FEED_ENDINGS)]
    return Update(tuple(read), tuple(problems), tuple(passed_over), is_kept)


def _taken_over(store: FeedStore, path: Path, wanted: FeedState) -> FeedState:
    reading = FeedReading(name=path.name)
    with opened_feed(path) as stream:
        return store.take_over(wanted.kind, wanted, reading, READERS[wanted.kind](stream, reading))


def feed_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of the folder and its folders, by name. Hidden ones and links out of it are no feeds."""
    root = folder.resolve()
    found = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")) or not path.is_file():
            continue
        if not path.resolve().is_relative_to(root):
            continue
        found += 1
        if found > MAX_FILES:
            return
        yield name, path


def warnings_of(states: tuple[SourceState, ...], feeds: tuple[FeedState, ...], *, now: datetime) -> tuple[Text, ...]:
    """Return what is old, undated or missing: an answer is only as good as its sources."""
    found = [
        _MISSING[kind] for kind in (Kind.NVD, Kind.KEV, Kind.EPSS) if kind.value not in {one.source for one in states}
    ]
    for state in states:
        limit = STALE_AFTER.get(Kind(state.source))
        if limit is None or (state.source == Kind.MAKERS.value and state.as_of is None):
            continue
        if state.as_of is None:
            found.append(_UNDATED.filled(source=state.source))
        elif now - state.as_of > limit:
            found.append(_STALE.filled(source=state.source, day=state.as_of.date(), days=(now - state.as_of).days))
        elif state.as_of - now > timedelta(days=2):
            found.append(_FUTURE.filled(source=state.source, day=state.as_of.date()))
    return (*found, *_incomplete(feeds))


def _incomplete(feeds: tuple[FeedState, ...]) -> Iterator[Text]:
    """Yield a warning for answers in pages of which some are not there, and for entries that could not be read."""
    pages: dict[tuple[Kind, int], int] = {}
    for feed in feeds:
        if feed.total is not None and feed.kind in (Kind.NVD, Kind.KEV):
            pages[feed.kind, feed.total] = pages.get((feed.kind, feed.total), 0) + feed.records + feed.skipped
        if feed.skipped:
            yield _SKIPPED.filled(file=feed.path, count=feed.skipped)
    for (kind, total), records in pages.items():
        if records < total:
            yield _PAGES_MISSING.filled(source=kind.value, total=total, records=records)


_OWN = FeedState("<makers>", 0, fingerprint(), Kind.MAKERS, None, 0)
"""The product's own table of makers; `changed` tells one edition of the catalogue from another."""


def _add_own(store: FeedStore) -> None:
    """Put the product's own table of makers into a store that has none of this edition, below what the folder says."""
    known = {feed.path: feed.changed for feed in store.feeds()}
    if known.get(_OWN.path) == _OWN.changed:
        return
    if known:
        store.clear()
    store.take_over(Kind.MAKERS, _OWN, FeedReading(name="makers.yaml"), load_maker_lifecycles())


_NO_FOLDER = Text(
    "フォルダー「{folder}」がありません。脆弱性情報のファイルを置いたフォルダーを --feeds で指定してください。",
    "There is no folder “{folder}”. Name the folder with the feed files by --feeds.",
)
_NO_FEED = Text(
    "脆弱性情報のファイルとして見分けられないため、使いませんでした。", "Not recognised as a feed, so it was not used."
)
_NOT_STORED = Text(
    "読み込んだ内容を残せませんでした。空き容量と、ほかで読み込み中でないかを確かめ、もう一度動かしてください。前の内容は残っています。",
    "What was read could not be kept. Check the free space, and that nobody else is reading; then run it again. What was there before is kept.",
)
_UNREADABLE = Text("ファイルを開けません（{why}）。", "The file cannot be opened ({why}).")
_MISSING = {
    Kind.NVD: Text(
        "NVD の情報がありません。版ごとの影響は、ほとんど判断できません。",
        "There is no NVD feed: hardly any version can be judged.",
    ),
    Kind.KEV: Text(
        "悪用が確認された脆弱性の一覧（KEV）がありません。悪用の有無は分かりません。",
        "There is no KEV catalogue: what is exploited is unknown.",
    ),
    Kind.EPSS: Text(
        "悪用の見込み（EPSS）がありません。優先度は深刻度と悪用の確認だけで決めます。",
        "There are no EPSS scores: priority rests on severity and known exploitation.",
    ),
}
_STALE = Text(
    "{source} の情報は {day} のもので、{days} 日前です。それより後に公表された脆弱性は含まれません。",
    "{source} is of {day}, {days} days old. What was published since is not in it.",
)
_UNDATED = Text("{source} の情報の日付が分かりません。", "{source} does not say of which day it is.")
_FUTURE = Text(
    "{source} の情報の日付（{day}）が未来です。このPCの時計か、ファイルの入手元を確かめてください。",
    "{source} is dated {day}, in the future. Check this computer's clock and where the file came from.",
)
_SKIPPED = Text(
    "{file}：{count} 件は形が正しくないため読み飛ばしました。",
    "{file}: {count} entries are malformed and were passed over.",
)
_PAGES_MISSING = Text(
    "{source} は全 {total} 件のうち {records} 件しかありません。続きのファイルが足りません。",
    "{source}: only {records} of {total} entries are here; further pages are missing.",
)
