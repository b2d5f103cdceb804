"""Addresses of this app."""

from django.urls import path

from sekisho.apps.network.views import configurations, matrix, plans, sheets, state, what_if

app_name = "network"
urlpatterns = [
    path("", state.start, name="start"),
    path("why/", state.why, name="why"),
    path("entry/", state.entry, name="entry"),
    path("entry/changes/", state.entry_cut, name="entry_cut"),
    path("lines/<uuid:record_id>/", state.line_way, name="line_way"),
    path("devices/<uuid:record_id>/", state.device_rules, name="device_rules"),
    path("backups/", state.backups, name="backups"),
    path("configurations/", configurations.listed, name="configurations"),
    path("configurations/form.xlsx", configurations.form, name="configuration_form"),
    path("configurations/upload/", configurations.upload, name="configuration_upload"),
    path("configurations/tie/", configurations.tie, name="configuration_tie"),
    path("configurations/<uuid:configuration_id>/", configurations.detail, name="configuration"),
    path("configurations/<uuid:configuration_id>/set-aside/", configurations.set_aside, name="configuration_set_aside"),
    path("configurations/<uuid:configuration_id>/take-up/", configurations.take_up, name="configuration_take_up"),
    path("configurations/lines/<int:unread_id>/", configurations.tick, name="line_tick"),
    path("sheets/", sheets.page, name="sheets"),
    path("sheets/file/", sheets.take, name="sheet_file"),
    path("plan/", plans.versions, name="plan"),
    path("plan/upload/", plans.upload, name="plan_upload"),
    path("plan/<uuid:plan_id>/network.yaml", plans.download, name="plan_download"),
    path("plan/<uuid:plan_id>/restore/", plans.restore, name="plan_restore"),
    path("matrix/", matrix.page, name="matrix"),
    path("matrix/needs.xlsx", matrix.export, name="needs_export"),
    path("matrix/needs/upload/", matrix.upload, name="needs_upload"),
    path("matrix/needs/<uuid:table_id>/", matrix.check, name="needs"),
    path("matrix/needs/<uuid:table_id>/decide/", matrix.decide, name="needs_decide"),
    path("what-if/", what_if.page, name="what_if"),
    path("what-if/save/", what_if.save, name="what_if_save"),
    path("changes/", what_if.changes, name="changes"),
    path("changes/<uuid:change_id>/", what_if.change, name="change"),
    path("changes/<uuid:change_id>/commands/", what_if.commands, name="change_commands"),
    path("changes/<uuid:change_id>/move/", what_if.move, name="change_move"),
]
