"""Each kind of feed: what a real file of its form gives, and what a cut, wrong or hostile one does."""

import gzip
import io
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.feeds import lifecycles
from sekisho.adapters.feeds.reading import FeedReading
from sekisho.adapters.feeds.recognise import READERS, Kind, kind_of_head
from sekisho.adapters.feeds.refusals import FeedRefused
from sekisho.adapters.feeds.streams import JsonStream, opened_feed
from sekisho.domain.vulnerabilities.advisories import Advisory, Exploited, Likelihood, Score, Source
from sekisho.domain.vulnerabilities.lifecycles import LifeCycle

SAMPLES = Path(__file__).parents[3] / "samples" / "feeds"
KINDS = {
    "nvd.json": Kind.NVD, "kev.json": Kind.KEV, "epss.csv": Kind.EPSS, "jvn.rdf": Kind.JVN, "jvn_detail.xml": Kind.JVN,
    "fortinet.json": Kind.FORTINET, "msrc.json": Kind.MSRC, "cve_record.json": Kind.CVE, "endoflife.json": Kind.ENDOFLIFE,
}  # fmt: skip


def read(kind, raw, name="x"):
    reading = FeedReading(name=name)
    return list(READERS[kind](io.BytesIO(raw), reading)), reading


def sample(name):
    return read(KINDS[name], (SAMPLES / name).read_bytes(), name)


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_a_feed_is_recognised_by_its_content(name, kind):
    raw = (SAMPLES / name).read_bytes()
    assert kind_of_head(raw) is kind
    assert kind_of_head(b"\xef\xbb\xbf" + raw) is kind


@pytest.mark.parametrize("raw", [b"", b"hello", b"{}", b"[]", b"<html></html>", b"%PDF-1.7", b'{"vulnerabilities": 3}', b"---\ntitle: x\n---\n", b"\x00" * 100, b"cve,score\n"])  # fmt: skip
def test_what_is_no_feed_is_of_no_kind(raw):
    assert kind_of_head(raw) is None


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_feed_cut_anywhere_is_refused_with_a_reason_or_ends_between_lines(name, share):
    raw = (SAMPLES / name).read_bytes().rstrip()
    cut = raw[: int(len(raw) * share)]
    if name == "epss.csv" and cut.endswith(b"\n"):
        return
    if name == "epss.csv" and cut.rpartition(b"\n")[2].count(b",") >= 2:
        cut = cut.rpartition(b",")[0]
    with pytest.raises(FeedRefused) as refused:
        read(KINDS[name], cut, name)
    assert refused.value.text.ja
    assert refused.value.text.en


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_packed_feed_that_is_cut_is_refused(name, tmp_path):
    packed = gzip.compress((SAMPLES / name).read_bytes())
    path = tmp_path / "x.gz"
    path.write_bytes(packed[:-12])
    with pytest.raises(FeedRefused, match="cut off"), opened_feed(path) as stream:
        list(READERS[KINDS[name]](stream, FeedReading(name=name)))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * 3_000_000))
    with pytest.raises(FeedRefused, match="too large"), opened_feed(path, limit=1_000_000) as stream:
        stream.read()


@pytest.mark.parametrize(
    "kind", [Kind.NVD, Kind.KEV, Kind.FORTINET, Kind.MSRC, Kind.CVE, Kind.ENDOFLIFE, Kind.ENDOFLIFE_OLD]
)
@pytest.mark.parametrize(
    "raw", [b'{"vulnerabilities": ' + b"[" * 200_000, b"[" * 200_000, b'{"a": "\xff\xfe"}', b"nonsense", b""]
)
def test_hostile_json_is_refused(kind, raw):
    with pytest.raises(FeedRefused):
        read(kind, raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rdf:RDF xmlns:rdf="jvn">&b;</rdf:RDF>',
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><RDF/>',
        b"<html><body>busy</body></html>",
    ],
)
def test_hostile_xml_is_refused(raw):
    with pytest.raises(FeedRefused):
        read(Kind.JVN, raw)


