"""What falls, worked out host by host from the words of `domain.network.attack` alone: slow, and simple enough to trust.

Every node counts as one host. Connections are asked of `Reachability.answer`, one at a time.
"""

from sekisho.domain.network.intrusion import Entry, EntryKind, Intrusion
from sekisho.domain.network.model import MediaControl, Network, Node
from sekisho.domain.network.reach import Reachability
from sekisho.domain.tri import Tri


def closure(reach: Reachability, intrusion: Intrusion, entry: Entry, *, surely: bool) -> dict[str, int]:
    """Return the nodes that fall from a line or a node, with after how many steps; the entry itself is left out."""
    return _Closure(reach, intrusion, surely).fallen(entry)


class _Closure:
    def __init__(self, reach: Reachability, intrusion: Intrusion, surely: bool) -> None:
        self.reach, self.intrusion, self.surely = reach, intrusion, surely
        self.network: Network = reach.network
        self.nodes = {node.id: node for node in self.network.nodes}
        self._asked: dict[tuple[str, str, int], bool] = {}

    def fallen(self, entry: Entry) -> dict[str, int]:
        taken: dict[str, int] = {}
        senders, held = self._start(entry)
        step = 0
        while True:
            step += 1
            origins = [*senders, *(name for name in taken if not self.nodes[name].is_jump_host)]
            new = [
                node.id
                for node in self.network.nodes
                if node.id not in taken and node.id != entry.id and self._falls(node, origins, held)
            ]
            if not new:
                return taken
            taken |= dict.fromkeys(new, step)
            held |= {name for node in new for name in self.nodes[node].credentials}

    def _start(self, entry: Entry) -> tuple[list[str], set[str]]:
        if entry.kind is EntryKind.NODE:
            node = self.nodes[entry.id]
            return ([] if node.is_jump_host else [node.id]), set(node.credentials)
        line = next(line for line in self.network.lines if line.id == entry.id)
        lines = [line]
        for other in self.network.lines:
            is_kin = other.id != line.id and line.vendor and other.vendor == line.vendor
            if is_kin and (not self.surely or other.source.overlaps(line.source)):
                lines.append(other)
        return [one.id for one in lines], {name for one in lines for name in one.credentials}

    def _falls(self, node: Node, origins: list[str], held: set[str]) -> bool:
        opens = bool(held & set(node.credentials))
        by_service = any(self._reached(origin, node.id, service) for origin in origins for service in self._takeover)
        if by_service and (opens or not self.intrusion.needs_credentials):
            return True
        consoles = self.intrusion.consoles.get(node.role, frozenset())
        if opens and any(self._reached(origin, node.id, service) for origin in origins for service in consoles):
            return True
        return node.runs_on in origins or any(
            path.source in origins and path.target == node.id and self._carries(path.control)
            for path in self.network.media
        )

    @property
    def _takeover(self) -> frozenset[int]:
        return self.intrusion.takeover

    def _carries(self, control: MediaControl) -> bool:
        return control is MediaControl.NONE or (not self.surely and control is not MediaControl.ENFORCED)

    def _reached(self, source: str, target: str, service: int) -> bool:
        if source == target:
            return False
        key = (source, target, service)
        if key not in self._asked:
            answer = self.reach.answer(source, target, service)
            self._asked[key] = answer is Tri.YES or (answer is Tri.UNKNOWN and not self.surely)
        return self._asked[key]
