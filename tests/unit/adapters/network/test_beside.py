"""Configurations beside a network.yaml: found by their path, never outside the folder, never held whole when huge."""

from pathlib import Path

import pytest

from sekisho.adapters.configurations.decoding import MAX_BYTES
from sekisho.adapters.network.beside import ConfigurationsBeside


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "case"
    (inside / "configs").mkdir(parents=True)
    (inside / "configs" / "rt1.txt").write_bytes(b"ip filter 1 pass * *\n")
    (tmp_path / "secret.txt").write_bytes(b"outside")
    return inside


def test_files_are_read_by_their_path_from_the_folder(folder: Path) -> None:
    found = ConfigurationsBeside(folder)
    assert found["configs/rt1.txt"] == b"ip filter 1 pass * *\n"
    assert list(found) == ["configs/rt1.txt"]
    assert len(found) == 1


@pytest.mark.parametrize("name", ["../secret.txt", "configs/../../secret.txt", "nothing.txt", "configs", "", "a\0b"])
def test_what_lies_outside_or_is_no_file_is_not_there(folder: Path, name: str) -> None:
    assert ConfigurationsBeside(folder).get(name) is None


def test_absolute_paths_and_links_to_the_outside_are_not_followed(folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    found = ConfigurationsBeside(folder)
    assert found.get("link.txt") is None
    assert found.get(str(folder.parent / "secret.txt")) is None


def test_huge_file_is_read_only_as_far_as_it_takes_to_refuse_it(folder: Path) -> None:
    with (folder / "huge.txt").open("wb") as made:
        made.truncate(MAX_BYTES * 3)
    assert len(ConfigurationsBeside(folder)["huge.txt"]) == MAX_BYTES + 1
