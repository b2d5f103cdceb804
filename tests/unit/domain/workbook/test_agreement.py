"""Every sentence printed in the sheet agrees with what the checks do: shown for each rule and column, from the data.

Nothing here names a rule or a column: a new one is tested the day it is written, and fails without agreement.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from sekisho.domain.facts import Unknown
from sekisho.domain.workbook.instructions import guidance, instruction, need_mark, rule_instruction
from sekisho.domain.workbook.normalise import read_cell
from sekisho.domain.workbook.record_checks import check_record
from sekisho.domain.workbook.rows import ReadRow
from sekisho.domain.workbook.schema import Column, Demand, Kind, Need, Rule, Severity, Sheet
from tests.unit.domain.workbook.books import (
    BASIC,
    CONTACT,
    DEVICE,
    EDITION,
    LINE,
    TERMINAL,
    row_of,
)

COMPLETE = {"basic": (BASIC, CONTACT), "lines": (LINE, DEVICE), "terminals": (TERMINAL, {})}
SHEETS = [EDITION.sheet(key) for key in COMPLETE]
RULES = [(sheet, rule) for sheet in SHEETS for rule in sheet.rules]
COLUMNS = [(sheet, column) for sheet in SHEETS for column in (*sheet.columns, *sheet.group)]
TEXTS = {"global_address": "8.8.4.1", "scan_day_address": "8.8.4.1", "virtual_address": "192.168.9.9/24"}


def name_of(value: Any) -> str:
    return getattr(value, "key", None) or getattr(value, "id", "")


def problems(sheet: Sheet, row: ReadRow) -> list[str]:
    return [problem.rule for problem in check_record(sheet, sheet.title.ja, row)]


def made(sheet: Sheet, answers: dict[str, Any], part: dict[str, Any] | None = None) -> ReadRow:
    whole, whole_part = COMPLETE[sheet.key]
    return row_of(sheet, {**whole, **answers}, [{**whole_part, **(part or {})}])


def own_columns(sheet: Sheet) -> set[str]:
    return {column.key for column in sheet.columns}


def related(sheet: Sheet, rule: Rule) -> list[str]:
    """Return the columns that any rule ties, directly or by others, to those of `rule`."""
    ties = [{r.column, *(c.column for c in r.when)} for r in sheet.rules]
    found = {rule.column, *(condition.column for condition in rule.when)}
    while True:
        grown = found.union(*(tie for tie in ties if tie & found))
        if grown == found:
            return sorted(found)
        found = grown


def candidates(sheet: Sheet, rule: Rule, key: str) -> list[str | None]:
    """Return the values of a column that matter to the rules, as a person writes them."""
    column = sheet.column(key)
    if not column.options:
        return [None, TEXTS.get(key, "あれこれ")]
    named = {value for r in sheet.rules for c in r.when if c.column == key for value in c.values}
    named |= {value for r in sheet.rules if r.column == key for value in r.values}
    others = [option.code for option in column.options if option.code not in named][:1]
    codes = [code for code in (*sorted(named), *others) if code not in ("", "*")]
    return [None, *(column.option(code).label.ja for code in codes)]


def possible_rows(sheet: Sheet, rule: Rule) -> Iterator[ReadRow]:
    """Yield rows that differ in everything that the rule and its neighbours look at."""
    keys = related(sheet, rule)
    own = own_columns(sheet)
    for values in product(*(candidates(sheet, rule, key) for key in keys)):
        answers = dict(zip(keys, values, strict=True))
        part = {key: answers.pop(key) for key in list(answers) if key not in own}
        yield made(sheet, answers, part)


def conditions_hold(rule: Rule, row: ReadRow) -> bool:
    """Decide without the code under test whether the row is one of those that the sentence speaks of."""
    for condition in rule.when:
        value = row.values[condition.column]
        if not (value in condition.values or (value is None and "" in condition.values)):
            return False
    return True


@pytest.mark.parametrize(("sheet", "rule"), RULES, ids=name_of)
def test_row_that_obeys_the_sentence_has_no_problem(sheet, rule):
    for row in possible_rows(sheet, rule):
        if rule.demand is Demand.NOTE or conditions_hold(rule, row):
            found = problems(sheet, row)
            if not found:
                return
    pytest.fail(f"no row obeys {rule.id}")


@pytest.mark.parametrize(("sheet", "rule"), RULES, ids=name_of)
def test_row_that_breaks_the_sentence_has_exactly_that_problem(sheet, rule):
    found = []
    for row in possible_rows(sheet, rule):
        found = problems(sheet, row)
        if found == [rule.id]:
            assert conditions_hold(rule, row)
            return
    pytest.fail(f"no row breaks {rule.id} alone; the last one had {found}")


@pytest.mark.parametrize(("sheet", "rule"), RULES, ids=name_of)
def test_rule_never_speaks_where_its_sentence_does_not_apply(sheet, rule):
    for row in possible_rows(sheet, rule):
        if not conditions_hold(rule, row):
            assert rule.id not in problems(sheet, row)


@pytest.mark.parametrize(("sheet", "rule"), RULES, ids=name_of)
def test_sentence_says_what_the_rule_demands(sheet, rule):
    said = rule.instruction.ja
    column = sheet.column(rule.column)
    if rule.demand is Demand.ONE_OF:
        labels = [column.option(value).label for value in rule.values]
        assert any(label.ja in said for label in labels)
        assert any(label.ja in rule.message.ja for label in labels)
        assert any(label.en in rule.instruction.en for label in labels)
    if rule.demand is Demand.EMPTY:
        assert "空" in said or "書かず" in said
        assert "空" in rule.message.ja
        assert "blank" in rule.instruction.en
    if rule.demand is Demand.FILLED:
        assert "書" in said or "選" in said
        assert ("必ず" in said or "必要" in said) <= (rule.severity is Severity.ERROR)
    assert said in guidance(sheet, column).ja
    assert rule_instruction(sheet, rule).en in guidance(sheet, column).en


def blank_problems(sheet: Sheet, column: Column) -> list[str]:
    """Return what is said of the column when it alone is blank."""
    row = made(sheet, {column.key: None}) if column.key in own_columns(sheet) else made(sheet, {}, {column.key: None})
    return [p.rule for p in check_record(sheet, sheet.title.ja, row) if p.column == column.key]


@pytest.mark.parametrize(("sheet", "column"), COLUMNS, ids=name_of)
def test_blank_answer_has_exactly_the_problem_that_its_mark_announces(sheet, column):
    # Conditional columns have their own rules, tested above.
    unconditional = [rule.id for rule in sheet.rules if rule.column == column.key and not rule.when]
    expected = {
        Need.REQUIRED: unconditional or ["required"],
        Need.RECOMMENDED: ["recommended"],
        Need.OPTIONAL: [],
        Need.OFFICE: [],
    }
    if column.need in expected:
        tied = {rule.id for rule in sheet.rules if rule.column == column.key and rule.when}
        assert [rule for rule in blank_problems(sheet, column) if rule not in tied] == expected[column.need]


@pytest.mark.parametrize(("sheet", "column"), COLUMNS, ids=name_of)
def test_required_is_printed_exactly_where_blank_is_an_error(sheet, column):
    assert (need_mark(column).ja == "必須") == (column.need is Need.REQUIRED)
    assert ("必ず" in instruction(column).ja) == (column.need is Need.REQUIRED)


@pytest.mark.parametrize(("sheet", "column"), COLUMNS, ids=name_of)
def test_conditional_column_has_a_rule(sheet, column):
    if column.need is Need.CONDITIONAL:
        assert any(rule.column == column.key for rule in sheet.rules)


@pytest.mark.parametrize(("sheet", "column"), COLUMNS, ids=name_of)
def test_unknown_is_an_answer_exactly_where_the_sentence_says_so(sheet, column):
    answer = {column.key: Unknown("保守会社に確認中")}
    row = made(sheet, answer) if column.key in own_columns(sheet) else made(sheet, {}, answer)
    found = [p.rule for p in check_record(sheet, sheet.title.ja, row) if p.column == column.key]
    assert found == ([] if column.unknown_allowed else ["unknown-not-allowed"])
    assert ("不明" in instruction(column).ja) == column.unknown_allowed


@pytest.mark.parametrize(("sheet", "column"), COLUMNS, ids=name_of)
def test_unknown_without_reason_is_told_exactly_where_a_reason_is_asked_for(sheet, column):
    answer = {column.key: Unknown()}
    row = made(sheet, answer) if column.key in own_columns(sheet) else made(sheet, {}, answer)
    found = [p.rule for p in check_record(sheet, sheet.title.ja, row) if p.rule == "unknown-needs-reason"]
    assert bool(found) == column.unknown_needs_reason == ("理由" in instruction(column).ja)


@pytest.mark.parametrize(("sheet", "column"), COLUMNS, ids=name_of)
def test_printed_example_is_a_good_answer(sheet, column):
    if not column.example:
        return
    reading = read_cell(column, column.example, EDITION)
    assert reading.answer is not None
    assert reading.notes == ()
    if column.kind is Kind.CHOICE:
        assert column.option(reading.answer)


WRONG = {
    Kind.CHOICE: "たぶん",
    Kind.INTEGER: "たくさん",
    Kind.YEAR: "むかし",
    Kind.GLOBAL_ADDRESS: "分かりにくい場所",
    Kind.INTERFACE_ADDRESS: "192.168.1.300/24",
    Kind.FQDN: "名前なしです",
    Kind.EMAIL: "joho at example",
    Kind.POSTAL_CODE: "12",
    Kind.PHONE: "電話です",
    Kind.KANA: "漢字",
    Kind.HOST_NAME: "受付の 端末",
}


@pytest.mark.parametrize(("sheet", "column"), COLUMNS, ids=name_of)
def test_wrong_text_for_the_kind_is_told(sheet, column):
    if column.kind in WRONG:
        assert read_cell(column, WRONG[column.kind], EDITION).notes


@pytest.mark.parametrize(("sheet", "column"), COLUMNS, ids=name_of)
def test_every_option_reads_back_from_every_way_it_is_written(sheet, column):
    for option in column.options:
        for written in (option.label.ja, option.label.en, *option.spellings):
            assert read_cell(column, written, EDITION).answer == option.code, written


@pytest.mark.parametrize(("sheet", "column"), [(s, c) for s, c in COLUMNS if c.minimum is not None], ids=name_of)
def test_bounds_are_part_of_the_range(sheet, column):
    for value, expected in (
        (column.minimum, []),
        (column.maximum, []),
        (column.minimum - 1, ["out-of-range"]),
        (column.maximum + 1, ["out-of-range"]),
    ):
        row = (
            made(sheet, {column.key: value})
            if column.key in own_columns(sheet)
            else made(sheet, {}, {column.key: value})
        )
        assert problems(sheet, row) == expected


def test_complete_rows_have_no_problem():
    for sheet in SHEETS:
        assert problems(sheet, made(sheet, {})) == []
