"""Search as people type: full-width or half-width letters, several words, each found in any of the fields."""

import unicodedata
from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

from django.db.models import Q


def spellings(word: str) -> list[str]:
    """Return `word` as typed and in the widths that data may be stored in: １２ and 12, ﾙｰﾀ and ルータ."""
    narrow = unicodedata.normalize("NFKC", word)
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in narrow)
    return list(dict.fromkeys([word, narrow, wide]))


def every_word_found(words: Sequence[str], fields: Sequence[str]) -> Q:
    """Return the condition that each word stands in at least one of `fields`, in any of its spellings."""
    return reduce(
        and_,
        (reduce(or_, (Q(**{f"{f}__icontains": s}) for f in fields for s in spellings(word))) for word in words),
    )
