"""Texts that Sekisho keeps in records are told again in the reader's language; what people wrote is left alone."""

import pytest
from django.utils import translation

from sekisho.apps.register.display import line_label
from sekisho.apps.workbooks import actions  # noqa: F401  (registers its reasons)
from sekisho.foundation.audit.kept_texts import as_kept, retold


@pytest.mark.parametrize(
    ("stored", "english"),
    [
        ("回線3", "Line 3"),
        ("回線3（CAF00003）", "Line 3 (CAF00003)"),
        ("装置2", "Device 2"),
        ("調査端末5", "Surveyed PC 5"),
        ("担当者1", "Contact 1"),
        ("別紙2-1「回線（本館）.xlsx」の取り込み", 'Taken over from annex 2-1 "回線（本館）.xlsx"'),
        ("別紙2-1「a%(name)s.xlsx」の取り込み", 'Taken over from annex 2-1 "a%(name)s.xlsx"'),
    ],
)
def test_retold_speaks_the_readers_language(stored: str, english: str) -> None:
    with translation.override("en"):
        assert retold(stored) == english
    with translation.override("ja"):
        assert retold(stored) == stored


@pytest.mark.parametrize(
    "written", ["", "回線", "総務課の鈴木さんに聞いた", "回線3を解約した", "100%", "%(name)s", "回線3\n"]
)
def test_retold_leaves_what_people_wrote(written: str) -> None:
    with translation.override("en"):
        assert retold(written) == written


def test_as_kept_writes_the_same_whoever_is_signed_in() -> None:
    with translation.override("en"):
        assert line_label(3, "CAF00003") == "Line 3 (CAF00003)"
        assert as_kept(lambda: line_label(3, "CAF00003")) == "回線3（CAF00003）"
    with translation.override("ja"):
        assert as_kept(lambda: line_label(3)) == line_label(3) == "回線3"
