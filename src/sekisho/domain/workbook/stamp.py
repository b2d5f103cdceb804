"""What a workbook that we made carries on its hidden sheet: which edition, whose, when, and a checksum over its row ids.

The checksum tells whether rows were removed, copied or added since. It proves nothing about who did so: a row id is
taken only when the register of the hospital that sends the file knows it.
"""

from collections.abc import Iterable, Sequence

from sekisho.domain.values import dataclass

SHEET_TITLE = "_sekisho"
"""The hidden sheet: names in its first column, values in its second."""
LISTS_TITLE = "_lists"
"""The hidden sheet of the pull-downs' lists, one list per column, its name on top."""
ROW_ID_HEADING = "行ID"
"""The heading over the hidden column of row ids."""
_EDITION, _HOSPITAL, _MADE, _CHECKSUM = "edition", "hospital_code", "generated_at", "row_ids_sha256"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The hidden sheet's content. `generated_at` is ISO 8601 text, "" for a blank form."""

    edition: str
    hospital_code: str = ""
    generated_at: str = ""
    checksum: str = ""

    def cells(self) -> tuple[tuple[str, str], ...]:
        """Return the sheet's rows."""
        return (
            (_EDITION, self.edition),
            (_HOSPITAL, self.hospital_code),
            (_MADE, self.generated_at),
            (_CHECKSUM, self.checksum),
        )


def checksum_of(row_ids: Iterable[str]) -> str:
    """Return the checksum over `row_ids` in the order of the rows, lines first."""
    # Only writing needs it, and loading OpenSSL is not free for a command that reads one file.
    from hashlib import sha256

    return sha256("\n".join(row_ids).encode()).hexdigest()


def stamp_from(rows: Sequence[Sequence[object]]) -> Stamp | None:
    """Return the stamp that stands in `rows` of the hidden sheet, None when it is not one of ours."""
    found = {str(row[0]): str(row[1] or "") for row in rows if len(row) > 1 and isinstance(row[0], str)}
    if not found.get(_EDITION):
        return None
    return Stamp(found[_EDITION], found.get(_HOSPITAL, ""), found.get(_MADE, ""), found.get(_CHECKSUM, ""))
