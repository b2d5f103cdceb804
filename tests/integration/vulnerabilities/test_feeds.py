"""Feeds handed in: taken as a whole or not at all, gone on with after a death, newer kept, taken back."""

import gzip
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from sekisho.adapters.feeds.bundle import export_bundle
from sekisho.adapters.signing.documents import SigningKey
from sekisho.apps.vulnerabilities import feeds, knowledge, loading, sources, writing
from sekisho.apps.vulnerabilities.models import (
    Advisory,
    AdvisoryBefore,
    AdvisoryProduct,
    ExploitedEntry,
    FeedLoad,
    LikelihoodEntry,
)
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.scope import all_hospitals
from tests.cast import Cast
from tests.factories.feed_loads import run_jobs
from tests.factories.feeds import epss, fortios, kev, nvd, nvd_cve
from tests.integration.vulnerabilities.conftest import Load

pytestmark = pytest.mark.django_db(transaction=True)


def summary(cve: str) -> str:
    return str(Advisory.objects.get(cve=cve, source="nvd").plain["summary"])


def test_file_is_recognised_read_and_indexed_by_product(load: Load) -> None:
    found = load(nvd(nvd_cve("CVE-2026-0001", fortios()), nvd_cve("CVE-2026-0002")))
    assert (found.state, found.kind, found.of_records, found.written, found.added) == ("done", "nvd", 2, 2, 2)
    assert found.as_of is not None
    assert found.as_of.date().isoformat() == "2026-11-20"
    assert list(AdvisoryProduct.objects.values_list("key", "advisory__cve")) == [
        ("o:fortinet:fortios", "CVE-2026-0001")
    ]
    assert knowledge.revision() == 1
    verbs = AuditEvent.objects.filter(verb__startswith="vulnerabilities").values_list("verb", flat=True)
    assert set(verbs) == {"vulnerabilities.feed.handed-in", "vulnerabilities.feed.loaded"}


def test_packed_file_is_read(load: Load) -> None:
    assert load(gzip.compress(nvd(nvd_cve("CVE-2026-0001", fortios()))), "nvdcve.json.gz").state == "done"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (nvd(nvd_cve("CVE-2026-0001", fortios()))[:-40], "途中で切れて"),
        (b"just some text", "見分けられません"),
        (gzip.compress(nvd(nvd_cve("CVE-2026-0001")))[:-9], "途中で切れて"),
        (nvd(nvd_cve("not a number")), "一つもありません"),
        (nvd(nvd_cve("CVE-2026-0001"), at="2031-01-01T00:00:00.000"), "未来"),
    ],
)
def test_refused_file_says_why_and_leaves_everything(load: Load, content: bytes, told: str) -> None:
    load(nvd(nvd_cve("CVE-2026-0009", fortios())))
    before = knowledge.revision()
    found = load(content, "other.json")
    assert found.state == "refused"
    assert told in found.problem["ja"]
    assert found.problem["en"]
    assert list(Advisory.objects.values_list("cve", flat=True)) == ["CVE-2026-0009"]
    assert knowledge.revision() == before


def test_bundle_without_a_key_to_check_it_is_refused(cast: Cast) -> None:
    with pytest.raises(feeds.FeedRefused) as refused:
        feeds.take_in(name="b.zip", chunks=[b"PK\x03\x04 is no bundle"], by=cast.sumi)
    assert "鍵" in refused.value.message.ja


def test_empty_and_too_large_files_are_refused(cast: Cast, settings: Any) -> None:
    settings.FEEDS_LIMIT_BYTES = 100
    for chunks in ([], [b"x" * 60, b"x" * 60]):
        with pytest.raises(feeds.FeedRefused):
            feeds.take_in(name="a", chunks=chunks, by=cast.sumi)
    assert not FeedLoad.objects.exists()
    assert not list(settings.FEEDS_DIR.iterdir())


def test_same_file_twice_is_taken_once(load: Load) -> None:
    content = nvd(nvd_cve("CVE-2026-0001", fortios()))
    assert load(content).pk == load(content, "again.json").pk
    assert knowledge.revision() == 1


