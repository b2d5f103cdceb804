"""Reads `nodes:`, `lines:` and `credentials:` of network.yaml: who can talk, and from where one comes in."""

from dataclasses import replace

from sekisho.adapters.network.fields import MAX_CRITICAL, Entry, NetworkFields
from sekisho.adapters.network.known import Known
from sekisho.adapters.yaml_file import Path
from sekisho.domain.network.addresses import ANY_ADDRESS
from sekisho.domain.network.model import CredentialDomain, ExternalLine, Node
from sekisho.domain.network.ranges import Ranges

NODE_KEYS = (
    "id", "name", "addresses", "role", "critical", "listens", "count", "credentials", "department", "os", "runs_on", "jump_host",
)  # fmt: skip
CREDENTIAL_KEYS = ("id", "kind", "name")
LINE_KEYS = (
    "id", "number", "kind", "party", "vendor", "name", "terminates", "source", "auth", "always_on", "circuit",
)  # fmt: skip


def read_credentials(fields: NetworkFields, known: Known) -> None:
    """Put the credential domains into `known`."""
    for path, entry in fields.entries("credentials"):
        fields.check_keys(path, entry, CREDENTIAL_KEYS)
        name = fields.identity(path, entry, known.credentials)
        if name is not None:
            known.credentials[name] = CredentialDomain(
                name, fields.text(path, entry, "kind"), fields.text(path, entry, "name")
            )


def credentials_of(fields: NetworkFields, known: Known, path: Path, entry: Entry) -> tuple[str, ...]:
    """Return the credentials that an entry names; one that the file does not list is told once and taken as named."""
    names = fields.names(path, entry, "credentials")
    for name in names:
        if name not in known.credentials:
            fields.tell("unknown-credential", *path, "credentials", name=name)
            known.credentials[name] = CredentialDomain(name)
    return names


def read_nodes(fields: NetworkFields, known: Known) -> None:
    """Put the nodes into `known`, and tell addresses that lie in no segment."""
    places: dict[str, Path] = {}
    for path, entry in fields.entries("nodes"):
        fields.check_keys(path, entry, NODE_KEYS)
        name = fields.identity(path, entry, known.nodes)
        if name is not None:
            known.nodes[name] = _node(fields, known, path, entry, name)
            places[name] = path
    everywhere = Ranges.of(span for segment in known.segments.values() for span in segment.addresses.spans)
    for name, node in list(known.nodes.items()):
        if known.segments and not everywhere.covers(node.addresses):
            fields.tell("address-outside", *places[name], "addresses")
        if node.runs_on is not None and node.runs_on not in known.nodes:
            fields.tell("unknown-node", *places[name], "runs_on", name=node.runs_on)
            known.nodes[name] = replace(node, runs_on=None)


def _node(fields: NetworkFields, known: Known, path: Path, entry: Entry, name: str) -> Node:
    return Node(
        id=name,
        addresses=fields.hosts(path, entry, "addresses"),
        role=fields.text(path, entry, "role"),
        critical=_critical(fields, path, entry),
        listens=fields.services(path, entry, "listens")[0],
        count=fields.number(path, entry, "count", 1, least=1) or 1,
        credentials=credentials_of(fields, known, path, entry),
        name=fields.text(path, entry, "name"),
        department=fields.text(path, entry, "department"),
        os=fields.text(path, entry, "os"),
        runs_on=fields.name(entry, "runs_on"),
        is_jump_host=fields.flag(path, entry, "jump_host"),
    )


def _critical(fields: NetworkFields, path: Path, entry: Entry) -> int:
    value = entry.get("critical", 0)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CRITICAL:
        return value
    fields.tell("critical", *path, "critical")
    return 0


def read_lines(fields: NetworkFields, known: Known) -> list[str]:
    """Put the external lines into `known`; return the ids of those that do not say from where they send."""
    unsaid: list[str] = []
    for path, entry in fields.entries("lines"):
        fields.check_keys(path, entry, LINE_KEYS)
        name = fields.identity(path, entry, {**known.nodes, **known.lines})
        if name is None:
            continue
        known.lines[name] = _line(fields, known, path, entry, name)
        if (circuit := fields.name(entry, "circuit")) is not None:
            known.circuits[name] = circuit
        if entry.get("source") is None:
            unsaid.append(name)
    return unsaid


def _line(fields: NetworkFields, known: Known, path: Path, entry: Entry, name: str) -> ExternalLine:
    device, interface, segment = _termination(fields, known, path, entry)
    source, is_whole = fields.addresses(path, entry, "source")
    auth = entry.get("auth")
    if not isinstance(auth, dict):
        auth = {}
    return ExternalLine(
        id=name,
        source=source if source and is_whole else ANY_ADDRESS,
        device=device,
        interface=interface,
        segment=segment,
        kind=fields.text(path, entry, "kind"),
        party=fields.text(path, entry, "party"),
        vendor=fields.text(path, entry, "vendor"),
        name=fields.text(path, entry, "name"),
        number=fields.number(path, entry, "number", least=1),
        multi_factor=fields.truth((*path, "auth"), auth, "mfa"),
        always_on=fields.truth(path, entry, "always_on"),
        credentials=credentials_of(fields, known, (*path, "auth"), auth),
    )


def _termination(
    fields: NetworkFields, known: Known, path: Path, entry: Entry
) -> tuple[str | None, str | None, str | None]:
    """Return device, interface and segment where a line ends; all None when nobody knows."""
    written = entry.get("terminates")
    if written in (None, "unknown", "不明"):
        return None, None, None
    if isinstance(written, dict):
        segment = fields.name(written, "segment")
        if segment in known.segments and "device" not in written:
            return None, None, segment
        device = known.devices.get(fields.name(written, "device") or "")
        interface = fields.name(written, "interface")
        if device is not None and interface is not None:
            if device.interface(interface) is not None:
                return device.id, interface, None
            if not device.interfaces and not device.routes_known:  # its configuration is missing, as told already
                return None, None, None
            fields.tell("termination-interface", *path, "terminates", device=device.id, interface=interface)
            return None, None, None
        if device is None and "device" in written and interface is not None:
            fields.tell("termination-device", *path, "terminates", name=fields.name(written, "device") or "")
            return None, None, None
    fields.tell("termination", *path, "terminates")
    return None, None, None
