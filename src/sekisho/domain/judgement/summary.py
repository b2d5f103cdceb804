"""Says the level in two or three plain sentences: where the hospital stands, and what is between it and the next."""

from sekisho.domain.judgement.level import Control, Grade, LevelVerdict
from sekisho.domain.judgement.predicates import joined
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri


def summarise(verdict: LevelVerdict) -> Text:
    """Return the level in words, e.g. "レベル2：外との境目は守られていますが、中の仕切りがありません。レベル3まで、..."."""
    return joined([headline(verdict), next_step(verdict)])


def headline(verdict: LevelVerdict) -> Text:
    """Return where the hospital stands: "レベル2：外との境目は守られていますが、中の仕切りがありません。"."""
    return joined([HEADS[verdict.urgent].filled(level=verdict.level), _standing(verdict)])


def next_step(verdict: LevelVerdict) -> Text:
    """Return what is between it and the next level, and what answers alone could change; "" at level 3."""
    return joined([_way_up(verdict), _hope(verdict)])


def _standing(verdict: LevelVerdict) -> Text:
    if verdict.level == 3:
        return _ALL_IN_PLACE
    if verdict.level == 2:
        return _INSIDE[verdict.control(Control.INTERNAL).grade]
    if verdict.urgent:
        return _NOT_SEPARATED
    outside = _OUTSIDE[verdict.control(Control.EXTERNAL).grade]
    return joined([outside, _MEDIA[verdict.control(Control.MEDIA).grade]])


def _way_up(verdict: LevelVerdict) -> Text:
    """Return how many things are to be mended and how many only to be found out before the next level."""
    if not verdict.nearest_miss:
        return Text("", "")
    to_mend = sum(miss.outcome is Tri.NO for miss in verdict.nearest_miss)
    to_ask = len(verdict.nearest_miss) - to_mend
    way = _WAYS[bool(to_mend), bool(to_ask)]
    return way.filled(
        next=_next_level(verdict),
        mend=_things(to_mend, "setting"),
        ask=_things(to_ask, "answer"),
    )


def _things(number: int, english: str) -> Text:
    """Return "3つ" / "3 settings"; Japanese counts in 個 from ten on."""
    return Text(f"{number}つ" if number < 10 else f"{number}個", f"{number} {english}{'' if number == 1 else 's'}")


def _next_level(verdict: LevelVerdict) -> int:
    """Return the level that the nearest miss leads to: 3 straight from 1 when the inside is already divided."""
    inside_is_ready = verdict.control(Control.INTERNAL).at_least is Grade.FULL
    return 3 if inside_is_ready else verdict.level + 1


def _hope(verdict: LevelVerdict) -> Text:
    """Return how far the level could rise by answers alone; "" when answers change nothing."""
    if verdict.best_possible == verdict.level:
        return Text("", "")
    return _COULD_BE.filled(best=verdict.best_possible)


HEADS = {
    False: Text("レベル{level}：", "Level {level}:"),
    True: Text("レベル{level}（要緊急確認）：", "Level {level} (check urgently):"),
}
_ALL_IN_PLACE = Text(
    "外との境目、USBなどの媒体、院内の仕切りの3つがそろって守られています。",
    "Outside connections, storage media and the inside network are all protected.",
)
_NOT_SEPARATED = Text(
    "診療のネットワークがインターネットから切り離されていません。今日中に保守会社へ確かめてください。",
    "The medical network is not kept apart from the internet. Ask the maintenance company today.",
)
_INSIDE = {
    Grade.NONE: Text(
        "外との境目は守られていますが、中の仕切りがありません。",
        "The outside is guarded, but nothing divides the inside.",
    ),
    Grade.PARTIAL: Text(
        "外との境目は守られていますが、中の仕切りは一部だけです。",
        "The outside is guarded, but the inside is divided only in part.",
    ),
    Grade.UNKNOWN: Text(
        "外との境目は守られていますが、中の仕切りがまだ確かめられていません。",
        "The outside is guarded, but it is not known yet whether the inside is divided.",
    ),
}
_OUTSIDE_NOT_KNOWN = Text(
    "外との境目がどう守られているか、まだ確かめられていません。", "How the outside is guarded is not known yet."
)
_OUTSIDE = {
    Grade.NONE: _OUTSIDE_NOT_KNOWN,
    Grade.UNKNOWN: _OUTSIDE_NOT_KNOWN,
    Grade.PARTIAL: Text(
        "外との境目は、ある程度守られていますが十分ではありません。",
        "The outside is guarded to some degree, not fully.",
    ),
    Grade.FULL: Text("外との境目は守られています。", "The outside is guarded."),
}
_MEDIA = {
    Grade.NONE: Text("USBなどの媒体には歯止めがありません。", "Nothing restrains USB sticks and other media."),
    Grade.UNKNOWN: Text(
        "USBなどの媒体の管理は、まだ確かめられていません。", "The control of USB sticks is not known yet."
    ),
    Grade.PARTIAL: Text(
        "USBなどの媒体の管理は一部だけです。", "USB sticks and other media are controlled only in part."
    ),
    Grade.FULL: Text("USBなどの媒体は管理されています。", "USB sticks and other media are controlled."),
}
_WAYS = {
    (True, False): Text("レベル{next}まで、あと{mend}の設定です。", "{mend} away from level {next}."),
    (False, True): Text("レベル{next}まで、あと{ask}の確認です。", "{ask} away from level {next}."),
    (True, True): Text(
        "レベル{next}まで、あと{mend}の設定と{ask}の確認です。", "{mend} and {ask} away from level {next}."
    ),
}
_COULD_BE = Text(
    "分かっていないことがすべて良い結果なら、レベル{best}です。", "If every unknown turns out well, it is level {best}."
)
