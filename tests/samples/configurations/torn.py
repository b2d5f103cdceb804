"""Configurations as strangers hand them in: cut, shuffled, mixed, with rubbish in between; for tests of every reader."""

import random
from collections.abc import Iterable

from hypothesis import strategies as st

RUBBISH = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60)


@st.composite
def torn(draw: st.DrawFn, texts: Iterable[str]) -> str:
    """Return one of `texts` after a few accidents: lines lost, doubled, moved, cut short, or words of them changed."""
    texts = list(texts)
    lines = draw(st.sampled_from(texts)).split("\n")
    words = sorted({word for text in texts for word in text.split()})
    for accident in draw(
        st.lists(st.sampled_from(["lose", "double", "move", "cut", "word", "rubbish", "join"]), max_size=6)
    ):
        at = draw(st.integers(0, len(lines) - 1)) if lines else 0
        line = lines.pop(at) if lines else ""
        if accident == "double":
            lines[at:at] = [line, line]
        elif accident == "move":
            lines.insert(draw(st.integers(0, len(lines))), line)
        elif accident == "cut":
            lines.insert(at, line[: draw(st.integers(0, len(line)))])
        elif accident == "word":
            said = line.split(" ")
            said[draw(st.integers(0, len(said) - 1))] = draw(st.sampled_from(words))
            lines.insert(at, " ".join(said))
        elif accident == "rubbish":
            lines[at:at] = [line, draw(RUBBISH)]
        elif accident == "join":
            lines[at:at] = [line, *draw(st.sampled_from(texts)).split("\n")]
    return "\n".join(lines)


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
