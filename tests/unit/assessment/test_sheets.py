"""The sheets of one assessment: their names, drawn once, as files."""

from datetime import UTC, datetime

import pytest

from sekisho import __version__
from sekisho.assessment.sheets import NetworkSheets, file_stems, sheet_file
from sekisho.domain.sheets.snapshot import snapshot
from tests.unit.domain.sheets.hospitals import hospital
from tests.unit.domain.sheets.sheets import HOSPITAL, TODAY, assessed

AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def sheets() -> NetworkSheets:
    return NetworkSheets(assessed(hospital(5)), hospital=HOSPITAL)


def test_there_is_a_sheet_of_each_kind_and_one_of_paths_per_line(sheets: NetworkSheets) -> None:
    lines = [f"paths-line-{number}" for number in range(1, 5)]
    assert list(sheets) == ["segments", "survival", "matrix", *lines]
    assert len(sheets) == 7


def test_sheets_are_drawn_once(sheets: NetworkSheets) -> None:
    assert sheets["matrix"] is sheets["matrix"]


@pytest.mark.parametrize("name", ["", "paths-", "paths-nobody", "matrices"])
def test_other_names_are_refused(sheets: NetworkSheets, name: str) -> None:
    with pytest.raises(KeyError):
        sheets[name]


def test_title_block_says_day_version_and_what_was_drawn(sheets: NetworkSheets) -> None:
    stamp = sheets["survival"].stamp
    assert (stamp.drawn_on, stamp.data_on, stamp.version) == (TODAY, TODAY, __version__)
    assert stamp.snapshot == snapshot(hospital(5))


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<svg"), ("pdf", b"%PDF"), ("drawio", b"<mxfile")])
def test_sheets_are_written_in_every_format(sheets: NetworkSheets, kind: str, start: bytes) -> None:
    assert sheet_file(sheets["segments"], kind, "ja", made_at=AT).startswith(start)


def test_file_names_hold_nothing_that_leads_elsewhere_and_never_clash() -> None:
    names = ("paths-../../etc", "paths-a b", "paths-a_b", "paths-A B", "...", "paths-" + "長" * 300)
    stems = file_stems(names)
    assert len({stem.casefold() for stem in stems.values()}) == len(names)
    assert not [stem for stem in stems.values() if "/" in stem or stem.startswith(".") or len(stem.encode()) > 250]
