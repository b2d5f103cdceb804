"""The eight states that a tag can show. Each has its own word, shape and colour, so that none rests on colour alone.

"No" and "unknown" are different answers and look different: a full outline with a bar, and a dashed outline with a
question mark. "Unanswered" is an empty dotted outline.
"""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sekisho.domain.tri import Tri


class Status(StrEnum):
    """How something stands. The value is also the icon's name and the ending of the CSS class."""

    DANGER = "danger"
    WARNING = "warning"
    CAUTION = "caution"
    INFO = "info"
    OK = "ok"
    NO = "no"
    UNKNOWN = "unknown"
    UNANSWERED = "unanswered"

    @property
    def word(self) -> Promise:
        """Return the word shown when the page gives none of its own."""
        return WORDS[self]


WORDS: dict[Status, Promise] = {
    Status.DANGER: _("危険"),
    Status.WARNING: _("警告"),
    Status.CAUTION: _("注意"),
    Status.INFO: _("お知らせ"),
    Status.OK: _("問題なし"),
    Status.NO: _("いいえ"),
    Status.UNKNOWN: _("不明"),
    Status.UNANSWERED: _("未回答"),
}

OF_TRI: dict[Tri, tuple[Status, Promise]] = {
    Tri.YES: (Status.INFO, _("はい")),
    Tri.NO: (Status.NO, _("いいえ")),
    Tri.UNKNOWN: (Status.UNKNOWN, _("不明")),
}
"""How a plain yes, no or unknown is shown when neither answer is good or bad in itself."""