def test_older_copy_never_replaces_a_newer_one(load: Load) -> None:
    load(nvd(nvd_cve("CVE-2026-0001", fortios(), summary="new", modified="2026-11-10T00:00:00.000")))
    found = load(nvd(nvd_cve("CVE-2026-0001", summary="old", modified="2026-10-10T00:00:00.000")))
    assert (found.state, found.added, found.changed) == ("done", 0, 0)
    assert summary("CVE-2026-0001") == "new"


def test_rejected_number_names_no_product(load: Load) -> None:
    load(nvd(nvd_cve("CVE-2026-0001", fortios())))
    load(nvd(nvd_cve("CVE-2026-0001", fortios(), status="Rejected", modified="2026-11-12T00:00:00.000")))
    assert not AdvisoryProduct.objects.exists()


def test_newer_catalogue_replaces_the_whole_and_an_older_one_is_refused(load: Load) -> None:
    load(kev("CVE-2026-0001", "CVE-2026-0002", at="2026-11-18T00:00:00.000Z"), "kev.json")
    load(kev("CVE-2026-0002", at="2026-11-19T00:00:00.000Z"), "kev.json")
    assert list(ExploitedEntry.objects.values_list("cve", flat=True)) == ["CVE-2026-0002"]
    older = load(kev("CVE-2026-0003", at="2026-11-17T00:00:00.000Z"), "kev.json")
    assert older.state == "refused"
    assert "もっと新しい" in older.problem["ja"]
    assert list(ExploitedEntry.objects.values_list("cve", flat=True)) == ["CVE-2026-0002"]


