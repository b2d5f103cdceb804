"""The two numbers of progress for the register's pages."""

from sekisho.apps.register.queries import register_of
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.register.completeness import completeness_of
from sekisho.foundation.audit.remembered import remembered
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.components import Coverage


def coverage_of(hospital: Hospital) -> Coverage:
    """Return how far the hospital's register is answered and satisfied."""
    return remembered("coverage", hospital, lambda: _coverage(hospital))


def _coverage(hospital: Hospital) -> Coverage:
    found = completeness_of(register_of(hospital), load_edition())
    return Coverage(answered=found.answered, satisfied=found.satisfied, total=found.asked)
