"""What a reader could not understand, and what it wants to tell, gathered while it reads."""

from sekisho.domain.network.configuration import Bearing, ConfigNotice, UnparsedLine
from sekisho.domain.text import Text

MOST_TEXT = 200
_WORST_FIRST = tuple(Bearing)


class Notes:
    """Unparsed lines, each text of a line once (with the worst bearing), and notices."""

    def __init__(self) -> None:
        self._unparsed: dict[tuple[int, str], UnparsedLine] = {}
        self._notices: list[ConfigNotice] = []

    def unparsed(self, line: int, text: str, why: Text, bearing: Bearing) -> None:
        """Note that `line` was not understood. `text` must be free of secrets."""
        key = (line, text[:MOST_TEXT])
        known = self._unparsed.get(key)
        if known is None or _WORST_FIRST.index(bearing) < _WORST_FIRST.index(known.bearing):
            self._unparsed[key] = UnparsedLine(*key, why, bearing)

    def notice(self, line: int, rule: str, message: Text) -> None:
        """Tell something that is no fault of reading, once for each line and rule."""
        notice = ConfigNotice(line, rule, message)
        if notice not in self._notices:
            self._notices.append(notice)

    @property
    def unparsed_lines(self) -> tuple[UnparsedLine, ...]:
        """Return the lines that were not understood, by line number."""
        return tuple(self._unparsed[key] for key in sorted(self._unparsed))

    @property
    def notices(self) -> tuple[ConfigNotice, ...]:
        """Return the notices by line number."""
        return tuple(sorted(self._notices, key=lambda notice: notice.line))
