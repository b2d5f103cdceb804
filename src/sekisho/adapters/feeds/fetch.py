"""Fetching from NVD and MyJVN page by page: requests, rate limits, resuming. Nothing is fetched but by `sekisho feeds fetch`.

Pages become files of the folder, complete or not there; a run that is cut short goes on behind the last page it has.
Addresses are given by the caller: none is built in.

Source: NVD API 2.0 (2,000 entries a page; both ends of the time of change, at most 120 days apart; 5 requests in 30
seconds, 50 with a key) and MyJVN (50 entries a page; its three ranges of days default to the past week).
"""

import gzip
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sekisho.adapters.feeds.reading import FeedReading
from sekisho.adapters.feeds.recognise import READERS, Kind, kind_of_head
from sekisho.adapters.feeds.refusals import FeedRefused
from sekisho.adapters.feeds.streams import opened_feed
from sekisho.domain.text import Text

NVD_PAGE, NVD_DAYS = 2_000, timedelta(days=120)
NVD_PAUSE_S, NVD_PAUSE_WITH_KEY_S = 6.0, 0.6
JVN_PAGE, JVN_PAUSE_S = 50, 2.0
TRIES = 5
TIMEOUT_S = 60
MAX_PAGE_BYTES = 100_000_000
_HEAD_BYTES = 200_000
_AGAIN = frozenset({403, 408, 429, 500, 502, 503, 504})


class CannotFetch(Exception):
    """A page could not be fetched. Pages that were stay; `text` says why and how to go on."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


class Get(Protocol):
    """Fetches one address. Raises `CannotFetch` for good, `TryAgain` when a pause may help."""

    def __call__(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Return the body."""
        ...


class TryAgain(Exception):
    """The service asks for a pause of `after_s` seconds, None when it does not say how long."""

    def __init__(self, after_s: float | None = None) -> None:
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the time of change. None, None is everything there is."""

    start: datetime | None = None
    end: datetime | None = None

    @property
    def name(self) -> str:
        """Return a name for files: the same span has the same name in every run."""
        if self.start is None or self.end is None:
            return "all"
        return f"{self.start.astimezone(UTC):%Y%m%dT%H%M%S}-{self.end.astimezone(UTC):%Y%m%dT%H%M%S}"


def windows_since(since: datetime | None, until: datetime) -> Iterator[Window]:
    """Yield spans of at most 120 days from `since` to `until`; one of everything when `since` is None."""
    if since is None:
        yield Window()
        return
    start = since
    while start < until:
        end = min(start + NVD_DAYS, until)
        yield Window(start, end)
        start = end


def nvd_query(window: Window, start_index: int) -> str:
    """Return the query of one page."""
    fields = {"resultsPerPage": str(NVD_PAGE), "startIndex": str(start_index)}
    if window.start and window.end:
        fields |= {"lastModStartDate": _nvd_time(window.start), "lastModEndDate": _nvd_time(window.end)}
    return urlencode(fields)


def _nvd_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def jvn_query(start_item: int, since: datetime | None = None) -> str:
    """Return the query of one page of MyJVN's overview list, counted from 1."""
    fields = {
        "method": "getVulnOverviewList",
        "feed": "hnd",
        "startItem": str(start_item),
        "maxCountItem": str(JVN_PAGE),
    }
    # Each of the three ranges means the past week unless told otherwise.
    fields |= {"rangeDatePublic": "n", "rangeDatePublished": "n", "rangeDateFirstPublished": "n", "lang": "ja"}
    if since:
        day = since.astimezone(UTC)
        fields |= {
            "datePublishedStartY": str(day.year),
            "datePublishedStartM": str(day.month),
            "datePublishedStartD": str(day.day),
        }
    return urlencode(fields)


