"""What every verdict carries, whichever rule gave it: rule and version, inputs, what is missing, what would change it."""

from dataclasses import dataclass

from sekisho.domain.text import Text
from sekisho.domain.tri import Tri


@dataclass(frozen=True, slots=True)
class Evidence:
    """One input that a rule looked at.

    `value` is what it saw, already readable; `source` says where it comes from ("別紙2-1", "questionnaire.yaml");
    `witness` is the exact place: a cell, a line reference, a path, a log line.
    """

    label: Text
    value: Text
    source: Text
    witness: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that nobody has given yet, and the question that would settle it."""

    fact: str
    question: Text


@dataclass(frozen=True, slots=True)
class PredicateVerdict:
    """One rule applied to one hospital.

    `because` says in one plain sentence why the outcome is what it is; `remedy` what would make it YES.
    """

    rule_id: str
    version: str
    title: Text
    outcome: Tri
    because: Text
    remedy: Text
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    source: Text = Text("", "")  # noqa: RUF009  # an immutable value
