"""Loads which UDP ports are asked and which TCP ports first; a slip in a file stops at once."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from sekisho.catalogue.entries import text_of
from sekisho.catalogue.errors import CatalogueError
from sekisho.domain.diagnosis.ports import LAST_PORT
from sekisho.domain.text import Text

UDP, TCP = "diagnosis/udp_ports.yaml", "diagnosis/tcp_ports.yaml"


@dataclass(frozen=True, slots=True)
class RankedPort:
    """A UDP port worth asking: IANA's name where it has one, and why it is asked."""

    port: int
    name: str
    why: Text


@dataclass(frozen=True, slots=True)
class AskedPorts:
    """The ranked UDP ports, and the TCP ports to ask first; both without a number twice."""

    udp_version: str
    source: Text
    udp: tuple[RankedPort, ...]
    tcp_first: tuple[int, ...]

    @property
    def udp_numbers(self) -> tuple[int, ...]:
        """Return the UDP ports, most telling first."""
        return tuple(one.port for one in self.udp)


@cache
def load_asked_ports() -> AskedPorts:
    """Return the bundled catalogue.

    Raises:
        CatalogueError: a file contradicts itself; see the message.
    """
    folder = files("sekisho.catalogue")
    return parse_asked_ports((folder / UDP).read_text(encoding="utf-8"), (folder / TCP).read_text(encoding="utf-8"))


def parse_asked_ports(udp: str, tcp: str) -> AskedPorts:
    """Return what the two documents (YAML) say.

    Raises:
        CatalogueError: they are no such catalogue.
    """
    try:
        said, first = yaml.safe_load(udp), yaml.safe_load(tcp)["first"]
        whys = {code: text_of(raw) for code, raw in said["whys"].items()}
        ranked = tuple(RankedPort(int(one["port"]), str(one["name"]), whys[one["why"]]) for one in said["ports"])
        asked = AskedPorts(str(said["version"]), text_of(said["source"]), ranked, tuple(map(int, first)))
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CatalogueError(f"{UDP}, {TCP}: {type(error).__name__}: {error}") from error
    for numbers in (asked.udp_numbers, asked.tcp_first):
        if len(set(numbers)) != len(numbers) or not all(1 <= port <= LAST_PORT for port in numbers):
            raise CatalogueError(f"{UDP}, {TCP}: a port stands twice, or is none")
    return asked
