"""Reads one device configuration, whoever made the device: finds the vendor, takes secrets out, calls its reader.

Each vendor has a package here. Its module `reader` has `likeness(text) -> float` (0 to 1: how much this looks like its
vendor's; given at most the first `LIKENESS_CHARACTERS`) and `read(text) -> DeviceConfiguration`. `read` is given text
without secrets, line numbers as in the file; a line that was part of a key is `***` and counts as understood. The reader
of tables has `as_text(raw) -> str` besides, which turns the bytes of a workbook into the CSV text that its `read` takes.
Its module `writer` has `emit(configuration) -> str`.
"""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from sekisho.adapters.configurations.decoding import MAX_BYTES, TOO_LARGE, ConfigurationUnreadable, decoded
from sekisho.adapters.configurations.mixture import OTHER_DEVICE, second_device
from sekisho.adapters.configurations.redaction import MASK, Redacted, redact
from sekisho.domain.network.configuration import Bearing, ConfigNotice, DeviceConfiguration, UnparsedLine
from sekisho.domain.text import Text

VENDORS = {
    "yamaha": "YAMAHA RTX / NVR / FWX",
    "nec-ix": "NEC UNIVERGE IX",
    "si-r": "Fujitsu Si-R",
    "cisco-ios": "Cisco IOS / IOS XE",
    "cisco-asa": "Cisco ASA",
    "fortios": "Fortinet FortiOS",
    "panos": "Palo Alto PAN-OS",
    "alliedware-plus": "Allied Telesis AlliedWare Plus",
    "nftables": "Linux nftables",
    "table": "CSV / Excel",
}
"""Code of each vendor, and how people call what its reader reads; the package is the code with "_" for "-"."""
LEAST_LIKENESS = 0.2
LIKENESS_CHARACTERS = 1_000_000
_WORKBOOK = b"PK\x03\x04"
_SHOWN = 200
_STRUCTURED = ("panos", "nftables", "table")
"""What these read is one document: what follows another device's head in it is no second paste."""


class Reader(Protocol):
    """What a vendor's module `reader` offers."""

    def likeness(self, text: str) -> float:
        """Return from 0 to 1 how much `text` looks like this vendor's configuration."""
        ...

    def read(self, text: str) -> DeviceConfiguration:
        """Return what `text`, free of secrets, says."""
        ...


class TableReader(Reader, Protocol):
    """What the reader of tables offers besides."""

    def as_text(self, raw: bytes) -> str:
        """Return the first sheet of a workbook as CSV; raises ConfigurationUnreadable."""
        ...


NO_SUCH_VENDOR = Text(
    "「{vendor}」という機種の指定はありません。次のどれか、または auto を指定してください：{known}",
    'There is no kind of device "{vendor}". Name one of these, or auto: {known}',
)
NOT_RECOGNISED = Text(
    "どの機器の設定か分かりませんでした。機種を指定して読み直すか（{known}）、通信の許可を表（CSV・Excel）に書いて読み込ませてください。",
    "It is not clear which device this configuration belongs to. Name the kind of device ({known}), or write the rules into a table (CSV, Excel).",
)

NFT_SOURCE = Text(
    "nftablesの規則を書いた文字のファイルです。動いている機器で「nft -j list ruleset」を実行し、その出力（JSON）を送ってください。",
    "This is the source text of nftables rules. Run “nft -j list ruleset” on the device and send its output (JSON).",
)
_NFT_SOURCE = re.compile(r"^[ \t]*table[ \t]+(?:inet|ip6?|bridge|arp|netdev)[ \t]+\S+[ \t]*\{", re.MULTILINE)


