"""The value types of the domain against the library's dataclasses, which they stand in for."""

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from typing import ClassVar, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain import values
from sekisho.domain.facts import Unknown
from sekisho.domain.text import Text
from sekisho.domain.workbook.rows import ReadPart
from sekisho.domain.workbook.schema import Column, Kind, Need


@values.dataclass(frozen=True, slots=True)
class Cable:
    """A cable."""

    name: str
    metres: int = 3
    ends: dict[str, str] = values.field(default_factory=dict)

    @property
    def is_long(self) -> bool:
        return self.metres > 50


@dataclasses.dataclass(frozen=True, slots=True)
class LibraryCable:
    name: str
    metres: int = 3
    ends: dict[str, str] = dataclasses.field(default_factory=dict)


ENDS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)
CABLES = st.tuples(st.text(max_size=5), st.integers(), ENDS)


@given(CABLES, CABLES)
def test_a_value_says_what_a_dataclass_would(one: tuple, other: tuple) -> None:
    ours, theirs = Cable(*one), LibraryCable(*one)
    assert repr(ours) == repr(theirs).replace("LibraryCable", "Cable")
    assert (ours == Cable(*other)) is (theirs == LibraryCable(*other))
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert dataclasses.astuple(ours) == dataclasses.astuple(theirs)


def test_values_of_two_types_are_never_equal() -> None:
    assert Cable("a") != LibraryCable("a")
    assert Cable("a") != ("a", 3, {})


def test_defaults_are_taken_and_made_anew() -> None:
    first, second = Cable("a"), Cable(name="b", metres=60)
    assert (first.metres, second.metres, second.is_long) == (3, 60, True)
    first.ends["x"] = "y"
    assert second.ends == {}


@pytest.mark.parametrize(
    "arguments", [((), {}), (("a", 1, {}, 4), {}), (("a",), {"name": "b"}), (("a",), {"colour": "red"})]
)
def test_wrong_arguments_are_refused_as_the_library_refuses_them(arguments: tuple) -> None:
    given, named = arguments
    for kind in (Cable, LibraryCable):
        with pytest.raises(TypeError):
            kind(*given, **named)


def test_a_value_cannot_be_changed() -> None:
    cable = Cable("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        cable.name = "b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        cable.colour = "red"  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del cable.name  # type: ignore[misc]
    assert not hasattr(cable, "__dict__")


def test_equal_values_have_one_hash() -> None:
    assert hash(Text("関所", "barrier")) == hash(Text("関所", "barrier"))
    assert len({Text("a", "b"), Text("a", "b"), Text("b", "a"), Unknown("x"), Unknown("x")}) == 3
    with pytest.raises(TypeError):
        hash(Cable("a"))  # its ends are a dict


@pytest.mark.parametrize("value", [Text("関所", "barrier"), Unknown(), ReadPart(2, {"a": 1}, {"a": "B7"}, {"a": "1"})])
def test_a_value_can_be_copied_and_pickled(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value


def test_replace_changes_what_it_is_told_to() -> None:
    cable = Cable("a", 7, {"x": "y"})
    for replace in (values.replace, dataclasses.replace):
        assert replace(cable, metres=8) == Cable("a", 8, {"x": "y"})
        with pytest.raises(TypeError):
            replace(cable, colour="red")


def test_the_library_knows_the_fields() -> None:
    assert dataclasses.is_dataclass(Cable)
    ours, theirs = dataclasses.fields(Cable), dataclasses.fields(LibraryCable)
    told = [[(f.name, f.type, f.default, f.default_factory) for f in fields] for fields in (ours, theirs)]
    assert told[0] == told[1]
    assert dataclasses.fields(Cable("a")) == ours


def test_signature_and_hints_are_those_of_the_declaration() -> None:
    assert list(inspect.signature(Cable).parameters) == ["name", "metres", "ends"]
    assert inspect.signature(Cable).parameters["metres"].default == 3
    assert get_type_hints(Column.__init__)["kind"] is Kind
    assert (Cable.__doc__, Cable.__module__, Cable.__qualname__) == ("A cable.", __name__, "Cable")


def test_a_value_can_be_matched_by_position() -> None:
    match Text("関所", "barrier"):
        case Text(ja, en):
            assert (ja, en) == ("関所", "barrier")
        case _:
            pytest.fail("a value type must be matched by its fields")


def test_a_method_of_its_own_is_kept() -> None:
    assert str(Text("関所", "barrier")) == "関所"
    column = Column("k", Text("見出し", "heading"), Kind.TEXT, Need.OPTIONAL, Text("説明", "help"))
    assert column.option("x") is None


def test_what_is_not_supported_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="frozen"):
        values.dataclass(frozen=False, slots=True)
    decorate = values.dataclass(frozen=True, slots=True)
    with pytest.raises(TypeError, match="no base"):
        decorate(type("Child", (Cable,), {"__annotations__": {"x": int}}))
    with pytest.raises(TypeError, match="has fields"):
        decorate(type("Empty", (), {}))
    with pytest.raises(TypeError, match="__post_init__"):
        decorate(type("Late", (), {"__annotations__": {"x": int}, "__post_init__": lambda self: None}))
    with pytest.raises(TypeError, match="field"):
        decorate(type("Shared", (), {"__annotations__": {"x": ClassVar[int]}, "x": 1}))


def test_the_check_of_a_workbook_loads_neither_dataclasses_nor_inspect() -> None:
    program = "import sys, sekisho.cli.workbook; print([n for n in ('dataclasses', 'inspect') if n in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert result.stdout.strip() == "[]"
