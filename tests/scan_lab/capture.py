"""What went over the wire, with times: read from what tcpdump writes. Nothing but the standard library."""

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_FILE_HEADER, _RECORD_HEADER, _ETHERNET = 24, 16, 14
_MAGIC = 0xA1B2C3D4
_IPV4, _IPV6 = 0x0800, 0x86DD
_TCP, _UDP = 6, 17


@dataclass(frozen=True, slots=True)
class Packet:
    """One IP packet: seconds since 1970, addresses, protocol number; ports and TCP flags where there are any."""

    at: float
    source: str
    target: str
    protocol: int
    source_port: int = 0
    target_port: int = 0
    flags: int = 0
    size: int = 0


class Capture:
    """The packets of one recording, in the order of their times."""

    def __init__(self) -> None:
        self.packets: tuple[Packet, ...] = ()

    def read(self, content: bytes) -> None:
        """Take over what tcpdump wrote."""
        if content and struct.unpack_from("<I", content)[0] != _MAGIC:
            raise ValueError("not a recording of tcpdump's")
        self.packets = tuple(sorted(_packets(content), key=lambda packet: packet.at))

    def to(self, target: str) -> list[Packet]:
        """Return what was sent to one address."""
        wanted = str(ipaddress.ip_address(target))
        return [packet for packet in self.packets if packet.target == wanted]

    def most_in_a_second(self, target: str) -> int:
        """Return the most packets to `target` in any one second."""
        times = [packet.at for packet in self.to(target)]
        first = most = 0
        for last, at in enumerate(times):
            while times[first] <= at - 1:
                first += 1
            most = max(most, last - first + 1)
        return most


def _packets(content: bytes) -> Iterator[Packet]:
    at = _FILE_HEADER
    while at + _RECORD_HEADER <= len(content):
        seconds, micros, kept, _ = struct.unpack_from("<IIII", content, at)
        frame = content[at + _RECORD_HEADER : at + _RECORD_HEADER + kept]
        at += _RECORD_HEADER + kept
        packet = _packet(seconds + micros / 1e6, frame)
        if packet is not None:
            yield packet


def _packet(at: float, frame: bytes) -> Packet | None:
    if len(frame) < _ETHERNET + 20:
        return None
    kind, packet = struct.unpack_from(">H", frame, 12)[0], frame[_ETHERNET:]
    if kind == _IPV4:
        start, protocol, size = (packet[0] & 15) * 4, packet[9], struct.unpack_from(">H", packet, 2)[0]
        source, target = packet[12:16], packet[16:20]
    elif kind == _IPV6 and len(packet) >= 40:
        start, protocol, size = 40, packet[6], 40 + struct.unpack_from(">H", packet, 4)[0]
        source, target = packet[8:24], packet[24:40]
    else:
        return None
    ports, flags = (0, 0), 0
    if protocol in (_TCP, _UDP) and len(packet) >= start + 8:
        ports = struct.unpack_from(">HH", packet, start)
        flags = packet[start + 13] if protocol == _TCP and len(packet) > start + 13 else 0
    return Packet(
        at, str(ipaddress.ip_address(source)), str(ipaddress.ip_address(target)), protocol, *ports, flags, size
    )
