"""The list pattern over a database: what is filtered is what is shown, selected and exported."""

from typing import Any

import pytest
from django.db.models import Q
from django.http import QueryDict
from django.test import RequestFactory

from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.ui.lists import Column, Empty, Filter, ListPage, ListPattern, render_list

HOSPITALS = ListPattern(
    name="test.hospitals",
    noun="病院",
    columns=[
        Column("code", "コード", order=("code",), link=lambda record: f"/h/{record.code}/", fixed=True),
        Column("name", "名前", order=("name", "code")),
        Column("length", "文字数", value=lambda record: len(record.name), numeric=True),
        Column("sample", "見本", value="is_sample", shown=False),
    ],
    filters=[
        Filter(
            "kind",
            "種類",
            choices=[("sample", "見本"), ("real", "本物")],
            condition=lambda values: Q(is_sample__in=[value == "sample" for value in values]),
        )
    ],
    search_fields=["code", "name"],
    default_order=("-code",),
)


@pytest.fixture
def hospitals(db: None) -> Any:
    Hospital.objects.bulk_create(
        Hospital(code=f"A{n:03}", name=f"第{n}病院" if n % 2 else f"第{n}ｸﾘﾆｯｸ", is_sample=n < 10) for n in range(60)
    )
    return Hospital.objects.all()


def page(query: str, queryset: Any, **headers: str) -> ListPage:
    return HOSPITALS.page(RequestFactory().get(f"/list/?{query}", headers=headers), queryset)


def codes(shown: ListPage) -> list[str]:
    return [record.code for record, _cells in shown.rows]


def test_list_begins_in_its_own_order(hospitals: Any) -> None:
    shown = page("", hospitals)
    assert codes(shown)[:2] == ["A059", "A058"]
    assert (shown.first, shown.last, shown.count, shown.total, shown.page_count) == (1, 25, 60, 60, 3)
    assert [column.key for column in shown.columns] == ["code", "name", "length"]


def test_list_shows_the_last_page_when_asked_for_one_beyond_it(hospitals: Any) -> None:
    shown = page("page=99", hospitals)
    assert (shown.number, shown.first, shown.last) == (3, 51, 60)
    assert shown.next_url == ""
    assert shown.previous_url == "/list/?page=2"


def test_list_filters_and_searches(hospitals: Any) -> None:
    shown = page("f.kind=sample", hospitals)
    assert (shown.count, shown.total) == (10, 60)
    assert codes(page("f.kind=sample&q=病院+第7", hospitals)) == ["A007"]
    assert page("f.kind=sample&f.kind=real", hospitals).count == 60


def test_list_searches_in_both_widths(hospitals: Any) -> None:
    assert codes(page("q=Ａ０４２", hospitals)) == ["A042"]
    assert page("q=ｸﾘﾆｯｸ", hospitals).count == 30


def test_list_sorts_both_ways_by_every_field_of_a_column(hospitals: Any) -> None:
    up, down = page("sort=name&size=100", hospitals), page("sort=-name&size=100", hospitals)
    assert codes(up) == codes(down)[::-1]
    assert [head.order for head in up.heads] == ["none", "ascending", ""]
    assert up.heads[1].url == "/list/?sort=-name&size=100"


def test_list_never_sorts_by_what_no_column_offers(hospitals: Any) -> None:
    assert (
        codes(page("sort=length", hospitals)) == codes(page("sort=created_at", hospitals)) == codes(page("", hospitals))
    )


def test_list_chips_lead_to_the_list_without_their_condition(hospitals: Any) -> None:
    shown = page("f.kind=sample&q=第7&page=1&sort=code", hospitals)
    assert [(chip.label, chip.url) for chip in shown.chips] == [
        ("検索「第7」", "/list/?f.kind=sample&sort=code"),
        ("種類：見本", "/list/?q=%E7%AC%AC7&sort=code"),
    ]
    assert shown.clear_url == "/list/?sort=code"


def test_list_shows_chosen_columns_in_its_own_order_and_always_the_fixed_one(hospitals: Any) -> None:
    shown = page("cols=sample&cols=name", hospitals)
    assert [column.key for column in shown.columns] == ["code", "name", "sample"]


def test_export_gives_every_page_with_the_shown_columns(hospitals: Any) -> None:
    heads, rows = HOSPITALS.export(QueryDict("f.kind=sample&cols=sample&page=2&sort=code"), hospitals)
    assert heads == ["コード", "見本"]
    assert list(rows) == [[f"A{n:03}", True] for n in range(10)]


