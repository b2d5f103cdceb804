#!/usr/bin/env python3
"""Compile the catalogues (.po) into what Django reads (.mo). The result is committed: running needs no gettext.

scripts/compile_messages.py            compile all
scripts/compile_messages.py --check    change nothing; say which compiled catalogue is not up to date
"""

import argparse
import sys
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "src" / "sekisho" / "locale"


def main() -> int:
    """Compile or check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, say what is out of date")
    check = parser.parse_args().check
    stale = []
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        compiled = polib.pofile(str(source)).to_binary()
        if target.exists() and target.read_bytes() == compiled:
            continue
        stale.append(target.relative_to(LOCALE))
        if not check:
            target.write_bytes(compiled)
    print("\n".join(f"{'out of date' if check else 'compiled'}: {path}" for path in stale) or "All up to date.")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
