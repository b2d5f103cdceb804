"""The kit of dirty and hostile workbooks does what it says, shown on the sample hospital's workbook before its slips."""

import io
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from scripts import make_samples
from sekisho.adapters.workbooks.check import check_workbook
from sekisho.adapters.workbooks.read import read_workbook
from sekisho.adapters.workbooks.refusals import UnreadableWorkbook
from sekisho.adapters.workbooks.write import write_prefilled
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.register.diff import to_register
from sekisho.domain.register.records import Register
from tests.samples import hostile_workbooks, workbooks


@pytest.fixture(scope="module")
def book() -> bytes:
    into = io.BytesIO()
    write_prefilled(into, load_edition(), make_samples.sample_register("aoba"), "")
    return into.getvalue()


@pytest.fixture(scope="module")
def meant(book: bytes) -> Register:
    return _read(book)


def _read(book: bytes) -> Register:
    return to_register(read_workbook(book).book)


@pytest.mark.parametrize("mutation", workbooks.SAME, ids=lambda mutation: mutation.__name__)
class TestSame:
    def test_it_changes_the_file(self, mutation, book):
        assert mutation(book) != workbooks.saved(workbooks.opened(book))

    def test_it_says_the_same(self, mutation, book, meant):
        assert _read(mutation(book)) == meant


class TestOther:
    def test_dropped_columns_are_unanswered_and_the_rest_stands(self, book, meant):
        lines = [replace(line, carrier=None, provider=None, provider_plan=None) for line in meant.lines]
        assert _read(workbooks.dropped_optional_columns(book)) == replace(meant, lines=tuple(lines))

    def test_the_example_row_is_no_line(self, book, meant):
        assert _read(workbooks.example_row_left_in(book)) == meant

    def test_an_older_edition_is_understood(self, book, meant):
        assert _read(workbooks.other_edition(book)) == meant

    @pytest.mark.parametrize("mutation", [workbooks.credential_sheet, workbooks.credentials_in_remarks])
    def test_credentials_come_out_nowhere(self, mutation, book):
        dirty = mutation(book)
        assert workbooks.SECRETS[1] in _all_text(dirty)
        checked = check_workbook(dirty)
        assert checked.credentials_dropped
        assert "credentials-present" in {problem.rule for problem in checked.problems}
        said = repr(checked) + repr(to_register(checked.book))
        assert [secret for secret in workbooks.SECRETS if secret in said] == []


def _all_text(book: bytes) -> str:
    sheets = load_workbook(io.BytesIO(book))
    return "\n".join(str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value)


class TestHostile:
    @pytest.mark.parametrize("name", sorted(hostile_workbooks.HOSTILE))
    def test_it_is_refused_with_words(self, name, book):
        with pytest.raises(UnreadableWorkbook) as refused:
            read_workbook(hostile_workbooks.HOSTILE[name](book))
        assert refused.value.text.ja
        assert refused.value.text.en

    def test_a_sheet_that_swells_to_600_megabytes_is_refused(self, book):
        with pytest.raises(UnreadableWorkbook):
            read_workbook(hostile_workbooks.zip_bomb(book))

    @pytest.mark.parametrize("text", hostile_workbooks.FORMULA_TEXTS)
    def test_a_formula_typed_as_text_stays_text(self, text, book):
        workbook = workbooks.opened(book)
        cell = workbooks.answer_cell(workbooks.sheet_of(workbook, "lines"), "lines", 1, "remarks")
        cell.value = text
        cell.data_type = "s"
        line = _read(workbooks.saved(workbook)).lines[0]
        assert line.remarks == text.strip()
