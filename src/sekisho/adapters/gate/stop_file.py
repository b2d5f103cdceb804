"""The emergency stop as a file: it is on while the file exists."""

import os
from pathlib import Path


def is_stopped(path: Path | None) -> bool:
    """Return True when the file exists, or when nobody can tell: its folder is gone or cannot be looked into."""
    if path is None:
        return False
    try:
        os.lstat(path)
    except FileNotFoundError:
        return not path.parent.is_dir()
    except OSError:
        return True
    return True
