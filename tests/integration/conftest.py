"""What every test of pages and writes shares: stored files lie in the test's own folder."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    """Return the folder in which this test's uploads and reports are stored."""
    folder = tmp_path / "files"
    default = {**settings.STORAGES["default"]}
    default["OPTIONS"] = {**default["OPTIONS"], "location": folder}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return folder
