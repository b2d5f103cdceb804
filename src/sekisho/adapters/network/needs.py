"""Reads `media:`, `flows:` and `backups:` of network.yaml: what is carried by hand, what must work, what is kept."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from sekisho.adapters.network.ends import credentials_of
from sekisho.adapters.network.fields import Entry, NetworkFields
from sekisho.adapters.network.known import Known
from sekisho.adapters.yaml_file import Path
from sekisho.domain.network.model import BackupCopy, Connect, DeclaredFlow, MediaControl, MediaPath

MEDIA_KEYS = ("from", "to", "control", "records")
FLOW_KEYS = ("src", "dst", "service", "owner", "until", "reason")
BACKUP_KEYS = (
    "id", "name", "of", "on", "connect", "generations", "immutable_days", "interval_hours", "restore_tested_on", "credentials",
)  # fmt: skip


def read_media(fields: NetworkFields, known: Known) -> Iterator[MediaPath]:
    """Yield the ways on which data is carried by hand."""
    for path, entry in fields.entries("media"):
        fields.check_keys(path, entry, MEDIA_KEYS)
        source, target = (_node(fields, known, path, entry, key) for key in ("from", "to"))
        if source is not None and target is not None:
            control = fields.word(path, entry, "control", MediaControl, MediaControl.UNKNOWN)
            yield MediaPath(source, target, control, fields.truth(path, entry, "records"))


def _node(fields: NetworkFields, known: Known, path: Path, entry: Entry, key: str) -> str | None:
    name = fields.name(entry, key)
    if name in known.nodes:
        return name
    fields.tell("unknown-end", *path, key, name=name or "")
    return None


def read_flows(fields: NetworkFields, known: Known, other_sources: Collection[str]) -> Iterator[DeclaredFlow]:
    """Yield the declared needs. `other_sources` are names of lines that the file need not list."""
    aliases = _line_names(known)
    for path, entry in fields.entries("flows"):
        fields.check_keys(path, entry, FLOW_KEYS)
        source, target = fields.name(entry, "src"), fields.name(entry, "dst")
        service, _ = fields.services(path, entry, "service")
        if source is None or target is None or not service:
            fields.tell("flow", *path)
            continue
        if source not in other_sources and source not in known.nodes:
            source = aliases.get(source)
        if source is None or target not in known.nodes:
            wrong = "dst" if source is not None else "src"
            fields.tell("unknown-end", *path, wrong, name=fields.name(entry, wrong) or "")
            continue
        yield DeclaredFlow(
            source,
            target,
            service,
            fields.text(path, entry, "owner"),
            fields.day(path, entry, "until"),
            fields.text(path, entry, "reason"),
        )


def _line_names(known: Known) -> dict[str, str]:
    """Return the ids of the lines by all names they go by: id, circuit id, "回線3", "line-3"."""
    names: dict[str, str] = {}
    for line in known.lines.values():
        if line.number is not None:
            names |= {f"回線{line.number}": line.id, f"line-{line.number}": line.id}
    names |= {circuit: line for line, circuit in known.circuits.items()}
    return names | {name: name for name in known.lines}


def read_backups(fields: NetworkFields, known: Known) -> Iterator[BackupCopy]:
    """Yield the copies that are kept; one whose place cannot be read hangs nobody knows how."""
    taken: set[str] = set()
    for path, entry in fields.entries("backups"):
        fields.check_keys(path, entry, BACKUP_KEYS)
        name = fields.identity(path, entry, taken)
        of = _node(fields, known, path, entry, "of") if name is not None else None
        if name is None or of is None:
            continue
        taken.add(name)
        copy = _copy(fields, known, path, entry, name, of)
        if copy.on is not None and copy.on not in known.nodes:
            fields.tell("unknown-node", *path, "on", name=copy.on)
            copy = replace(copy, on=None)
        yield copy


def _copy(fields: NetworkFields, known: Known, path: Path, entry: Entry, name: str, of: str) -> BackupCopy:
    return BackupCopy(
        id=name,
        of=of,
        on=fields.name(entry, "on"),
        connect=fields.word(path, entry, "connect", Connect, Connect.UNKNOWN),
        generations=fields.number(path, entry, "generations"),
        immutable_days=fields.number(path, entry, "immutable_days") or 0,
        interval_hours=fields.number(path, entry, "interval_hours", least=1),
        restore_tested_on=fields.day(path, entry, "restore_tested_on"),
        credentials=credentials_of(fields, known, path, entry),
        name=fields.text(path, entry, "name"),
    )