class Fetcher:
    """Fetches the pages of a source into a folder, one after another."""

    def __init__(
        self,
        folder: Path,
        *,
        get: Get,
        wait: Callable[[float], None] = time.sleep,
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self._folder, self._get, self._wait, self._report = folder, get, wait, report
        self._is_first = True

    def nvd(self, address: str, *, now: datetime, key: str = "") -> int:
        """Fetch what NVD changed since the last complete run, everything at the first; return the number of new pages.

        Raises:
            CannotFetch: a page could not be had; the next run goes on there.
        """
        state = self._state("nvd")
        windows = state.get("open") or [
            [_iso(window.start), _iso(window.end)] for window in windows_since(_when(state.get("until")), now)
        ]
        until = state.get("open_until") or now.isoformat()
        self._keep("nvd", state | {"open": windows, "open_until": until})
        pages = 0
        for start, end in windows:
            window = Window(_when(start), _when(end))
            pages += self._pages(
                lambda at, window=window: f"{address}?{nvd_query(window, at)}",  # type: ignore[misc]
                f"nvd/{window.name}-{{at:07}}.json.gz",
                Kind.NVD,
                step=NVD_PAGE,
                first=0,
                pause_s=NVD_PAUSE_WITH_KEY_S if key else NVD_PAUSE_S,
                headers={"apiKey": key} if key else {},
            )
        self._keep("nvd", {"until": until})
        return pages

    def jvn(self, address: str, *, now: datetime) -> int:
        """Fetch what JVN iPedia published since the last complete run, everything at the first; return the new pages.

        Raises:
            CannotFetch: a page could not be had; the next run goes on there.
        """
        state = self._state("jvn")
        since = _when(state.get("until"))
        until = state.get("open_until") or now.isoformat()
        self._keep("jvn", state | {"open_until": until})
        name = f"{since.astimezone(UTC):%Y%m%d}" if since else "all"
        pages = self._pages(
            lambda at: f"{address}?{jvn_query(at, since)}",
            f"jvn/{name}-{{at:07}}.rdf.gz",
            Kind.JVN,
            step=JVN_PAGE,
            first=1,
            pause_s=JVN_PAUSE_S,
            headers={},
        )
        self._keep("jvn", {"until": until})
        return pages

    def one(self, address: str, name: str, kind: Kind) -> None:
        """Fetch a single file (KEV, EPSS) into `name`, replacing the one there.

        Raises:
            CannotFetch: it could not be had, or is no such file.
        """
        self._store(self._page(address, kind, {}, 0.0), name)

    def _pages(
        self,
        url_of: Callable[[int], str],
        name: str,
        kind: Kind,
        *,
        step: int,
        first: int,
        pause_s: float,
        headers: Mapping[str, str],
    ) -> int:
        at, pages, total = first, 0, None
        while total is None or at < first + total:
            path = self._folder / name.format(at=at)
            if not path.is_file():
                self._store(self._page(url_of(at), kind, headers, pause_s), name.format(at=at))
                pages += 1
            total = self._total(path, kind)
            at += step
            self._report(min(at - first, total), total)
        return pages

    def _page(self, url: str, kind: Kind, headers: Mapping[str, str], pause_s: float) -> bytes:
        """Return a page that has been read to its end; anything else counts as not fetched."""
        for attempt in range(TRIES):
            if not self._is_first:
                self._wait(pause_s)
            self._is_first = False
            try:
                body = self._get(url, headers)
                if kind_of_head(_head(body)) is kind:
                    return body
            except TryAgain as again:
                # Twice as long each time, and at least as long as the service asks.
                self._wait(max(again.after_s or 0.0, min(pause_s * 2**attempt, 120.0)))
                continue
            raise CannotFetch(_OTHER_ANSWER)
        raise CannotFetch(_TOO_BUSY)

    def _store(self, body: bytes, name: str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.part")
        is_packed = body[:2] == b"\x1f\x8b"
        draft.write_bytes(body if is_packed or not name.endswith(".gz") else gzip.compress(body, 6, mtime=0))
        os.replace(draft, path)

    def _total(self, path: Path, kind: Kind) -> int:
        """Return how many entries the source has in all, as the page itself says; a broken page is fetched again."""
        reading = FeedReading(name=path.name)
        try:
            with opened_feed(path) as stream:
                for _ in READERS[kind](stream, reading):
                    pass
        except FeedRefused as error:
            path.unlink()
            raise CannotFetch(error.text) from None
        return reading.total or 0

    def _state(self, source: str) -> dict[str, Any]:
        try:
            state = json.loads((self._folder / f".sekisho-fetch-{source}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _keep(self, source: str, state: Mapping[str, object]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f".sekisho-fetch-{source}.json"
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(state), encoding="ascii")
        os.replace(draft, path)


def _head(body: bytes) -> bytes:
    """Return the first bytes, unpacked; what cannot be unpacked is of no kind."""
    if body[:2] != b"\x1f\x8b":
        return body[:_HEAD_BYTES]
    try:
        return zlib.decompressobj(31).decompress(body, _HEAD_BYTES)
    except zlib.error:
        return b""


def _when(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def check_address(address: str) -> str:
    """Return `address` without a query.

    Raises:
        CannotFetch: it is not https; unencrypted is allowed on this computer only.
    """
    parts = urlsplit(address)
    is_here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme not in ("https", "http") or not parts.hostname or (parts.scheme == "http" and not is_here):
        raise CannotFetch(_NO_ADDRESS)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


class _NoRedirects(HTTPRedirectHandler):
    """Follows nothing: a key sent along would go to whoever is named."""

    def redirect_request(self, req: Request, fp: object, code: int, msg: str, headers: Message, newurl: str) -> None:
        return None


def get_over_http(url: str, headers: Mapping[str, str]) -> bytes:
    """Fetch `url`. Raises as `Get` says."""
    opener = build_opener(_NoRedirects())
    request = Request(url, headers={"User-Agent": "sekisho-feeds", "Accept-Encoding": "gzip", **headers})  # noqa: S310  # checked by check_address
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            body: bytes = answer.read(MAX_PAGE_BYTES + 1)
            wanted = answer.headers.get("Content-Length", "")
            if answer.headers.get("Content-Encoding") == "gzip":
                return body
    except HTTPError as error:
        if error.code in _AGAIN:
            raise TryAgain(_seconds(error.headers.get("Retry-After"))) from None
        raise CannotFetch(_REFUSED.filled(code=error.code)) from None
    except (URLError, HTTPException, TimeoutError, OSError) as error:
        if isinstance(getattr(error, "reason", error), ConnectionRefusedError):
            # Nobody listens there: an address written wrongly, which waiting does not mend.
            raise CannotFetch(_TOO_BUSY) from None
        raise TryAgain from None
    if len(body) > MAX_PAGE_BYTES or (wanted.isdecimal() and len(body) < int(wanted)):
        raise TryAgain
    return body


def _seconds(text: str | None) -> float | None:
    return min(float(text), 600.0) if text and text.isascii() and text.isdecimal() else None


_OTHER_ANSWER = Text(
    "取得先の答えが、求めた形式ではありませんでした。--from のアドレスを確かめてください。ここまでに取得した分は残っています。",
    "The answer is not of the kind asked for. Check the address given by --from. What was fetched is kept.",
)
_TOO_BUSY = Text(
    "取得先につながらないか、混み合っています。時間をおいて同じコマンドを動かすと、続きから取得します。",
    "The source cannot be reached or is busy. Run the same command later: it goes on where it stopped.",
)
_REFUSED = Text(
    "取得先に断られました（HTTP {code}）。--from のアドレスと鍵を確かめてください。",
    "The source refused (HTTP {code}). Check the address given by --from, and the key.",
)
_NO_ADDRESS = Text(
    "--from には、https で始まる取得先のアドレスを指定してください。",
    "Give the source's address, beginning with https, by --from.",
)
