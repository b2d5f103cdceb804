"""A folder of feeds and its store: read once, newer wins, whole or not at all, honest about age."""

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sekisho.adapters.feeds.folder import STORE_NAME, NoFeeds, feed_files, open_folder, update, warnings_of
from sekisho.adapters.feeds.recognise import Kind
from sekisho.adapters.feeds.store import FeedStore
from sekisho.catalogue.device_families import recognise_device
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.advisories import Source
from sekisho.domain.vulnerabilities.knowledge import KnowledgeBase
from sekisho.domain.vulnerabilities.lifecycles import SupportStatus, support_of
from sekisho.domain.vulnerabilities.matching import Confidence, match

SAMPLES = Path(__file__).parents[3] / "samples" / "feeds"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)


@pytest.fixture
def folder(tmp_path):
    """A folder with every sample."""
    place = tmp_path / "feeds"
    place.mkdir()
    for name in (
        "nvd.json",
        "kev.json",
        "epss.csv",
        "jvn.rdf",
        "jvn_detail.xml",
        "msrc.json",
        "cve_record.json",
        "endoflife.json",
    ):
        shutil.copy(SAMPLES / name, place)
    return place


def nvd_entry(cve, modified, high="9.0", name="o:fortinet:fortios", status="Analyzed"):
    claim = {"vulnerable": True, "criteria": f"cpe:2.3:{name}:*:*:*:*:*:*:*:*", "versionEndExcluding": high}
    return {
        "cve": {
            "id": cve,
            "vulnStatus": status,
            "lastModified": modified,
            "configurations": [{"nodes": [{"cpeMatch": [claim]}]}],
        }
    }


def write_nvd(path, *entries, at="2026-11-20T00:00:00.000", total=None):
    total = len(entries) if total is None else total
    document = {"format": "NVD_CVE", "totalResults": total, "timestamp": at, "vulnerabilities": list(entries)}
    raw = json.dumps(document).encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


def fortigate(version):
    product = recognise_device("Fortinet", "FortiGate-60F", "FortiOS", version)
    assert product is not None
    return product


def verdicts(store, version, **more):
    return {one.cve: one.verdict for one in match(fortigate(version), store, today=TODAY, **more)}


def test_the_six_shapes_of_nvd_end_in_the_right_verdicts(folder):
    store, read = open_folder(folder, now=NOW)
    with store:
        assert (read.problems, len(read.read)) == ((), 8)
        found = {one.cve: one for one in match(fortigate("v7.2.5,build1517"), store, today=TODAY, unaffected=True)}
        closed = found["CVE-2024-21762"]
        assert (closed.verdict, closed.confidence, closed.fixed_in) == (Tri.YES, Confidence.EXACT, ("7.2.7",))
        assert closed.ransomware
        assert (closed.epss.probability, closed.epss.model, closed.epss.scored_on) == (
            0.92345,
            "v2025.03.14",
            date(2026, 11, 20),
        )
        assert closed.cvss.base == 9.8
        assert closed.title.ja == "Fortinet の FortiOS における境界外書き込みに関する脆弱性（詳細）"
        assert closed.end_of_support == date(2026, 9, 30)
        assert found["CVE-2023-10004"].verdict is Tri.NO  # "-" matches nothing
        assert "CVE-2023-10006" not in found  # rejected
        assert found["CVE-2023-10005"].source is Source.CVE  # NVD has none: the CVE record fills in
        assert found["CVE-2023-10005"].verdict is Tri.NO

        httpd = recognise_device("", "", "", "")
        assert httpd is None
        rtx = recognise_device("ヤマハ", "RTX1210", "", "Rev.14.01.34")
        assert {one.cve: one.verdict for one in match(rtx, store, today=TODAY)} == {"CVE-2023-10003": Tri.YES}


