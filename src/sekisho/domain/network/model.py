"""What a hospital's network is: segments, nodes, lines, devices, rule sets, and what hangs on them.

Values only; `sekisho.adapters.network` reads and writes them as network.yaml, `sekisho.adapters.configurations` reads
rule sets, interfaces and routes from device configurations. Addresses, services and ports are `Ranges` of numbers (see
`addresses` and `services`). Every id is unique among its kind; nodes and lines share one name space.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum

from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.ranges import EMPTY, Ranges, Span
from sekisho.domain.network.services import ANY_PORT, ANY_SERVICE
from sekisho.domain.tri import Tri


class Isolation(Enum):
    """Whether hosts of one segment hear each other."""

    NONE = "none"
    PORT = "port"
    """Private VLAN, wireless client isolation: hosts reach only the gateway."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One broadcast domain: a VLAN, a point-to-point link. `gateway` is the device its hosts send to.

    `gateway` may be None when one device touches the segment. `department` names who works there, for the matrix.
    """

    id: str
    addresses: Ranges
    zone: str = ""
    isolation: Isolation = Isolation.NONE
    gateway: str | None = None
    name: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A host, or a group of alike hosts.

    `count` hosts share `addresses`. With fewer hosts than addresses, or addresses in several segments, each host has
    several of them (dual-homed): who takes one takes the node. `critical` is 0 (no effect) to 3 (care stops).
    `credentials` are ids of administrator credentials that open it. `runs_on` is the node of its hypervisor.
    `is_jump_host`: an intruder who takes it is stopped there (each session is asked for a second factor and recorded).
    """

    id: str
    addresses: Ranges
    role: str = ""
    critical: int = 0
    listens: Ranges = EMPTY
    count: int = 1
    credentials: tuple[str, ...] = ()
    name: str = ""
    department: str = ""
    os: str = ""
    runs_on: str | None = None
    is_jump_host: bool = False


@dataclass(frozen=True, slots=True)
class ExternalLine:
    """A line from outside: an entry. Its packets come from `source` and enter `device` by `interface`.

    With `segment` instead, they come from inside that segment (a modem on the LAN). With neither, nobody knows where
    the line ends and everything beyond it is unknown. `vendor` names the company at the far end, so that lines of one
    company are known to hang together. `number` is the line's number on the workbook 別紙2-1.
    """

    id: str
    source: Ranges = ANY_ADDRESS
    device: str | None = None
    interface: str | None = None
    segment: str | None = None
    kind: str = ""
    party: str = ""
    vendor: str = ""
    name: str = ""
    number: int | None = None
    multi_factor: Tri = Tri.UNKNOWN
    always_on: Tri = Tri.UNKNOWN
    credentials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of a device. Without `segment` it leads out of the model (a WAN, a tunnel to a far party)."""

    id: str
    segment: str | None = None
    address: int | None = None
    network: Span | None = None
    zone: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a device sends what goes to `prefix`: to the next hop `via`, else out of `interface`."""

    prefix: Span
    via: int | None = None
    interface: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A router, firewall or switch. With `filters_known` False nothing it lets pass is more than possible.

    With `routes_known` False it may have interfaces and routes that are not listed: where it finds no way, or only
    one out of the model, the answer is unknown. A route with neither `via` nor `interface` leads nobody knows where.
    """

    id: str
    interfaces: tuple[Interface, ...] = ()
    routes: tuple[Route, ...] = ()
    filters_known: bool = True
    kind: str = ""
    vendor: str = ""
    model: str = ""
    name: str = ""
    source: str = ""
    line_number: int | None = None
    routes_known: bool = True

    def interface(self, interface_id: str) -> Interface | None:
        """Return the interface of that id."""
        return next((one for one in self.interfaces if one.id == interface_id), None)


class Action(Enum):
    """What a rule or a default does with a packet."""

    PERMIT = "permit"
    DENY = "deny"
    UNKNOWN = "unknown"


class State(Enum):
    """Which packets of a connection a rule looks at.

    A rule set without state cannot tell first packets from replies: there NEW and ANY match both, ESTABLISHED only
    replies.
    """

    NEW = "new"
    ESTABLISHED = "established"
    ANY = "any"


class Direction(Enum):
    """Seen from the device: IN comes from the wire."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class AtInterface:
    """A rule set on one side of an interface."""

    interface: str
    direction: Direction

    def __str__(self) -> str:
        return f"{self.interface}/{self.direction.value}"


