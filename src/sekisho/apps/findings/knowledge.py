"""What is known of the products behind a finding: the service that answered at its port, and the devices of its lines."""

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from sekisho.apps.findings.models import Finding
from sekisho.apps.vulnerabilities import pages, products
from sekisho.apps.vulnerabilities.models import HospitalProduct
from sekisho.apps.vulnerabilities.pages import MatchRow, ProductRow

MOST_MATCHES = 5
"""Weaknesses that the page of a finding names; all stand on the product's own page."""


@dataclass(frozen=True, slots=True)
class ProductBehind:
    """One product behind a finding with its most urgent weaknesses; `more` counts those with no room."""

    row: ProductRow
    matches: tuple[MatchRow, ...]
    more: int
    unclear: int
    url: str


def products_behind(finding: Finding) -> list[ProductBehind]:
    """Return the products, the service itself first. A finding about the whole address has every service there."""
    lines = list(finding.line_ties.values_list("line_id", flat=True))
    here = Q(kind=HospitalProduct.Kind.SERVICE, address=finding.address)
    if finding.port:
        here &= Q(subject=f"service:{finding.address}/{finding.protocol}/{finding.port}")
    devices = Q(kind=HospitalProduct.Kind.DEVICE, line_id__in=lines)
    uses = products.in_use(finding.hospital).filter(here | devices).order_by("-kind", "subject")
    can_judge = pages.can_judge_versions()
    return [_behind(pages.judged(use), can_judge) for use in uses]


def _behind(use: HospitalProduct, can_judge: bool) -> ProductBehind:
    matches, counts = pages.matches_shown(use, "yes", today=timezone.localdate())
    shown = matches[:MOST_MATCHES]
    url = reverse("vulnerabilities:product", kwargs={"hospital_code": use.hospital.code, "product_id": use.pk})
    row = pages.row_of(use, can_judge=can_judge, can_answer=False)
    return ProductBehind(row, tuple(shown), counts["yes"] - len(shown), counts["unknown"], url)
