"""Keep, list and drop the views that a person saved of a list."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from sekisho.foundation.ui.models import SavedView

MAX_PER_LIST = 30


class TooManyViews(Exception):
    """A person has as many views of one list as they may keep."""


def saved_views_of(user: Any, list_name: str) -> QuerySet[SavedView]:
    """Return the views that `user` saved of one list; none for a visitor."""
    if not getattr(user, "is_authenticated", False):
        return SavedView.objects.none()
    return SavedView.objects.filter(user=user, list_name=list_name)


@transaction.atomic
def save_view(*, list_name: str, name: str, query: str, by: Any) -> SavedView:
    """Keep `query` under `name`; a view of that name is replaced.

    Raises:
        TooManyViews: the person would have more than `MAX_PER_LIST` of this list.
    """
    others = saved_views_of(by, list_name).exclude(name=name).count()
    if others >= MAX_PER_LIST:
        raise TooManyViews(list_name)
    view, _created = SavedView.objects.update_or_create(
        user=by, list_name=list_name, name=name, defaults={"query": query}
    )
    return view


def drop_view(*, view_id: int, by: Any) -> SavedView | None:
    """Delete the view if it is the person's own; return what it was, for undo, or None."""
    view = SavedView.objects.filter(pk=view_id, user=by).first()
    if view is not None:
        SavedView.objects.filter(pk=view.pk).delete()
    return view
