"""What one advisory says about one product: affected, not affected, or cannot be told, with the claims that decided.

Only claims with `is_vulnerable` that name the product can raise anything. A node that has such claims is answered by
them; other nodes of an AND are conditions: what must be there beside the product. What is not known to be there is
neither yes nor no.
"""

from collections.abc import Iterable

from sekisho.domain.tri import Tri, all_of, any_of
from sekisho.domain.values import dataclass
from sekisho.domain.vulnerabilities.advisories import Advisory, Claim, Configuration, Node
from sekisho.domain.vulnerabilities.claims import Installed, beside, version_meant
from sekisho.domain.vulnerabilities.products import ANY, NOT_APPLICABLE, Product

_SOFTWARE_VENDORS = {"windows": "microsoft", "macos": "apple", "mac_os": "apple", "mac_os_x": "apple"}


@dataclass(frozen=True, slots=True)
class Ground:
    """A verdict and what it rests on: the claims that mean the product's version (or may), and open conditions."""

    verdict: Tri
    claims: tuple[Claim, ...] = ()
    conditions: tuple[Claim, ...] = ()


NOT_NAMED = Ground(Tri.NO)


def ground_of(advisory: Advisory, product: Product, own: Installed) -> Ground:
    """Return the answer of the first configuration that affects the product, else of one that leaves it open."""
    open_ground = NOT_NAMED
    for configuration in advisory.configurations:
        ground = _of_configuration(configuration, product, own)
        if ground.verdict is Tri.YES:
            return ground
        if ground.verdict is Tri.UNKNOWN and open_ground.verdict is Tri.NO:
            open_ground = ground
    return open_ground


def _of_configuration(configuration: Configuration, product: Product, own: Installed) -> Ground:
    grounds = [(_of_node(node, product, own), _names(node, product)) for node in configuration.nodes]
    own_grounds = [ground for ground, is_own in grounds if is_own]
    if not own_grounds:
        return NOT_NAMED
    if configuration.is_all:
        verdict = all_of(ground.verdict for ground, _ in grounds)
    else:
        verdict = any_of(ground.verdict for ground in own_grounds)
    if configuration.negate:
        verdict = ~verdict
    if verdict is Tri.NO:
        return NOT_NAMED
    deciding = [ground for ground in own_grounds if ground.verdict is not Tri.NO]
    if not configuration.is_all and verdict is Tri.YES:
        deciding = [ground for ground in deciding if ground.verdict is Tri.YES]
    conditions = [claim for ground, is_own in grounds if configuration.is_all or is_own for claim in ground.conditions]
    return Ground(verdict, tuple(claim for one in deciding for claim in one.claims), tuple(conditions))


def _names(node: Node, product: Product) -> bool:
    return any(claim.is_vulnerable and claim.name in product.names for claim in node.claims)


def _of_node(node: Node, product: Product, own: Installed) -> Ground:
    if not _names(node, product):
        answers = [(beside(claim, product, own), claim) for claim in node.claims]
        verdict = _joined(node, (answer for answer, _ in answers))
        unknown = tuple(claim for answer, claim in answers if answer is Tri.UNKNOWN)
        return Ground(verdict, conditions=unknown if verdict is Tri.UNKNOWN else ())
    named = [claim for claim in node.claims if claim.is_vulnerable and claim.name in product.names]
    meant = [(_meant(claim, product, own), claim) for claim in named]
    verdict, conditions = any_of(answer for answer, _ in meant), []
    if node.is_all:
        # Several versions of one product cannot be there at once: of those any, of everything else all.
        others = [(beside(claim, product, own), claim) for claim in node.claims if claim.name not in product.names]
        verdict &= all_of(answer for answer, _ in others)
        conditions = [claim for answer, claim in others if answer is Tri.UNKNOWN]
    verdict = ~verdict if node.negate else verdict
    best = any_of(answer for answer, _ in meant)
    claims = tuple(claim for answer, claim in meant if answer is best)
    software = [claim for claim in claims if best is Tri.UNKNOWN and version_meant(claim, own) is Tri.YES]
    return Ground(verdict, claims, (*conditions, *software))


def _joined(node: Node, answers: Iterable[Tri]) -> Tri:
    verdict = all_of(answers) if node.is_all else any_of(answers)
    return ~verdict if node.negate else verdict


def _meant(claim: Claim, product: Product, own: Installed) -> Tri:
    """Return whether the claim means the product, of this version and for the system it is on."""
    answer = version_meant(claim, own)
    if answer is Tri.NO or claim.on_software in (ANY, NOT_APPLICABLE):
        return answer
    return answer & _is_on(claim.on_software, product)


def _is_on(software: str, product: Product) -> Tri:
    systems = [name for name in product.around if name.part == "o"]
    if any(software in (name.product, name.vendor) or name.product.startswith(f"{software}_") for name in systems):
        return Tri.YES
    vendor = _SOFTWARE_VENDORS.get(software)
    if systems and vendor and all(name.vendor != vendor for name in systems):
        return Tri.NO
    return Tri.UNKNOWN
