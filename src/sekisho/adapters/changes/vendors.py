"""Which vendors' devices changes can be written for, and the module that does it."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from sekisho.adapters.changes.written import Edit, Task, Written
from sekisho.domain.network.configuration import DeviceConfiguration

VENDORS = ("yamaha", "nec-ix", "si-r", "cisco-ios", "fortios")
"""Codes as in `sekisho.adapters.configurations.read.VENDORS`; the module is the code with "_" for "-"."""


class Writer(Protocol):
    """What a vendor's module offers. `COMMENT` begins a line that the device takes for a comment."""

    COMMENT: str

    def fitted(
        self, edits: tuple[Edit, ...], existing: tuple[Edit, ...], configuration: DeviceConfiguration
    ) -> tuple[Edit, ...]:
        """Return the edits as the device holds its rules; `existing` are all its rule sets, unchanged.

        Raises NotWritable where it has no such place.
        """
        ...

    def write(self, task: Task) -> Written:
        """Return the commands; raises NotWritable."""
        ...

    def applied(self, text: str, commands: Sequence[str]) -> str:
        """Return the configuration after somebody has typed the commands that `write` makes."""
        ...


@cache
def writer(vendor: str) -> Writer:
    """Return the writer for a vendor of `VENDORS`; loaded when first asked for."""
    return cast(Writer, import_module(f"sekisho.adapters.changes.{vendor.replace('-', '_')}"))
