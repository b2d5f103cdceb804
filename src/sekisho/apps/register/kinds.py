"""The kinds of records of the register: their table, their questions, their list. One page pattern serves them all."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as _p

from sekisho.apps.register import columns as own_columns
from sekisho.apps.register import models, queries
from sekisho.apps.register.display import AnswerText, line_label
from sekisho.apps.register.queries import TERMINATOR_KEYS, line_answers
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.facts import Answer
from sekisho.domain.workbook.schema import Column
from sekisho.foundation.ui.components import Words
from sekisho.foundation.ui.list_search import Labels
from sekisho.foundation.ui.lists import Column as ListColumn
from sekisho.foundation.ui.lists import Filter, ListPattern
from sekisho.foundation.ui.texts import listed, speak, spoken


@dataclass(frozen=True)
class RecordKind:
    """One kind of record. `key` is its table's name and stands in addresses and permissions of pages."""

    key: str
    label: Promise
    """One record of the kind."""
    plural: Promise
    """Many of them, as tabs and headings of lists say."""
    model: type[models.AnswerRecord]
    columns: tuple[Column, ...]
    records: Callable[[], QuerySet[Any]]
    list: ListPattern
    empty_text: Promise
    can_be_added: bool = True
    answers: Callable[[Any], Mapping[str, Answer[Any]]] = field(default=lambda record: record.answers())

    def column(self, key: str) -> Column:
        """Return the column `key`.

        Raises:
            KeyError: this kind has no such question.
        """
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)


def url_of(record: models.AnswerRecord, code: str = "") -> str:
    """Return the address of a record's page. `code` is that of its hospital, read from the database when left out."""
    name = f"register:{record._meta.model_name}_detail"
    return reverse(name, kwargs={"hospital_code": code or record.hospital.code, "record_id": record.pk})


def _answer_column(
    column: Column, *, answers: Callable[[Any], Mapping[str, Answer[Any]]], **options: Any
) -> ListColumn:
    return ListColumn(
        column.key,
        spoken(column.heading),
        value=lambda record: AnswerText(column, answers(record).get(column.key)),
        template="register/cells/answer.html",
        **options,
    )


def _choice_filter(column: Column, *, field_name: str = "") -> Filter:
    """Return a filter by the options of `column`, by "unknown" and by "not answered"."""
    name = field_name or column.key
    prefix, _dot, key = name.rpartition("__")
    unknowns = f"{prefix}__unknowns__has_key" if prefix else "unknowns__has_key"

    def condition(values: Any) -> Q:
        chosen = Q(**{f"{name}__in": [value for value in values if not value.startswith("_")]})
        if "_unknown" in values:
            chosen |= Q(**{unknowns: key})
        if "_unanswered" in values:
            chosen |= Q(**{f"{name}__isnull": True}) & ~Q(**{unknowns: key})
        return chosen

    choices: list[tuple[str, Words]] = [
        *((option.code, spoken(option.label)) for option in column.options),
        ("_unknown", _("不明")),
        ("_unanswered", _("未回答")),
    ]
    return Filter(column.key, spoken(column.heading), choices=choices, condition=condition)


def _option_labels(columns: Iterable[Column], **elsewhere: str) -> Labels:
    """Return, for each of `columns` with options, its field and the labels of its codes, for the search.

    `elsewhere` names the field of a column that another table holds.
    """

    def of(column: Column) -> Callable[[], Mapping[str, str]]:
        return lambda: {option.code: speak(option.label) for option in column.options}

    return {elsewhere.get(column.key, column.key): of(column) for column in columns if column.options}


def _has_unknowns() -> Filter:
    return Filter(
        "unknown",
        _("不明の有無"),
        choices=[("yes", _("不明がある")), ("no", _("不明がない"))],
        condition=lambda values: Q() if len(values) != 1 else (~Q(unknowns={}) if "yes" in values else Q(unknowns={})),
    )


@cache
def kinds() -> dict[str, RecordKind]:
    """Return all kinds by key, in the order of the tabs."""
    listed = (_lines(), _devices(), _terminals(), _places(), _vendors(), _contracts(), _terminators())
    return {kind.key: kind for kind in listed}