def test_a_page_with_yaml_aliases_is_refused():
    raw = b"---\na: &x [1, 2]\nb: [*x, *x]\nreleases: []\n---\n"
    with pytest.raises(FeedRefused):
        read(Kind.ENDOFLIFE_PAGE, raw)


# NVD


def test_nvd_gives_every_entry_with_scores_and_configurations():
    advisories, reading = sample("nvd.json")
    assert [one.cve for one in advisories] == [
        "CVE-2024-21762", "CVE-2023-10001", "CVE-2023-10002", "CVE-2023-10003", "CVE-2023-10004", "CVE-2023-10005", "CVE-2023-10006",
    ]  # fmt: skip
    assert reading.as_of == datetime(2026, 11, 20, 8, 0, 1, 123000, tzinfo=UTC)
    assert (reading.total, reading.skipped) == (7, 0)
    first = advisories[0]
    assert first.scores[0] == Score(
        "3.1", 9.8, "CRITICAL", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "nvd@nist.gov"
    )
    assert first.summary.startswith("A out-of-bounds write")
    assert first.weaknesses == ("CWE-787",)
    assert first.modified_at == datetime(2024, 11, 29, 15, 23, 32, 30000, tzinfo=UTC)
    claims = list(first.configurations[0].claims())
    assert [(one.low, one.low_included, one.high, one.high_included) for one in claims] == [
        ("7.2.0", True, "7.2.7", False),
        ("7.4.0", True, "7.4.2", True),
    ]


def test_nvd_prefers_the_newer_cvss_and_keeps_and_platforms_and_updates():
    advisories, _ = sample("nvd.json")
    by_cve = {one.cve: one for one in advisories}
    assert by_cve["CVE-2023-10001"].scores[0].version == "4.0"
    assert by_cve["CVE-2023-10001"].scores[1].severity == "HIGH"
    (configuration,) = by_cve["CVE-2023-10003"].configurations
    assert configuration.is_all
    assert [claim.is_vulnerable for claim in configuration.claims()] == [True, False]
    (claim,) = by_cve["CVE-2023-10002"].configurations[0].claims()
    assert (claim.version, claim.update) == ("9.2", "p1")
    assert by_cve["CVE-2023-10005"].configurations == ()
    assert by_cve["CVE-2023-10006"].is_withdrawn


def test_nvd_reads_bounds_only_beside_any_version():
    raw = json.dumps({"vulnerabilities": [{"cve": {"id": "CVE-2024-0001", "configurations": [{"nodes": [{"cpeMatch": [
        {"vulnerable": True, "criteria": "cpe:2.3:a:x:y:1.0:*:*:*:*:*:*:*", "versionEndExcluding": "9"}]}]}]}}]})  # fmt: skip
    (advisory,), _ = read(Kind.NVD, raw.encode())
    (claim,) = advisory.configurations[0].claims()
    assert (claim.version, claim.has_bounds) == ("1.0", False)


@pytest.mark.parametrize(
    "entry", [None, 3, [], {}, {"cve": None}, {"cve": {"id": "GHSA-1"}}, {"cve": {"id": "CVE-1-1"}}]
)
def test_nvd_passes_over_an_entry_that_is_none_and_counts_it(entry):
    good = {"cve": {"id": "CVE-2024-0001"}}
    advisories, reading = read(Kind.NVD, json.dumps({"vulnerabilities": [good, entry, good]}).encode())
    assert (len(advisories), reading.skipped) == (2, 1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "nodes", "cpeMatch", "criteria", "configurations", "metrics", "cvssData", "operator", "vulnerable", "descriptions", "references"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            ["configurations", "metrics", "descriptions", "published", "references", "weaknesses", "vulnStatus"]
        ),
        json_values,
    )
)
def test_nvd_reads_an_entry_of_any_shape(entry):
    advisories, _ = read(Kind.NVD, json.dumps({"vulnerabilities": [{"cve": {"id": "CVE-2024-0001"} | entry}]}).encode())
    assert [one.cve for one in advisories] == ["CVE-2024-0001"]


# The stream


