"""Opens feeds, packed or not, and reads JSON of any size element by element."""

import gzip
import json
import re
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

from sekisho.adapters.feeds.refusals import CUT, HOSTILE, TOO_LARGE, UNREADABLE, FeedRefused, malformed

MAX_BYTES = 4_000_000_000
"""Unpacked size of one file. All of NVD is about 2 GB."""
MAX_ELEMENT = 32_000_000
"""Characters of one element of an array; the largest of NVD have a few million."""
_CHUNK = 1 << 20
_NUMBER_GOES_ON = re.compile(r"[0-9.eE+-]*", re.ASCII)
_BLANK = re.compile(r"[ \t\n\r]*")


class _Counted(RawIOBase):
    """A stream that ends with a refusal when it gives more than `limit` bytes or is cut."""

    def __init__(self, source: BinaryIO, limit: int) -> None:
        self._source, self._left, self._limit = source, limit, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            read = self._source.read(len(buffer))
        except EOFError:
            raise FeedRefused(CUT) from None
        except (gzip.BadGzipFile, zlib.error):
            raise malformed("gzip") from None
        self._left -= len(read)
        if self._left < 0:
            raise FeedRefused(TOO_LARGE.filled(limit=self._limit // 1_000_000))
        buffer[: len(read)] = read
        return len(read)


@contextmanager
def opened_feed(path: Path, *, limit: int = MAX_BYTES) -> Iterator[BinaryIO]:
    """Open `path`, unpacking gzip by its first bytes, whatever its name.

    Raises:
        FeedRefused: it cannot be opened; while reading: it is cut, or larger than `limit` bytes.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise FeedRefused(UNREADABLE.filled(why=error.strerror or "")) from None
    with file:
        is_packed = file.peek(2)[:2] == b"\x1f\x8b"
        source: BinaryIO = gzip.GzipFile(fileobj=file) if is_packed else file  # type: ignore[assignment]
        yield BufferedReader(_Counted(source, limit), _CHUNK)


class JsonStream:
    """Reads one JSON object: members one by one, and the arrays named in `arrays` element by element.

    Memory holds one element at a time. Every refusal is a `FeedRefused`.
    """

    def __init__(self, stream: BinaryIO, arrays: Collection[str]) -> None:
        self._stream, self._arrays = stream, frozenset(arrays)
        self._text, self._at, self._ended = "", 0, False
        self._decoder = json.JSONDecoder()
        self._tail = b""

    def members(self) -> Iterator[tuple[str, Any]]:
        """Yield (key, value) of the object; for a named array (key, element) of each of its elements."""
        self._begin("{")
        if self._peek() == "}":
            self._at += 1
            return self._finish()
        while True:
            key = self._value()
            if not isinstance(key, str):
                raise malformed("JSON")
            self._begin(":")
            if key in self._arrays and self._peek() == "[":
                for element in self._elements():
                    yield key, element
            else:
                yield key, self._value()
            if self._next_of("}"):
                return self._finish()

    def elements(self) -> Iterator[Any]:
        """Yield the elements of an array that is the whole document."""
        yield from self._elements()
        self._finish()

    def _elements(self) -> Iterator[Any]:
        self._begin("[")
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._next_of("]"):
                return

    def _finish(self) -> None:
        """Refuse anything behind the document."""
        while not self._text[self._at :].strip(" \t\n\r"):
            if self._ended:
                return
            self._more()
        raise malformed("JSON")

    def _next_of(self, end: str) -> bool:
        """Pass a comma or `end`; return True for the end."""
        found = self._peek()
        if found not in (",", end):
            raise malformed("JSON")
        self._at += 1
        return found == end

    def _begin(self, wanted: str) -> None:
        if self._peek() != wanted:
            raise malformed("JSON")
        self._at += 1

    def _peek(self) -> str:
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                raise FeedRefused(CUT)
            self._more()

    def _value(self) -> Any:
        self._peek()
        wanted = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise FeedRefused(HOSTILE.filled(where="JSON")) from None
            except ValueError:
                if self._ended:
                    raise FeedRefused(CUT) if self._is_open() else malformed("JSON") from None
            else:
                # What looks like a number at the end of what was read may go on: "-12." is read as -12.
                if self._ended or _NUMBER_GOES_ON.match(self._text, end).end() < len(self._text):  # type: ignore[union-attr]
                    self._at = end
                    return value
            if len(self._text) - self._at > MAX_ELEMENT:
                raise FeedRefused(HOSTILE.filled(where="JSON"))
            # Reading as much again as there is keeps the cost of trying anew within twice the size.
            self._more(wanted)
            wanted *= 2

    def _is_open(self) -> bool:
        """Return True when the value at hand goes to the very end: it was cut, not wrong."""
        try:
            self._decoder.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            return error.pos >= len(self._text.rstrip()) - 1 or error.msg.startswith("Unterminated")
        return False

    def _more(self, wanted: int = _CHUNK) -> None:
        raw = self._stream.read(wanted)
        self._ended = len(raw) < 1
        text, self._tail = _decoded(self._tail + raw, self._ended)
        if not self._text:
            text = text.removeprefix("\ufeff")
        self._text, self._at = self._text[self._at :] + text, 0


def _decoded(raw: bytes, is_last: bool) -> tuple[str, bytes]:
    """Return the text of `raw` and the bytes of a character that goes on after it."""
    try:
        return raw.decode(), b""
    except UnicodeDecodeError as error:
        if is_last or len(raw) - error.start > 3:
            raise malformed("UTF-8") from None
        return raw[: error.start].decode(), raw[error.start :]
