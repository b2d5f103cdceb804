"""What stands inside the hospital, as far as the overview drawing needs it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InsideSystem:
    """A system or segment in the medical network（電子カルテ, PACS, 検査 ...）.

    `line_purposes` are the purposes of lines that lead to it; `critical` counts 0 (not) to 3 (care stops without it).
    """

    id: str
    name: str
    zone: str
    critical: int = 0
    line_numbers: tuple[int, ...] = ()
    is_backup: bool = False