def read_configuration(raw: bytes, *, vendor: str | None = None, name: str = "") -> DeviceConfiguration:
    """Return what the configuration file `raw` says.

    `vendor` is a code of `VENDORS`; None (or "auto") has it found out. `name` is the file's name: the rule sets' source
    is "parsed:<name>". What belongs to a second device in the same file is not read but told.

    Raises:
        ConfigurationUnreadable: no text, too large, an unknown vendor, or no vendor that it looks like.
    """
    code = "" if vendor in (None, "", "auto") else str(vendor)
    if code and code not in VENDORS:
        raise ConfigurationUnreadable(NO_SUCH_VENDOR.filled(vendor=code[:40], known=", ".join(VENDORS)))
    if raw.startswith(_WORKBOOK) and code in ("", "table"):
        code, text = "table", _sheet_text(raw)
    else:
        text = decoded(raw)
    code = code or recognised(text)
    with _no_search_for_cycles():
        clean = redact(text)
        configuration = _without_masked_lines(_read(code, clean.text), clean.text)
    rulesets = tuple(replace(one, source=f"parsed:{name}") for one in configuration.rulesets)
    return replace(configuration, vendor=code, rulesets=rulesets, redacted=configuration.redacted + clean.count)


def without_secrets(raw: bytes) -> Redacted:
    """Return the text of a configuration file (of a workbook: its first sheet as CSV) free of secrets, to be kept.

    Raises:
        ConfigurationUnreadable: no text, or too large.
    """
    return redact(_sheet_text(raw) if raw.startswith(_WORKBOOK) else decoded(raw))


def recognised(text: str) -> str:
    """Return the code of the vendor whose configuration `text` looks most like.

    Raises:
        ConfigurationUnreadable: it looks like none.
    """
    sample = text[:LIKENESS_CHARACTERS]
    likeness = {code: reader(code).likeness(sample) for code in VENDORS}
    best = max(likeness, key=lambda code: likeness[code])
    if likeness[best] < LEAST_LIKENESS:
        if _NFT_SOURCE.search(sample):
            raise ConfigurationUnreadable(NFT_SOURCE)
        raise ConfigurationUnreadable(NOT_RECOGNISED.filled(known=", ".join(VENDORS)))
    return best


@cache
def reader(code: str) -> Reader:
    """Return the reader of a vendor; loaded when first asked for."""
    return cast(Reader, import_module(f"sekisho.adapters.configurations.{code.replace('-', '_')}.reader"))


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep the garbage collector from searching for cycles: readers make very many objects and none that refers back.

    Searching took a third of the time of a long file. Where files are read in several threads at once, whoever found the
    search switched on switches it on again; it is never left off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _sheet_text(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise ConfigurationUnreadable(TOO_LARGE.filled(limit=MAX_BYTES // (1024 * 1024)))
    return cast(TableReader, reader("table")).as_text(raw)


def _without_masked_lines(configuration: DeviceConfiguration, text: str) -> DeviceConfiguration:
    """Count the lines of keys and certificates as understood: nothing of them is left, and nothing of them filters."""
    lines = text.split("\n")
    told = tuple(one for one in configuration.unparsed if lines[one.line - 1 : one.line] != [MASK])
    masked = len(configuration.unparsed) - len(told)
    return replace(configuration, unparsed=told, understood=configuration.understood + masked)


def _read(code: str, text: str) -> DeviceConfiguration:
    """Return what the first device in `text` says; the lines of a second one are unparsed."""
    lines = text.split("\n")
    second = None if code in _STRUCTURED else second_device(lines)
    if second is None:
        return reader(code).read(text)
    first = reader(code).read("\n".join(lines[: second - 1]))
    rest = [(number, line) for number, line in enumerate(lines[second - 1 :], second) if line.strip(" \t!#;")]
    untold = tuple(
        UnparsedLine(number, line[:_SHOWN], OTHER_DEVICE, Bearing.FILTER if number == second else Bearing.OTHER)
        for number, line in rest
    )
    notice = ConfigNotice(second, "second-device", OTHER_DEVICE)
    return replace(first, unparsed=(*first.unparsed, *untold), notices=(*first.notices, notice))
