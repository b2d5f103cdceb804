"""JVN iPedia: overview lists (JVNRSS 3.2) and details (VULDEF 3.2), from files or from MyJVN's answers.

What counts is the Japanese title, overview and remedy, and that a product is named; versions are prose ("7.4.2 およびそれ
以前") and are never judged by. Names are matched without their namespaces, of which two spellings are about.

Source: jvndb.jvn.jp/apis.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from sekisho.adapters.feeds.reading import FeedReading
from sekisho.adapters.feeds.refusals import CUT, HOSTILE, FeedRefused, malformed
from sekisho.adapters.feeds.values import CVE, clean, number_of, time_of
from sekisho.domain.vulnerabilities.advisories import Advisory, Claim, Configuration, Node, Score, Source
from sekisho.domain.vulnerabilities.cpe import NoCpe, read_cpe

_WITHDRAWN = ("** 未確定 **", "** サポート外 **", "** 削除 **", "** 未確定**", "** 削除**", "**未確定**", "**削除**")
_MAX_TEXT = 2_000
_MAX_NAMES = 200
_NOT_FOUND_AT_END = (3, 4)  # expat: no element found; unclosed token
_UNCLOSED = (5, 13)


def read_jvn(stream: BinaryIO, reading: FeedReading) -> Iterator[Advisory]:
    """Yield one advisory per CVE that an entry names; one under JVN's own number when it names none.

    Raises:
        FeedRefused: cut, no such file, or with entities.
    """
    saw_root = False
    for element in _elements(stream):
        name = _local(element.tag)
        saw_root = saw_root or name in ("RDF", "VULDEF-Document", "channel")
        if name == "channel":
            reading.as_of = _latest(reading, _text(element, "date"), _text(element, "modified"))
        if name in ("item", "Vulinfo"):
            advisories = tuple(_overview(element) if name == "item" else _detail(element))
            reading.skipped += not advisories and not _is_withdrawn(" ".join(element.itertext()))
            for advisory in advisories:
                reading.as_of = max(filter(None, (reading.as_of, advisory.modified_at)), default=None)
                yield advisory
            element.clear()
        elif name == "Status":
            _refuse_errors(element, reading)
    if not saw_root:
        raise malformed("XML")


def _elements(stream: BinaryIO) -> Iterator[Element]:
    try:
        for _, element in iterparse(stream, events=("end",), forbid_dtd=True):
            yield element
    except DefusedXmlException:
        raise FeedRefused(HOSTILE.filled(where="XML")) from None
    except ParseError as error:
        raise (FeedRefused(CUT) if error.code in (*_NOT_FOUND_AT_END, *_UNCLOSED) else malformed("XML")) from None


def _refuse_errors(status: Element, reading: FeedReading) -> None:
    """Refuse an answer of the service that says it failed; take note of how many entries there are in all."""
    if status.get("retCd", "0") != "0":
        raise malformed(f"MyJVN: {clean(status.get('errCd', ''), 40)}")
    total = status.get("totalRes", "")
    reading.total = int(total) if total.isascii() and total.isdigit() and len(total) < 10 else reading.total


def _latest(reading: FeedReading, *texts: str) -> datetime | None:
    return max(filter(None, (reading.as_of, *(time_of(text) for text in texts))), default=None)


def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _children(element: Element, *path: str) -> Iterator[Element]:
    if not path:
        yield element
        return
    for child in element:
        if _local(child.tag) == path[0]:
            yield from _children(child, *path[1:])


def _text(element: Element, *path: str) -> str:
    return next((clean(child.text or "", _MAX_TEXT) for child in _children(element, *path) if child.text), "")


def _is_withdrawn(text: str) -> bool:
    return any(mark in text for mark in _WITHDRAWN)


def _overview(item: Element) -> Iterator[Advisory]:
    title, summary = _text(item, "title"), _text(item, "description")
    identifier = _text(item, "identifier")
    if not title or not identifier or _is_withdrawn(title) or _is_withdrawn(summary):
        return
    found = [_cves_in(reference) for reference in _children(item, "references")]
    yield from _advisories(
        [cve for cves in found for cve in cves],
        identifier,
        title=title,
        summary=summary,
        remedy="",
        names=(child.text or "" for child in _children(item, "cpe")),
        scores=tuple(_scores(item)),
        times=(_text(item, "issued") or _text(item, "date"), _text(item, "modified")),
        link=_text(item, "link"),
    )


def _cves_in(reference: Element) -> tuple[str, ...]:
    """Return the CVE of a reference to NVD or to CVE itself; other references name other things."""
    if reference.get("source", "").upper() not in ("NVD", "CVE"):
        return ()
    found = CVE.search(reference.get("id", "").upper()) or CVE.search((reference.text or "").upper())
    return (found[0],) if found else ()


def _scores(item: Element) -> Iterator[Score]:
    for cvss in _children(item, "cvss"):
        base = number_of(cvss.get("score"), 0, 10)
        if base is not None and cvss.get("type", "Base") == "Base":
            severity = clean(cvss.get("severity", ""), 20)
            yield Score(clean(cvss.get("version", ""), 5), base, severity, clean(cvss.get("vector", ""), 200), "JVN")


def _detail(info: Element) -> Iterator[Advisory]:
    identifier = _text(info, "VulinfoID")
    for body in _children(info, "VulinfoData"):
        title = _text(body, "Title")
        summary = _text(body, "VulinfoDescription", "Overview")
        if not title or not identifier or _is_withdrawn(title) or _is_withdrawn(summary):
            continue
        related = (_text(one, "VulinfoID") for one in _children(body, "Related", "RelatedItem"))
        yield from _advisories(
            [one.upper() for one in related if CVE.fullmatch(one.upper())],
            identifier,
            title=title,
            summary=summary,
            remedy="\n".join(_texts(body, "Solution", "SolutionItem", "Description")),
            names=_texts(body, "Affected", "AffectedItem", "Cpe"),
            scores=tuple(_detail_scores(body)),
            times=(_text(body, "DateFirstPublished"), _text(body, "DateLastUpdated")),
            link="",
        )


def _texts(element: Element, *path: str) -> list[str]:
    return [clean(child.text, _MAX_TEXT) for child in _children(element, *path) if child.text and child.text.strip()]


def _detail_scores(body: Element) -> Iterator[Score]:
    for cvss in _children(body, "Impact", "Cvss"):
        base = number_of(_text(cvss, "Base"), 0, 10)
        if base is not None:
            severity = _text(cvss, "Severity")[:20]
            yield Score(clean(cvss.get("version", ""), 5), base, severity, _text(cvss, "Vector")[:200], "JVN")


def _advisories(
    cves: list[str],
    identifier: str,
    *,
    title: str,
    summary: str,
    remedy: str,
    names: Iterable[str],
    scores: tuple[Score, ...],
    times: tuple[str, str],
    link: str,
) -> Iterator[Advisory]:
    claims = tuple(dict.fromkeys(_claims(names)))
    for cve in dict.fromkeys(cves) or (clean(identifier, 40),):
        yield Advisory(
            cve=cve,
            source=Source.JVN,
            configurations=(Configuration((Node(claims),)),) if claims else (),
            scores=scores,
            title=title[:300],
            summary=summary,
            remedy=remedy[:_MAX_TEXT],
            published_at=time_of(times[0]),
            modified_at=time_of(times[1]) or time_of(times[0]),
            references=(link[:500],) if link.startswith("https://") else (),
        )


def _claims(names: Iterable[str]) -> Iterator[Claim]:
    for _, text in zip(range(_MAX_NAMES), names, strict=False):
        try:
            yield Claim(read_cpe(text).name)
        except NoCpe:
            continue
