"""How old what is known is, and what is missing: an answer is only as good as its sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sekisho.adapters.feeds.folder import STALE_AFTER
from sekisho.adapters.feeds.recognise import SNAPSHOTS, Kind
from sekisho.apps.vulnerabilities import knowledge, words
from sekisho.apps.vulnerabilities.models import Advisory, ExploitedEntry, FeedLoad, LifeCycleEntry, LikelihoodEntry
from sekisho.foundation.ui.statuses import Status


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One kind of feed: what is in force, how many entries there are, of which day, and whether that is too old."""

    kind: str
    name: str | Promise
    count: int
    as_of: datetime | None
    read_at: datetime | None
    status: Status
    word: str
    loads: int

    @property
    def is_missing(self) -> bool:
        """Return True when nothing of this kind is in force."""
        return not self.loads


def sources(now: datetime) -> list[SourceRow]:
    """Return every kind that is needed or there."""
    loads: dict[str, list[FeedLoad]] = {}
    for load in knowledge.loads_in_force():
        loads.setdefault(load.kind, []).append(load)
    kinds = [*words.NEEDED, *(kind for kind in words.KINDS if kind in loads and kind not in words.NEEDED)]
    return [_row(kind, loads.get(kind, []), now) for kind in kinds]


def _row(kind: str, loads: Sequence[FeedLoad], now: datetime) -> SourceRow:
    as_of = max((load.as_of for load in loads if load.as_of), default=None)
    read_at = max((load.ended_at for load in loads if load.ended_at), default=None)
    status, word = _state(kind, as_of, now) if loads else (Status.WARNING, _("ありません"))
    return SourceRow(kind, words.KINDS[kind], _count(kind, loads), as_of, read_at, status, word, len(loads))


def _state(kind: str, as_of: datetime | None, now: datetime) -> tuple[Status, str]:
    limit = STALE_AFTER.get(Kind(kind))
    if as_of is None:
        return Status.UNKNOWN, _("日付が分かりません")
    days = max(0, (now - as_of).days)
    age = ngettext("%(n)s日前", "%(n)s日前", days) % {"n": days} if days else _("今日")
    if limit is not None and now - as_of > limit:
        return Status.WARNING, _("古い（%(age)s）") % {"age": age}
    return Status.OK, age


def _count(kind: str, loads: Sequence[FeedLoad]) -> int:
    """Return how many entries are in force: a CVE that ten files speak of is one."""
    if kind == Kind.KEV.value:
        return ExploitedEntry.objects.count()
    if kind == Kind.EPSS.value:
        return LikelihoodEntry.objects.count()
    if kind in {Kind.NVD.value, Kind.JVN.value, Kind.FORTINET.value, Kind.MSRC.value, Kind.CVE.value}:
        return Advisory.objects.filter(source=kind).count()
    return LifeCycleEntry.objects.filter(load__in=[load.pk for load in loads]).count()


def problems(now: datetime) -> list[str]:
    """Return what makes the answers doubtful, in sentences for a hospital; none when everything needed is there and fresh."""
    found = []
    for row in sources(now):
        if row.kind not in (Kind.NVD.value, *(kind.value for kind in SNAPSHOTS)):
            continue
        if row.is_missing:
            found.append(_MISSING[row.kind]())
        elif row.status is not Status.OK:
            found.append(
                _("%(name)s：%(state)s。その後に公表された弱点は含まれていません。")
                % {"name": row.name, "state": row.word}
            )
    return found


_MISSING = {
    Kind.NVD.value: lambda: _("弱点の一覧（NVD）がまだ入っていません。どの版に弱点があるかは、ほとんど判断できません。"),
    Kind.KEV.value: lambda: _("攻撃に使われた弱点の一覧（KEV）がまだ入っていません。攻撃に使われているかどうかは分かりません。"),
    Kind.EPSS.value: lambda: _("悪用の見込み（EPSS）がまだ入っていません。急ぐ順番は、深刻度と攻撃の有無だけで決めています。"),
}  # fmt: skip
