"""Knowledge from feeds in one SQLite file: built beside them, asked product by product.

The file is derived: it can be deleted at any time and is built again from the feeds. Every feed is taken over in one
transaction, so that a feed that turns out to be cut, or a computer that is switched off, leaves what was there before.

Why SQLite and not memory: 300,000 CVEs take 1.5 GB as objects and half a minute to read; from the file one product's
advisories come in milliseconds.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sekisho.adapters.feeds.reading import FeedReading, Record
from sekisho.adapters.feeds.recognise import SNAPSHOTS, Kind
from sekisho.domain.vulnerabilities.advisories import Advisory, Exploited, Likelihood, Source, SourceState
from sekisho.domain.vulnerabilities.lifecycles import Cycle, LifeCycle
from sekisho.domain.vulnerabilities.stored import advisory_of, plain_advisory

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE feed (path TEXT PRIMARY KEY, size INTEGER, changed INTEGER, kind TEXT, as_of TEXT, records INTEGER,
                   skipped INTEGER, total INTEGER, read_at TEXT);
CREATE TABLE advisory (cve TEXT, source TEXT, modified TEXT, is_named INTEGER, plain TEXT, PRIMARY KEY (cve, source))
    WITHOUT ROWID;
CREATE TABLE named (name TEXT, cve TEXT, source TEXT, PRIMARY KEY (name, cve, source)) WITHOUT ROWID;
CREATE INDEX named_of_advisory ON named (cve, source);
CREATE TABLE exploited (cve TEXT PRIMARY KEY, added TEXT, ransomware INTEGER, due TEXT, maker TEXT, product TEXT, title TEXT,
                        action TEXT) WITHOUT ROWID;
CREATE TABLE likelihood (cve TEXT PRIMARY KEY, probability REAL, percentile REAL) WITHOUT ROWID;
CREATE TABLE lifecycle (product TEXT PRIMARY KEY, plain TEXT) WITHOUT ROWID;
CREATE TABLE lifecycle_name (name TEXT, product TEXT, PRIMARY KEY (name, product)) WITHOUT ROWID;
CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class FeedState:
    """What was taken over from one file. `changed` is its time of change in nanoseconds."""

    path: str
    size: int
    changed: int
    kind: Kind
    as_of: datetime | None
    records: int
    skipped: int = 0
    total: int | None = None
    read_at: datetime | None = None


class FeedStore:
    """The store. Implements `domain.vulnerabilities.knowledge.Knowledge`; one thread at a time."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        """Open the store at `path`, making it when there is none or when it is of another version or broken.

        Raises:
            sqlite3.Error: it can neither be opened nor made.
        """
        self._path = path
        self._database = self._opened()
        self._exploited: dict[str, Exploited] | None = None
        self._revision = self._fact("revision") or "0"
        self._epss = self._epss_facts()

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except sqlite3.DatabaseError as error:
            is_locked = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            if self._path == ":memory:" or is_locked or not Path(self._path).is_file():
                raise
            # A broken store is no loss: it is built again from the feeds.
            Path(self._path).unlink()
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("PRAGMA temp_store = MEMORY")
            database.execute("PRAGMA cache_size = -64000")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version != SCHEMA_VERSION:
                _make_anew(database)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> "FeedStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def touch(self) -> None:
        """Write nothing, to find out whether writing is possible.

        Raises:
            sqlite3.Error: it is not.
        """
        with self._transaction():
            self._set_fact("touched", "")

    # What is there

    def feeds(self) -> tuple[FeedState, ...]:
        """Return the files taken over, by path."""
        rows = self._database.execute(
            "SELECT path, size, changed, kind, as_of, records, skipped, total, read_at FROM feed ORDER BY path"
        )
        return tuple(
            FeedState(path, size, changed, Kind(kind), _time(as_of), records, skipped, total, _time(read_at))
            for path, size, changed, kind, as_of, records, skipped, total, read_at in rows
        )

    def clear(self) -> None:
        """Forget everything: the feeds are read anew."""
        with self._transaction():
            for table in ("feed", "advisory", "named", "exploited", "likelihood", "lifecycle", "lifecycle_name"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608  # names of our own tables
            self._database.execute("DELETE FROM fact WHERE key != 'revision'")
            self._set_fact("revision", self._next_revision())
        self._after_change()

    def take_over(self, kind: Kind, state: FeedState, reading: FeedReading, records: Iterable[Record]) -> FeedState:
        """Take over all records of one feed, or none when reading them fails. Newer knowledge is never replaced by older.

        Raises:
            FeedRefused: what `records` raises.
        """
        with self._transaction():
            count = self._write(kind, reading, records)
            taken = FeedState(
                state.path,
                state.size,
                state.changed,
                kind,
                reading.as_of,
                count,
                reading.skipped,
                reading.total,
                state.read_at,
            )
            self._database.execute(
                "INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (taken.path, taken.size, taken.changed, kind.value, _text(taken.as_of), count, taken.skipped, taken.total,
                 _text(taken.read_at)),
            )  # fmt: skip
            self._set_fact("revision", self._next_revision())
        self._after_change()
        return taken

    def _write(self, kind: Kind, reading: FeedReading, records: Iterable[Record]) -> int:
        if kind in SNAPSHOTS:
            return self._replace_snapshot(kind, reading, records)
        count = 0
        for batch in _batches(records):
            self._add(batch)
            count += len(batch)
        return count

    def _replace_snapshot(self, kind: Kind, reading: FeedReading, records: Iterable[Record]) -> int:
        """Put the catalogue in the place of the one at hand, unless that one is newer."""
        table = {Kind.KEV: "exploited", Kind.EPSS: "likelihood"}[kind]
        self._database.execute("SAVEPOINT snapshot")
        self._database.execute(f"DELETE FROM {table}")  # noqa: S608  # one of our two
        if kind is Kind.KEV:
            self._database.execute("DELETE FROM named WHERE source = 'kev'")
            self._database.execute("DELETE FROM advisory WHERE source = 'kev'")
        count, model = 0, ""
        for batch in _batches(records):
            self._add(batch)
            count += sum(not isinstance(one, Advisory) for one in batch)
            model = model or next((one.model for one in batch if isinstance(one, Likelihood)), "")
        there = _time(self._fact(f"as_of {kind.value}"))
        if there and (reading.as_of is None or reading.as_of < there):
            self._database.execute("ROLLBACK TO snapshot")
        else:
            self._set_fact(f"as_of {kind.value}", _text(reading.as_of) or "")
            if kind is Kind.EPSS:
                self._set_fact("epss model", model)
        self._database.execute("RELEASE snapshot")
        return count

    def _add(self, records: Sequence[Record]) -> None:
        likelihoods = [(one.cve, one.probability, one.percentile) for one in records if isinstance(one, Likelihood)]
        self._database.executemany("INSERT OR REPLACE INTO likelihood VALUES (?, ?, ?)", likelihoods)
        entries = [one for one in records if isinstance(one, Exploited)]
        self._database.executemany(
            "INSERT OR REPLACE INTO exploited VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(one.cve, one.added_on.isoformat(), one.ransomware, one.due_on.isoformat() if one.due_on else None, one.maker,
              one.product, one.title, one.action) for one in entries],
        )  # fmt: skip
        self._add_advisories([one for one in records if isinstance(one, Advisory)])
        for one in records:
            if isinstance(one, LifeCycle):
                self._add_lifecycle(one)

    def _add_advisories(self, advisories: Sequence[Advisory]) -> None:
        """Write what is not older than what is there; of two copies of one time the later read wins."""
        written: dict[tuple[str, str], Advisory] = {}
        for one in advisories:
            modified = _text(one.modified_at) or ""
            row = (
                one.cve,
                one.source.value,
                modified,
                bool(one.configurations),
                json.dumps(plain_advisory(one), ensure_ascii=False),
            )
            done = self._database.execute(
                "INSERT INTO advisory VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET modified = excluded.modified,"
                " is_named = excluded.is_named, plain = excluded.plain WHERE excluded.modified >= advisory.modified",
                row,
            )
            if done.rowcount:
                written[one.cve, one.source.value] = one
        self._database.executemany("DELETE FROM named WHERE cve = ? AND source = ?", list(written))
        self._database.executemany(
            "INSERT OR IGNORE INTO named VALUES (?, ?, ?)",
            [
                (name.key, cve, source)
                for (cve, source), one in written.items()
                if not one.is_withdrawn
                for name in one.vulnerable_names()
            ],
        )

    def _add_lifecycle(self, one: LifeCycle) -> None:
        # The life of a model is told by one table, whoever fills it in; that of software by each source.
        is_model = all(not cycle.version for cycle in one.cycles)
        product = f"{'' if is_model else one.source}\n{one.product}"
        self._database.execute("DELETE FROM lifecycle_name WHERE product = ?", (product,))
        self._database.execute("INSERT OR REPLACE INTO lifecycle VALUES (?, ?)", (product, _plain_lifecycle(one)))
        self._database.executemany(
            "INSERT OR REPLACE INTO lifecycle_name VALUES (?, ?)", [(key, product) for key in one.keys]
        )

    # Knowledge

    @property
    def revision(self) -> str:
        """Return a word that changes with every feed taken over."""
        return self._revision

    def advisories_of(self, key: str) -> list[Advisory]:
        """Return the advisories that name the product `key`. Words of the exploited catalogue count only alone."""
        rows = self._database.execute(
            "SELECT advisory.plain FROM named JOIN advisory USING (cve, source) WHERE named.name = ? AND NOT"
            " (named.source = 'kev' AND EXISTS (SELECT 1 FROM advisory AS other WHERE other.cve = named.cve"
            " AND other.source NOT IN ('kev', 'jvn') AND other.is_named))",
            (key,),
        )
        return [advisory_of(json.loads(plain)) for (plain,) in rows]

    def exploited(self, cve: str) -> Exploited | None:
        """Return the entry of the exploited catalogue, None when there is none."""
        if self._exploited is None:
            rows = self._database.execute("SELECT * FROM exploited")
            self._exploited = {row[0]: _exploited(row) for row in rows}
        return self._exploited.get(cve)

    def likelihood(self, cve: str) -> Likelihood | None:
        """Return EPSS's estimate, None when there is none."""
        row = self._database.execute("SELECT probability, percentile FROM likelihood WHERE cve = ?", (cve,)).fetchone()
        return Likelihood(cve, row[0], row[1], *self._epss) if row else None

    def japanese(self, cve: str) -> Advisory | None:
        """Return JVN's words, None when there are none."""
        return self.advisory(cve, Source.JVN)

    def advisory(self, cve: str, source: Source) -> Advisory | None:
        """Return what `source` says about `cve`, None when nothing."""
        row = self._database.execute(
            "SELECT plain FROM advisory WHERE cve = ? AND source = ?", (cve, source.value)
        ).fetchone()
        return advisory_of(json.loads(row[0])) if row else None

    def advisories(self) -> Iterator[Advisory]:
        """Yield every advisory, by CVE: what another store takes over."""
        for (plain,) in self._database.execute("SELECT plain FROM advisory ORDER BY cve, source"):
            yield advisory_of(json.loads(plain))

    def exploited_entries(self) -> tuple[Exploited, ...]:
        """Return the whole catalogue of exploited vulnerabilities."""
        return tuple(_exploited(row) for row in self._database.execute("SELECT * FROM exploited ORDER BY cve"))

    def lifecycles_of(self, key: str) -> list[LifeCycle]:
        """Return the life cycles of the product `key`."""
        rows = self._database.execute(
            "SELECT plain FROM lifecycle_name JOIN lifecycle USING (product) WHERE name = ? ORDER BY product", (key,)
        )
        return [_lifecycle(plain) for (plain,) in rows]

    def states(self) -> tuple[SourceState, ...]:
        """Return, per kind of feed, its newest date and how many records it gave."""
        kinds: dict[Kind, list[FeedState]] = {}
        for feed in self.feeds():
            kinds.setdefault(feed.kind, []).append(feed)
        return tuple(
            SourceState(
                kind.value,
                max((feed.as_of for feed in feeds if feed.as_of), default=None),
                sum(feed.records for feed in feeds),
                max((feed.read_at for feed in feeds if feed.read_at), default=None),
            )
            for kind, feeds in kinds.items()
        )

    def count(self, table: str) -> int:
        """Return how many rows `table` (advisory, exploited, likelihood, lifecycle) has."""
        if table not in ("advisory", "exploited", "likelihood", "lifecycle"):
            raise ValueError(table)
        found: int = self._database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  # checked above
        return found

    def count_without_products(self) -> int:
        """Return how many CVEs no source has named a product for yet: they can match nothing, whoever has them."""
        found: int = self._database.execute(
            "SELECT count(*) FROM (SELECT cve FROM advisory WHERE cve NOT IN (SELECT cve FROM exploited)"
            " GROUP BY cve HAVING max(is_named) = 0)"
        ).fetchone()[0]
        return found

    # Inside

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _after_change(self) -> None:
        self._exploited = None
        self._revision = self._fact("revision") or "0"
        self._epss = self._epss_facts()

    def _epss_facts(self) -> tuple[str, date | None]:
        as_of = _time(self._fact("as_of epss"))
        return self._fact("epss model"), as_of.date() if as_of else None

    def _fact(self, key: str) -> str:
        row = self._database.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
        return row[0] if row else ""

    def _next_revision(self) -> str:
        # Never one that was there before, also after everything was forgotten.
        return str(int(self._fact("revision") or "0") + 1)

    def _set_fact(self, key: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (key, value))


