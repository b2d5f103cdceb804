"""CRSS: how bad a threat is, from 0 to 10, out of how it is reached and what it does.

Numbers are decimals, so that a score is exact until it is rounded once, at the end; half a tenth goes up.

Source: JASO TP-15002 (automotive information security analysis), method CRSS, as printed by Kawanishi et al., Security and
Communication Networks 2019, tables 15 and 28; constants of the CVSS v2 base score. The levels are those that IPA gives
to CVSS v2 scores.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum


class AccessVector(Enum):
    """From where the threat can be carried out, the farthest first."""

    NETWORK = "N"
    ADJACENT = "A"
    LOCAL = "L"


class AccessComplexity(Enum):
    """How many special circumstances it needs, the fewest first."""

    LOW = "L"
    MEDIUM = "M"
    HIGH = "H"


class Authentication(Enum):
    """How often the attacker must prove an identity, the least first."""

    NONE = "N"
    SINGLE = "S"
    MULTIPLE = "M"


class Effect(Enum):
    """What is lost of confidentiality, integrity or availability, the worst first."""

    COMPLETE = "C"
    PARTIAL = "P"
    NONE = "N"


class RiskLevel(Enum):
    """The three levels, worst first."""

    DANGER = "III"
    WARNING = "II"
    CAUTION = "I"


Metric = AccessVector | AccessComplexity | Authentication | Effect
WEIGHTS: dict[Metric, Decimal] = {
    AccessVector.LOCAL: Decimal("0.395"),
    AccessVector.ADJACENT: Decimal("0.646"),
    AccessVector.NETWORK: Decimal("1.0"),
    AccessComplexity.HIGH: Decimal("0.35"),
    AccessComplexity.MEDIUM: Decimal("0.61"),
    AccessComplexity.LOW: Decimal("0.71"),
    Authentication.MULTIPLE: Decimal("0.45"),
    Authentication.SINGLE: Decimal("0.56"),
    Authentication.NONE: Decimal("0.704"),
    Effect.NONE: Decimal(0),
    Effect.PARTIAL: Decimal("0.275"),
    Effect.COMPLETE: Decimal("0.66"),
}
_LEAST = {RiskLevel.DANGER: Decimal("7.0"), RiskLevel.WARNING: Decimal("4.0"), RiskLevel.CAUTION: Decimal(0)}


class NotAVector(ValueError):
    """The text is no vector like "NLS/CCC". The text itself is the only argument."""


@dataclass(frozen=True, slots=True)
class Vector:
    """The six metrics of one threat. Written "NLS/CCC": vector, complexity, authentication / the three effects."""

    vector: AccessVector
    complexity: AccessComplexity
    authentication: Authentication
    confidentiality: Effect
    integrity: Effect
    availability: Effect

    @classmethod
    def parse(cls, text: str) -> "Vector":
        """Return the vector that "NLS/CCC" means.

        Raises:
            NotAVector: see there.
        """
        reached, slash, effects = text.partition("/")
        if not slash or len(reached) != 3 or len(effects) != 3:
            raise NotAVector(text)
        try:
            return cls(
                AccessVector(reached[0]),
                AccessComplexity(reached[1]),
                Authentication(reached[2]),
                *(Effect(letter) for letter in effects),
            )
        except ValueError:
            raise NotAVector(text) from None

    def __str__(self) -> str:
        reached = f"{self.vector.value}{self.complexity.value}{self.authentication.value}"
        return f"{reached}/{self.confidentiality.value}{self.integrity.value}{self.availability.value}"

    @property
    def score(self) -> "Score":
        """Return what the vector scores."""
        return Score(_ease(self), _effect(self))


@dataclass(frozen=True, slots=True)
class Score:
    """Ease of attack (0 to 10) and effect (0 to 10.0009), both exact."""

    ease: Decimal
    effect: Decimal

    @property
    def risk(self) -> Decimal:
        """Return the exact risk, 0 to 9.9951. Without any effect there is none."""
        if not self.effect:
            return Decimal(0)
        return (Decimal("0.6") * self.effect + Decimal("0.4") * self.ease - Decimal("1.5")) * Decimal("1.176")

    @property
    def shown(self) -> Decimal:
        """Return the risk rounded to a tenth, the figure that people compare."""
        return rounded(self.risk, "0.1")

    @property
    def level(self) -> RiskLevel:
        """Return the level of the risk rounded to a tenth: 6.95 counts as 7.0."""
        return next(level for level, least in _LEAST.items() if self.shown >= least)


def rounded(number: Decimal, unit: str) -> Decimal:
    """Return `number` in steps of `unit` ("0.1", "0.01"); half a step goes up."""
    return number.quantize(Decimal(unit), ROUND_HALF_UP)


def _ease(vector: Vector) -> Decimal:
    return 20 * WEIGHTS[vector.vector] * WEIGHTS[vector.complexity] * WEIGHTS[vector.authentication]


def _effect(vector: Vector) -> Decimal:
    kept = Decimal(1)
    for effect in (vector.confidentiality, vector.integrity, vector.availability):
        kept *= 1 - WEIGHTS[effect]
    return Decimal("10.41") * (1 - kept)