def test_a_store_answers_as_knowledge_in_memory_does(folder):
    store, _ = open_folder(folder, now=NOW)
    with store:
        memory = KnowledgeBase(
            store.advisories(),
            store.exploited_entries(),
            [one for cve in ("CVE-2024-21762", "CVE-2023-10001") if (one := store.likelihood(cve))],
            store.lifecycles_of("o:fortinet:fortios"),
        )
        for version in ("v7.2.5,build1517", "7.4.3", "7.2", ""):
            for unaffected in (True, False):
                asked = {"today": TODAY, "unaffected": unaffected}
                assert match(fortigate(version), store, **asked) == match(fortigate(version), memory, **asked)


def test_a_file_is_read_once_and_again_when_it_changes(folder):
    with open_folder(folder, now=NOW)[0]:
        pass
    store, second = open_folder(folder, now=NOW)
    with store:
        assert second.read == ()
        revision = store.revision
        write_nvd(folder / "nvd.json", nvd_entry("CVE-2024-21762", "2026-01-01T00:00:00", high="7.2.1"))
        third = update(store, folder, now=NOW)
        assert [one.path for one in third.read] == ["nvd.json"]
        assert store.revision != revision
        assert verdicts(store, "7.2.5", unaffected=True)["CVE-2024-21762"] is Tri.NO


@pytest.mark.parametrize("names", [("a.json", "b.json.gz"), ("b.json", "a.json.gz")])
def test_of_two_copies_of_an_entry_the_later_modified_one_counts(tmp_path, names):
    write_nvd(tmp_path / names[0], nvd_entry("CVE-2024-0001", "2024-01-01T00:00:00.000", high="7.0"))
    write_nvd(tmp_path / names[1], nvd_entry("CVE-2024-0001", "2024-05-01T00:00:00.000", high="8.0"))
    store, _ = open_folder(tmp_path, now=NOW)
    with store:
        assert verdicts(store, "7.2.5") == {"CVE-2024-0001": Tri.YES}


def test_an_entry_that_no_longer_names_a_product_or_was_rejected_is_gone(tmp_path):
    write_nvd(tmp_path / "1.json", nvd_entry("CVE-2024-0001", "2024-01-01"), nvd_entry("CVE-2024-0002", "2024-01-01"))
    store, _ = open_folder(tmp_path, now=NOW)
    with store:
        assert set(verdicts(store, "7.2.5")) == {"CVE-2024-0001", "CVE-2024-0002"}
        write_nvd(
            tmp_path / "2.json",
            nvd_entry("CVE-2024-0001", "2024-02-01", status="Rejected"),
            nvd_entry("CVE-2024-0002", "2024-02-01", name="a:other:thing"),
        )
        update(store, tmp_path, now=NOW)
        assert verdicts(store, "7.2.5", unaffected=True) == {}


def test_a_newer_catalogue_replaces_the_whole_and_an_older_one_nothing(tmp_path):
    def kev(name, day, *cves):
        entries = [{"cveID": cve, "dateAdded": "2024-01-01", "vendorProject": "x", "product": "y"} for cve in cves]
        document = {
            "catalogVersion": day.replace("-", "."),
            "dateReleased": f"{day}T00:00:00Z",
            "vulnerabilities": entries,
        }
        (tmp_path / name).write_text(json.dumps(document))

    kev("b.json", "2026-05-01", "CVE-2024-0001", "CVE-2024-0002")
    store, _ = open_folder(tmp_path, now=NOW)
    with store:
        kev("c.json", "2026-06-01", "CVE-2024-0002", "CVE-2024-0003")
        kev("a.json", "2026-01-01", "CVE-2024-0009")
        update(store, tmp_path, now=NOW)
        assert [one.cve for one in store.exploited_entries()] == ["CVE-2024-0002", "CVE-2024-0003"]