def test_export_links_carry_the_query_but_not_the_page(hospitals: Any) -> None:
    request = RequestFactory().get("/list/?q=A&page=2")
    shown = HOSPITALS.page(request, hospitals, export_urls=[("CSV", "/csv/"), ("XLSX", "/export/?as=xlsx")])
    assert shown.exports == [("CSV", "/csv/?q=A"), ("XLSX", "/export/?as=xlsx&q=A")]


def test_selected_gives_the_ticked_rows_of_this_list_only(hospitals: Any) -> None:
    mine = hospitals.filter(is_sample=True)
    ticked = Hospital.objects.filter(code__in=["A001", "A002", "A030"])
    query = QueryDict(
        "&".join(f"selected={record.pk}" for record in ticked) + "&selected=x&selected=&selected=99999999999"
    )
    assert {record.code for record in HOSPITALS.selected(query, mine)} == {"A001", "A002"}
    assert not HOSPITALS.selected(QueryDict(""), mine)


def test_selected_all_means_all_that_the_list_shows(hospitals: Any) -> None:
    assert HOSPITALS.selected(QueryDict("all=1&f.kind=sample"), hospitals).count() == 10


def test_pages_leave_gaps_and_keep_both_ends(db: None) -> None:
    Hospital.objects.bulk_create(Hospital(code=f"B{n:04}", name="x") for n in range(500))
    shown = page("page=10", Hospital.objects.all())
    assert [number for number, _url in shown.pages] == [1, 2, 0, 9, 10, 11, 0, 19, 20]
    assert [number for number, _url in page("", Hospital.objects.all()).pages] == [1, 2, 0, 19, 20]


def test_list_asks_the_database_twice_and_three_times_when_narrowed(
    hospitals: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        shown = page("", hospitals)
        assert (len(shown.rows), shown.count, shown.total) == (25, 60, 60)
    with django_assert_num_queries(3):
        shown = page("q=A", hospitals)
        assert (len(shown.rows), shown.count, shown.total) == (25, 60, 60)


def answer(query: str, queryset: Any, **headers: str) -> Any:
    request = RequestFactory().get(f"/list/?{query}", headers=headers)
    shown = HOSPITALS.page(request, queryset, empty=Empty("まだ病院がありません。", "足す", "/new/"))
    return render_list(request, "ui/list.html", shown)


def test_render_list_sends_htmx_only_the_part_that_changes(hospitals: Any) -> None:
    full = answer("", hospitals)
    part = answer("", hospitals, HX_Request="true", HX_Target="list-test-hospitals")
    assert b"<html" in full.content
    assert b"<html" not in part.content
    assert b"<table" in part.content
    assert "HX-Request" in full["Vary"]
    assert "HX-Target" in part["Vary"]


@pytest.mark.parametrize(
    "headers",
    [
        {"HX_Request": "true", "HX_Target": "main"},
        {"HX_Request": "true", "HX_Target": "list-test-hospitals", "HX_History_Restore_Request": "true"},
        {"HX_Target": "list-test-hospitals"},
    ],
)
def test_render_list_sends_the_page_to_everybody_else(hospitals: Any, headers: dict[str, str]) -> None:
    assert b"<html" in answer("", hospitals, **headers).content


def test_empty_list_says_what_to_do(db: None) -> None:
    nothing = answer("", Hospital.objects.all()).content.decode()
    assert "まだ病院がありません。" in nothing
    assert 'href="/new/"' in nothing
    assert "<table" not in nothing


def test_list_without_a_match_says_how_to_see_more(hospitals: Any) -> None:
    nothing = answer("q=存在しない", hospitals).content.decode()
    assert "条件に合うものはありません" in nothing
    assert 'href="/list/"' in nothing
    assert "まだ病院がありません" not in nothing


def test_list_keeps_order_and_columns_for_the_filter_bar(hospitals: Any) -> None:
    part = answer("sort=-name&cols=sample&size=50", hospitals).content.decode()
    for name, value in [("sort", "-name"), ("cols", "sample"), ("size", "50")]:
        assert f'form="list-test-hospitals-filters" name="{name}" value="{value}"' in part


def test_list_escapes_what_is_searched_and_stored(db: None) -> None:
    Hospital.objects.create(code="X", name="<script>alert(1)</script>")
    drawn = answer("q=<script>alert", Hospital.objects.all()).content.decode()
    assert "<script>alert" not in drawn


def test_pattern_refuses_two_columns_with_one_key() -> None:
    with pytest.raises(ValueError, match="column"):
        ListPattern(name="x", noun="x", columns=[Column("a", "a"), Column("a", "b")], default_order=("pk",))
