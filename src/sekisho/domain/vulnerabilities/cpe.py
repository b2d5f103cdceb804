"""Names of products in CPE 2.3 (NIST IR 7695), and in the older 2.2 that nmap and JVN write.

cpe:2.3:o:cisco:ios:15.8\\(3\\)m2:*:*:*:*:*:*:*      formatted string, special characters escaped
cpe:/a:openbsd:openssh:9.2p1                       URI binding, special characters as %xx
"""

import re
from urllib.parse import unquote

from sekisho.domain.values import dataclass
from sekisho.domain.vulnerabilities.products import ANY, NOT_APPLICABLE, ProductName

MAX_LENGTH = 1_000
_FIELDS_23 = 11
_UNESCAPED = re.compile(r"\\(.)")
_BETWEEN = re.compile(r"(?<!\\)((?:\\\\)*):")
_PARTS = frozenset("aoh")


class NoCpe(ValueError):
    """The text is no CPE name."""


@dataclass(frozen=True, slots=True)
class Cpe:
    """A CPE name. `*` is any and `-` not applicable; an escaped hyphen or asterisk is that character itself."""

    name: ProductName
    version: str = ANY
    update: str = ANY
    edition: str = ANY
    on_software: str = ANY
    on_hardware: str = ANY


def read_cpe(text: str) -> Cpe:
    """Return the name that `text` writes, in either form.

    Raises:
        NoCpe: it is neither.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise NoCpe(text[:60])
    if text.startswith("cpe:2.3:"):
        return _formatted(text)
    if text[:5].lower() == "cpe:/":
        return _uri(text)
    raise NoCpe(text[:60])


def _formatted(text: str) -> Cpe:
    raw = split_escaped(text)[2:]
    if len(raw) < 3 or len(raw) > _FIELDS_23:
        raise NoCpe(text[:60])
    # Names cut after the product or the version are common in tables of life cycles; what is not said is any.
    raw += ["*"] * (_FIELDS_23 - len(raw))
    plain = [_plain(field) for field in raw]
    return Cpe(_name(plain[:3], text), plain[3], plain[4], plain[5], on_software=plain[8], on_hardware=plain[9])


def split_escaped(text: str) -> list[str]:
    """Return the fields of a formatted string: cut at the colons that no backslash escapes."""
    fields, start = [], 0
    for found in _BETWEEN.finditer(text):
        fields.append(text[start : found.end() - 1])
        start = found.end()
    fields.append(text[start:])
    return fields


def _plain(field: str) -> str:
    if field in ("", "*"):
        return ANY
    return _UNESCAPED.sub(r"\1", field).lower()


def _name(fields: list[str], text: str) -> ProductName:
    part, vendor, product = fields
    if part not in _PARTS or ANY in (vendor, product):
        raise NoCpe(text[:60])
    return ProductName(part, vendor, product)


def _uri(text: str) -> Cpe:
    raw = [unquote(field).lower() for field in text[5:].split(":")]
    if len(raw) < 3 or len(raw) > 7:
        raise NoCpe(text[:60])
    raw += [""] * (7 - len(raw))
    part, vendor, product, version, update, edition, _ = raw
    software = hardware = ANY
    if edition.startswith("~"):
        # Packed extended attributes: ~edition~sw_edition~target_sw~target_hw~other
        packed = [*edition.split("~")[1:], "", "", "", "", ""]
        edition, software, hardware = packed[0], packed[2] or ANY, packed[3] or ANY
    return Cpe(
        _name([part, vendor, product], text),
        version or ANY,
        update or ANY,
        edition or ANY,
        on_software=software,
        on_hardware=hardware,
    )


def write_cpe(cpe: Cpe) -> str:
    """Return the formatted string of `cpe`."""
    name = cpe.name
    fields = [name.part, _bound(name.vendor), _bound(name.product), _bound(cpe.version), _bound(cpe.update)]
    fields += [_bound(cpe.edition), ANY, ANY, _bound(cpe.on_software), _bound(cpe.on_hardware), ANY]
    return "cpe:2.3:" + ":".join(fields)


def _bound(value: str) -> str:
    """Escape all but letters, digits and underscores; a hyphen and a full stop stand as they are inside a longer word."""
    if value in (ANY, NOT_APPLICABLE):
        return value
    return re.sub(r"([^\w.\-])", r"\\\1", value)