@given(
    st.dictionaries(st.text(max_size=4), json_values, max_size=4), st.lists(json_values, max_size=5), st.integers(1, 40)
)
def test_a_json_stream_gives_what_json_gives_whatever_the_chunks(members, elements, chunk):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, chunk))

    members.pop("list", None)
    raw = json.dumps({"first": 1} | members | {"list": elements, "last": -12.5e3}, ensure_ascii=False).encode(
        "utf-8", "replace"
    )
    wanted = json.loads(raw)
    found = list(JsonStream(Slow(raw), ("list",)).members())
    assert [value for key, value in found if key == "list"] == wanted["list"]
    assert {key: value for key, value in found if key != "list"} == {
        key: wanted[key] for key in wanted if key != "list"
    }


@given(st.integers(0, 400))
def test_a_json_stream_never_takes_a_cut_document_for_whole(length):
    raw = json.dumps(
        {"a": 1, "list": [{"x": "日本語"}, 2.5, None, True], "z": {"b": [1, 2]}}, ensure_ascii=False
    ).encode()
    if length >= len(raw):
        return
    with pytest.raises(FeedRefused):
        list(JsonStream(io.BytesIO(raw[:length]), ("list",)).members())


@pytest.mark.parametrize(
    "raw", [b'{"a":1}x', b'{"a":1}}', b'{"a" 1}', b'{"a":1,}', b"{1:2}", b'{"list":[1 2]}', b'{"list":[1]]}']
)
def test_a_json_stream_refuses_what_is_no_json(raw):
    with pytest.raises(FeedRefused):
        list(JsonStream(io.BytesIO(raw), ("list",)).members())


# KEV


def test_kev_gives_entries_and_names_families_by_its_words():
    records, reading = sample("kev.json")
    entries = [one for one in records if isinstance(one, Exploited)]
    named = {one.cve: one for one in records if isinstance(one, Advisory)}
    assert [(one.cve, one.ransomware) for one in entries] == [
        ("CVE-2024-21762", True),
        ("CVE-2099-0001", False),
        ("CVE-2099-0002", False),
    ]
    assert entries[0].due_on == date(2024, 2, 16)
    assert {name.key for name in named["CVE-2099-0001"].vulnerable_names()} == {"o:paloaltonetworks:pan-os"}
    assert "CVE-2099-0002" not in named
    assert reading.as_of == datetime(2026, 11, 19, 17, 4, 19, 979600, tzinfo=UTC)


def kev_catalogue():
    """Return the whole catalogue where it is at hand (SEKISHO_SHARED_DATA, else beside the checkout), and whether it is."""
    places = [Path(os.environ.get("SEKISHO_SHARED_DATA", "missing")), Path(__file__).parents[5] / "shared" / "data"]
    whole = [place / "kev" / "known_exploited_vulnerabilities.json" for place in places]
    return next((path for path in whole if path.is_file()), SAMPLES / "kev.json")


def test_kev_reads_the_whole_catalogue_or_says_that_it_is_not_at_hand(record_property):
    path = kev_catalogue()
    is_whole = path.parent != SAMPLES
    record_property("whole catalogue at hand", is_whole)
    records, reading = read(Kind.KEV, path.read_bytes())
    entries = {one.cve: one for one in records if isinstance(one, Exploited)}
    assert (len(entries), reading.skipped) == (reading.total, 0)
    assert entries["CVE-2024-21762"].ransomware
    if not is_whole:
        print("The whole catalogue is not at hand; the sample of three entries was read.")
        return
    assert len(entries) >= 1_404
    named = {one.cve for one in records if isinstance(one, Advisory)}
    # Boundary devices of hospitals that the catalogue names (with known use in ransomware attacks).
    assert {"CVE-2018-13379", "CVE-2022-40684", "CVE-2023-27997", "CVE-2024-3400", "CVE-2023-20198", "CVE-2023-4966", "CVE-2025-0282", "CVE-2024-24919", "CVE-2024-40711"} <= named  # fmt: skip


# EPSS


