"""Signs of accounts as they left the factory. What was tried is never part of a finding, only which product let it in."""

from collections.abc import Iterator

from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.diagnosis.signs.sight import Sight


def default_accounts(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield that the account of the manual was let in."""
    script = port.script("default-accounts")
    product = script.value("accepted") if script is not None else ""
    if product:
        yield sight.finding("default-account", port, subject=product.casefold(), script=script, product=product)