def _lines() -> RecordKind:
    sheet = load_edition().sheet("lines")
    asked = {column.key: column for column in sheet.columns}
    shown: dict[str, dict[str, Any]] = {
        "circuit_id": {"order": ("circuit_id",), "link": url_of},
        "purpose": {"order": ("purpose",)},
        "communication": {"order": ("communication",)},
        "ehr_connection": {"order": ("ehr_connection",)},
        "contract_party": {"order": ("contract_party",)},
        "vendor_name": {"order": ("vendor_name",)},
        "terminator_location": {"order": ("terminator__terminator_location",)},
    }
    number = ListColumn(
        "number",
        _("回線"),
        value=lambda line: line_label(line.number),
        order=("number",),
        link=url_of,
        fixed=True,
    )
    devices = ListColumn("devices", _("装置"), value=lambda line: listed(line.devices_listed))
    rest = [
        _answer_column(column, answers=line_answers, shown=False, order=(key,) if key not in TERMINATOR_KEYS else ())
        for key, column in asked.items()
        if key not in shown
    ]
    named = [_answer_column(asked[key], answers=line_answers, **options) for key, options in shown.items()]
    return RecordKind(
        key="line",
        label=_("回線"),
        plural=_p("list", "回線"),
        model=models.Line,
        columns=sheet.columns,
        records=queries.lines_in_use,
        answers=line_answers,
        empty_text=_("まだ回線がありません。別紙2-1 を取り込むか、1本ずつ登録してください。"),
        list=ListPattern(
            name="register.lines",
            noun=_p("list", "回線"),
            columns=[number, *named, devices, *rest],
            filters=[
                _choice_filter(asked["ehr_connection"]),
                _choice_filter(asked["communication"]),
                _choice_filter(asked["contract_party"]),
                _choice_filter(asked["scan_wanted"]),
                _has_unknowns(),
            ],
            search_fields=(
                "circuit_id",
                "purpose",
                "service_name",
                "carrier",
                "vendor_name",
                "provider",
                "global_address",
                "fqdn",
                "remarks",
                "terminator__terminator_location",
            ),
            search_labels=_option_labels(sheet.columns, **{key: f"terminator__{key}" for key in TERMINATOR_KEYS}),
            search_hint=_("回線ID、用途、事業者、場所、アドレスなど"),
            default_order=("number",),
        ),
    )


def _devices() -> RecordKind:
    group = load_edition().sheet("lines").group
    orders = {"maker": ("maker",), "model": ("model",), "software_version": ("software_version",)}
    return RecordKind(
        key="device",
        label=_("ネットワーク装置"),
        plural=_p("list", "ネットワーク装置"),
        model=models.Device,
        columns=group,
        records=queries.devices_in_use,
        can_be_added=False,
        empty_text=_("まだ装置がありません。装置は、つながっている回線のページから登録します。"),
        list=ListPattern(
            name="register.devices",
            noun=_p("list", "装置"),
            columns=[
                ListColumn("name", _("装置"), value=str, link=url_of, fixed=True, order=("maker", "model")),
                ListColumn(
                    "line",
                    _("つながる回線"),
                    value=lambda device: str(device.line),
                    link=lambda device: url_of(device.line),
                    order=("line__number", "position"),
                ),
                *(
                    _answer_column(column, answers=lambda d: d.answers(), order=orders.get(column.key, ()))
                    for column in group
                ),
            ],
            filters=[_has_unknowns()],
            search_fields=("maker", "model", "software_version", "management_address", "line__circuit_id"),
            search_labels=_option_labels(group),
            search_hint=_("メーカー、機種名、アドレスなど"),
            default_order=("line__number", "position"),
        ),
    )


