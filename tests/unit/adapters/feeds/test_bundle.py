"""Bundles for closed networks: taken over only as they were packed."""

import io
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sekisho.adapters.feeds.bundle import (
    PURPOSE,
    BundleRefused,
    export_bundle,
    import_bundle,
    made_at_of,
    remember_import,
)
from sekisho.adapters.feeds.folder import STORE_NAME, open_folder
from sekisho.adapters.signing.documents import SigningKey

SAMPLES = Path(__file__).parents[3] / "samples" / "feeds"
MADE = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def key():
    return SigningKey.new()


@pytest.fixture
def bundle(tmp_path, key):
    folder = tmp_path / "outside"
    (folder / "nvd").mkdir(parents=True)
    shutil.copy(SAMPLES / "nvd.json", folder / "nvd")
    shutil.copy(SAMPLES / "kev.json", folder)
    (folder / "notes.txt").write_text("not for others")
    store, _ = open_folder(folder, now=MADE)
    store.close()
    out = tmp_path / "feeds.zip"
    made = export_bundle(folder, out, key, made_at=MADE)
    assert [name for name, _ in made.files] == ["kev.json", "nvd/nvd.json"]
    return out


def refused(bundle, folder, key, **more):
    with pytest.raises(BundleRefused) as error:
        import_bundle(bundle, folder, key.verify_key, **more)
    there = {path.name for path in folder.rglob("*")} if folder.exists() else set()
    assert there <= {"kept.json"}, "nothing of a refused bundle stays"
    return error.value.text.ja


def rewritten(bundle, out, change):
    """Return a copy of the bundle with `change(name, bytes)` applied to its members; None leaves one out."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            content = change(info.filename, old.read(info))
            if content is not None:
                new.writestr(info.filename, content)
    return out


def test_a_bundle_is_taken_over_as_it_was_packed(bundle, tmp_path, key):
    inside = tmp_path / "inside"
    found = import_bundle(bundle, inside, key.verify_key)
    assert found.made_at == MADE
    assert (inside / "nvd" / "nvd.json").read_bytes() == (SAMPLES / "nvd.json").read_bytes()
    assert not (inside / "notes.txt").exists()
    assert not (inside / STORE_NAME).exists()
    store, read = open_folder(inside, now=MADE)
    with store:
        assert (len(read.read), read.problems) == (2, ())


def test_another_key_is_refused(bundle, tmp_path):
    assert "署名が合わない" in refused(bundle, tmp_path / "inside", SigningKey.new())


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.9, 0.999])
def test_a_cut_bundle_is_refused(bundle, tmp_path, key, share):
    raw = bundle.read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(raw[: int(len(raw) * share)])
    assert "途中で切れて" in refused(cut, tmp_path / "inside", key)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, raw: raw.replace(b"7.2.7", b"0.0.1") if "nvd" in name else raw, "作成時と違う"),
        (lambda name, raw: raw + b" " if "kev" in name else raw, "作成時と違う"),
        (lambda name, raw: raw[:-1] if "kev" in name else raw, "作成時と違う"),
        (lambda name, raw: None if "kev" in name else raw, "途中で切れて"),
        (lambda name, raw: None if name == "manifest" else raw, "まとめファイルではない"),
        (lambda name, raw: raw.replace(b"kev.json", b"xev.json") if name == "manifest" else raw, "署名が合わない"),
        (lambda name, raw: b"sekisho-signed/1" if name == "manifest" else raw, "署名が合わない"),
    ],
)
def test_a_bundle_changed_in_any_way_is_refused(bundle, tmp_path, key, change, said):
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "kept.json").write_text("{}")
    assert said in refused(rewritten(bundle, tmp_path / "changed.zip", change), inside, key)


def test_every_changed_byte_of_the_signed_list_is_refused(bundle, tmp_path, key):
    with zipfile.ZipFile(bundle) as archive:
        size = len(archive.read("manifest"))
    for at in range(0, size, 17):
        changed = rewritten(
            bundle, tmp_path / "c.zip", lambda name, raw, at=at: raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] if name == "manifest" else raw
        )  # fmt: skip
        refused(changed, tmp_path / "inside", key)


@pytest.mark.parametrize(
    "name", ["../escaped.json", "/etc/escaped.json", ".sekisho-bundle", "a/../../b.json", "a/.hidden/b.json"]
)
def test_even_a_signed_name_leads_nowhere_else(tmp_path, key, name):
    import hashlib
    import json

    raw = b"{}"
    manifest = {
        "format": "sekisho-feeds/1",
        "made_at": MADE.isoformat(),
        "files": [{"name": name, "size": 2, "sha256": hashlib.sha256(raw).hexdigest()}],
    }
    out = tmp_path / "evil.zip"
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("manifest", key.sign(json.dumps(manifest).encode(), PURPOSE))
        archive.writestr(f"files/{name}", raw)
    refused(out, tmp_path / "inside", key)
    assert not (tmp_path / "escaped.json").exists()


def test_a_member_larger_than_signed_is_refused_while_it_is_unpacked(bundle, tmp_path, key):
    bomb = rewritten(bundle, tmp_path / "bomb.zip", lambda name, raw: b" " * 50_000_000 if "kev" in name else raw)
    assert "作成時と違う" in refused(bomb, tmp_path / "inside", key)


@pytest.mark.parametrize("raw", [b"", b"PK", b"hello" * 100, io.BytesIO().getvalue()])
def test_what_is_no_bundle_is_refused(tmp_path, key, raw):
    path = tmp_path / "x.zip"
    path.write_bytes(raw)
    refused(path, tmp_path / "inside", key)
    refused(tmp_path / "missing.zip", tmp_path / "inside", key)


def test_an_older_bundle_does_not_bring_back_old_knowledge(bundle, tmp_path, key):
    inside = tmp_path / "inside"
    remember_import_at = import_bundle(bundle, inside, key.verify_key)
    remember_import(inside, remember_import_at)
    assert made_at_of(inside) == MADE
    import_bundle(bundle, inside, key.verify_key, newer_than=made_at_of(inside))
    with pytest.raises(BundleRefused, match="before the one imported"):
        import_bundle(bundle, inside, key.verify_key, newer_than=MADE + timedelta(seconds=1))


def test_a_folder_without_feeds_makes_no_bundle(tmp_path, key):
    with pytest.raises(BundleRefused):
        export_bundle(tmp_path, tmp_path / "x.zip", key, made_at=MADE)
