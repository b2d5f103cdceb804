"""Where a product stands: whether it can be reached from outside, and what an intruder on its line reaches behind it."""

from sekisho.apps.network import queries as network
from sekisho.apps.network.analysis import analysis_of
from sekisho.apps.network.comparison import CRITICAL
from sekisho.apps.vulnerabilities.models import HospitalProduct
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.priority import Situation
from sekisho.foundation.files.actions import FileDamaged


def situation_of(use: HospitalProduct) -> Situation:
    """Return where `use` stands; what lies behind is unknown without a map of the inside that has its line."""
    # A service was seen from outside; of a device nobody has shown that it cannot be.
    exposed = Tri.YES if use.kind == HospitalProduct.Kind.SERVICE else Tri.UNKNOWN
    record = use.line_id or (use.device.line_id if use.device is not None else None)
    plan = network.current_plan(use.hospital)
    if plan is None or record is None:
        return Situation(exposed)
    try:
        analysis = analysis_of(plan)
    except FileDamaged:
        return Situation(exposed)
    name = network.line_ties(use.hospital, analysis.network).in_map(record)
    if not name:
        return Situation(exposed)
    spread = analysis.assessed.spreads[name]
    fallen = [node for node in analysis.network.nodes if spread.fallen(node.id) is Tri.YES]
    critical = sum(1 for node in fallen if node.critical >= CRITICAL)
    return Situation(exposed, analysis.assessed.blasts[name].hosts, critical)
