import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.facts import Unknown, from_plain, is_known, known, to_plain
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri, all_of, any_of

TRIS = list(Tri)


def test_text_speaks_japanese_unless_english_is_asked() -> None:
    text = Text("回線", "Line")
    assert (text.within("ja"), text.within("en"), text.within("en-gb"), text.within("fr")) == (
        "回線",
        "Line",
        "Line",
        "回線",
    )


def test_text_filled_lets_each_language_speak_its_own() -> None:
    filled = Text("{what}が空です。", "{what} is blank.").filled(what=Text("用途", "Purpose"))
    assert filled == Text("用途が空です。", "Purpose is blank.")


def test_unknown_is_neither_a_value_nor_unanswered() -> None:
    assert not is_known(Unknown("業者に確認中"))
    assert not is_known(None)
    assert is_known("")
    assert is_known(0)
    assert known(Unknown()) is None
    assert Unknown() != None  # noqa: E711 - that they differ is the point


@given(st.one_of(st.none(), st.text(), st.integers(), st.builds(Unknown, st.text())))
def test_answers_survive_json(answer: object) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(answer)))) == answer


@pytest.mark.parametrize(("a", "b"), list(itertools.product(TRIS, TRIS)))
def test_tri_agrees_with_every_resolution_of_its_unknowns(a: Tri, b: Tri) -> None:
    """Kleene: the result is known exactly when every way to settle the unknowns gives the same."""

    def ways(t: Tri) -> list[bool]:
        return [True, False] if t is Tri.UNKNOWN else [t is Tri.YES]

    for operation, plain in ((Tri.__and__, lambda x, y: x and y), (Tri.__or__, lambda x, y: x or y)):
        outcomes = {plain(x, y) for x in ways(a) for y in ways(b)}
        expected = Tri.of(outcomes.pop()) if len(outcomes) == 1 else Tri.UNKNOWN
        assert operation(a, b) is expected


def test_tri_folds() -> None:
    assert all_of([]) is Tri.YES
    assert any_of([]) is Tri.NO
    assert all_of([Tri.YES, Tri.UNKNOWN]) is Tri.UNKNOWN
    assert all_of([Tri.UNKNOWN, Tri.NO]) is Tri.NO
    assert any_of([Tri.UNKNOWN, Tri.YES]) is Tri.YES
    assert ~Tri.UNKNOWN is Tri.UNKNOWN


def test_tri_refuses_to_be_read_as_two_valued() -> None:
    with pytest.raises(TypeError):
        bool(Tri.UNKNOWN)
