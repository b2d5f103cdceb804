"""One step of an attack: which node falls, from where, and by what."""

from dataclasses import dataclass
from enum import Enum


class How(Enum):
    """By what a step is made."""

    SERVICE = "service"
    CONSOLE = "console"
    HYPERVISOR = "hypervisor"
    MEDIA = "media"
    SAME_HOST = "same-host"
    """Another network card of a host already taken."""
    VENDOR = "vendor"
    """Another line of the same company."""


@dataclass(frozen=True, slots=True)
class Taking:
    """How one node falls: from which node or line, by what, after how many steps from the entry (1 is direct).

    `service` is 0 unless `how` is SERVICE or CONSOLE; then `sender` and `target` are the classes between which it is
    reached, -1 for one without a known address. `with_credentials`: the intruder holds an administrator's credentials
    of the node by then.
    """

    node: str
    surely: bool
    steps: int
    origin: str
    how: How
    service: int = 0
    sender: int = -1
    target: int = -1
    with_credentials: bool = False
    credentials_from: str = ""
    """The node whose fall gave them, or another line of the same company; "" when the entry had them, or nobody has."""
