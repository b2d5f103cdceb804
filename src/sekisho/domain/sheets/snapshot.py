"""The hash of a network: two sheets with the same one were drawn from the same facts."""

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum

from sekisho.domain.network.model import Network

SHOWN_DIGITS = 12
"""So many hexadecimal digits stand on paper; by chance alone two networks in 2^48 share them."""


def snapshot(network: Network) -> str:
    """Return the SHA-256 of `network` in hexadecimal, the same on every machine and in every run."""
    digest = hashlib.sha256()
    for piece in _pieces(network):
        digest.update(piece.encode("utf-8", "backslashreplace"))
        digest.update(b"\x1f")
    return digest.hexdigest()


def _pieces(value: object) -> Iterator[str]:
    if is_dataclass(value) and not isinstance(value, type):
        yield type(value).__name__
        for field in fields(value):
            yield from _pieces(getattr(value, field.name))
    elif isinstance(value, frozenset):
        # A set has no order of its own that holds from one run to the next.
        yield from _pieces(tuple(sorted(value, key=repr)))
    elif isinstance(value, tuple):
        yield f"({len(value)}"
        for item in value:
            yield from _pieces(item)
    elif isinstance(value, Enum):
        yield f"{type(value).__name__}.{value.name}"
    else:
        yield f"{type(value).__name__}:{value}"
