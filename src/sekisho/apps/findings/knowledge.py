"""What is known of the products behind a finding: the service that answered, and the devices of its lines."""

from dataclasses import dataclass
from typing import Any

from sekisho.apps.findings.models import Finding


@dataclass(frozen=True, slots=True)
class Weakness:
    """One CVE of one product behind a finding."""

    product: str
    cve: str
    status: str
    verdict: str
    reason: str
    marks: tuple[str, ...]


def weaknesses_behind(finding: Finding) -> list[Any]:
    """Return what is known."""
    return []