@pytest.mark.parametrize(
    ("remark", "model", "day"),
    [
        ("#model_version:v2025.03.14,score_date:2025-09-03T12:55:00Z\n", "v2025.03.14", date(2025, 9, 3)),
        ("#model_version:v2023.03.01,score_date:2024-01-01T00:00:00+0000\n", "v2023.03.01", date(2024, 1, 1)),
        ("#model_version:v2022.01.01,score_date:2022-02-04\n", "v2022.01.01", date(2022, 2, 4)),
        ("", "", None),
    ],
)
def test_epss_reads_every_form_of_its_first_line(remark, model, day):
    raw = f"{remark}cve,epss,percentile\nCVE-1999-0001,0.0142,0.7991\n".encode()
    assert kind_of_head(raw) is Kind.EPSS
    assert read(Kind.EPSS, raw)[0] == [Likelihood("CVE-1999-0001", 0.0142, 0.7991, model, day)]


def test_epss_takes_columns_by_name_and_passes_over_what_is_no_estimate():
    raw = b"percentile,cve,epss\n0.5,CVE-2024-0001,0.1\nx,CVE-2024-0002,0.1\n0.5,nothing,0.1\n0.5,CVE-2024-0003,1.5\n0.5,CVE-2024-0004,nan\n"
    found, reading = read(Kind.EPSS, raw)
    assert ([one.cve for one in found], reading.skipped) == (["CVE-2024-0001"], 4)


@pytest.mark.parametrize(
    "raw", [b"", b"a,b,c\n1,2,3\n", b"#model_version:v1\n", b"cve,epss,percentile\nCVE-2024-0001,0.", b"x" * 10_000]
)
def test_epss_refuses_what_is_none_or_cut(raw):
    with pytest.raises(FeedRefused):
        read(Kind.EPSS, raw)


# JVN


def test_jvn_gives_one_advisory_per_cve_and_keeps_its_own_number_where_there_is_none():
    advisories, reading = sample("jvn.rdf")
    assert [one.cve for one in advisories] == [
        "CVE-2024-21762",
        "CVE-2021-20843",
        "CVE-2021-20844",
        "JVNDB-2020-000009",
    ]
    assert all(one.source is Source.JVN for one in advisories)
    assert advisories[0].title == "Fortinet の FortiOS における境界外書き込みに関する脆弱性"
    assert {name.key for name in advisories[1].vulnerable_names()} == {"o:yamaha:rtx830_firmware"}
    assert advisories[0].scores[0].base == 9.8
    assert (reading.skipped, reading.total) == (0, 5)  # two withdrawn and undecided ones are left out on purpose
    assert advisories[0].published_at == datetime.fromisoformat("2024-02-20T13:36+09:00")


def test_jvn_details_give_the_remedy():
    (advisory,), _ = sample("jvn_detail.xml")
    assert advisory.cve == "CVE-2024-21762"
    assert "ベンダ情報を参照" in advisory.remedy
    assert advisory.modified_at == datetime.fromisoformat("2024-03-01T10:00:00+09:00")


def test_jvn_refuses_an_answer_that_says_it_failed():
    raw = b'<RDF xmlns="jvn"><Status retCd="1" errCd="LPRM0001" errMsg="busy"/></RDF>'
    with pytest.raises(FeedRefused, match="LPRM0001"):
        read(Kind.JVN, raw)


# Makers


def test_fortinet_gives_bounds_and_exact_versions():
    (advisory,), _ = sample("fortinet.json")
    assert [(one.low, one.high, one.high_included, one.version) for one in advisory.configurations[0].claims()] == [
        ("7.2.0", "7.2.6", True, "*"),
        ("7.4.0", "7.4.2", True, "*"),
        ("", "", False, "6.0.17"),
    ]
    assert (advisory.source, advisory.scores[0].base) == (Source.FORTINET, 9.6)


def test_msrc_gives_the_build_that_ends_the_range():
    (advisory,), reading = sample("msrc.json")
    claims = {one.name.product: one.high for one in advisory.configurations[0].claims()}
    assert claims == {
        "windows_server_2019": "10.0.17763.5329",
        "windows_10_1809": "10.0.17763.5329",
        "windows_server_2022_23h2": "10.0.25398.643",
        "exchange_server_2019": "",
    }
    assert reading.as_of == datetime(2024, 2, 2, 8, tzinfo=UTC)


