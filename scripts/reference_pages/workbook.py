"""Columns and rules of 別紙2-1, from the catalogue."""

from scripts.reference_pages.markdown import code, page, table
from sekisho.catalogue.workbooks import edition_names, load_edition
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Column, Condition, Demand, Edition, Need, Rule, Severity, Sheet

NEEDS = {
    Need.REQUIRED: Text("必須", "required"),
    Need.CONDITIONAL: Text("条件により必須", "required by a rule"),
    Need.RECOMMENDED: Text("推奨", "recommended"),
    Need.OPTIONAL: Text("任意", "optional"),
    Need.OFFICE: Text("事務局が記入", "filled by the secretariat"),
}
DEMANDS = {
    Demand.FILLED: Text("書く", "is filled"),
    Demand.EMPTY: Text("空にする", "stays empty"),
    Demand.ONE_OF: Text("次のどれか", "is one of"),
    Demand.NOTE: Text("（知らせるだけ）", "(only told)"),
}
SEVERITIES = {Severity.ERROR: Text("修正", "error"), Severity.WARNING: Text("注意", "warning")}


def workbook(language: str) -> str:
    """Return the page: each edition, its sheets, their columns and rules."""
    parts = [
        Text(
            "画面の入力欄、Excel のプルダウン、シートに印刷される説明、受け取るときの確認は、すべてこの同じデータから作られます。\n"
            "「不明」は、下の表で「×」の欄を除き、いつでも書けます。",
            "The web form, the pull-downs in Excel, the instructions printed in the sheet and the checks on receipt are all "
            "made\nfrom this one set of data. 不明 (unknown) may be written anywhere except where the table says ×.",
        ).within(language)
    ]
    for name in edition_names():
        parts += _edition(load_edition(name), language)
    return page(
        Text("別紙2-1 の列と規則", "Columns and rules of the workbook").within(language),
        "src/sekisho/catalogue/workbook/",
        language,
        *parts,
    )


def _edition(edition: Edition, language: str) -> list[str]:
    title = Text("## {name}版（{day}）", "## Edition {name} ({day})").filled(name=edition.name, day=edition.issued_on)
    parts = [title.within(language)]
    for sheet in edition.sheets:
        parts.append(f"### {sheet.title.within(language)} `{sheet.key}`")
        parts.append(_columns(sheet.columns, language))
        if sheet.group:
            repeated = edition.group_title(sheet.key, 1).within(language)
            parts.append(
                Text("繰り返す欄（{title} …）", "Repeating columns ({title} ...)")
                .filled(title=repeated)
                .within(language)
            )
            parts.append(_columns(sheet.group, language))
        if sheet.rules:
            parts.append(_rules(sheet, language))
    return parts


def _columns(columns: tuple[Column, ...], language: str) -> str:
    heads = Text("見出し,キー,種類,要否,選べる答え,不明,説明", "heading,key,kind,need,options,unknown,help")
    return table(
        heads.within(language).split(","),
        (
            [
                column.heading.within(language),
                code(column.key),
                code(column.kind.value),
                NEEDS[column.need].within(language),
                "／".join(option.label.within(language) for option in column.options),
                "○" if column.unknown_allowed else "×",
                column.help.within(language),
            ]
            for column in columns
        ),
    )


def _rules(sheet: Sheet, language: str) -> str:
    heads = Text("規則,条件,求めること,強さ,印刷される説明,出典", "rule,when,asks,severity,instruction,source")
    return table(heads.within(language).split(","), (_rule(sheet, rule, language) for rule in sheet.rules))


def _rule(sheet: Sheet, rule: Rule, language: str) -> list[str]:
    column = sheet.column(rule.column)
    asked = f"{column.heading.within(language)}：{DEMANDS[rule.demand].within(language)}"
    if rule.values:
        asked += f" {_labels(column, rule.values, language)}"
    when = (Text(" かつ ", " and ").within(language)).join(_condition(sheet, c, language) for c in rule.when)
    instruction = rule.instruction.filled(heading=column.heading.within(language), value="…").within(language)
    return [code(rule.id), when, asked, SEVERITIES[rule.severity].within(language), instruction, rule.source]


def _condition(sheet: Sheet, condition: Condition, language: str) -> str:
    column = sheet.column(condition.column)
    return f"{column.heading.within(language)}＝{_labels(column, condition.values, language)}"


def _labels(column: Column, values: tuple[str, ...], language: str) -> str:
    special = {"*": Text("（何か記入）", "(anything)"), "": Text("（空）", "(blank)")}
    return "／".join(
        special[value].within(language)
        if value in special
        else option.label.within(language)
        if (option := column.option(value))
        else value
        for value in values
    )
