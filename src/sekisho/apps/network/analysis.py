"""What follows from a version of the map, computed once per process and kept by the content of the map.

A version never changes, so its computation never grows stale; only the day (needs that end) is part of the key.
Assessments are never changed by their users; what they compute lazily is the same whoever asks first.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from django.utils import timezone

from sekisho.adapters.network.read import read_network_model
from sekisho.apps.network.models import NetworkPlan
from sekisho.assessment.network import NetworkAssessment, assess_network
from sekisho.assessment.sheets import NetworkSheets
from sekisho.domain.network.changes import Change, changed
from sekisho.domain.network.cut import Cut
from sekisho.domain.network.model import Network
from sekisho.domain.text import Text
from sekisho.foundation.files.actions import content_of

MOST_KEPT = 12
"""Networks kept in one process; some megabytes each. The one not asked for the longest goes first."""
CUT_TIME_LIMIT_S = 8.0
"""A page waits for it; what is found by then is shown with its bound."""


class AcceptedBefore(frozenset[str]):
    """Says of every name that it may be a source of flows: when the version was made, each was looked at."""

    def __contains__(self, name: object) -> bool:
        return True


@dataclass(frozen=True)
class Analysis:
    """The assessment of one version on one day, and the smallest changes asked for so far."""

    assessed: NetworkAssessment
    _cuts: dict[str, Cut] = field(default_factory=dict)
    _sheets: dict[str, NetworkSheets] = field(default_factory=dict)

    @property
    def network(self) -> Network:
        """Return the network itself."""
        return self.assessed.network

    def cut_of(self, line: str) -> Cut:
        """Return the smallest changes that part one line from every critical node."""
        known = self._cuts.get(line)
        if known is None:
            known = self._cuts[line] = self.assessed.cut([line], time_limit_s=CUT_TIME_LIMIT_S)
        return known

    def sheets_for(self, hospital: str) -> NetworkSheets:
        """Return the printable sheets with the hospital's name in their title block."""
        known = self._sheets.get(hospital)
        if known is None:
            known = self._sheets[hospital] = NetworkSheets(self.assessed, hospital=Text(hospital, hospital))
        return known

    def after(self, changes: tuple[Change, ...]) -> "Analysis":
        """Return the analysis with `changes` made.

        Raises:
            LookupError: a change names something that is not there.
        """
        return Analysis(self.assessed.after(changed(self.network, changes)))


_kept: OrderedDict[tuple[str, date], Analysis] = OrderedDict()
_lock = Lock()


def analysis_of(plan: NetworkPlan, *, today: date | None = None) -> Analysis:
    """Return the analysis of a version of the map, from memory when this process has read it before."""
    key = (plan.content_hash, today or timezone.localdate())
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    # Outside the lock: two threads may read the same file, none waits for another hospital's.
    network = read_network_model(content_of(plan.file), other_sources=AcceptedBefore()).network
    found = Analysis(assess_network(network, today=key[1]))
    with _lock:
        _kept[key] = found
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return found


def forget_all() -> None:
    """Forget everything; for tests."""
    with _lock:
        _kept.clear()
