"""Reads the entries that catalogue files of the judgement share: texts, questions, the inputs of a rule."""

from collections.abc import Iterable, Mapping
from typing import Any

from sekisho.domain.judgement.level import Control
from sekisho.domain.judgement.level_schema import (
    Certainty,
    Combination,
    Fact,
    FactInput,
    FactOption,
    RegisterInput,
)
from sekisho.domain.text import Text

Entry = Mapping[str, Any]


def text_of(raw: Entry) -> Text:
    """Return the text of `{ja: ..., en: ...}`.

    Raises:
        TypeError: one of them is missing or no text.
    """
    return Text(ja=string_of(raw["ja"]), en=string_of(raw["en"]))


def string_of(raw: object) -> str:
    """Return `raw`, refusing what YAML made of an unquoted yes, no or number, and the empty text.

    Raises:
        TypeError: `raw` is no text.
    """
    if not isinstance(raw, str) or not raw.strip():
        raise TypeError(f"a text is wanted here, not {raw!r}")
    return raw


def fact_of(raw: Entry, spellings: Mapping[str, Iterable[str]], control: Control | None = None) -> Fact:
    """Return one question with its options."""
    return Fact(
        key=string_of(raw["key"]),
        control=control,
        question=text_of(raw["question"]),
        help=text_of(raw["help"]),
        evidence=text_of(raw["evidence"]),
        options=tuple(
            FactOption(string_of(code), text_of(label), tuple(spellings.get(code, ())))
            for code, label in raw["options"].items()
        ),
        certainty=Certainty(raw["certainty"]),
        source=text_of(raw["source"]),
    )


def inputs_of(raw: Entry) -> tuple[Combination, tuple[FactInput | RegisterInput, ...]]:
    """Return what a rule looks at: `all:` or `any:` of the entry."""
    combination = Combination.ALL if "all" in raw else Combination.ANY
    return combination, tuple(input_of(entry) for entry in raw[combination.value])


def input_of(raw: Entry) -> FactInput | RegisterInput:
    """Return one input: `{register: measure}` or `{fact: key, accept: [codes]}`."""
    if "register" in raw:
        return RegisterInput(string_of(raw["register"]))
    return FactInput(string_of(raw["fact"]), tuple(string_of(code) for code in raw["accept"]))
