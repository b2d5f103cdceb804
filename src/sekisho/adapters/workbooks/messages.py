"""What reading has to say about a workbook, apart from what its answers mean: one table of rules and their words."""

from sekisho.domain.text import Text
from sekisho.domain.workbook.readings import Reading, shown
from sekisho.domain.workbook.schema import Problem, Severity

_E, _W = Severity.ERROR, Severity.WARNING

RULES: dict[str, tuple[Severity, Text]] = {
    "credentials-present": (_E, Text(
        "ここにアカウントやパスワードが書かれています。パスワードは受け取らない決まりのため、この内容は読まずに捨てました。"
        "元のファイルからも消して保存し、もう一度送ってください（アカウント・パスワードリストは提出不要です）。",
        "Accounts or passwords are written here. They must not be handed in, so their content was dropped unread. "
        "Please delete them from the original file too, save it, and send it again (the account list is not handed in).")),
    "sheet-without-table": (_E, Text(
        "このシートに「{sheet}」の見出しの行が見つかりません。見出しの行を消さずに記入してください。",
        'The row of headings of "{sheet}" was not found on this sheet. Please keep that row when filling in.')),
    "sheet-transposed": (_E, Text(
        "行と列が入れ替わっているようです。見出しを横に並べ、1件を1行に書いてください。",
        "Rows and columns seem to be swapped. Please put the headings side by side and write one record per row.")),
    "sheet-repeated": (_E, Text(
        "「{sheet}」が2枚以上あります。「{read}」だけを読みました。必要な内容を1枚にまとめてください。",
        'There are several sheets for "{sheet}"; only "{read}" was read. Please bring what you need together on one.')),
    "sheet-ignored": (_W, Text(
        "様式にないシートのため読みませんでした。必要な内容は様式のシートに書いてください。",
        "This sheet is not part of the form and was not read. Please write what matters on the sheets of the form.")),
    "sheet-hidden": (_W, Text(
        "非表示のシートです。内容は読みました。表示に戻して、見落としがないか確かめてください。",
        "This sheet is hidden. It was read; please unhide it and check that nothing was overlooked.")),
    "column-not-read": (_W, Text(
        "列「{value}」は様式にないため読みませんでした。必要な内容は備考に書いてください。",
        'The column "{value}" is not part of the form and was not read. Please put what matters under Remarks.')),
    "hidden-rows": (_W, Text(
        "非表示の行（{rows}行目）にも記入があり、読みました。表示に戻して、正しいか確かめてください。",
        "Hidden rows ({rows}) are filled in and were read. Please unhide them and check that they are right.")),
    "hidden-columns": (_W, Text(
        "非表示の列（{columns}）も読みました。表示に戻して、正しいか確かめてください。",
        "Hidden columns ({columns}) were read. Please unhide them and check that they are right.")),
    "merged-cells-filled": (_W, Text(
        "結合されたセルの内容を、結合された行すべての答えとして読みました。行ごとに違うときは、結合を解いて書き直してください。",
        "The content of merged cells was read as the answer of every merged row. If the rows differ, please unmerge them.")),
    "device-row-joined": (_W, Text(
        "この行の装置を、上の行の回線{number}の装置として読みました。別の回線なら、番号を書いてください。",
        "The device in this row was read as one of line {number} above. If it is another line, please number it.")),
    "example-row-skipped": (_W, Text(
        "「記入例」の行に、例とは違う内容があります。記入例の行は読みません。自院の内容は次の行から書いてください。",
        "The example row has been filled in. It is not read; please write your own answers from the next row on.")),
    "example-value-left": (_W, Text(
        "「{value}」は記入例の値のままです。自院の値に直してください。",
        '"{value}" is still the value of the printed example. Please replace it with your own.')),
    "formula-not-computed": (_E, Text(
        "計算式の結果が保存されていません。Excelで開いて上書き保存し、もう一度送ってください。",
        "The result of a formula was not saved. Open the file in Excel, save it, and send it again.")),
    "excel-error": (_E, Text(
        "Excelのエラー（{value}）が表示されています。計算式をやめて、答えをそのまま書いてください。",
        "Excel shows an error ({value}). Please write the answer itself instead of a formula.")),
    "too-many-rows": (_E, Text(
        "行が多すぎるため、{limit}件を超える分は読みませんでした。使っていない行を削除してください。",
        "There are too many rows; those beyond {limit} were not read. Please delete the rows you do not use.")),
    "macros-ignored": (_W, Text(
        "マクロ付きのファイルです。マクロは動かさず、値だけを読みました。",
        "The file holds macros. They were not run; only the values were read.")),
    "external-links": (_W, Text(
        "ほかのファイルを参照するリンクがあります。最後に保存された値を読みました。値が正しいか確かめてください。",
        "The file refers to other files. The values saved last were read; please check that they are right.")),
    "embedded-files": (_W, Text(
        "ほかのファイルが埋め込まれています。中身は読んでいません。必要なら別に送ってください。",
        "Other files are embedded. They were not read; please send them separately if they matter.")),
    "edition-differs": (_W, Text(
        "{found}版の様式です。{current}版として読みました。次からは{current}版の様式を使ってください。",
        "This is edition {found} of the form; it was read as edition {current}. Please use edition {current} from now on.")),
}  # fmt: skip


class Findings:
    """The problems of one sheet as they are found."""

    def __init__(self, sheet: str, problems: list[Problem] | None = None) -> None:
        self.problems: list[Problem] = [] if problems is None else problems
        self._sheet = sheet

    @classmethod
    def into(cls, problems: list[Problem], sheet: str) -> "Findings":
        """Return findings about `sheet` that are added to `problems`."""
        return cls(sheet, problems)

    def add(
        self, rule: str, cell: str = "", *, value: str = "", column: str = "", row: int | None = None, **words: object
    ) -> None:
        """Add the problem that `rule` names; `words` fill the places of its message."""
        severity, message = RULES[rule]
        said = message.filled(value=shown(value), **{name: shown(word) for name, word in words.items()})
        self.problems.append(Problem(self._sheet, cell, rule, severity, said, value[:200], column, row))

    def add_notes(self, reading: Reading, cell: str, value: str, column: str, row: int | None) -> None:
        """Add what was said when the cell was read."""
        for note in reading.notes:
            self.problems.append(
                Problem(self._sheet, cell, note.rule, note.severity, note.message, value[:200], column, row)
            )
