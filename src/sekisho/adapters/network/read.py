"""Reads network.yaml: segments, nodes, lines, devices, rule sets, and what hangs on them, as one `Network`.

A person or the portal writes the file. Beside what its description shows, these keys are understood:

* segments: `name`, `department`; `cidr` may be a list of prefixes and ranges;
* nodes: `name`, `department`, `os`, `runs_on` (a node), `jump_host: true`;
* lines: `name`, `vendor`, `number` (its line on the workbook), `circuit`, `auth: {mfa, credentials}`; `terminates` is
  `{device, interface}`, `{segment}` or left out when nobody knows;
* devices: `name`, `kind`, `vendor`, `model`, `line`, `filters: unknown`, `routes_known: false` (more routes than
  listed), `config`; interfaces with `address: 10.0.0.1/24`, `network`, `zone`, `name` — without `segment` they belong
  to that of their address, with `segment: null` to none; routes with `interface` instead of `via`;
* rulesets: `name`, `stateful`, `tracked` (rules whose replies pass); rules with `source_ports: [1024-65535]`,
  `entering`, `leaving` (interfaces), `enabled`, `exact: false`, `schedule`, `until`, `name`, `objects`, `origin`;
* nat: `{device, interface, kind: static, outside, inside, service, inside_port, filters_see: inside | outside}` or
  `{device, interface, kind: source, inside, outside}`;
* media: `records`; flows: `reason`; backups: `name`, `interval_hours`, `restore_tested_on`, `credentials`.

One value may stand where a list is meant. What is wrong is told with its line and the rest is read; what is missing
for that reason becomes unknown, never closed: an unreadable rule may decide anything at its place, an unreadable route
or interface leaves the device's routes unknown, an unreadable place of rules its filters.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sekisho.adapters.network.configured import add_links, give_pools_to_lines
from sekisho.adapters.network.devices import read_devices
from sekisho.adapters.network.ends import read_credentials, read_lines, read_nodes
from sekisho.adapters.network.fields import NetworkFields
from sekisho.adapters.network.known import Known
from sekisho.adapters.network.needs import read_backups, read_flows, read_media
from sekisho.adapters.network.rules import read_rulesets
from sekisho.adapters.network.segments import read_segments
from sekisho.adapters.network.translations import read_translations
from sekisho.adapters.network.unread import read_unread
from sekisho.adapters.yaml_file import FileProblem, read_yaml
from sekisho.domain.network.model import Network

KEYS = (
    "segments", "nodes", "lines", "devices", "rulesets", "nat", "credentials", "media", "flows", "backups", "unread",
)  # fmt: skip
MAX_BYTES = 20_000_000
MAX_PARTS = 1_000_000
"""A network of 50,000 rules; reading what is just within the limit, whatever it says, takes under 500 MB."""


@dataclass(frozen=True, slots=True)
class NetworkReading:
    """The network as far as it could be read, and what was wrong in the file."""

    network: Network
    problems: tuple[FileProblem, ...] = ()


def read_network_model(
    raw: bytes, *, configurations: Mapping[str, bytes] | None = None, other_sources: Collection[str] = ()
) -> NetworkReading:
    """Return the network that `raw`, a network.yaml, describes.

    `configurations` are the files that devices name by `config`, by their path from network.yaml. `other_sources` are
    names of lines that flows may come from although the file does not list them.

    Raises:
        YamlUnreadable: the file as a whole cannot be read.
    """
    fields, known = NetworkFields(read_yaml(raw, max_bytes=MAX_BYTES, max_parts=MAX_PARTS)), Known()
    fields.check_keys((), fields.document.value, KEYS)
    read_segments(fields, known)
    read_devices(fields, known, configurations or {})
    add_links(known)
    read_credentials(fields, known)
    read_nodes(fields, known)
    give_pools_to_lines(fields, known, read_lines(fields, known))
    read_rulesets(fields, known)
    static_nats, source_nats = read_translations(fields, known)
    rest = Network(
        media=tuple(read_media(fields, known)),
        flows=tuple(read_flows(fields, known, other_sources)),
        backups=tuple(read_backups(fields, known)),
        unread=(*known.parsed.unread, *read_unread(fields, known)),
    )
    network = replace(
        rest,
        segments=tuple(known.segments.values()),
        nodes=tuple(known.nodes.values()),
        lines=tuple(known.lines.values()),
        devices=known.certain_devices(),
        rulesets=tuple(known.rulesets.values()),
        static_nats=static_nats,
        source_nats=source_nats,
        credentials=tuple(known.credentials.values()),
    )
    return NetworkReading(network, tuple(sorted(fields.problems, key=lambda problem: problem.line or 0)))
