"""File names that a person can sort: 施設コード_文書名_日付_版（H001_調査報告書_20261121_第1版.pdf）."""

import unicodedata
from datetime import date

from sekisho.domain.reporting.document import ReportIssue
from sekisho.domain.text import Text

DRAFT = Text("下書き", "draft")
EDITION = Text("第{number}版", "v{number}")
MAX_BYTES = 200
"""File systems take 255 bytes; the rest is room for a suffix such as " (1)"."""

_FORBIDDEN = frozenset('<>:"/\\|?*_')
"""What Windows refuses in a name, and the underscore that separates the parts."""
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{stem}{n}" for stem in ("COM", "LPT") for n in range(1, 10))}


def document_file_name(
    *, code: str, title: Text, on: date, issue: ReportIssue | None, extension: str, language: str = "ja"
) -> str:
    """Return "code_title_YYYYMMDD_edition.extension", valid on Windows, macOS and Linux.

    `extension` comes without a dot. What a file system refuses becomes "-"; an empty code becomes "-".
    """
    edition = EDITION.filled(number=issue.number) if issue else DRAFT
    stem_end = f"_{_safe(title.within(language), 90)}_{on:%Y%m%d}_{_safe(edition.within(language), 30)}"
    head = _safe(code, MAX_BYTES - len(stem_end.encode()) - len(extension) - 1)
    return f"{head}{stem_end}.{extension}"


def _safe(part: str, max_bytes: int) -> str:
    """Return `part` with nothing that a file system, a shell or a mail program would stumble over."""
    composed = unicodedata.normalize("NFC", part)
    kept = "".join("-" if _is_refused(char) else char for char in composed).strip(" .-")
    shortened = kept.encode()[:max_bytes].decode(errors="ignore").rstrip(" .-")
    return f"{shortened}-" if shortened.upper() in _RESERVED else shortened or "-"


def _is_refused(char: str) -> bool:
    return char in _FORBIDDEN or char.isspace() or unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"}
