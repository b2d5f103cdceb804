"""What can be wrong between the records of one sheet: the same number, id, name or address twice.

The later row is told, with the place of the earlier one.
"""

from collections.abc import Callable, Iterable, Iterator

from sekisho.domain.text import Text
from sekisho.domain.workbook import messages
from sekisho.domain.workbook.messages import Saying
from sekisho.domain.workbook.rows import ReadRow, ReadSheet
from sekisho.domain.workbook.schema import Problem, Sheet

Occurrence = tuple[ReadRow, str]
"""A row and the column in which the value stands; "" for its number or row id."""


def check_duplicates(sheet: Sheet, found: ReadSheet) -> Iterator[Problem]:
    """Yield what stands twice in `found` and should not."""
    if sheet.layout != "table":
        return
    rows = list(found.filled_rows())
    yield from _repeated(found, _numbers(rows), lambda *_: messages.DUPLICATE_NUMBER, sheet.row_label)
    yield from _repeated(found, _row_ids(rows), lambda *_: messages.COPIED_ROW)
    if sheet.key == "lines":
        yield from _repeated(found, _answers(rows, "circuit_id"), _circuit_saying)
        yield from _repeated(found, _answers(rows, "circuit_number"), lambda *_: messages.DUPLICATE_CIRCUIT_NUMBER)
        addresses = _answers(rows, "global_address", "scan_day_address")
        yield from _repeated(found, addresses, _address_saying)
    if sheet.key == "terminals":
        yield from _repeated(found, _answers(rows, "host_name"), lambda *_: messages.DUPLICATE_HOST)
        yield from _repeated(found, _answers(rows, "address"), lambda *_: messages.DUPLICATE_TERMINAL_ADDRESS)


def comparable(key: str, value: object) -> str:
    """Return the answer to `key` in the form in which two of them are compared, "" for no text.

    Circuits are written with and without hyphens; a hyphen in a host name is part of it. Two devices with one address
    collide whatever their prefix lengths.
    """
    if not isinstance(value, str):
        return ""
    text = value.casefold().strip()
    if key in ("circuit_id", "circuit_number"):
        return text.replace(" ", "").replace("-", "")
    return text.split("/")[0] if key.endswith("address") else text


def _circuit_saying(earlier: Occurrence, later: Occurrence) -> Saying:
    """One circuit may carry two kinds of communication, e.g. internet and a closed network（domain.md 6.7）."""
    kinds = {earlier[0].values.get("communication"), later[0].values.get("communication")}
    shared = len(kinds) == 2 and None not in kinds
    return messages.SHARED_CIRCUIT if shared else messages.DUPLICATE_CIRCUIT


def _address_saying(earlier: Occurrence, later: Occurrence) -> Saying | None:
    """The address of a line and its address on the scan day are one."""
    return None if earlier[0] is later[0] else messages.SHARED_ADDRESS


def _numbers(rows: Iterable[ReadRow]) -> Iterator[tuple[str, Occurrence]]:
    return ((str(row.number), (row, "")) for row in rows if row.number is not None)


def _row_ids(rows: Iterable[ReadRow]) -> Iterator[tuple[str, Occurrence]]:
    return ((row.row_id, (row, "")) for row in rows if row.row_id)


def _answers(rows: Iterable[ReadRow], *keys: str) -> Iterator[tuple[str, Occurrence]]:
    for row in rows:
        for key in keys:
            if text := comparable(key, row.values.get(key)):
                yield text, (row, key)


def _repeated(
    found: ReadSheet,
    values: Iterable[tuple[str, Occurrence]],
    saying_for: Callable[[Occurrence, Occurrence], Saying | None],
    label: Text | None = None,
) -> Iterator[Problem]:
    """Yield a problem for each value that an earlier row has too."""
    first: dict[str, Occurrence] = {}
    for text, occurrence in values:
        earlier = first.setdefault(text, occurrence)
        if earlier is occurrence or (saying := saying_for(earlier, occurrence)) is None:
            continue
        yield _problem(found, saying, occurrence, earlier, label)


def _problem(
    found: ReadSheet, saying: Saying, occurrence: Occurrence, earlier: Occurrence, label: Text | None
) -> Problem:
    row, key = occurrence
    value = row.raw.get(key) or str(row.values.get(key, ""))
    shown: object = label.filled(number=row.number) if label else value
    return Problem(
        sheet=found.title,
        cell=_cell(occurrence),
        rule=saying.rule,
        severity=saying.severity,
        message=saying.message.filled(value=shown, other=_cell(earlier) or f"{earlier[0].number}"),
        value=value if key else "",
        column=key,
        row=row.number,
    )


def _cell(occurrence: Occurrence) -> str:
    row, key = occurrence
    return (row.cells.get(key, "") if key else "") or row.label_cell
