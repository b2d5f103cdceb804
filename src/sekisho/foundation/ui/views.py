"""Save and drop views of lists."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sekisho.foundation.ui import saved_views
from sekisho.foundation.ui.models import SavedView


class SaveViewForm(forms.ModelForm[SavedView]):
    """What the list page sends."""

    class Meta:
        model = SavedView
        fields = ["list_name", "name", "query"]

    def clean_query(self) -> str:
        """Write the query anew: what is kept is name and value pairs, never an address."""
        return urlencode(parse_qsl(self.cleaned_data["query"].removeprefix("?"), max_num_fields=300))


def _back(request: HttpRequest, query: str = "") -> HttpResponse:
    """Return to the list that sent the form; to the start page when it does not say where."""
    path = request.POST.get("next", "").partition("?")[0]
    if not path.startswith("/") or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        path = "/"
    return redirect(path + (f"?{query}" if query else ""))


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the list's present state under a name."""
    form = SaveViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("表示を保存できませんでした。60文字までの名前を付けてください。"))
        return _back(request)
    try:
        view = saved_views.save_view(**form.cleaned_data, by=request.user)
    except saved_views.TooManyViews:
        messages.error(
            request,
            _("保存できる表示は、一つの一覧につき %(count)s 件までです。使わないものを削除してください。")
            % {"count": saved_views.MAX_PER_LIST},
        )
        return _back(request)
    messages.success(request, _("表示「%(name)s」を保存しました。") % {"name": view.name})
    return _back(request, view.query)


@login_required
@require_POST
def drop(request: HttpRequest, view_id: int) -> HttpResponse:
    """Delete a view of one's own. Somebody else's does not exist: nothing happens."""
    view = saved_views.drop_view(view_id=view_id, by=request.user)
    if view is not None:
        messages.success(request, _("表示「%(name)s」を削除しました。") % {"name": view.name})
    return _back(request)


# What `tenancy.guard.signed_in` notes on a view; this app stands below that one and cannot import it.
for _view in (save, drop):
    marked: Any = _view
    marked.permission = "signed-in"