@dataclass(frozen=True, slots=True)
class AtZones:
    """A rule set between two zones of a device's interfaces; an interface without a zone has that of its segment."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}>{self.target}"


@dataclass(frozen=True, slots=True)
class Everywhere:
    """A rule set that every packet through the device meets, between the inbound and the outbound one."""

    def __str__(self) -> str:
        return "global"


Place = AtInterface | AtZones | Everywhere


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a rule stands in what it was read from: line number from 1, and the text of the line without secrets."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; the first that matches decides.

    A packet matches when all its parts do. `source_ports` are those of TCP and UDP (a sender chooses them freely).
    `entering` and `leaving` restrict by interface id, None by nothing. With `is_exact` False the rule matches at most
    what is written, perhaps less (an application, a name that resolves elsewhere, a line that could not be read): it
    may decide, so it makes unknown. A disabled rule is kept for the reader and never matches. A rule with a `schedule`
    is taken at its worst: a permit always holds, a deny never. `until` is the last day it is meant to stand.
    """

    seq: int
    action: Action
    src: Ranges = ANY_ADDRESS
    dst: Ranges = ANY_ADDRESS
    service: Ranges = ANY_SERVICE
    source_ports: Ranges = ANY_PORT
    state: State = State.ANY
    entering: frozenset[str] | None = None
    leaving: frozenset[str] | None = None
    is_exact: bool = True
    enabled: bool = True
    schedule: str = ""
    until: date | None = None
    name: str = ""
    objects: tuple[str, ...] = ()
    origin: Origin | None = None

    @property
    def takes_part(self) -> bool:
        """Return whether the rule can decide anything, at the worst moment."""
        return self.enabled and not (self.schedule and self.action is Action.DENY)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules at one place of one device, in order; what no rule matches meets `default`.

    A stateful rule set judges the first packet and lets the replies pass. One without state judges replies as well;
    there `tracked` are rules over the *first* packet whose replies pass all the same (YAMAHA dynamic filters, ip
    inspect). `source` is "declared" or "parsed:<file>". `id` is unique: "<device>/<place>" where there is only one.
    """

    device: str
    at: Place
    default: Action
    rules: tuple[Rule, ...] = ()
    stateful: bool = True
    tracked: tuple[Rule, ...] = ()
    source: str = "declared"
    name: str = ""

    @property
    def id(self) -> str:
        """Return "<device>/<place>": "rt1/lan2/in", "fw1/global"."""
        return f"{self.device}/{self.at}"

    def reference(self, rule: Rule | None) -> str:
        """Return how reports name a rule of this set ("rt1/lan2/in#1030"), or its default for None."""
        return f"{self.id}#{rule.seq}" if rule is not None else f"{self.id}#default"


@dataclass(frozen=True, slots=True)
class StaticNat:
    """An address of a device's outer `interface` that stands for an inside one (static NAT, port forwarding, VIP).

    `inside` is the first inside address; both sides count up together. `service` is what is forwarded, seen from
    outside; `inside_port` replaces its first port, the following ports count up. `filters_see_inside`: whether the
    device's own filters on the way in see the inside address (nftables, FortiOS, ASA, YAMAHA) or the outer one (IOS).
    """

    device: str
    interface: str
    outside: Ranges
    inside: int
    service: Ranges = ANY_SERVICE
    inside_port: int | None = None
    filters_see_inside: bool = True
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class SourceNat:
    """What leaves by `interface` from `inside` carries the address `outside` beyond the device (masquerade, PAT)."""

    device: str
    interface: str
    inside: Ranges
    outside: int
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class CredentialDomain:
    """Administrator credentials that open every node that lists them. `kind` is free text of the file."""

    id: str
    kind: str = ""
    name: str = ""


class MediaControl(Enum):
    """What stands against a USB stick carried from one node to another."""

    NONE = "none"
    RULE_ONLY = "rule-only"
    """A written rule that no tool enforces."""
    ENFORCED = "enforced"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MediaPath:
    """Data carried by hand from `source` to `target`. `recorded`: whether a ledger or log is kept."""

    source: str
    target: str
    control: MediaControl = MediaControl.UNKNOWN
    recorded: Tri = Tri.UNKNOWN


@dataclass(frozen=True, slots=True)
class DeclaredFlow:
    """A connection that somebody needs: it must keep working, until the end of the day `until`."""

    source: str
    target: str
    service: Ranges
    owner: str = ""
    until: date | None = None
    reason: str = ""

    def is_expired(self, today: date) -> bool:
        """Return whether the need has ended before `today`."""
        return self.until is not None and self.until < today


class Connect(Enum):
    """How a backup medium is tied to the network."""

    ALWAYS_ON = "always-on"
    TIMED_LINK = "timed-link"
    MANUAL_EJECT = "manual-eject"
    IMMUTABLE = "immutable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BackupCopy:
    """One way in which a copy of node `of` is kept on node `on`. `interval_hours` lies between two generations."""

    id: str
    of: str
    on: str | None = None
    connect: Connect = Connect.UNKNOWN
    generations: int | None = None
    immutable_days: int = 0
    interval_hours: int | None = None
    restore_tested_on: date | None = None
    credentials: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """A hospital's network at one moment."""

    segments: tuple[Segment, ...] = ()
    nodes: tuple[Node, ...] = ()
    lines: tuple[ExternalLine, ...] = ()
    devices: tuple[Device, ...] = ()
    rulesets: tuple[RuleSet, ...] = ()
    static_nats: tuple[StaticNat, ...] = ()
    source_nats: tuple[SourceNat, ...] = ()
    credentials: tuple[CredentialDomain, ...] = ()
    media: tuple[MediaPath, ...] = ()
    flows: tuple[DeclaredFlow, ...] = ()
    backups: tuple[BackupCopy, ...] = ()
    unread: tuple["Unread", ...] = field(default=())

    def with_rulesets(self, rulesets: tuple[RuleSet, ...]) -> "Network":
        """Return a copy with other rule sets."""
        return replace(self, rulesets=rulesets)


@dataclass(frozen=True, slots=True)
class Unread:
    """A line of a configuration that was not understood: its device, place, text without secrets, and why."""

    device: str
    source: str
    line: int
    text: str
    why: str
