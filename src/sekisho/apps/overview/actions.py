"""Draw the overview, and note who took a copy."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import pgettext

from sekisho.adapters.drawings.drawio import draw_drawio
from sekisho.adapters.drawings.svg import Link, draw_svg
from sekisho.domain.drawing.parts import Drawing
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.tenancy.models import Hospital


def on_screen(drawing: Drawing, *, language: str, link: Link, page: int) -> str:
    """Return one sheet as SVG whose boxes lead to their records.

    Raises:
        ValueError: there is no such sheet.
    """
    return draw_svg(drawing, language, link=link, page=page)


@transaction.atomic
def take_copy(drawing: Drawing, *, hospital: Hospital, kind: str, language: str, by: User) -> tuple[str, bytes]:
    """Return the file name and content of the drawing as "svg" or "drawio"."""
    content = draw_svg(drawing, language) if kind == "svg" else draw_drawio(drawing, language)
    name = f"{hospital.code}_{pgettext('file name', '俯瞰図')}_{timezone.localdate():%Y%m%d}.{kind}"
    record("overview.drawing.downloaded", hospital, by=by, hospital=hospital, changes={"file": [None, name]})
    return name, content.encode()
