"""Feeds as they come from outside: cut, hostile, signed wrongly; and what is carried into a closed network."""

import gzip
import io
import json
import os
import resource
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.feeds import cve, epss, folder, kev, page, spans
from tests.acceptance.running import is_refusal, run

ENTRY = cve("CVE-2025-0001", spans("o:acme:rt-1_firmware", "<2"))


def status(feeds: Path, *more: str) -> tuple[int, dict]:
    done = run("feeds", "status", feeds, "--json", *more)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def sources(document: dict) -> dict[str, int]:
    return {one["source"]: one["records"] for one in document["sources"]}


@pytest.fixture
def feeds(tmp_path):
    return folder(tmp_path / "feeds", ENTRY, k__json=kev("CVE-2025-0001"), e__csv=epss(CVE_2025_0001=0.5))


@pytest.fixture
def keys(tmp_path):
    assert run("feeds", "key", tmp_path / "a.key", tmp_path / "a.pub").returncode == 0
    return tmp_path / "a.key", tmp_path / "a.pub"


@pytest.fixture
def bundle(feeds, keys, tmp_path):
    done = run("feeds", "export", feeds, tmp_path / "b.zip", "--key", keys[0])
    assert (done.returncode, done.stderr) == (0, "")
    return tmp_path / "b.zip"


def test_every_action_explains_itself():
    for words in ([], ["status"], ["export"], ["import"], ["key"], ["fetch"]):
        done = run("feeds", *words, "--help")
        assert (done.returncode, done.stderr) == (0, "")
    assert run("vulnerabilities", "match", "--help").returncode == 0


def test_a_whole_folder_is_counted_and_dated(feeds):
    _, document = status(feeds)
    found = sources(document)
    assert (found["nvd"], found["kev"], found["epss"]) == (1, 1, 1)
    dates = {one["source"]: one["as_of"] for one in document["sources"]}
    assert dates["nvd"].startswith("2026-11-20")
    assert dates["kev"].startswith("2026-11-20T17:04:19")
    assert dates["epss"].startswith("2026-11-20")


def test_packed_files_are_read_like_plain_ones(tmp_path):
    path = tmp_path / "f"
    path.mkdir()
    (path / "nvdcve-2.0-2025.json.gz").write_bytes(gzip.compress(json.dumps(page([ENTRY])).encode()))
    (path / "epss_scores-current.csv.gz").write_bytes(gzip.compress(epss(CVE_2025_0001=0.5).encode()))
    assert sources(status(path)[1])["nvd"] == 1
    assert sources(status(path)[1])["epss"] == 1


PAGE = json.dumps(page([ENTRY])).encode()
HOSTILE = {
    "cut in the middle": PAGE[: len(PAGE) // 2],
    "empty": b"",
    "not text": bytes(range(256)) * 20,
    "deep": b'{"vulnerabilities": ' + b"[" * 200_000,
    "cut gzip": gzip.compress(PAGE)[:-20],
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><rdf>&c;</rdf>',
    "outside": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><rdf>&b;</rdf>',
    "a page of a log-in": b"<html><body>Please sign in</body></html>",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_a_file_that_is_no_feed_is_told_by_name_and_the_others_count(feeds, content):
    before = sources(status(feeds)[1])
    for name in ("nvd-2.json", "kev-2.json", "x.xml", "x.csv", "y.json.gz"):
        (feeds / name).write_bytes(content)
    code, document = status(feeds)
    assert code == 1
    assert {name: sources(document).get(name) for name in before} == before
    told = " ".join(one["ja"] for one in document["warnings"])
    assert "nvd-2.json" in told
    assert "root:" not in json.dumps(document)


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "CVE-2025-0002"}, {"id": "../../etc/passwd", "configurations": []}, {"id": 7}, "CVE", None, [],
        {"id": "CVE-2025-0002", "configurations": "all"}, {"id": "CVE-2025-0002", "configurations": [{"nodes": [7]}]},
        {"id": "CVE-2025-0002", "metrics": {"cvssMetricV31": [{"cvssData": {"baseScore": "high"}}]}},
        {"id": "CVE-2025-0002", "descriptions": [{"lang": "en", "value": "\x1b]0;owned\x07\x1b[2J" + "x" * 2_000_000}]},
    ],
    ids=lambda one: str(one)[:40],
)  # fmt: skip
def test_one_bad_entry_never_hides_the_good_ones(tmp_path, broken):
    document = page([{"cve": broken}, ENTRY, {"nothing": 1}])
    feeds = folder(tmp_path / "f", nvd__json=document)
    (tmp_path / "d.json").write_text('{"cpe": "cpe:2.3:o:acme:rt-1_firmware:*:*:*:*:*:*:*:*", "version": "1"}')
    done = run("vulnerabilities", "match", tmp_path / "d.json", "--feeds", feeds, "--json")
    assert done.returncode == 1
    assert [one["cve"] for one in json.loads(done.stdout)["matches"]] == ["CVE-2025-0001"]


