"""How complete a hospital's register is, for its pages: the two numbers, and what the rules find in each record."""

from sekisho.apps.register.models import AnswerRecord, Line, Terminal
from sekisho.apps.register.queries import register_of
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.register.completeness import Completeness, completeness_of
from sekisho.domain.workbook.schema import Problem
from sekisho.foundation.audit.remembered import remembered
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.components import Coverage


def coverage_of(hospital: Hospital) -> Coverage:
    """Return how far the hospital's register is answered and satisfied."""
    found = _completeness(hospital)
    return Coverage(answered=found.answered, satisfied=found.satisfied, total=found.asked)


def problems_of(record: AnswerRecord) -> tuple[Problem, ...]:
    """Return what the workbook's rules find in one line or PC in use; nothing for other kinds of records."""
    sheet = "lines" if isinstance(record, Line) else "terminals"
    if not isinstance(record, Line | Terminal) or record.is_retired:
        return ()
    return _completeness(record.hospital).of_record(load_edition().sheet(sheet).title.ja, record.number)


def _completeness(hospital: Hospital) -> Completeness:
    return remembered("completeness", hospital, lambda: completeness_of(register_of(hospital), load_edition()))
