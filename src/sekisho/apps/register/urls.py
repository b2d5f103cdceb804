"""Addresses of the register: the same nine for each kind of record, and those of its special deeds."""

from django.urls import URLPattern, path

from sekisho.apps.register import autosave, views

app_name = "register"
KIND_PATHS = {
    "line": "",
    "device": "devices/",
    "terminal": "terminals/",
    "place": "places/",
    "vendor": "vendors/",
    "contract": "contracts/",
    "terminator": "terminators/",
}


def _of_kind(kind: str, start: str) -> list[URLPattern]:
    extra = {"kind_key": kind}
    one = f"{start}<uuid:record_id>/"
    return [
        path(start, views.record_list, extra, name=f"{kind}_list"),
        path(f"{start}add/", views.record_add, extra, name=f"{kind}_add"),
        path(f"{start}export.<slug:file_format>", views.record_export, extra, name=f"{kind}_export"),
        path(one, views.record_detail, extra, name=f"{kind}_detail"),
        path(f"{one}edit/", views.record_edit, extra, name=f"{kind}_edit"),
        path(f"{one}save/", autosave.record_save, extra, name=f"{kind}_save"),
        path(f"{one}retire/", views.record_retire, extra, name=f"{kind}_retire"),
        path(f"{one}restore/", views.record_restore, extra, name=f"{kind}_restore"),
        path(f"{one}attach/", views.attach, extra, name=f"{kind}_attach"),
    ]


urlpatterns: list[URLPattern] = [
    path("questions/", views.question_list, name="question_list"),
    path("questions/<uuid:question_id>/ask/", views.question_ask, name="question_ask"),
    path("attachments/<uuid:attachment_id>/remove/", views.attachment_remove, name="attachment_remove"),
    path("attachments/<uuid:attachment_id>/restore/", views.attachment_restore, name="attachment_restore"),
    path("retired/", views.retired_list, name="retired_list"),
    path("own/", views.own_lines, name="own_lines"),
    path("<uuid:record_id>/devices/add/", views.device_add, name="device_add_below"),
    path("<uuid:record_id>/share/", views.line_share, name="line_share"),
    *[pattern for kind, start in KIND_PATHS.items() for pattern in _of_kind(kind, start)],
]
