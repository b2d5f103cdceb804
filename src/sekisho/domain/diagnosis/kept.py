"""Scans and findings as plain JSON values and back, so that two runs can be compared years later.

Writing is that of `run_document.plain`; reading follows the types of the fields. A field that an older value lacks gets
its default; one that is no longer known is passed over.
"""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.results import AddressScan
from sekisho.domain.diagnosis.run_document import plain


class KeptUnreadable(ValueError):
    """A kept value is damaged: it does not have the shape of its type."""


def scan_to_plain(scan: AddressScan) -> dict[str, Any]:
    """Return `scan` as JSON holds it."""
    return cast("dict[str, Any]", plain(scan))


def scan_from_plain(kept: Any) -> AddressScan:
    """Return the scan.

    Raises:
        KeptUnreadable: it is none.
    """
    return cast("AddressScan", _read(kept, AddressScan))


def finding_to_plain(finding: Finding) -> dict[str, Any]:
    """Return `finding` as JSON holds it."""
    return cast("dict[str, Any]", plain(finding)) | {"facts": dict(finding.facts)}


def finding_from_plain(kept: Any) -> Finding:
    """Return the finding.

    Raises:
        KeptUnreadable: it is none.
    """
    return cast("Finding", _read(kept, Finding))


def _read(kept: Any, kind: Any) -> Any:
    try:
        return _value(kept, kind)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise KeptUnreadable(f"{getattr(kind, '__name__', kind)}: {error}") from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kept: Any, kind: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        wanted = next(one for one in get_args(kind) if one is not type(None))
        return None if kept is None else _value(kept, wanted)
    if origin in (tuple, frozenset):
        return _many(kept, origin, get_args(kind))
    if origin is not None:  # a mapping of texts
        return {str(key): str(one) for key, one in _checked(kept, Mapping).items()}
    if is_dataclass(kind):
        return _dataclass(_checked(kept, Mapping), cast("type", kind))
    if issubclass(kind, Enum):
        return kind(kept)
    if issubclass(kind, datetime | date):
        return kind.fromisoformat(kept)
    return _checked(kept, (int, float) if kind is float else kind)


def _many(kept: Any, origin: type, parts: tuple[Any, ...]) -> Any:
    values = _checked(kept, list | tuple)
    if origin is tuple and parts[-1] is not Ellipsis:
        return tuple(_value(one, part) for one, part in zip(values, parts, strict=True))
    return origin(_value(one, parts[0]) for one in values)


def _dataclass(kept: Mapping[str, Any], kind: type) -> Any:
    hints = _hints(kind)
    known = {one.name for one in fields(kind)}
    return kind(**{name: _value(value, hints[name]) for name, value in kept.items() if name in known})


def _checked(kept: Any, kind: Any) -> Any:
    if not isinstance(kept, kind) or (isinstance(kept, bool) and kind is int):
        raise TypeError(f"{type(kept).__name__} in place of {kind}")
    return kept
