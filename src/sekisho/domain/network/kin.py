"""What falls with a host although no connection leads there: guests of a hypervisor, where data is carried by hand."""

from sekisho.domain.network.classes import positions
from sekisho.domain.network.hosts import Hosts
from sekisho.domain.network.model import MediaControl, Network
from sekisho.domain.network.taking import How, Taking


class Kin:
    """The ties between the hosts of one network that need no connection."""

    def __init__(self, network: Network, hosts: Hosts) -> None:
        self._hosts = hosts
        self._guests: dict[str, list[str]] = {}
        for node in network.nodes:
            if node.runs_on is not None:
                self._guests.setdefault(node.runs_on, []).append(node.id)
        self._media: dict[str, list[tuple[str, bool]]] = {}
        for path in network.media:
            if path.control is not MediaControl.ENFORCED:
                is_sure = path.control is MediaControl.NONE
                self._media.setdefault(path.source, []).append((path.target, is_sure))
        self.some = bool(self._guests or self._media or hosts.some_are_whole)
        """Whether there is any tie."""

    def fallen_with(self, fresh: int, *, surely: bool) -> int:
        """Return what falls with the hosts just taken, other addresses of the same hosts aside."""
        found = 0
        for at in positions(fresh):
            for node in self._hosts.nodes_at(at):
                for guest in self._guests.get(node, ()):
                    found |= self._hosts.bits_of(guest)
                for target, is_sure in self._media.get(node, ()):
                    if is_sure or not surely:
                        found |= self._hosts.bits_of(target)
        return found

    def taking(self, node: str, earlier: int, *, surely: bool) -> Taking:
        """Return by which host taken `earlier` a node falls without a connection."""
        host = self._hosts.nodes[node].runs_on
        if host is not None and self._hosts.bits_of(host) & earlier:
            return Taking(node, surely, 0, host, How.HYPERVISOR)
        for source, targets in self._media.items():
            is_carried = any(target == node and (is_sure or not surely) for target, is_sure in targets)
            if is_carried and self._hosts.bits_of(source) & earlier:
                return Taking(node, surely, 0, source, How.MEDIA)
        return Taking(node, surely, 0, node, How.SAME_HOST)
