"""What findings say: every kind in both languages, no sentence with a fact nobody has, no word a clerk cannot know."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from sekisho.catalogue.checks import load_checks
from sekisho.catalogue.errors import CatalogueError
from sekisho.catalogue.findings import _read, load_finding_knowledge, parse_finding_knowledge, places_in
from sekisho.domain.diagnosis.comparison import BY_ITSELF
from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.knowledge import ALWAYS_KNOWN, FindingKind, LineContext
from sekisho.domain.text import Text

KNOWN = load_finding_knowledge()
KINDS = sorted(KNOWN.kinds.values(), key=lambda kind: kind.id)
SENTENCES = ("title", "what", "why", "action", "check")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_every_kind_has_every_sentence_in_both_languages(kind: FindingKind) -> None:
    for name in SENTENCES:
        text: Text = getattr(kind, name)
        assert text.ja.strip() and text.en.strip(), name  # noqa: PT018
        assert places_in(Text(text.ja, "")) == places_in(Text(text.en, "")), f"{name}: a fact only one language tells"
        assert text.ja != text.en or text.ja.startswith("{"), name
    assert KNOWN.people[kind.who].ja
    assert re.search(r"[ぁ-ん]", kind.title.ja + kind.what.ja + "あ")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_no_sentence_names_a_fact_that_its_kind_does_not_have(kind: FindingKind) -> None:
    used = {place for text in kind.sentences for place in places_in(text)}
    assert used <= kind.facts | ALWAYS_KNOWN


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_a_fact_that_is_not_known_is_said_as_unknown(kind: FindingKind) -> None:
    bare = Finding(kind.id, "203.0.113.10", protocol="tcp", port=443)
    spoken = KNOWN.spoken(bare)
    told = (
        {place for text in kind.sentences for place in places_in(text)} - ALWAYS_KNOWN - {"meaning", "service", "ask"}
    )
    said = "".join(getattr(spoken, name).ja for name in SENTENCES)
    assert ("不明" in said) == bool(told)
    assert "{" not in said


def _first_use_is_explained(word: str, said: str) -> bool:
    """Return True when the first use of a word stands beside its meaning: IKE（…） or, after the meaning, （IKE）."""
    match = re.search(rf"(?<![A-Za-z])(?:[A-Z]+-)?{word}(?![A-Za-z0-9])", said)
    if match is None:
        return True
    before, after = said[: match.start()], said[match.end() :]
    return after.startswith("（") or (before.endswith("（") and after.startswith("）"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_words_that_a_clerk_cannot_know_are_explained_where_they_first_stand(kind: FindingKind) -> None:
    said = "\n".join(text.ja for text in kind.sentences)
    unexplained = [term.word for term in KNOWN.terms if not _first_use_is_explained(term.word, said)]
    assert unexplained == []


FORBIDDEN = (
    "脆弱性",
    "エクスプロイト",
    "ペイロード",
    "プロトコルスタック",
    "ハンドシェイク",
    "クレデンシャル",
    "ステータス",
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_no_kind_uses_words_of_the_trade(kind: FindingKind) -> None:
    said = "".join(text.ja for text in kind.sentences)
    assert [word for word in FORBIDDEN if word in said] == []


def test_what_kinds_need_are_checks_that_exist() -> None:
    checks = {check.id for check in load_checks().checks} | set(BY_ITSELF) | {"imported"}
    assert {need for kind in KINDS for need in kind.needs} <= checks


def test_spoken_tells_the_line_and_its_use() -> None:
    finding = Finding("rdp-no-nla", "203.0.113.10", ("CAF0000003",), "tcp", 3389)
    lines = [LineContext("CAF0000003", "internet", Text("給食", "Meals")), LineContext("CAF9", "ip_vpn")]
    why = KNOWN.spoken(finding, lines).why
    assert "回線「CAF0000003」（通信形態：インターネット、用途：給食）" in why.ja
    assert "CAF9" not in why.ja
    assert "Meals" in why.en


def test_spoken_joins_codes_and_writes_dates_in_words() -> None:
    gaps = Finding("tls-below-high-security", "203.0.113.10", (), "tcp", 443, facts={"gaps": "no-tls13+old-versions"})
    assert "TLS 1.3がない、古い版を受け付ける" in KNOWN.spoken(gaps).what.ja
    ended = Finding("end-of-support", "203.0.113.10", facts={"product": "Windows 7", "until": "2020-01-14"})
    assert "2020年1月14日（火）" in KNOWN.spoken(ended).title.ja


@pytest.mark.parametrize("value", ["{port}", "{0.__class__}", "%s", "\x1b[2J", "a\u202eb", "不明" * 500])
def test_spoken_takes_what_a_device_says_as_words_only(value: str) -> None:
    finding = Finding("product-seen", "203.0.113.10", facts={"product": value, "version": value})
    said = KNOWN.spoken(finding).title.ja
    assert said.isprintable()
    assert len(said) < 700


def test_a_kind_of_a_later_edition_is_told_and_not_dropped() -> None:
    spoken = KNOWN.spoken(Finding("kind-of-next-year", "203.0.113.10", subject="x", facts={"a": "b"}))
    assert "kind-of-next-year x" in spoken.title.ja
    assert KNOWN.is_attention(Finding("kind-of-next-year", "203.0.113.10"))


def documents(**changes: str) -> Mapping[str, str]:
    names = ("findings", "windows", "scanner_plugins", "pages")
    texts = {name: _read(f"{name}.yaml") for name in names}
    return texts | changes


@pytest.mark.parametrize(
    ("document", "old", "new"),
    [
        ("findings", "facts: [count]", "facts: []"),
        ("findings", "    severity: urgent", "    severity: terrible"),
        ("findings", "    who: vendor", "    who: somebody"),
        ("findings", "- id: smb-v1", "- id: smb-signing"),
        ("findings", "- id: imported", "- id: something"),
        ("windows", "ends: 2014-04-08", "ends: soon"),
        ("scanner_plugins", "snmp-public", "no-such-kind"),
        ("pages", "kind: ssl-vpn-page, ", "kind: nothing, "),
        ("pages", "'/RDWeb/'", "'('"),
    ],
)
def test_a_slip_in_a_file_stops_at_once(document: str, old: str, new: str) -> None:
    texts = documents()
    assert old in texts[document]
    broken = dict(texts) | {document: texts[document].replace(old, new, 1)}
    with pytest.raises(CatalogueError):
        parse_finding_knowledge(*broken.values())


def test_meaning_of_a_port_follows_what_answered_before_its_number() -> None:
    from sekisho.domain.diagnosis.results import ObservedPort

    moved = ObservedPort("tcp", 3390, "open", "ms-wbt-server", basis="probed")
    assert KNOWN.meaning_of(moved).id == "remote-desktop"
    assert KNOWN.meaning_of(replace(moved, basis="table")).id == "other"
    assert KNOWN.meaning_of(ObservedPort("tcp", 8443, "open", "ssl/http", basis="probed")).id == "device-management"
    assert KNOWN.meaning_of(ObservedPort("tcp", 18080, "open", "http", basis="probed")).id == "web"
    assert KNOWN.meaning_of(ObservedPort("udp", 3389, "open", "domain", basis="probed")).id == "name-and-time"
