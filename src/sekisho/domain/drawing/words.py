"""Texts put together from parts, in both languages at once."""

from sekisho.domain.drawing.metrics import printable
from sekisho.domain.text import Text


def same(value: object) -> Text:
    """Return `value`, made printable, as a text that reads the same in both languages."""
    shown = printable(str(value))
    return Text(shown, shown)


def join(*parts: Text, by: Text | str = "・") -> Text:
    """Return the non-empty `parts` in one text, with `by` between them."""
    between = by if isinstance(by, Text) else Text(by, by)
    kept = [part for part in parts if part.ja or part.en]
    return Text(between.ja.join(p.ja for p in kept), between.en.join(p.en for p in kept))


def number_ranges(numbers: tuple[int, ...]) -> str:
    """Return the numbers in order, runs of three or more as "12–31": "3・7・12–31"."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts: list[str] = []
    for run in runs:
        parts.extend([f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(number) for number in run])
    return "・".join(parts)
