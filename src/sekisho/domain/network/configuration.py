"""What a device's configuration says, as values: the same shape whichever vendor wrote it.

A reader never guesses silently: what it did not understand stands in `unparsed`, and where it might decide about
packets, also as a rule that is not exact with an unknown action at its place in the rule set.
"""

from dataclasses import dataclass, field
from enum import Enum

from sekisho.domain.network.model import Interface, Route, RuleSet, SourceNat, StaticNat
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.text import Text


class Bearing(Enum):
    """What an unparsed line could change, worst first."""

    FILTER = "filter"
    NAT = "nat"
    ROUTE = "route"
    INTERFACE = "interface"
    OTHER = "other"
    """Nothing that this product computes, as far as its first words tell."""


@dataclass(frozen=True, slots=True)
class UnparsedLine:
    """A line that was not understood: number from 1, text without secrets, why, and what it could change."""

    line: int
    text: str
    why: Text
    bearing: Bearing = Bearing.OTHER


@dataclass(frozen=True, slots=True)
class VpnPool:
    """Addresses that a device hands to remote users: whoever dials in sends from them and enters by `interface`."""

    interface: str
    addresses: Ranges
    name: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class ConfigNotice:
    """Something a reader should be told that is no fault of reading: telnet open, a default password shape, any-any."""

    line: int
    rule: str
    message: Text


@dataclass(frozen=True, slots=True)
class DeviceConfiguration:
    """One configuration as read. Rule sets, NATs and interfaces carry `device` = `hostname` or "" until tied to one.

    `vendor` is a code of `sekisho.adapters.configurations.read.VENDORS`. `understood` counts the lines that were read
    or are known to have no bearing on who can talk to whom; blank lines and comments count nowhere.
    """

    vendor: str
    model: str = ""
    hostname: str = ""
    interfaces: tuple[Interface, ...] = ()
    routes: tuple[Route, ...] = ()
    rulesets: tuple[RuleSet, ...] = ()
    static_nats: tuple[StaticNat, ...] = ()
    source_nats: tuple[SourceNat, ...] = ()
    vpn_pools: tuple[VpnPool, ...] = ()
    unparsed: tuple[UnparsedLine, ...] = ()
    notices: tuple[ConfigNotice, ...] = ()
    understood: int = 0
    redacted: int = field(default=0)

    @property
    def coverage(self) -> float:
        """Return the share of lines understood, 0 to 1; 1 for a configuration without lines."""
        lines = self.understood + len(self.unparsed)
        return self.understood / lines if lines else 1.0
