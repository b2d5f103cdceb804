"""A spread while it grows: where it began, what is taken level by level, what the intruder holds."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Beginning:
    """With what an intruder begins: the bits of those who send, the credentials held, other lines that fall with it."""

    senders: int
    held: frozenset[str] = frozenset()
    lines: tuple[str, ...] = ()
    """Lines of the same company as the line of entry, over which the intruder comes in as well."""


@dataclass(slots=True)
class Growth:
    """Sets of classes are bits. `levels` holds what falls in the first step, in the second, and so on."""

    begun: Beginning
    taken: int = 0
    senders: int = 0
    """Who could send so far: the beginning, and whoever fell and goes on."""
    levels: list[int] = field(default_factory=list)
    held: frozenset[str] = frozenset()

    def taken_before(self, level: int) -> int:
        """Return what has fallen before a level."""
        taken = 0
        for bits in self.levels[:level]:
            taken |= bits
        return taken
