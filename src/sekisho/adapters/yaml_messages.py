"""What is said of YAML that cannot be read. No message repeats what the file says: it may be a password."""

from sekisho.domain.text import Text


class YamlUnreadable(ValueError):
    """The file cannot be read as YAML. `message` says where (`line`, from 1, when known), why and how to mend it."""

    def __init__(self, why: Text, line: int | None = None) -> None:
        super().__init__(why.en)
        self.line = line
        self.message = Text(f"{line}行目：{why.ja}", f"line {line}: {why.en}") if line else why


NOT_A_LIST = Text(
    "「- {example}」の形で1件ずつ並べて書いてください。この項目は使わずに進みます。",
    "Write one entry after another as “- {example}”. This key is left out.",
)
NOT_AN_ENTRY = Text(
    "「- {example}」の形で書いてください。この行は使わずに進みます。",
    "Write this as “- {example}”. The entry is left out.",
)
MORE_PROBLEMS = Text(
    "直すところがほかにもあります。先に{told}件を直し、もう一度読み込んでください。別の資料が混ざっていないかも確かめてください。",
    "There is more to mend. Mend these {told} first and read the file again; check that nothing else got into it.",
)
TOO_LARGE = Text(
    "ファイルが大きすぎます（上限 {limit}MB）。別の資料が混ざっていないか確かめてください。",
    "The file is too large (limit {limit} MB). Check that nothing else got into it.",
)
NOT_TEXT = Text(
    "文字のファイルとして読めません。メモ帳などで開き、文字コード UTF-8 で保存し直してください。",
    "This is not a text file. Open it in an editor and save it as UTF-8.",
)
STRANGE_CHARACTER = Text(
    "使えない文字が入っています。その行を打ち直し、文字コード UTF-8 で保存してください。",
    "There is a character that cannot be used. Type the line again and save as UTF-8.",
)
TOO_DEEP = Text(
    "入れ子が深すぎるか、項目が多すぎます。見本のファイルと見比べてください。",
    "Nested too deeply, or too many entries. Compare with the sample file.",
)
GROWS = Text(
    "「&」と「*」の参照を広げると大きくなりすぎます。参照を使わずに書いてください。",
    "Written out, its references (& and *) become too large. Write it without references.",
)
CIRCLE = Text(
    "「&」と「*」の参照が自分自身に戻っています。参照を使わずに書いてください。",
    "A reference (& and *) leads back to itself. Write it without references.",
)
NO_MAPPING = Text(
    "「項目: 値」の形になっていません。見本のファイルと見比べてください。",
    "This is not in the form “key: value”. Compare with the sample file.",
)
GIVEN_TWICE = Text(
    "同じ項目が{first}行目にもあります。どちらか一つにしてください。",
    "The same key already stands on line {first}. Keep one of them.",
)
WRONG_VALUE = Text(
    '書き方を読み取れない値があります。日付は 2026-11-21 のように、文字は "..." で囲んで書いてください。',
    "A value cannot be read. Write dates as 2026-11-21 and put text in quotes.",
)
WRONG_FORM = Text(
    "書き方を読み取れません。すぐ上の行も含めて、コロンの後の空白、字下げ、引用符の閉じ忘れを確かめてください。",
    "This cannot be read. Here and on the line above, check the space after colons, the indentation and the quotes.",
)
TAB = Text("タブ文字があります。字下げは空白（スペース）で書いてください。", "There is a tab. Indent with spaces.")
TAG = Text(
    "「!」で始まる指定は使えません。その部分を消してください。", "Tags that begin with “!” are not accepted. Remove it."
)
NO_REFERENCE = Text(
    "「*」の参照先がありません。参照を使わずに書いてください。", "A reference (*) leads nowhere. Write it out."
)
SECOND_DOCUMENT = Text(
    "「---」で区切られています。一つのファイルには一つだけ書いてください。",
    "There is more than one document; keep one.",
)
