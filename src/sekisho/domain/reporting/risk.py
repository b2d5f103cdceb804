"""What the report says about threats and about the network, already judged: the sections of risk are made from it."""

from dataclasses import dataclass

from sekisho.domain.judgement.connection_forms import Advice, FormKnowledge
from sekisho.domain.judgement.network_grounds import NetworkGrounds
from sekisho.domain.judgement.network_proofs import NearestMiss
from sekisho.domain.judgement.solutions import NextMeasure
from sekisho.domain.judgement.threats import ThreatsVerdict
from sekisho.domain.text import Text


@dataclass(frozen=True, slots=True)
class SmallestChanges:
    """The proved changes that part lines from critical systems, in words. `bound` says how good they are.

    `conflicts` are ways that stay: they break only with a declared need, or with nothing that is offered.
    `is_separated` False: time ran out before every way was broken.
    """

    changes: tuple[Text, ...]
    bound: Text
    is_separated: bool
    is_minimal: bool
    conflicts: tuple[Text, ...] = ()
    broken_needs: int = 0


@dataclass(frozen=True, slots=True)
class Risk:
    """Threats, next measures and forms of one hospital; with a network also what it shows."""

    threats: ThreatsVerdict
    measures: tuple[NextMeasure, ...]
    measures_version: str
    advice: Advice
    forms: FormKnowledge
    grounds: NetworkGrounds | None = None
    miss: NearestMiss | None = None
    changes: SmallestChanges | None = None
