"""Addresses of lists: what is declared gets through, everything else becomes harmless."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from sekisho.foundation.ui.list_query import SEARCH_MAX_LENGTH, Allowed, ListQuery, read_query

ALLOWED = Allowed(
    sorts=["name", "due"],
    columns=["name", "due", "state"],
    filters={"state": ["open", "late"], "owner": None},
    page_sizes=(25, 50),
)


def read(query: str) -> ListQuery:
    return read_query(QueryDict(query), ALLOWED)


def test_read_query_takes_what_is_declared() -> None:
    query = read("q=ルータ 北館&f.state=open&f.state=late&f.owner=山田&sort=-due&cols=due&cols=state&size=50&page=2")
    assert query == ListQuery(
        search="ルータ 北館",
        filters={"state": ("open", "late"), "owner": ("山田",)},
        sort="-due",
        columns=("due", "state"),
        page=2,
        page_size=50,
    )
    assert query.words == ["ルータ", "北館"]


@pytest.mark.parametrize(
    "address",
    [
        "sort=password",
        "sort=--due",
        "sort=user__password",
        "cols=secret",
        "f.state=deleted",
        "f.hospital=2",
        "state=open",
        "size=1000000",
        "size=0",
        "page=0",
        "page=-1",
        "page=x",
        "page=１",
        "page=99999999999999999999",
        "q=%20%20",
        "q=%00%00",
        "f.owner=%00",
    ],
)
def test_read_query_drops_what_is_not(address: str) -> None:
    assert read(address) == ListQuery()


def test_read_query_cuts_long_searches_and_many_words() -> None:
    query = read("q=" + "あ" * 5000)
    assert len(query.search) == SEARCH_MAX_LENGTH
    assert len(read("q=" + "+".join("abcdefghijkl")).words) == 8


def test_read_query_keeps_words_around_control_characters_apart() -> None:
    assert read("q=北%00館%0a二階").search == "北 館 二階"


def test_encoded_begins_with_a_question_mark_only_when_there_is_something() -> None:
    assert ListQuery().encoded() == ""
    assert ListQuery(search="a&b").encoded() == "?q=a%26b"


def test_without_filter_takes_one_value_out_and_goes_to_the_first_page() -> None:
    query = read("f.state=open&f.state=late&page=4")
    assert query.without_filter("state", "open") == ListQuery(filters={"state": ("late",)})
    assert query.without_filter("state", "open").without_filter("state", "late") == ListQuery()


def test_cleared_keeps_order_and_columns() -> None:
    query = read("q=x&f.state=open&sort=due&cols=due&page=3").cleared()
    assert query == ListQuery(sort="due", columns=("due",))
    assert not query.narrows


parts = st.text(st.characters(codec="utf-8"), max_size=40)
pairs = st.lists(
    st.tuples(
        st.sampled_from(["q", "f.state", "f.owner", "sort", "cols", "size", "page", "x"]), parts | st.just("due")
    ),
    max_size=12,
)


@given(pairs)
def test_reading_what_was_written_gives_the_same_query(address: list[tuple[str, str]]) -> None:
    data = QueryDict(mutable=True)
    for key, value in address:
        data.appendlist(key, value)
    query = read_query(data, ALLOWED)
    assert read(query.encoded().removeprefix("?")) == query


@given(st.text())
def test_no_search_lets_control_characters_through(text: str) -> None:
    data = QueryDict(mutable=True)
    data["q"] = text
    assert not any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF for c in read_query(data, ALLOWED).search)
