"""One claim of an advisory against one product: is its version meant? And one claim about what the product runs on."""

import re

from sekisho.domain.tri import Tri
from sekisho.domain.values import dataclass
from sekisho.domain.vulnerabilities.advisories import Claim
from sekisho.domain.vulnerabilities.products import ANY, NOT_APPLICABLE, Product, ProductName
from sekisho.domain.vulnerabilities.version_orders import ORDERS
from sekisho.domain.vulnerabilities.versions import (
    Version,
    VersionOrder,
    after,
    at_least,
    at_most,
    before,
    equal,
    read_version,
)

# Distributions mend old versions without changing their number: "9.2p1 Debian 2+deb12u3", "1.0.1e-fips", "2.4.6-97.el7".
_MENDED_IN_PLACE = re.compile(
    r"debian|ubuntu|[+~-]deb\d|\bdeb\d|[.-]el\d|\.fc\d|\.amzn\d|red ?hat|centos|raspbian|alpine|suse|[+~]esm|\bfips\b|-fips",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"^\d+:")


@dataclass(frozen=True, slots=True)
class Installed:
    """The version of a product, read once. `version` is None when it cannot be read or is not known.

    `releases` are of Windows the words that its names end with: windows_10_22h2 is "22h2".
    """

    text: str
    order: VersionOrder
    version: Version | None
    release: Version | None
    is_mended_in_place: bool
    releases: tuple[str, ...] = ()


def installed(product: Product) -> Installed:
    """Return the version of `product` in its maker's order."""
    order = ORDERS.get(product.order, ORDERS["generic"])
    text = _EPOCH.sub("", product.version.strip())
    mended = bool(_MENDED_IN_PLACE.search(text))
    # What a distribution appends ("9.2p1-2+deb12u3") is its own counting, not the maker's.
    bare = re.split(r"\s", text, maxsplit=1)[0] if mended and order.name == "generic" else text
    version = read_version(order, bare)
    release = order.release(bare)
    read = version if release == bare else read_version(order, release)
    return Installed(text, order, version, read, mended, _releases(product) if order.name == WINDOWS else ())


WINDOWS = "windows"
"""The version order of Windows, the one system whose releases have names of their own in CPE."""


def _releases(product: Product) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.product.rpartition("_")[2] for name in product.names))


def is_release_word(claim: Claim, order: VersionOrder) -> bool:
    """Tell whether the version of `claim` is no number but a release of Windows: `-`, `r2`, `1809`, `22h2`.

    The maker mends such a release month by month, and the advisory gives no build: whether the month's update is there
    is not said by any version, so that nothing is ruled out by it either.
    """
    return order.name == WINDOWS and claim.version != ANY and "." not in claim.version


def version_meant(claim: Claim, own: Installed) -> Tri:
    """Tell whether `claim`, which names the product, means its version."""
    if is_release_word(claim, own.order):
        return Tri.NO if claim.version[:1].isdigit() and _is_another(claim.version, own) else Tri.UNKNOWN
    if claim.version == NOT_APPLICABLE:
        return Tri.NO
    if claim.version != ANY:
        return _same(claim, own)
    if not claim.has_bounds:
        return Tri.YES
    return _within(claim, own) if own.version is not None else Tri.UNKNOWN


def _is_another(release: str, own: Installed) -> bool:
    """Return True when the release of `own` is known and is not `release`."""
    known = [one for one in own.releases if len(one) == 4 and one[:2].isdigit()]
    return bool(known) and release not in known


def _within(claim: Claim, own: Installed) -> Tri:
    answer, version = Tri.YES, own.version
    assert version is not None  # noqa: S101  # the caller has looked
    if claim.low:
        low = read_version(own.order, claim.low)
        answer &= Tri.UNKNOWN if low is None else (at_least if claim.low_included else after)(version, low)
    if claim.high and answer is not Tri.NO:
        high = read_version(own.order, claim.high)
        answer &= Tri.UNKNOWN if high is None else (at_most if claim.high_included else before)(version, high)
    return answer


def _same(claim: Claim, own: Installed) -> Tri:
    """Compare with an exact version. Its update `*` means every update of it, `-` none."""
    if not own.text:
        return Tri.UNKNOWN
    wanted = claim.version if claim.update in (ANY, NOT_APPLICABLE) else own.order.join(claim.version, claim.update)
    if wanted == own.text.lower() or (claim.update == ANY and wanted == own.order.release(own.text).lower()):
        return Tri.YES
    mine = own.release if claim.update == ANY else own.version
    if mine is None:
        return Tri.UNKNOWN
    theirs = read_version(own.order, wanted)
    # What the maker's order cannot read is none of the versions it can.
    return Tri.NO if theirs is None else equal(mine, theirs)


def beside(claim: Claim, product: Product, own: Installed) -> Tri:
    """Tell whether what `claim` names is there with the product: its hardware, the system it runs on, another program."""
    if claim.name in product.names:
        return version_meant(claim, own) if claim.version != NOT_APPLICABLE else Tri.YES
    there = [*product.around, *product.names]
    for name in there:
        if _loosely(name) == _loosely(claim.name) or _is_kind_of(name, claim.name):
            is_plain = claim.version in (ANY, NOT_APPLICABLE) and not claim.has_bounds
            return Tri.YES if is_plain else Tri.UNKNOWN
    return _ruled_out(claim.name, [name for name in there if name.part == claim.name.part])


def _loosely(name: ProductName) -> tuple[str, str, str]:
    return (name.part, name.vendor, name.product.replace("-", "_"))


def _is_kind_of(name: ProductName, kind: ProductName) -> bool:
    """Return True for windows_server_2019 and windows."""
    return (name.part, name.vendor) == (kind.part, kind.vendor) and name.product.startswith(f"{kind.product}_")


def _ruled_out(wanted: ProductName, known: list[ProductName]) -> Tri:
    """Return NO when what is known excludes `wanted`: a device has one model and one system. Programs exclude nothing.

    Models of one family are spelled alike in CPE (fortigate-60f, fortigate-100d), so that another spelling is another
    model; makers' other names for a model are not known, so that between families nothing is excluded.
    """
    if wanted.part == "a" or not known:
        return Tri.UNKNOWN
    if any(name.vendor == wanted.vendor and not _are_apart(name, wanted) for name in known):
        return Tri.UNKNOWN
    is_system_of_any = wanted.part == "o" and "microsoft" not in {wanted.vendor, *(name.vendor for name in known)}
    if is_system_of_any and all(name.vendor != wanted.vendor for name in known):
        # A Linux of one vendor may be named by the kernel's own name.
        return Tri.UNKNOWN
    return Tri.NO


_STEM = re.compile(r"[a-z]+")


def _are_apart(name: ProductName, wanted: ProductName) -> bool:
    mine, theirs = name.product.replace("-", "_"), wanted.product.replace("-", "_")
    stems = (_STEM.match(mine), _STEM.match(theirs))
    alike = stems[0] is not None and stems[1] is not None and stems[0][0] == stems[1][0]
    return (alike or name.part == "o") and not mine.startswith(theirs) and not theirs.startswith(mine)
