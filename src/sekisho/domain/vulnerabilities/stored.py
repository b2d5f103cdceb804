"""Advisories as plain JSON values, for files and databases. What is as usual is left out: most advisories are many and small.

`advisory_of(plain_advisory(a)) == a` for every advisory.
"""

from datetime import datetime
from typing import Any

from sekisho.domain.vulnerabilities.advisories import Advisory, Claim, Configuration, Node, Score, Source
from sekisho.domain.vulnerabilities.products import ANY, ProductName

Plain = dict[str, Any]
_WORDS = ("title", "summary", "remedy", "status")
_LISTS = ("references", "weaknesses")
_TIMES = ("published_at", "modified_at")


def plain_advisory(advisory: Advisory) -> Plain:
    """Return `advisory` as JSON values."""
    plain: Plain = {"cve": advisory.cve, "source": advisory.source.value}
    plain |= {key: value for key in _WORDS if (value := getattr(advisory, key))}
    plain |= {key: list(value) for key in _LISTS if (value := getattr(advisory, key))}
    plain |= {key: value.isoformat() for key in _TIMES if (value := getattr(advisory, key))}
    if advisory.scores:
        plain["scores"] = [[one.version, one.base, one.severity, one.vector, one.source] for one in advisory.scores]
    if advisory.configurations:
        plain["configurations"] = [_plain_configuration(one) for one in advisory.configurations]
    return plain


def advisory_of(plain: Plain) -> Advisory:
    """Return the advisory that `plain_advisory` wrote.

    Raises:
        ValueError, KeyError, TypeError: `plain` is none of its writings.
    """
    return Advisory(
        cve=plain["cve"],
        source=Source(plain["source"]),
        configurations=tuple(_configuration_of(one) for one in plain.get("configurations", ())),
        scores=tuple(Score(*one) for one in plain.get("scores", ())),
        title=plain.get("title", ""),
        summary=plain.get("summary", ""),
        remedy=plain.get("remedy", ""),
        status=plain.get("status", ""),
        published_at=_time_of(plain.get("published_at")),
        modified_at=_time_of(plain.get("modified_at")),
        references=tuple(plain.get("references", ())),
        weaknesses=tuple(plain.get("weaknesses", ())),
    )


def _time_of(plain: str | None) -> datetime | None:
    return datetime.fromisoformat(plain) if plain else None


def _plain_configuration(one: Configuration) -> Plain:
    plain: Plain = {"nodes": [_plain_node(node) for node in one.nodes]}
    return plain | {key: True for key in ("is_all", "negate") if getattr(one, key)}


def _configuration_of(plain: Plain) -> Configuration:
    nodes = tuple(_node_of(node) for node in plain["nodes"])
    return Configuration(nodes, plain.get("is_all", False), plain.get("negate", False))


def _plain_node(node: Node) -> Plain:
    plain: Plain = {"claims": [_plain_claim(claim) for claim in node.claims]}
    return plain | {key: True for key in ("is_all", "negate") if getattr(node, key)}


def _node_of(plain: Plain) -> Node:
    claims = tuple(_claim_of(claim) for claim in plain["claims"])
    return Node(claims, plain.get("is_all", False), plain.get("negate", False))


_USUAL: dict[str, object] = {
    "is_vulnerable": True,
    "version": ANY,
    "update": ANY,
    "low": "",
    "low_included": True,
    "high": "",
    "high_included": False,
    "on_software": ANY,
}


def _plain_claim(claim: Claim) -> Plain:
    unusual = {key: value for key, usual in _USUAL.items() if (value := getattr(claim, key)) != usual}
    return {"name": claim.name.key} | unusual


def _claim_of(plain: Plain) -> Claim:
    return Claim(ProductName.of(plain["name"]), **{key: plain[key] for key in _USUAL if key in plain})