def test_a_cve_record_fills_in_for_what_nvd_has_not_analysed():
    (advisory,), _ = sample("cve_record.json")
    (claim,) = advisory.configurations[0].claims()
    assert (claim.name.key, claim.low, claim.high, claim.high_included) == (
        "o:fortinet:fortios",
        "7.0.0",
        "7.0.3",
        True,
    )
    assert advisory.scores[0].base == 6.5


# Life cycles


def test_the_api_of_endoflife_gives_days_and_ends_without_days():
    (product,), reading = sample("endoflife.json")
    assert isinstance(product, LifeCycle)
    assert product.keys == ("o:fortinet:fortios",)
    assert [(one.version, one.supported_until, one.has_ended) for one in product.cycles] == [
        ("7.4", date(2028, 11, 11), None),
        ("7.2", date(2026, 9, 30), None),
        ("6.0", None, True),
    ]
    assert product.cycles[0].latest == "7.4.8"
    assert product.as_of == date(2026, 10, 20)
    assert reading.as_of == datetime(2026, 10, 20, 10, tzinfo=UTC)


def test_the_whole_dump_and_the_older_api_are_read_too():
    one = json.loads((SAMPLES / "endoflife.json").read_bytes())
    whole = one | {"result": [one["result"], {"name": "no-cpe", "label": "x", "releases": [{"name": "1"}]}]}
    products, reading = read(Kind.ENDOFLIFE, json.dumps(whole).encode())
    assert (len(products), reading.skipped) == (1, 1)
    old = [{"cycle": "10.2", "eol": "2025-08-27", "latest": "10.2.18-h9"}, {"cycle": "9.0", "eol": True}]
    assert kind_of_head(json.dumps(old).encode()) is Kind.ENDOFLIFE_OLD
    (product,), _ = read(Kind.ENDOFLIFE_OLD, json.dumps(old).encode(), "pan-os.json")
    assert "o:paloaltonetworks:pan-os" in product.keys
    assert [(each.supported_until, each.has_ended) for each in product.cycles] == [
        (date(2025, 8, 27), None),
        (None, True),
    ]


PAGE = """---
title: Microsoft Windows
permalink: /windows
identifiers:
  - cpe: cpe:2.3:o:microsoft:windows
releases:
  - releaseCycle: "10-21h2-iot-lts"
    releaseLabel: "10 21H2 IoT"
    eol: 2032-01-13
    latest: 10.0.19044
  - releaseCycle: "10-22h2"
    eol: 2025-10-14
    eoes: 2028-10-10
    latest: 10.0.19045
---
> text
"""


def test_a_page_of_endoflife_gives_windows_by_build_and_edition():
    assert kind_of_head(PAGE.encode()) is Kind.ENDOFLIFE_PAGE
    (product,), _ = read(Kind.ENDOFLIFE_PAGE, PAGE.encode(), "windows.md")
    assert [(one.version, one.edition, one.extended_until) for one in product.cycles] == [
        ("10.0.19044", "iot-lts", None),
        ("10.0.19045", "", date(2028, 10, 10)),
    ]


def test_a_table_of_makers_is_taken_over_and_a_wrong_one_refused():
    text = "format: sekisho-makers/1\nmakers:\n  - {vendor: ヤマハ, model: RTX1200, repair_end: 2027-03-31, as_of: 2026-11-01, source: 窓口に確認}\n"
    assert kind_of_head(text.encode()) is Kind.MAKERS
    (product,), reading = read(Kind.MAKERS, text.encode())
    assert (product.cycles[0].supported_until, product.as_of) == (date(2027, 3, 31), date(2026, 11, 1))
    assert reading.as_of is not None
    for wrong in (
        text.replace("2027-03-31", "soon"),
        text.replace("ヤマハ", "謎"),
        text.replace("makers/1", "makers/9"),
    ):
        with pytest.raises(FeedRefused):
            read(Kind.MAKERS, wrong.encode())


def test_life_cycles_have_a_bound_of_size():
    assert lifecycles.MAX_BYTES < 100_000_000