def _make_anew(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        database.execute(f'DROP TABLE "{table}"')
    for statement in _SCHEMA.split(";"):
        if statement.strip():
            database.execute(statement)
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    database.execute("COMMIT")


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _text(at: datetime | None) -> str | None:
    """Return an instant as text that sorts by time: in UTC, with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _exploited(row: Sequence[Any]) -> Exploited:
    cve, added, ransomware, due, maker, product, title, action = row
    return Exploited(cve, date.fromisoformat(added), bool(ransomware), _day(due), maker, product, title, action)


_CYCLE_TEXTS = ("name", "version", "label", "latest", "edition")
_CYCLE_DAYS = ("released_on", "active_until", "supported_until", "extended_until")


def _plain_lifecycle(one: LifeCycle) -> str:
    cycles = [
        {key: value for key in _CYCLE_TEXTS if (value := getattr(cycle, key))}
        | {key: value.isoformat() for key in _CYCLE_DAYS if (value := getattr(cycle, key))}
        | ({} if cycle.has_ended is None else {"has_ended": cycle.has_ended})
        for cycle in one.cycles
    ]
    as_of = one.as_of.isoformat() if one.as_of else None
    return json.dumps(
        {"product": one.product, "keys": one.keys, "source": one.source, "as_of": as_of, "cycles": cycles}
    )


def _lifecycle(text: str) -> LifeCycle:
    plain = json.loads(text)
    cycles = tuple(_cycle(each) for each in plain["cycles"])
    return LifeCycle(plain["product"], tuple(plain["keys"]), cycles, plain["source"], _day(plain["as_of"]))


def _cycle(plain: dict[str, Any]) -> Cycle:
    given: dict[str, Any] = {"name": "", "version": ""} | plain
    return Cycle(**given | {key: _day(plain[key]) for key in _CYCLE_DAYS if key in plain})
