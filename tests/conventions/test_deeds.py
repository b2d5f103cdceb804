"""Every verb that the code writes into the audit trail is told to people in words."""

import re
from itertools import product
from pathlib import Path

import pytest
from django.utils.translation import override

from sekisho.apps.portal.deeds import deed_of, verbs
from sekisho.apps.register.queries import SUBJECTS
from sekisho.foundation.jobs.models import Job

SOURCE = Path(__file__).parents[2] / "src" / "sekisho"
WRITTEN = re.compile(r"""\b_?record\(\s*(f?)"([^"]+)\"""")
MADE = {
    "{kind_of(subject)}": tuple(SUBJECTS),
    "{kind_of(locked)}": tuple(SUBJECTS),
    "{wanted.value}": ("open", "done", "not-ours"),
    "{state}": (Job.State.DONE.value, Job.State.FAILED.value, Job.State.CANCELLED.value),
}
"""What stands in a verb that is put together."""


def verbs_in_the_code() -> set[str]:
    found: set[str] = set()
    for path in sorted(SOURCE.rglob("*.py")):
        for _f, verb in WRITTEN.findall(path.read_text(encoding="utf-8")):
            if verb.count(".") < 2:
                continue  # another function of the same name
            parts = re.split(r"(\{[^}]+\})", verb)
            choices = [MADE[part] if part.startswith("{") else (part,) for part in parts]
            found |= {"".join(chosen) for chosen in product(*choices)}
    return found


def test_verbs_are_found() -> None:
    assert {"register.line.changed", "jobs.job.failed", "accounts.session.opened"} <= verbs_in_the_code()


def test_every_verb_has_a_label_and_every_label_a_verb() -> None:
    assert verbs_in_the_code() == set(verbs())


@pytest.mark.parametrize("language", ["ja", "en"])
def test_labels_are_words_and_differ(language: str) -> None:
    with override(language):
        told = {verb: deed_of(verb) for verb in verbs()}
    assert not [verb for verb, label in told.items() if verb == label or "%(" in label]
    twice = {label for label in told.values() if list(told.values()).count(label) > 1}
    assert not twice


def test_unknown_verb_is_shown_as_it_is() -> None:
    assert deed_of("strange") == "strange"
    assert deed_of("a.b.c.d") == "a.b.c.d"
