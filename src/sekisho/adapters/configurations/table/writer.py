"""Writes rules as a table: CSV, and a workbook with pull-downs to be filled in. No cell is taken for a formula."""

import csv
import io
from collections.abc import Iterator
from itertools import pairwise
from typing import cast

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from sekisho.adapters.configurations.table.cells import (
    ACTIONS,
    DEFAULT_WORDS,
    DIRECTIONS,
    ENABLED,
    EVERYWHERE,
    STATEFUL,
    STATES,
    Column,
)
from sekisho.adapters.workbooks.cells import AS_TEXT, cell_at, put_text
from sekisho.adapters.workbooks.styles import BODY, BOX, HEADING, HEADING_FILL, NOTE, TITLE, TOP, WRAPPED
from sekisho.domain.cells import neutral
from sekisho.domain.network.addresses import addresses_text
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import AtInterface, AtZones, Everywhere, Place, Rule, RuleSet, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, services_text
from sekisho.domain.text import Language, Text

COLUMNS = (
    Column.DEVICE, Column.PLACE, Column.DIRECTION, Column.SEQ, Column.ACTION, Column.SRC, Column.DST, Column.SERVICE,
    Column.STATE, Column.COMMENT, Column.SCHEDULE, Column.UNTIL, Column.ENABLED,
)  # fmt: skip
_ROWS = 500
_LONGEST = 30_000
_WIDTHS = (14, 16, 12, 8, 10, 28, 28, 22, 16, 34, 14, 13, 9)
_SHEET, _GUIDE = Text("規則", "rules"), Text("書き方", "how to")
_HELP: dict[Column, Text] = {
    Column.DEVICE: Text("ルータやファイアウォールの名前。同じなら2行目からは空でも構いません。", "Name of the router or firewall. May stay blank below a row that has it."),
    Column.PLACE: Text("通信が通る口の名前（例 lan2）。ゾーンは「外>内」、装置全体なら「全体」。", "Interface (for example lan2); zones as wan>lan; “global” for the whole device."),
    Column.DIRECTION: Text("口から入る通信は「入」、口から出る通信は「出」。", "“in” for what comes in by the interface, “out” for what leaves by it."),
    Column.SEQ: Text("小さい順に判定します。どれにも当てはまらない通信は「既定」の行に書きます。", "Judged from the smallest up. The row “default” says what happens to all the rest."),
    Column.ACTION: Text("通すなら「許可」、止めるなら「拒否」、分からなければ「不明」。", "permit, deny, or unknown."),
    Column.SRC: Text("送る側のアドレス。例 10.0.0.0/24、10.0.0.1-10.0.0.9、すべて。複数は「,」で区切ります。", "Who sends: 10.0.0.0/24, 10.0.0.1-10.0.0.9, any; several with commas."),
    Column.DST: Text("受ける側のアドレス。書き方は送信元と同じです。", "Who receives; written like src."),
    Column.SERVICE: Text("例 tcp/443、udp/1000-2000、icmp、すべて。複数は「,」で区切ります。", "tcp/443, udp/1000-2000, icmp, any; several with commas."),
    Column.STATE: Text("ふつうは空のまま。既定の行には、戻りの通信を自動で通すなら「戻りは自動」、規則で判定するなら「戻りも判定」。", "Usually blank. In the default row: stateful or stateless."),
    Column.COMMENT: Text("何のための規則か。合い言葉（パスワード）は書かないでください。", "What the rule is for. Please write no passwords."),
    Column.SCHEDULE: Text("決まった時間だけの規則なら、その時間帯。", "When the rule holds, if not always."),
    Column.UNTIL: Text("いつまでの規則か（例 2027-03-31）。", "Last day of the rule, as 2027-03-31."),
    Column.ENABLED: Text("使っていない規則は「無効」。", "“no” for a rule that is switched off."),
}  # fmt: skip


