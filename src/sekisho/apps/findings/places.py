"""Which lines of the register stand behind an address, on the day on which it was looked at."""

from dataclasses import dataclass
from datetime import date

from sekisho.apps.diagnosis import ledger
from sekisho.apps.diagnosis.models import AddressConfirmation
from sekisho.apps.register import queries as register
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.diagnosis.knowledge import LineContext
from sekisho.domain.facts import known
from sekisho.domain.reporting.attention import canonical
from sekisho.domain.text import Text
from sekisho.foundation.tenancy.models import Hospital

LINE = "line:"


@dataclass(frozen=True, slots=True)
class Place:
    """A connection: what stays the same over time (`key`), and the lines behind it now."""

    key: str
    lines: tuple[register.Line, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the short names of the lines, as results carry them."""
        return tuple(ledger.line_name(line) for line in self.lines)

    @property
    def contexts(self) -> tuple[LineContext, ...]:
        """Return what is said of each line beside a finding."""
        return tuple(context_of(line) for line in self.lines)


def context_of(line: register.Line) -> LineContext:
    """Return what is said of a line beside a finding."""
    purpose = known(line.answer("purpose"))
    option = load_edition().sheet("lines").column("purpose").option(purpose)
    return LineContext(
        reference=ledger.line_name(line),
        communication=known(line.answer("communication")) or "",
        purpose=option.label if option else Text(purpose, purpose) if purpose else None,
    )


class Places:
    """The lines of a hospital by address; asked many times, read once."""

    def __init__(self, hospital: Hospital) -> None:
        lines = list(register.lines_in_use().filter(hospital=hospital))
        self._by_id = {str(line.pk): line for line in lines}
        self._fixed: dict[str, list[register.Line]] = {}
        for line in lines:
            address = ledger.address_of(line)
            if address is not None:
                self._fixed.setdefault(str(address), []).append(line)

    def at(self, address: str, on: date | None) -> Place:
        """Return the place of an address: its fixed lines, else the dynamic ones that had it on that day."""
        wanted = canonical(address)
        return self._place(wanted, self._fixed.get(wanted) or self._confirmed(wanted, on))

    def of(self, address: str, records: list[str]) -> Place:
        """Return the place of an address whose lines are known by their records, as a run knows them."""
        lines = [self._by_id[record] for record in records if record in self._by_id]
        return self._place(canonical(address), lines)

    def _confirmed(self, address: str, on: date | None) -> list[register.Line]:
        if on is None:
            return []
        told = AddressConfirmation.objects.filter(day=on, address=address).values_list("line_id", flat=True)
        return [self._by_id[str(pk)] for pk in dict.fromkeys(told) if str(pk) in self._by_id]

    def _place(self, address: str, lines: list[register.Line]) -> Place:
        lines = sorted(lines, key=lambda line: line.number)
        # The address of a dynamic line is another one tomorrow; its findings are not.
        is_dynamic = len(lines) == 1 and known(lines[0].answer("address_assignment")) == "dynamic"
        return Place(f"{LINE}{lines[0].pk}" if is_dynamic else address, tuple(lines))
