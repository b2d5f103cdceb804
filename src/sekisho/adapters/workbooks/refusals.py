"""Why a file cannot be read at all, in words that tell the sender what to do about it."""

from enum import Enum

from sekisho.domain.text import Text


class Refusal(Enum):
    """One reason for refusing a whole file. The value is what the sender is told."""

    CANNOT_OPEN = Text(
        "ファイルを開けません。ファイルの場所と名前を確かめてください。",
        "The file cannot be opened. Please check where it is and what it is called.",
    )
    NOT_A_FILE = Text(
        "指定されたものはファイルではありません。別紙2-1のExcelファイルを指定してください。",
        "This is not a file. Please name the Excel file of annex 2-1.",
    )
    EMPTY = Text(
        "ファイルの中身が空（0バイト）です。Excelで保存し直したものを送ってください。",
        "The file is empty (0 bytes). Please save it in Excel again and send that one.",
    )
    ALL_ZERO = Text(
        "ファイルの中身が失われています（すべて0です）。元のファイルをもう一度コピーして送ってください。",
        "The content of the file is lost (all zeros). Please copy the original file again and send that one.",
    )
    TOO_LARGE = Text(
        "ファイルが大きすぎます（上限 {limit} MB）。写真は小さくするか別のファイルに分けて送ってください。",
        "The file is too large (at most {limit} MB). Please shrink the photographs or send them as files of their own.",
    )
    ENCRYPTED = Text(
        "パスワードで保護されたファイルです。Excelで開き、［ファイル］→［情報］→［ブックの保護］→［パスワードを使用して暗号化］で"
        "パスワードを空にして保存し、もう一度送ってください。",
        "The file is protected with a password. Open it in Excel, clear the password under File > Info > Protect Workbook > "
        "Encrypt with Password, save it, and send it again.",
    )
    OLD_EXCEL = Text(
        "古い形式のExcelファイル（.xls）です。Excelで開き、［名前を付けて保存］で「Excel ブック（*.xlsx）」を選んで保存し、送ってください。",
        'This is an old Excel file (.xls). Open it in Excel, use Save As with "Excel Workbook (*.xlsx)", and send that file.',
    )
    BINARY_EXCEL = Text(
        "バイナリ形式のExcelファイル（.xlsb）です。［名前を付けて保存］で「Excel ブック（*.xlsx）」を選んで保存し、送ってください。",
        'This is a binary Excel file (.xlsb). Use Save As with "Excel Workbook (*.xlsx)" and send that file.',
    )
    OPEN_DOCUMENT = Text(
        "OpenDocument形式（.ods）のファイルです。［名前を付けて保存］で「Excel 2007-365（.xlsx）」を選んで保存し、送ってください。",
        'This is an OpenDocument file (.ods). Use Save As with "Excel 2007-365 (.xlsx)" and send that file.',
    )
    OTHER_OFFICE = Text(
        "Excelではない文書（WordやPowerPointなど）です。別紙2-1のExcelファイルを送ってください。",
        "This is another kind of document (Word, PowerPoint or the like). Please send the Excel file of annex 2-1.",
    )
    ZIPPED = Text(
        "zipなどに圧縮されたファイルです。展開（解凍）して、中のExcelファイルを送ってください。",
        "The workbook is packed inside an archive. Please unpack it and send the Excel file itself.",
    )
    CSV = Text(
        "名前はExcelですが、中身は文字だけのファイル（CSVなど）です。Excelで開き、「Excel ブック（*.xlsx）」として保存して送ってください。",
        'The content is plain text (CSV or the like), not Excel. Open it in Excel, save it as "Excel Workbook (*.xlsx)", and send that.',
    )
    HTML = Text(
        "名前はExcelですが、中身はWebページ（HTML）です。Excelで開き、「Excel ブック（*.xlsx）」として保存して送ってください。",
        'The content is a web page (HTML), not Excel. Open it in Excel, save it as "Excel Workbook (*.xlsx)", and send that.',
    )
    PDF = Text(
        "PDFファイルです。別紙2-1は、記入したExcelファイルのまま送ってください。",
        "This is a PDF file. Please send annex 2-1 as the Excel file you filled in.",
    )
    NOT_EXCEL = Text(
        "Excelファイル（.xlsx）として読めません。別紙2-1をExcelで開けるか確かめ、「Excel ブック（*.xlsx）」として保存し直してください。",
        'This cannot be read as an Excel file (.xlsx). Check that Excel opens it, and save it again as "Excel Workbook (*.xlsx)".',
    )
    TRUNCATED = Text(
        "ファイルが途中で切れているか壊れています。元のファイルをExcelで開いて保存し直し、もう一度送ってください。",
        "The file is cut off or damaged. Open the original in Excel, save it again, and send that one.",
    )
    DAMAGED = Text(
        "ファイルの組み立てが普通のExcelファイルと違うため、安全に読めません。Excelで開いて「Excel ブック（*.xlsx）」として保存し直してください。",
        'The file is put together unlike any ordinary Excel file and cannot be read safely. Save it again in Excel as "Excel Workbook (*.xlsx)".',
    )
    PATH_TRICK = Text(
        "ファイルの中に、外の場所を指す名前が入っているため受け取れません。Excelで開いて保存し直したものを送ってください。",
        "The file holds a name that points outside itself, so it is refused. Please save it in Excel again and send that one.",
    )
    BOMB = Text(
        "開くと異常に大きくなるファイルのため、読むのをやめました。必要なシートだけを新しいブックにコピーして送ってください。",
        "The file would become abnormally large when opened, so reading was stopped. Copy the sheets you need into a new workbook and send that.",
    )
    XML_DECLARATIONS = Text(
        "ファイルの中に、Excelが書くことのない宣言（DTDや特殊な文字コード）があるため受け取れません。Excelで開いて保存し直してください。",
        "The file holds declarations that Excel never writes (a DTD or an odd encoding), so it is refused. Please save it in Excel again.",
    )
    TOO_MANY_CELLS = Text(
        "シート「{sheet}」の表が広すぎます（セル {cell} まで値があります）。使っていない行と列を削除して保存し、もう一度送ってください。",
        'The table on sheet "{sheet}" is too wide (there are values as far as cell {cell}). Delete the rows and columns you do not use, save, and send it again.',
    )
    TOO_MUCH_TEXT = Text(
        "シート「{sheet}」の文字が多すぎます。別紙2-1に関係のない文章を別のファイルに移して保存し、もう一度送ってください。",
        'There is too much text on sheet "{sheet}". Move what is not about annex 2-1 to another file, save, and send it again.',
    )
    TOO_MANY_SHEETS = Text(
        "シートが多すぎます（{count} 枚）。別紙2-1のシートだけを残して保存し、もう一度送ってください。",
        "There are too many sheets ({count}). Please keep only the sheets of annex 2-1, save, and send it again.",
    )
    CANNOT_MARK = Text(
        "このファイルには印を付けられません（Excelの特殊な機能が使われています）。Excelで「Excel ブック（*.xlsx）」として保存し直すか、"
        "新しい別紙2-1に写してください。問題の一覧は画面で見られます。",
        'This file cannot be marked (it uses unusual features of Excel). Save it again in Excel as "Excel Workbook (*.xlsx)", or '
        "copy into a new form. The list of problems can be seen on screen.",
    )
    NOT_THIS_WORKBOOK = Text(
        "別紙2-1（回線・機器情報等記入）のシートが見つかりません（あるシート：{sheets}）。配布された様式に記入したファイルか確かめてください。",
        "None of the sheets of annex 2-1 (lines and devices) is in this file (it has: {sheets}). Please check that it is the form that was handed out.",
    )


class UnreadableWorkbook(Exception):
    """The file cannot be read. `refusal` says which reason, `text` what to tell its sender in both languages."""

    def __init__(self, refusal: Refusal, **values: object) -> None:
        self.refusal = refusal
        self.text = refusal.value.filled(**values) if values else refusal.value
        super().__init__(self.text.ja)

    @property
    def rule(self) -> str:
        """Return the reason as a rule id: "file-too-large"."""
        return "file-" + self.refusal.name.lower().replace("_", "-")
