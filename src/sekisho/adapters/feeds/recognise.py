"""Which kind of feed a file is, by what is in it: names of files are changed, contents are not."""

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from sekisho.adapters.feeds import epss, jvn, kev, lifecycles, makers, nvd
from sekisho.adapters.feeds.reading import Reader
from sekisho.adapters.feeds.streams import opened_feed

_HEAD_BYTES = 200_000


class Kind(Enum):
    """The kinds of feeds. `SNAPSHOTS` are replaced as a whole by a newer one; the others add and renew."""

    NVD = "nvd"
    KEV = "kev"
    EPSS = "epss"
    JVN = "jvn"
    ENDOFLIFE = "endoflife"
    ENDOFLIFE_OLD = "endoflife-old"
    ENDOFLIFE_PAGE = "endoflife-page"
    MAKERS = "makers"
    FORTINET = "fortinet"
    MSRC = "msrc"
    CVE = "cve"


SNAPSHOTS = frozenset({Kind.KEV, Kind.EPSS})
READERS: Mapping[Kind, Reader] = {
    Kind.NVD: nvd.read_nvd,
    Kind.KEV: kev.read_kev,
    Kind.EPSS: epss.read_epss,
    Kind.JVN: jvn.read_jvn,
    Kind.ENDOFLIFE: lifecycles.read_api,
    Kind.ENDOFLIFE_OLD: lifecycles.read_old_api,
    Kind.ENDOFLIFE_PAGE: lifecycles.read_page,
    Kind.MAKERS: lifecycles.read_makers,
    Kind.FORTINET: makers.read_fortinet,
    Kind.MSRC: makers.read_msrc,
    Kind.CVE: makers.read_cve_record,
}


def kind_of(path: Path) -> Kind | None:
    """Return the kind of the file, None when it is no feed.

    Raises:
        FeedRefused: it cannot be opened or unpacked.
    """
    with opened_feed(path) as stream:
        return kind_of_head(stream.read(_HEAD_BYTES))


def kind_of_head(raw: bytes) -> Kind | None:
    """Return the kind of a file that begins with `raw`."""
    head = raw.removeprefix(b"\xef\xbb\xbf").lstrip()
    for is_it, kinds in ((_is_json, _JSON), (_is_xml, _XML), (_is_yaml, _YAML)):
        if is_it(head):
            return next((kind for kind, signs in kinds if all(re.search(sign, head) for sign in signs)), None)
    first = head.split(b"\n", 2)
    if any(re.match(rb'"?cve"?\s*,\s*"?epss', line, re.IGNORECASE) for line in first[:2]) or head.startswith(
        b"#model_version"
    ):
        return Kind.EPSS
    return None


def _is_json(head: bytes) -> bool:
    return head[:1] in (b"{", b"[")


def _is_xml(head: bytes) -> bool:
    return head[:1] == b"<"


def _is_yaml(head: bytes) -> bool:
    return head.startswith((b"---", b"format:", b"#")) and not head.startswith(b"#model_version")


_Signs = tuple[tuple[Kind, tuple[bytes, ...]], ...]
_JSON: _Signs = (
    (Kind.MSRC, (rb'"DocumentTracking"', rb'"ProductTree"|"Vulnerability"')),
    (Kind.CVE, (rb'"dataType"\s*:\s*"CVE_RECORD"|"cveMetadata"', rb'"containers"|"cveMetadata"')),
    (Kind.FORTINET, (rb'"vulnerabilities"', rb'"definitions"')),
    (Kind.KEV, (rb'"catalogVersion"|"cveID"', rb'"vulnerabilities"')),
    (Kind.NVD, (rb'"vulnerabilities"', rb'"NVD_CVE"|"resultsPerPage"|"cve"\s*:')),
    (Kind.ENDOFLIFE, (rb'"schema_version"', rb'"result"')),
    (Kind.ENDOFLIFE_OLD, (rb"^\[", rb'"cycle"', rb'"eol"')),
)
_XML: _Signs = (
    (Kind.JVN, (rb"<(?:\w+:)?VULDEF-Document",)),
    (Kind.JVN, (rb"<(?:\w+:)?RDF", rb"jvn")),
)
_YAML: _Signs = (
    (Kind.MAKERS, (rb"(?m)^format:\s*['\"]?sekisho-makers/",)),
    (Kind.ENDOFLIFE_PAGE, (rb"(?m)^releases:", rb"releaseCycle")),
)