def test_escapes_of_a_feed_never_reach_the_screen(tmp_path):
    nasty = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\r\nfake line"
    entry = cve("CVE-2025-0001", spans("o:acme:rt-1_firmware", "<2"), descriptions=[{"lang": "en", "value": nasty}])
    feeds = folder(tmp_path / "f", entry)
    device = {"cpe": "cpe:2.3:o:acme:rt-1_firmware:*:*:*:*:*:*:*:*", "version": "1\x1b[2J", "model": "m\x1b[31m"}
    (tmp_path / "d.json").write_text(json.dumps(device))
    done = run("vulnerabilities", "match", tmp_path / "d.json", "--feeds", feeds)
    assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e"} & set(done.stdout + done.stderr)


def test_a_bundle_arrives_whole(bundle, keys, tmp_path):
    done = run("feeds", "import", bundle, tmp_path / "inside", "--public-key", keys[1])
    assert (done.returncode, done.stderr) == (0, "")
    found = sources(status(tmp_path / "inside")[1])
    assert (found["nvd"], found["kev"], found["epss"]) == (1, 1, 1)


def tampered(bundle: Path, how: str) -> bytes:
    whole = bundle.read_bytes()
    if how == "cut":
        return whole[: len(whole) // 2]
    if how == "one bit":
        at = len(whole) // 3
        return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    if how == "empty":
        return b""
    if how == "not a bundle":
        return b"PK\x03\x04" + b"\0" * 500
    target = io.BytesIO()
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(target, "w") as new:
        names = old.namelist()
        for name in names:
            content = old.read(name)
            if how == "a changed file" and content.startswith(b"{") and b"CVE-2025-0001" in content:
                content = content.replace(b"CVE-2025-0001", b"CVE-2025-0009")
            if how == "a changed list" and b"sha256" in content:
                content = content.replace(b"2026", b"2036")
            if how == "a file less" and b"CVE-2025-0001" in content:
                continue
            new.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    "how",
    ["cut", "one bit", "empty", "not a bundle", "a changed file", "a file less", "a changed list"],
)
def test_a_bundle_that_is_not_as_it_was_signed_is_refused_and_nothing_changes(bundle, keys, tmp_path, how):
    inside = folder(tmp_path / "inside", ENTRY)
    before = {path: path.read_bytes() for path in inside.rglob("*") if path.is_file()}
    (tmp_path / "bad.zip").write_bytes(tampered(bundle, how))
    for language in ("ja", "en"):
        done = run("feeds", "import", tmp_path / "bad.zip", inside, "--public-key", keys[1], "--lang", language)
        assert is_refusal(done), done
    assert {path: path.read_bytes() for path in inside.rglob("*") if path.is_file()} == before


def test_what_was_put_into_a_bundle_afterwards_is_left_where_it_is(bundle, keys, tmp_path):
    with zipfile.ZipFile(bundle, "a") as archive:
        for name in ("files/more.json", "../../outside.json", "/tmp/outside.json", "more.json"):
            archive.writestr(name, json.dumps(page([cve("CVE-2025-0009", spans("o:acme:rt-1_firmware", "<2"))])))
    done = run("feeds", "import", bundle, tmp_path / "inside", "--public-key", keys[1])
    if done.returncode == 0:
        assert sources(status(tmp_path / "inside")[1])["nvd"] == 1
    assert not list(tmp_path.rglob("outside.json")) + list(tmp_path.rglob("more.json"))


