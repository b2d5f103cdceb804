"""What other apps do once a run has brought something: they register here, for this app does not know them."""

import logging
from collections.abc import Callable

from sekisho.apps.diagnosis.models import DiagnosisRun
from sekisho.domain.diagnosis.runs import RunResult

logger = logging.getLogger(__name__)

Ending = Callable[[DiagnosisRun, RunResult], None]
_endings: list[Ending] = []


def after_scanning(ending: Ending) -> Ending:
    """Call the decorated function in the worker whenever a run has scanned something and kept it.

    It runs in the scope of the run's hospital, and may be called again for the same addresses: a run that goes on the
    next night, or whose worker died after keeping, brings them once more. A fault in it harms neither run nor others.
    """
    _endings.append(ending)
    return ending


def tell(run: DiagnosisRun, result: RunResult) -> None:
    """Tell everybody who registered."""
    for ending in _endings:
        try:
            ending(run, result)
        except Exception:
            logger.exception("After run %s: %s failed", run.pk, getattr(ending, "__qualname__", ending))
