"""The sentences printed for the person who fills a sheet, made from the columns and rules so that they cannot contradict.

One sentence says how much a column is asked for (`Need`), one what to write (`Kind`), and each rule adds its own.
"""

from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Column, Kind, Need, Rule, Sheet

MARKS = {
    Need.REQUIRED: Text("必須", "Required"),
    Need.CONDITIONAL: Text("条件により必須", "Required in some cases"),
    Need.RECOMMENDED: Text("できるだけ", "Recommended"),
    Need.OPTIONAL: Text("任意", "Optional"),
    Need.OFFICE: Text("事務局", "Secretariat"),
}
"""The one word under a heading."""

_NEEDS = {
    Need.REQUIRED: Text("必ず書きます。", "Required."),
    Need.CONDITIONAL: Text("下の条件に当てはまるときに書きます。", "Fill in when one of these cases applies."),
    Need.RECOMMENDED: Text("できるだけ書きます。空でも受け付けます。", "Please fill in if you can; blank is accepted."),
    Need.OPTIONAL: Text("分かるときに書きます。空のままでもかまいません。", "Fill in if you know it; may stay blank."),
    Need.OFFICE: Text("事務局が書きます。空のままにします。", "The secretariat fills this in; leave it blank."),
}
_KINDS = {
    Kind.TEXT: Text("言葉で書きます。", "Write in your own words."),
    Kind.CHOICE: Text("一覧から選びます。", "Choose from the list."),
    Kind.OPEN_CHOICE: Text(
        "一覧から選ぶか、なければ言葉で書きます。", "Choose from the list, or write your own words."
    ),
    Kind.INTEGER: Text("数字だけで書きます。", "Figures only."),
    Kind.YEAR: Text("西暦4けたの数字で書きます。", "A year in four figures."),
    Kind.GLOBAL_ADDRESS: Text(
        "IPアドレスを1つ、「/」を付けずに書きます。院内の番号（10. や 192.168. で始まる番号）は書けません。",
        "One IP address, without a slash. Addresses inside the hospital (10. or 192.168. ...) are refused.",
    ),
    Kind.INTERFACE_ADDRESS: Text(
        "IPアドレスを1つ書きます（例 192.168.1.131/24）。", "One IP address (192.168.1.131/24)."
    ),
    Kind.HOST_NAME: Text("半角の英数字と「-」で書きます。", "Letters, figures and hyphens."),
    Kind.FQDN: Text("「.」で区切った名前を書きます（例 vpn.example.jp）。", "A name with dots (vpn.example.jp)."),
    Kind.POSTAL_CODE: Text("数字7けたで書きます（例 100-0001）。", "Seven figures (100-0001)."),
    Kind.PHONE: Text("市外局番から書きます（例 03-0000-0000）。", "With the area code (03-0000-0000)."),
    Kind.EMAIL: Text("メールアドレスを1つ書きます。", "One mail address."),
    Kind.KANA: Text("ひらがなかカタカナで書きます。", "In hiragana or katakana."),
}
_UNKNOWN = Text("分からないときは「不明」と書けます。", "If you do not know, write 不明 (unknown).")
_UNKNOWN_WITH_REASON = Text(
    "分からないときは「不明（理由）」と書けます。", "If you do not know, write 不明 with the reason in brackets."
)


def need_mark(column: Column) -> Text:
    """Return the word that stands under the heading: 必須, 任意 ..."""
    return MARKS[column.need]


def instruction(column: Column) -> Text:
    """Return what to write in `column` and whether it must be filled, rules left aside."""
    if column.need is Need.OFFICE:
        return _NEEDS[column.need]
    sentences = [_NEEDS[column.need], _KINDS[column.kind]]
    if column.unknown_allowed:
        sentences.append(_UNKNOWN_WITH_REASON if column.unknown_needs_reason else _UNKNOWN)
    return _paragraph(sentences)


def rule_instruction(sheet: Sheet, rule: Rule) -> Text:
    """Return the printed sentence of `rule`."""
    return rule.instruction.filled(heading=sheet.column(rule.column).heading, value="")


def guidance(sheet: Sheet, column: Column) -> Text:
    """Return everything to be said of a column: where to find the answer, what to write, and each of its rules."""
    rules = [rule_instruction(sheet, rule) for rule in sheet.rules if rule.column == column.key]
    head = _paragraph([column.help, instruction(column)])
    return Text(
        "\n".join([head.ja, *(f"・{rule.ja}" for rule in rules)]),
        "\n".join([head.en, *(f"- {rule.en}" for rule in rules)]),
    )


def _paragraph(sentences: list[Text]) -> Text:
    return Text("".join(sentence.ja for sentence in sentences), " ".join(sentence.en for sentence in sentences))