@pytest.mark.parametrize("kind", ["json", "gz"])
def test_a_cut_file_leaves_what_was_there_and_is_told(tmp_path, kind):
    path = tmp_path / ("nvd.json.gz" if kind == "gz" else "nvd.json")
    write_nvd(path, nvd_entry("CVE-2024-0001", "2024-01-01"))
    store, _ = open_folder(tmp_path, now=NOW)
    with store:
        write_nvd(path, *(nvd_entry(f"CVE-2025-{number:05}", "2025-01-01") for number in range(5_000)))
        path.write_bytes(path.read_bytes()[:-30])
        told = update(store, tmp_path, now=NOW)
        assert [problem.file for problem in told.problems] == [path.name]
        assert "前に読み込んだ内容はそのまま" in told.problems[0].text.ja
        assert set(verdicts(store, "7.2.5")) == {"CVE-2024-0001"}
        assert store.count("advisory") == 1


def test_a_file_that_vanished_is_forgotten(folder):
    store, _ = open_folder(folder, now=NOW)
    with store:
        (folder / "kev.json").unlink()
        update(store, folder, now=NOW)
        assert store.exploited("CVE-2024-21762") is None
        assert store.count("advisory") > 5


def test_a_reader_killed_at_any_moment_leaves_a_store_that_goes_on(tmp_path):
    """A process is killed while it reads a large file; what it had finished is there, the rest is read next time."""
    write_nvd(tmp_path / "1.json", nvd_entry("CVE-2024-0001", "2024-01-01"))
    write_nvd(tmp_path / "2.json", *(nvd_entry(f"CVE-2025-{number:05}", "2025-01-01") for number in range(8_000)))
    script = textwrap.dedent(f"""
        import os, signal, threading
        from datetime import UTC, datetime
        from pathlib import Path
        from sekisho.adapters.feeds import folder
        def report(name):
            if name == "2.json":
                threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
        folder.open_folder(Path({str(tmp_path)!r}), now=datetime.now(UTC), report=report)
    """)
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert done.returncode == -9
    with FeedStore(tmp_path / STORE_NAME) as between:
        assert between.count("advisory") == 1
    store, read = open_folder(tmp_path, now=NOW)
    with store:
        assert [one.path for one in read.read] == ["2.json"]
        assert store.count("advisory") == 8_001


def test_a_broken_store_is_made_again(folder):
    (folder / STORE_NAME).write_bytes(b"this is no database" * 100)
    store, read = open_folder(folder, now=NOW)
    with store:
        assert (len(read.read), read.is_kept) == (8, True)


def test_a_store_of_another_edition_is_made_again(folder):
    with open_folder(folder, now=NOW)[0]:
        pass
    database = sqlite3.connect(folder / STORE_NAME)
    database.execute("PRAGMA user_version = 99")
    database.close()
    store, read = open_folder(folder, now=NOW)
    with store:
        assert len(read.read) == 8


def test_a_folder_that_cannot_be_written_is_read_into_memory(folder, monkeypatch):
    def refuse(self):
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(FeedStore, "touch", refuse)
    store, read = open_folder(folder, now=NOW)
    with store:
        assert (read.is_kept, len(read.read)) == (False, 8)
        assert verdicts(store, "7.2.5")["CVE-2024-21762"] is Tri.YES


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(NoFeeds):
        open_folder(tmp_path / "nowhere", now=NOW)


def test_links_out_of_the_folder_and_hidden_files_are_no_feeds(folder, tmp_path):
    outside = tmp_path / "outside.json"
    write_nvd(outside, nvd_entry("CVE-2024-0666", "2024-01-01"))
    os.symlink(outside, folder / "link.json")
    shutil.copy(outside, folder / ".hidden.json")
    assert not {"link.json", ".hidden.json", STORE_NAME} & dict(feed_files(folder)).keys()


def test_a_file_that_looks_like_a_feed_but_is_none_is_told_and_others_are_passed_over(folder):
    (folder / "strange.json").write_text('{"a": 1}')
    (folder / "README.md").write_text("read me")
    store, read = open_folder(folder, now=NOW)
    with store:
        assert [one.file for one in read.problems] == ["strange.json"]
        assert set(read.passed_over) == {"strange.json", "README.md"}


