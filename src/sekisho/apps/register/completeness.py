"""The two numbers of progress for the register's pages."""

from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.register.completeness import completeness_of
from sekisho.domain.register.records import Register
from sekisho.foundation.ui.components import Coverage


def coverage_of(register: Register) -> Coverage:
    """Return how far the register is answered and satisfied."""
    found = completeness_of(register, load_edition())
    return Coverage(answered=found.answered, satisfied=found.satisfied, total=found.asked)
