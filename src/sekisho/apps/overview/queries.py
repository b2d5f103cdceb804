"""The overview drawing of a hospital, made from its register as it is now."""

from datetime import datetime

from sekisho.apps.judgement.case_files import case_to_draw
from sekisho.apps.register.queries import lines_in_use
from sekisho.assessment.assess import draw_overview
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.drawing.parts import Drawing
from sekisho.foundation.tenancy.models import Hospital


def drawing_of(hospital: Hospital, *, at: datetime) -> Drawing:
    """Return the drawing with all its sheets."""
    return draw_overview(case_to_draw(hospital, at=at), load_edition())


def line_ids() -> dict[int, str]:
    """Return the record ids of the lines in use by their numbers."""
    return {number: str(pk) for number, pk in lines_in_use().values_list("number", "pk")}