# Age


def test_missing_old_undated_and_future_sources_are_told(folder):
    store, _ = open_folder(folder, now=NOW)
    with store:
        states, feeds = store.states(), store.feeds()
        assert warnings_of(states, feeds, now=NOW) == ()
        later = [one.ja for one in warnings_of(states, feeds, now=NOW + timedelta(days=40))]
        assert any("nvd の情報は 2026-11-20 のもので、41 日前" in one for one in later)
        earlier = [one.ja for one in warnings_of(states, feeds, now=NOW - timedelta(days=400))]
        assert any("未来" in one for one in earlier)
    missing = " ".join(one.ja for one in warnings_of((), (), now=NOW))
    assert all(word in missing for word in ("NVD", "KEV", "EPSS"))


def test_pages_that_are_not_there_are_told(tmp_path):
    write_nvd(tmp_path / "1.json", nvd_entry("CVE-2024-0001", "2024-01-01"), total=3)
    store, _ = open_folder(tmp_path, now=NOW)
    with store:
        assert any("全 3 件のうち 1 件" in one.ja for one in warnings_of(store.states(), store.feeds(), now=NOW))
        write_nvd(
            tmp_path / "2.json",
            nvd_entry("CVE-2024-0002", "2024-01-01"),
            nvd_entry("CVE-2024-0003", "2024-01-01"),
            total=3,
        )
        update(store, tmp_path, now=NOW)
        assert not any("件のうち" in one.ja for one in warnings_of(store.states(), store.feeds(), now=NOW))


# Life cycles of makers


def test_makers_that_publish_no_data_stay_unknown_until_somebody_looks(folder):
    rtx = recognise_device("ヤマハ", "RTX1210", "", "Rev.14.01.40")
    store, _ = open_folder(folder, now=NOW)
    with store:
        assert support_of(rtx, store, on=TODAY).status is SupportStatus.UNKNOWN
        (folder / "makers.yaml").write_text(
            "format: sekisho-makers/1\nmakers:\n  - {vendor: yamaha, model: RTX1210, repair_end: 2026-03-31, as_of: 2026-11-01, source: 窓口に確認}\n"
        )
        told = update(store, folder, now=NOW)
        assert [one.kind for one in told.read] == [Kind.MAKERS]
        answer = support_of(rtx, store, on=TODAY)
        assert (answer.status, answer.until) == (SupportStatus.ENDED, date(2026, 3, 31))
        (folder / "makers.yaml").unlink()
        update(store, folder, now=NOW)
        assert support_of(rtx, store, on=TODAY).status is SupportStatus.UNKNOWN


def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path):
    write_nvd(tmp_path / "1.json", nvd_entry("CVE-2024-0001", "2024-01-01"))
    store, _ = open_folder(tmp_path, now=NOW)
    with store:
        store._database.execute(
            f"PRAGMA max_page_count = {store._database.execute('PRAGMA page_count').fetchone()[0] + 8}"
        )
        write_nvd(tmp_path / "2.json", *(nvd_entry(f"CVE-2025-{number:05}", "2025-01-01") for number in range(3_000)))
        told = update(store, tmp_path, now=NOW)
        assert [one.file for one in told.problems] == ["2.json"]
        assert "空き容量" in told.problems[0].text.ja
        assert set(verdicts(store, "7.2.5")) == {"CVE-2024-0001"}


def test_cves_that_nobody_named_a_product_for_are_counted(folder):
    store, _ = open_folder(folder, now=NOW)
    with store:
        assert store.count_without_products() == 0  # the CVE record names the one that NVD has not analysed
        (folder / "cve_record.json").unlink()
        update(store, folder, now=NOW)
        assert store.count_without_products() == 1