def test_a_bundle_signed_with_another_key_is_refused(bundle, tmp_path):
    run("feeds", "key", tmp_path / "b.key", tmp_path / "b.pub")
    done = run("feeds", "import", bundle, tmp_path / "inside", "--public-key", tmp_path / "b.pub", "--lang", "en")
    assert is_refusal(done)
    assert not (tmp_path / "inside").exists() or list((tmp_path / "inside").iterdir()) == []


def test_keys_are_never_overwritten_and_the_secret_one_is_readable_by_nobody_else(keys, tmp_path):
    before = keys[0].read_bytes()
    assert os.stat(keys[0]).st_mode & 0o077 == 0
    assert is_refusal(run("feeds", "key", *keys))
    assert keys[0].read_bytes() == before
    assert before not in keys[1].read_bytes()


@pytest.mark.parametrize("wrong", ["absent", "empty", "the other one", "text"])
def test_wrong_keys_are_refused_in_one_line(feeds, bundle, keys, tmp_path, wrong):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_text("-----BEGIN PRIVATE KEY-----\nx\n")
    secret = keys[1] if wrong == "the other one" else tmp_path / wrong
    public = keys[0] if wrong == "the other one" else tmp_path / wrong
    done = run("feeds", "export", feeds, tmp_path / "new.zip", "--key", secret)
    assert is_refusal(done), done
    assert not (tmp_path / "new.zip").exists()
    done = run("feeds", "import", bundle, tmp_path / "inside", "--public-key", public)
    assert is_refusal(done), done


def test_an_older_bundle_is_taken_only_when_told(feeds, keys, bundle, tmp_path):
    folder(feeds, cve("CVE-2025-0002", spans("o:acme:rt-1_firmware", "<2")), ENTRY)
    (feeds / "nvd.json").write_text(json.dumps(page([ENTRY], "2026-11-21T00:00:00.000")))
    assert run("feeds", "export", feeds, tmp_path / "newer.zip", "--key", keys[0]).returncode == 0
    into = (tmp_path / "inside", "--public-key", keys[1])
    assert run("feeds", "import", tmp_path / "newer.zip", *into).returncode == 0
    assert is_refusal(run("feeds", "import", bundle, *into))
    assert run("feeds", "import", bundle, *into, "--older").returncode == 0


def test_what_cannot_be_done_is_said_in_one_line(tmp_path, feeds, keys):
    (tmp_path / "file").write_text("x")
    for words in (
        ("status", tmp_path / "無い"), ("status", tmp_path / "file"), ("nonsense",), ("status",), ("fetch",),
        ("export", feeds, tmp_path / "file" / "x.zip", "--key", keys[0]),
        ("export", tmp_path / "無い", tmp_path / "x.zip", "--key", keys[0]),
        ("import", tmp_path / "無い.zip", tmp_path / "i", "--public-key", keys[1]),
        ("fetch", "nvd", feeds, "--from", "file:///etc/passwd"), ("fetch", "nvd", feeds, "--from", "ftp://example.com/"),
        ("fetch", "nvd", feeds, "--from", "http://127.0.0.1:1/"), ("fetch", "everything", feeds, "--from", "http://x/"),
        ("key", tmp_path / "file" / "a", tmp_path / "b"),
    ):  # fmt: skip
        done = run("feeds", *words)
        assert is_refusal(done), (words, done.stdout, done.stderr)
    assert not (tmp_path / "x.zip").exists()
    assert not (tmp_path / "b").exists()


def test_a_full_disk_leaves_no_half_bundle_and_keeps_the_last_one(feeds, keys, bundle, tmp_path):
    """A limit on the size of files stands for the full disk: writing fails in the middle."""

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))

    before = bundle.read_bytes()
    done = run("feeds", "export", feeds, bundle, "--key", keys[0], preexec_fn=little_room)
    assert is_refusal(done), done
    assert bundle.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"feeds", "a.key", "a.pub", "b.zip"}