def _terminals() -> RecordKind:
    asked = load_edition().sheet("terminals").columns
    sortable = {"system_kind", "host_name", "location", "antivirus"}
    return RecordKind(
        key="terminal",
        label=_("調査端末"),
        plural=_p("list", "調査端末"),
        model=models.Terminal,
        columns=asked,
        records=queries.terminals_in_use,
        empty_text=_("まだ調査端末がありません。電子カルテにつながる Windows のパソコンを5台選んで登録してください。"),
        list=ListPattern(
            name="register.terminals",
            noun=_p("list", "調査端末"),
            columns=[
                ListColumn(
                    "number", _("番号"), value=lambda t: f"No.{t.number}", link=url_of, fixed=True, order=("number",)
                ),
                *(
                    _answer_column(
                        column, answers=lambda t: t.answers(), order=(column.key,) if column.key in sortable else ()
                    )
                    for column in asked
                ),
            ],
            filters=[_has_unknowns()],
            search_fields=("host_name", "address", "location", "system_kind", "antivirus", "remarks"),
            search_labels=_option_labels(asked),
            search_hint=_("端末ホスト名、アドレス、場所など"),
            default_order=("number",),
        ),
    )


def _simple(
    key: str,
    label: Promise,
    plural: Promise,
    model: type[models.AnswerRecord],
    columns: tuple[Column, ...],
    records: Callable[[], QuerySet[Any]],
    *,
    name_field: str,
    empty_text: Promise,
    more: tuple[ListColumn, ...] = (),
    search: tuple[str, ...] = (),
    can_be_added: bool = True,
) -> RecordKind:
    name = ListColumn("name", label, value=str, link=url_of, fixed=True, order=(name_field,))
    answered = [_answer_column(column, answers=lambda r: r.answers(), order=(column.key,)) for column in columns]
    return RecordKind(
        key=key,
        label=label,
        plural=plural,
        model=model,
        columns=columns,
        records=records,
        can_be_added=can_be_added,
        empty_text=empty_text,
        list=ListPattern(
            name=f"register.{key}s",
            noun=plural,
            columns=[name, *more, *answered],
            filters=[_has_unknowns()],
            search_fields=(name_field, *search),
            search_labels=_option_labels(columns),
            default_order=(name_field,),
        ),
    )


def _places() -> RecordKind:
    return _simple(
        "place",
        _("設置場所"),
        _p("list", "設置場所"),
        models.Place,
        own_columns.PLACE,
        queries.places_in_use,
        name_field="label",
        empty_text=_("回線や端末に設置場所を書くと、ここに並びます。"),
        search=("building", "floor", "room", "rack"),
        can_be_added=False,
    )


def _vendors() -> RecordKind:
    return _simple(
        "vendor",
        _("ベンダ"),
        _p("list", "ベンダ"),
        models.Vendor,
        own_columns.VENDOR,
        queries.vendors_in_use,
        name_field="name",
        empty_text=_("回線にベンダ名を書くと、ここに並びます。先に登録することもできます。"),
        search=("kana", "contact_name"),
    )


def _contracts() -> RecordKind:
    return _simple(
        "contract",
        _("契約"),
        _p("list", "契約"),
        models.Contract,
        own_columns.CONTRACT,
        queries.contracts_in_use,
        name_field="title",
        empty_text=_("回線や保守の契約を登録すると、期限が近いものに気付けます。"),
        more=(
            ListColumn("line", _("回線"), value=lambda c: str(c.line or "")),
            ListColumn("vendor", _("ベンダ"), value=lambda c: str(c.vendor or "")),
            ListColumn("starts_on", _("開始日"), order=("starts_on",)),
            ListColumn("ends_on", _("終了日"), order=("ends_on",)),
        ),
        search=("number",),
    )


def _terminators() -> RecordKind:
    asked = load_edition().sheet("lines")
    columns = (asked.column("terminator_kind"), asked.column("terminator_location"), *own_columns.TERMINATOR_EXTRA)
    return _simple(
        "terminator",
        _("回線終端装置"),
        _p("list", "回線終端装置"),
        models.Terminator,
        columns,
        queries.terminators_in_use,
        name_field="terminator_location",
        empty_text=_("回線に終端装置（壁や床から来た回線がつながる小さな箱）を書くと、ここに並びます。"),
        more=(ListColumn("lines", _("つながる回線"), value=lambda t: listed(t.lines.all())),),
        search=("terminator_kind", "asset_label"),
        can_be_added=False,
    )