# --- Deaths in the middle -----------------------------------------------------------------------------------------------
def test_load_that_died_goes_on_behind_its_last_batch(cast: Cast, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH", 10)
    cves = [nvd_cve(f"CVE-2026-{number:04}", fortios()) for number in range(1, 96)]
    written: list[int] = []
    whole = writing.write_batch

    class Killed(BaseException):
        """Stands for a worker that is gone: nothing of it catches this."""

    def dies(one: FeedLoad, records: Any) -> None:
        if len(written) == 4:
            raise Killed
        written.append(len(records))
        whole(one, records)

    monkeypatch.setattr(loading.writing, "write_batch", dies)
    with pytest.raises(Killed):
        load(nvd(*cves))
    stopped = FeedLoad.objects.get()
    assert (stopped.state, stopped.written, Advisory.objects.count()) == ("writing", 40, 40)
    assert knowledge.revision() == 0

    monkeypatch.setattr(loading.writing, "write_batch", whole)
    with all_hospitals(reason="test"):
        Job.objects.filter(kind=feeds.JOB_KIND).update(state="queued", begun=5)
    run_jobs()
    stopped.refresh_from_db()
    assert (stopped.state, stopped.written, stopped.added) == ("done", 95, 95)
    assert Advisory.objects.count() == AdvisoryProduct.objects.count() == 95
    assert knowledge.revision() == 1


# --- Taking back ----------------------------------------------------------------------------------------------------------
def test_undo_puts_back_what_was_and_removes_what_was_new(cast: Cast, load: Load) -> None:
    load(nvd(nvd_cve("CVE-2026-0001", fortios(), summary="first")))
    second = load(
        nvd(
            nvd_cve("CVE-2026-0001", summary="second", modified="2026-11-12T00:00:00.000"),
            nvd_cve("CVE-2026-0002", fortios()),
        )
    )
    assert (summary("CVE-2026-0001"), AdvisoryProduct.objects.count()) == ("second", 1)
    feeds.undo(second, by=cast.sumi)
    run_jobs()
    second.refresh_from_db()
    assert second.state == "undone"
    assert summary("CVE-2026-0001") == "first"
    assert list(AdvisoryProduct.objects.values_list("advisory__cve", flat=True)) == ["CVE-2026-0001"]
    assert not AdvisoryBefore.objects.exists()
    feeds.read_again(second, by=cast.sumi)
    run_jobs()
    assert (summary("CVE-2026-0001"), Advisory.objects.count()) == ("second", 2)


def test_undo_of_a_catalogue_brings_the_former_one_back_from_its_file(cast: Cast, load: Load) -> None:
    load(epss({"CVE-2026-0001": 0.2}, "2026-11-18"), "epss.csv")
    newer = load(epss({"CVE-2026-0001": 0.9, "CVE-2026-0002": 0.1}, "2026-11-19"), "epss.csv")
    feeds.undo(newer, by=cast.sumi)
    run_jobs()
    assert dict(LikelihoodEntry.objects.values_list("cve", "probability")) == {"CVE-2026-0001": 0.2}
    states = dict(FeedLoad.objects.values_list("as_of__day", "state"))
    assert states == {18: "done", 19: "undone"}


def test_only_the_newest_of_a_kind_is_taken_back(cast: Cast, load: Load) -> None:
    first = load(nvd(nvd_cve("CVE-2026-0001")))
    load(nvd(nvd_cve("CVE-2026-0002")))
    with pytest.raises(feeds.NotUndoable):
        feeds.undo(first, by=cast.sumi)


# --- Bundles ----------------------------------------------------------------------------------------------------------------
def bundle(tmp_path: Any, key: SigningKey, day: str, cve: str) -> bytes:
    folder, out = tmp_path / f"in-{cve}", tmp_path / f"{cve}.zip"
    folder.mkdir()
    (folder / "nvd.json").write_bytes(nvd(nvd_cve(cve, fortios())))
    (folder / "kev.json").write_bytes(kev(cve, at=f"{day}T00:00:00.000Z"))
    export_bundle(folder, out, key, made_at=datetime.fromisoformat(f"{day}T00:00:00+09:00"))
    return bytes(out.read_bytes())


def test_signed_bundle_is_taken_and_a_changed_foreign_or_older_one_is_not(
    cast: Cast, load: Load, settings: Any, tmp_path: Any
) -> None:
    key = SigningKey.new()
    settings.FEEDS_KEY = key.verify_key.as_text()
    load(bundle(tmp_path, key, "2026-11-20", "CVE-2026-0001"), "bundle.zip")
    assert set(FeedLoad.objects.values_list("kind", "state")) == {("nvd", "done"), ("kev", "done")}
    foreign = bundle(tmp_path, SigningKey.new(), "2026-11-21", "CVE-2026-0002")
    older = bundle(tmp_path, key, "2026-11-01", "CVE-2026-0003")
    right = bundle(tmp_path, key, "2026-11-21", "CVE-2026-0004")
    at = right.index(b"files/") + 40
    changed = right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :]
    for content, told in (
        (foreign, "署名"),
        (older, "古い"),
        (changed, "取り込みません"),
        (right[:300], "取り込みません"),
    ):
        with pytest.raises(feeds.FeedRefused) as refused:
            feeds.take_in(name="b.zip", chunks=[content], by=cast.sumi)
        assert told in refused.value.message.ja
    assert not Advisory.objects.exclude(cve="CVE-2026-0001").exists()


# --- Honest about age ---------------------------------------------------------------------------------------------------------
def test_missing_and_old_sources_are_said(load: Load) -> None:
    now = timezone.now()
    assert len(sources.problems(now)) == 3
    day = (now - timedelta(days=40)).date().isoformat()
    load(nvd(nvd_cve("CVE-2026-0001"), at="2026-01-01T00:00:00.000"))
    load(kev("CVE-2026-0001", at=now.strftime("%Y-%m-%dT00:00:00.000Z")), "kev.json")
    load(epss({"CVE-2026-0001": 0.5}, day), "epss.csv")
    told = sources.problems(now)
    assert len(told) == 2
    assert any("NVD" in text and "古い" in text for text in told)
    rows = {row.kind: row for row in sources.sources(now)}
    assert (rows["nvd"].count, rows["kev"].count, rows["jvn"].is_missing) == (1, 1, True)


def test_json_of_another_kind_is_refused(load: Load) -> None:
    assert load(json.dumps({"hello": "world"}).encode()).state == "refused"
