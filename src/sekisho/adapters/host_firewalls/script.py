"""What the writers of host firewalls give out."""

from dataclasses import dataclass

from sekisho.domain.text import Text

_WIDTH = 120


@dataclass(frozen=True, slots=True)
class HostScript:
    """A script and the one that takes it back, as the bytes of a file with this `suffix`; `notes` come before both."""

    change: bytes
    rollback: bytes
    suffix: str
    notes: tuple[Text, ...] = ()


def flat(text: str) -> str:
    """Return text that cannot leave its comment: one line, nothing that a terminal or interpreter acts on."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(plain.split())[:_WIDTH]
