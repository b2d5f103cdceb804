"""Search as people type: full-width or half-width letters, several words, each found in any of the fields."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_, or_

from django.db.models import Q


def spellings(word: str) -> list[str]:
    """Return `word` as typed and in the widths that data may be stored in: １２ and 12, ﾙｰﾀ and ルータ."""
    narrow = unicodedata.normalize("NFKC", word)
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in narrow)
    return list(dict.fromkeys([word, narrow, wide]))


Labels = Mapping[str, Callable[[], Mapping[str, str]]]
"""For a database field that holds codes: a function that gives the label of each code in the reader's language."""


def every_word_found(words: Sequence[str], fields: Sequence[str], labels: Labels | None = None) -> Q:
    """Return the condition that each word stands in at least one of `fields`, in any of its spellings.

    A word also finds the records whose code, in a field of `labels`, has a label with the word in it.
    """
    return reduce(and_, (_word_found(word, fields, labels or {}) for word in words))


def _word_found(word: str, fields: Sequence[str], labels: Labels) -> Q:
    in_text = [Q(**{f"{field}__icontains": spelling}) for field in fields for spelling in spellings(word)]
    folded = _folded(word)
    in_label = [
        Q(**{f"{field}__in": codes})
        for field, labels_of in labels.items()
        if (codes := [code for code, label in labels_of().items() if folded in _folded(label)])
    ]
    return reduce(or_, [*in_text, *in_label] or [Q(pk__in=[])])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
