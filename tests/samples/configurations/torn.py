"""Configurations as strangers hand them in: cut, shuffled, mixed, with rubbish in between; for tests of every reader."""

import random
from collections.abc import Iterable

from hypothesis import strategies as st

RUBBISH = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60)


@st.composite
def torn(draw: st.DrawFn, texts: Iterable[str]) -> str:
    """Return lines of `texts`, some cut short, doubled, out of order or replaced by rubbish."""
    lines = [line for text in texts for line in text.split("\n")]
    chosen = draw(st.lists(st.sampled_from(lines), max_size=40))
    at = draw(st.integers(0, max(len(chosen) - 1, 0)))
    cut = draw(st.integers(0, 80))
    chosen[at : at + 1] = [line[:cut] for line in chosen[at : at + 1]] + draw(st.lists(RUBBISH, max_size=3))
    return "\n".join(chosen)


@st.composite
def words_mixed(draw: st.DrawFn, texts: Iterable[str]) -> str:
    """Return lines whose words come from all lines of `texts`, in any order behind a real beginning."""
    words = sorted({word for text in texts for word in text.split()})
    heads = sorted({" ".join(line.split()[:3]) for text in texts for line in text.split("\n") if line.strip()})
    line = st.tuples(st.sampled_from(heads), st.lists(st.sampled_from(words), max_size=12)).map(
        lambda parts: " ".join((parts[0], *parts[1]))
    )
    return "\n".join(draw(st.lists(line, max_size=12)))


def shuffled(text: str, seed: int) -> str:
    """Return the lines of `text` in another order."""
    lines = text.split("\n")
    random.Random(seed).shuffle(lines)
    return "\n".join(lines)
