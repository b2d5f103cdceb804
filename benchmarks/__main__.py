"""Runs the benchmarks of this package, prints their figures, and ends with 1 when a bound is missed."""

import sys
from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def main(names: list[str]) -> int:
    """Run the benchmarks called `names`, all when there are none; `--full` at their whole size where they have two."""
    is_full = "--full" in names
    names = [name for name in names if name != "--full"]
    found = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    missed = 0
    for name in names or found:
        module = import_module(f"benchmarks.{name}")
        if not hasattr(module, "run"):
            continue
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}")
        has_two_sizes = "full" in signature(module.run).parameters
        for row in module.run(full=True) if is_full and has_two_sizes else module.run():
            problems = list(misses(row))
            missed += len(problems)
            print("  " + "  ".join(f"{key}={value}" for key, value in row.items() if value is not None), flush=True)
            for problem in problems:
                print(f"  MISSED: {problem}", flush=True)
    return 1 if missed else 0


def misses(row: Row) -> Iterator[str]:
    """Yield each bound of `row` that its figure does not keep."""
    figure, value = "", None
    for key, content in row.items():
        if key.startswith(("target_", "least_")):
            at_most = key.startswith("target_")
            if content is not None and (value is None or (value > content if at_most else value < content)):
                yield f"{figure} is {value}, {'at most' if at_most else 'at least'} {content} was promised"
        else:
            figure, value = key, content
    return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