def emit(configuration: DeviceConfiguration, language: Language = "ja") -> str:
    """Return the rule sets of `configuration` as CSV with headings in `language`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_headings(configuration, language))
    writer.writerows([neutral(" ".join(cell.split())) for cell in row] for row in _rows(configuration, language))
    return out.getvalue()


def emit_workbook(configuration: DeviceConfiguration, language: Language = "ja") -> bytes:
    """Return the same rows as an Excel workbook with pull-downs."""
    book = Workbook()
    sheet = cast(Worksheet, book.active)
    sheet.title = _SHEET.within(language)
    _head(sheet, _headings(configuration, language))
    rows = list(_rows(configuration, language))
    for number, row in enumerate(rows, start=2):
        for position, text in enumerate(row, start=1):
            cell = cell_at(sheet, number, position)
            put_text(cell, text)
            cell.font, cell.alignment, cell.border = BODY, TOP, BOX
    _pull_downs(sheet, language, max(_ROWS, len(rows) + 1))
    _guide(book.create_sheet(_GUIDE.within(language)), language)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def template(language: Language = "ja") -> bytes:
    """Return an empty workbook to be filled in."""
    return emit_workbook(DeviceConfiguration("table"), language)


def _headings(configuration: DeviceConfiguration, language: Language) -> list[str]:
    """Return the headings; numbers that do not count up are called numbers and not an order."""
    numbers = [[rule.seq for rule in ruleset.rules] for ruleset in configuration.rulesets]
    is_order = all(first < second for one in numbers for first, second in pairwise(one))
    named = {} if is_order else {Column.SEQ: Text("番号", "no")}
    return [named.get(column, column.value).within(language) for column in COLUMNS]


def _word(words: tuple[str, ...], language: Language) -> str:
    """Return the first choice that belongs to `language`."""
    is_ascii = language == "en"
    return next((word for word in words if word and word.isascii() == is_ascii), words[0])


def _rows(configuration: DeviceConfiguration, language: Language) -> Iterator[list[str]]:
    for ruleset in configuration.rulesets:
        device = ruleset.device or configuration.hostname
        for rule in ruleset.rules:
            if rule.src and rule.dst and rule.service and rule.source_ports:
                yield _row(device, ruleset, rule, language)
        place, direction = _place(ruleset.at, None, language)
        stateful = _word(STATEFUL[ruleset.stateful], language)
        default = _word(DEFAULT_WORDS, language)
        action = _word(ACTIONS[ruleset.default], language)
        everything = _any(language)
        cells = [device, place, direction, default, action, everything, everything, everything, stateful]
        yield cells + [""] * (len(COLUMNS) - len(cells))


def _any(language: Language) -> str:
    return Text("すべて", "any").within(language)


def _row(device: str, ruleset: RuleSet, rule: Rule, language: Language) -> list[str]:
    place, direction = _place(ruleset.at, rule, language)
    is_sure = rule.is_exact or rule.action.value == "unknown"
    return [
        device,
        place,
        direction,
        str(rule.seq),
        _word(ACTIONS[rule.action], language) + ("" if is_sure else "?"),
        _listed(addresses_text(rule.src), language),
        _listed(addresses_text(rule.dst), language),
        _services(rule.service, rule.source_ports, language),
        "" if rule.state is State.ANY else _word(STATES[rule.state], language),
        rule.name,
        rule.schedule,
        rule.until.isoformat() if rule.until else "",
        "" if rule.enabled else _word(ENABLED[False], language),
    ]


def _listed(texts: list[str], language: Language) -> str:
    return _any(language) if texts == ["any"] else ", ".join(texts)


def _services(services: Ranges, sources: Ranges, language: Language) -> str:
    text = _listed(services_text(services), language)
    if sources == ANY_PORT:
        return text
    ports = ",".join(f"{first}-{last}" if first != last else str(first) for first, last in sources.spans)
    return f"{text} {Text('送信元ポート', 'from').within(language)} {ports}"


def _place(at: Place, rule: Rule | None, language: Language) -> tuple[str, str]:
    if isinstance(at, AtInterface):
        return at.interface, _word(DIRECTIONS[at.direction], language)
    if isinstance(at, AtZones):
        return str(at), ""
    assert isinstance(at, Everywhere)  # noqa: S101 - tells the type checker that no other place exists
    place = Text(EVERYWHERE[1], EVERYWHERE[0]).within(language)
    if rule is None or (rule.entering is None and rule.leaving is None):
        return place, "*>*"
    return place, f"{_names(rule.entering)}>{_names(rule.leaving)}"


def _names(interfaces: frozenset[str] | None) -> str:
    return "*" if interfaces is None else "|".join(sorted(interfaces)) or "(none)"


def _head(sheet: Worksheet, headings: list[str]) -> None:
    for position, (heading, width) in enumerate(zip(headings, _WIDTHS, strict=True), start=1):
        cell = cell_at(sheet, 1, position)
        put_text(cell, heading)
        cell.font, cell.fill, cell.alignment, cell.border = HEADING, HEADING_FILL, WRAPPED, BOX
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = width
        for row in range(2, 60):
            cell_at(sheet, row, position).number_format = AS_TEXT
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _pull_downs(sheet: Worksheet, language: Language, last: int) -> None:
    choices: dict[Column, tuple[tuple[str, ...], ...]] = {
        Column.DIRECTION: tuple(DIRECTIONS.values()),
        Column.ACTION: tuple(ACTIONS.values()),
        Column.STATE: (STATES[State.NEW], STATES[State.ESTABLISHED], *STATEFUL.values()),
        Column.ENABLED: (("有効", "yes"), ENABLED[False]),
    }
    for position, column in enumerate(COLUMNS, start=1):
        words = [_word(choice, language) for choice in choices.get(column, ())]
        if words:
            validation = DataValidation(type="list", formula1=f'"{",".join(words)}"')
        else:
            validation = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=str(_LONGEST))
        validation.allow_blank, validation.showInputMessage, validation.showErrorMessage = True, True, True
        validation.errorStyle = "warning"
        validation.promptTitle = column.value.within(language)
        validation.prompt = _HELP[column].within(language)[:255]
        letter = get_column_letter(position)
        validation.add(f"{letter}2:{letter}{last}")
        sheet.add_data_validation(validation)


def _guide(sheet: Worksheet, language: Language) -> None:
    put_text(cell_at(sheet, 1, 1), Text("規則の表の書き方", "How to fill in the table of rules").within(language))
    cell_at(sheet, 1, 1).font = TITLE
    for row, column in enumerate(COLUMNS, start=3):
        for position, text in ((1, column.value), (2, _HELP[column])):
            cell = cell_at(sheet, row, position)
            put_text(cell, text.within(language))
            cell.font, cell.alignment, cell.border = (HEADING if position == 1 else NOTE), TOP, BOX
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 90
