"""Signed bundles of feeds for closed networks: one file that is carried in, and accepted only as it was packed.

A bundle is a ZIP whose first member, `manifest`, is a signed document (`adapters.signing`): the list of all files with
their sizes and SHA-256, and when the bundle was made. Members are the feeds under `files/`. Importing checks the
signature first, every member while it is unpacked, and puts the files in place only when all are right.
"""

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sekisho.adapters.feeds.folder import feed_files
from sekisho.adapters.feeds.recognise import kind_of
from sekisho.adapters.feeds.refusals import FeedRefused
from sekisho.adapters.feeds.values import time_of
from sekisho.adapters.signing.documents import SignatureRefused, SigningKey, VerifyKey
from sekisho.domain.text import Text

PURPOSE = "feeds-bundle/1"
FORMAT = "sekisho-feeds/1"
MAX_BYTES = 8_000_000_000
MAX_MANIFEST = 20_000_000
_CHUNK = 1 << 20
_MANIFEST = "manifest"


class BundleRefused(ValueError):
    """The bundle is not taken, and nothing of it was. `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle holds: when it was made, and its files with their sizes in bytes."""

    made_at: datetime
    files: tuple[tuple[str, int], ...]


def export_bundle(folder: Path, out: Path, key: SigningKey, *, made_at: datetime) -> Bundle:
    """Pack every feed of `folder` into `out`, signed with `key`.

    Raises:
        BundleRefused: the folder has no feed.
        OSError: it cannot be read or written.
    """
    entries, sources = [], []
    for name, path in feed_files(folder):
        try:
            if kind_of(path) is None:
                continue
        except FeedRefused:
            continue
        entries.append({"name": name, "size": path.stat().st_size, "sha256": _digest(path)})
        sources.append((name, path))
    if not entries:
        raise BundleRefused(_NOTHING.filled(folder=folder))
    manifest = {"format": FORMAT, "made_at": made_at.isoformat(), "files": entries}
    signed = key.sign(json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode(), PURPOSE)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(_MANIFEST, signed)
        for name, path in sources:
            # What is packed already gets no smaller.
            how = zipfile.ZIP_STORED if name.endswith(".gz") else zipfile.ZIP_DEFLATED
            archive.write(path, f"files/{name}", compress_type=how)
    return Bundle(made_at, tuple((str(one["name"]), int(str(one["size"]))) for one in entries))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def import_bundle(bundle: Path, folder: Path, key: VerifyKey, *, newer_than: datetime | None = None) -> Bundle:
    """Unpack `bundle` into `folder` when it is signed with `key` and whole. Files of the same name are replaced.

    `newer_than` refuses a bundle that is older than one imported before: an old one would bring back old knowledge.

    Raises:
        BundleRefused: wrong signature, cut, changed, too old, or no bundle.
        OSError: `folder` cannot be written.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            manifest = _manifest(archive, key)
            found = _bundle_of(manifest)
            if newer_than and found.made_at < newer_than:
                raise BundleRefused(_OLDER.filled(made=found.made_at.date(), there=newer_than.date()))
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".sekisho-import-", dir=folder) as draft:
                _unpack(archive, manifest, Path(draft))
                _put_in_place(Path(draft), folder, found)
    except FileNotFoundError:
        raise BundleRefused(_MISSING.filled(bundle=bundle)) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError):
        raise BundleRefused(_CUT) from None
    return found


def _manifest(archive: zipfile.ZipFile, key: VerifyKey) -> dict[str, Any]:
    if _MANIFEST not in archive.namelist() or archive.getinfo(_MANIFEST).file_size > MAX_MANIFEST:
        raise BundleRefused(_NO_BUNDLE)
    with archive.open(_MANIFEST) as member:
        signed = member.read(MAX_MANIFEST)
    try:
        manifest = json.loads(key.open(signed, PURPOSE))
    except SignatureRefused:
        raise BundleRefused(_WRONG_SIGNATURE) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BundleRefused(_NO_BUNDLE)
    return manifest


def _bundle_of(manifest: dict[str, Any]) -> Bundle:
    made_at = time_of(manifest["made_at"])
    if made_at is None or sum(one["size"] for one in manifest["files"]) > MAX_BYTES:
        raise BundleRefused(_NO_BUNDLE)
    return Bundle(made_at, tuple((one["name"], one["size"]) for one in manifest["files"]))


def _unpack(archive: zipfile.ZipFile, manifest: dict[str, Any], draft: Path) -> None:
    for one in manifest["files"]:
        target = draft / _safe(one["name"])
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with archive.open(f"files/{one['name']}") as member, target.open("wb") as file:
            while chunk := member.read(_CHUNK):
                size += len(chunk)
                if size > one["size"]:
                    raise BundleRefused(_CHANGED.filled(file=one["name"]))
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if size != one["size"] or digest.hexdigest() != one["sha256"]:
            raise BundleRefused(_CHANGED.filled(file=one["name"]))


def _safe(name: str) -> PurePosixPath:
    """Return the path of a member, refusing one that leads out of the folder (also with a right signature)."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or any(part in ("..", ".") or part.startswith(".") for part in path.parts):
        raise BundleRefused(_NO_BUNDLE)
    return path


def _put_in_place(draft: Path, folder: Path, found: Bundle) -> None:
    for name, _ in found.files:
        target = folder / _safe(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft / _safe(name), target)


def made_at_of(folder: Path) -> datetime | None:
    """Return when the bundle imported last into `folder` was made, None when none was."""
    try:
        return time_of((folder / _LAST).read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError):
        return None


def remember_import(folder: Path, bundle: Bundle) -> None:
    """Keep when the bundle was made, so that an older one is told apart later."""
    draft = folder / f"{_LAST}.part"
    draft.write_text(bundle.made_at.isoformat(), encoding="ascii")
    os.replace(draft, folder / _LAST)


_LAST = ".sekisho-bundle"
_NOTHING = Text(
    "フォルダー「{folder}」に、まとめる脆弱性情報のファイルがありません。", "There is no feed in the folder “{folder}”."
)
_MISSING = Text("「{bundle}」がありません。名前と場所を確かめてください。", "There is no “{bundle}”.")
_CUT = Text(
    "ファイルが壊れているか、途中で切れているため取り込みません。もう一度コピーしてください。",
    "The bundle is broken or cut off and is not imported. Copy it again.",
)
_NO_BUNDLE = Text(
    "脆弱性情報のまとめファイルではないため取り込みません。「sekisho feeds export」で作ったファイルを指定してください。",
    "This is no bundle of feeds. Name a file made by “sekisho feeds export”.",
)
_WRONG_SIGNATURE = Text(
    "署名が合わないため取り込みません。途中で書き換えられたか、別の鍵で作られています。作成者に公開鍵を確かめ、作り直してもらってください。",
    "The signature is wrong: changed on the way, or made with another key. Confirm the public key with its maker and ask for a new one.",
)
_CHANGED = Text(
    "「{file}」の中身が作成時と違うため、取り込みませんでした（何も変えていません）。もう一度コピーしてください。",
    "“{file}” is not as it was packed, so nothing was imported. Copy the bundle again.",
)
_OLDER = Text(
    "このまとめは {made} に作られたもので、取り込み済みのもの（{there}）より古いため取り込みません。",
    "This bundle was made on {made}, before the one imported already ({there}), and is not imported.",
)
