"""Reads `unread:`: lines of configurations that an earlier reading did not understand."""

from collections.abc import Iterator

from sekisho.adapters.network.fields import NetworkFields
from sekisho.adapters.network.known import Known
from sekisho.domain.network.model import Unread

KEYS = ("device", "source", "line", "text", "why")


def read_unread(fields: NetworkFields, known: Known) -> Iterator[Unread]:
    """Yield the lines; their text is free of secrets since it was read."""
    for path, entry in fields.entries("unread"):
        fields.check_keys(path, entry, KEYS)
        device = fields.name(entry, "device") or ""
        if device not in known.devices:
            fields.tell("unknown-device", *path, "device", name=device)
            continue
        source, text, why = (str(entry.get(key) or "") for key in ("source", "text", "why"))
        yield Unread(device, source, fields.number(path, entry, "line") or 0, text, why)
