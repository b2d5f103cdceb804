"""What the map of a hospital's network gives to its verdicts, kept for as long as neither map, register nor day changes."""

from collections import OrderedDict
from datetime import date
from threading import Lock

from django.utils import timezone

from sekisho.adapters.yaml_file import YamlUnreadable
from sekisho.apps.network.analysis import analysis_of
from sekisho.apps.network.queries import current_plan
from sekisho.assessment.network import NetworkAssessment
from sekisho.assessment.network_grounds import ground_network
from sekisho.domain.judgement.network_grounds import NetworkGrounds
from sekisho.domain.register.records import Register
from sekisho.foundation.files.actions import FileDamaged
from sekisho.foundation.tenancy.models import Hospital

MOST_KEPT = 64
_Key = tuple[str, date, Register]
_kept: OrderedDict[_Key, NetworkGrounds] = OrderedDict()
_lock = Lock()


def assessed_network(hospital: Hospital) -> NetworkAssessment | None:
    """Return the assessed map in force; None without one, or when its file can no longer be read."""
    plan = current_plan(hospital)
    try:
        return analysis_of(plan).assessed if plan is not None else None
    except (FileDamaged, YamlUnreadable):
        return None


def grounds_of(hospital: Hospital, register: Register) -> NetworkGrounds | None:
    """Return what the map in force gives to verdicts; None without a readable one."""
    plan, assessed = current_plan(hospital), assessed_network(hospital)
    if plan is None or assessed is None:
        return None
    key = (plan.content_hash, timezone.localdate(), register)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = ground_network(assessed, register)  # outside the lock: none waits for another's hospital
    with _lock:
        _kept[key] = found
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return found
