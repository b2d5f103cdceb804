"""Why a feed is refused, in words."""

from sekisho.domain.text import Text


class FeedRefused(ValueError):
    """The file cannot be taken over, and nothing of it was. `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


CUT = Text(
    "ファイルが途中で切れています。もう一度取得してください。前に読み込んだ内容はそのまま残っています。",
    "The file is cut off. Fetch it again; what was read before is kept.",
)
MALFORMED = Text(
    "形式が正しくないため読み込めません（{where}）。もう一度取得してください。前に読み込んだ内容はそのまま残っています。",
    "The file cannot be read ({where}). Fetch it again; what was read before is kept.",
)
TOO_LARGE = Text(
    "ファイルが大きすぎるため読み込みません（上限 {limit}MB）。別のファイルが混ざっていないか確かめてください。",
    "The file is too large (limit {limit} MB). Check that nothing else got in.",
)
HOSTILE = Text(
    "ファイルの作りが不正なため読み込みません（{where}）。入手元を確かめてください。",
    "The file is built to do harm or broken ({where}) and is not read. Check where it came from.",
)
UNREADABLE = Text("ファイルを開けません（{why}）。", "The file cannot be opened ({why}).")


def malformed(where: str) -> FeedRefused:
    """Return the refusal of a file that is none of its kind; `where` is a place, never what stands there."""
    return FeedRefused(MALFORMED.filled(where=where))
