"""Hand in feeds and signed bundles, and take a load back. What is read then is `loading`."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.adapters.feeds.bundle import Bundle, BundleRefused, import_bundle
from sekisho.adapters.signing.documents import KeyUnreadable, VerifyKey
from sekisho.apps.vulnerabilities import knowledge
from sekisho.apps.vulnerabilities.models import FeedBundle, FeedLoad
from sekisho.apps.vulnerabilities.writing import UNDOABLE
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.tenancy.scope import all_hospitals

JOB_KIND = "vulnerabilities.load"
FUTURE = timedelta(days=2)


class FeedRefused(Exception):
    """What was handed in is not taken. `message` says why and what to do."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


class NotUndoable(Exception):
    """The load cannot be taken back: it is not done, of a kind that is replaced, or a newer one rests on it."""


def path_of(load: FeedLoad) -> Path:
    """Return where the bytes of a load lie."""
    return Path(settings.FEEDS_DIR) / load.sha256[:2] / load.sha256


def take_in(*, name: str, chunks: Iterable[bytes], by: User | None) -> list[FeedLoad]:
    """Store a file and start reading it; a bundle is checked first, and each of its files becomes a load.

    The same file in force is taken once: its load is returned again.

    Raises:
        FeedRefused: empty, too large, or a bundle that is not to be trusted.
    """
    name = Path(name.replace("\\", "/")).name[:200] or "feed"
    folder = Path(settings.FEEDS_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    draft = Path(temporary)
    try:
        size, digest = _received(descriptor, chunks)
        if _is_zip(draft):
            return _take_in_bundle(draft, name=name, digest=digest, by=by)
        return [_taken(draft, name=name, digest=digest, size=size, by=by)]
    finally:
        draft.unlink(missing_ok=True)


def _received(descriptor: int, chunks: Iterable[bytes]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.FEEDS_LIMIT_BYTES:
                raise FeedRefused(_TOO_LARGE.filled(limit=settings.FEEDS_LIMIT_BYTES // 2**20))
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise FeedRefused(_EMPTY)
    return size, digest.hexdigest()


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _taken(
    draft: Path, *, name: str, digest: str, size: int, by: User | None, bundle: FeedBundle | None = None
) -> FeedLoad:
    """Put the bytes in their place and queue the load."""
    there = FeedLoad.objects.filter(sha256=digest).exclude(
        state__in=(FeedLoad.State.REFUSED, FeedLoad.State.UNDONE, FeedLoad.State.UNDOING)
    )
    if (found := there.first()) is not None:
        return found
    load = FeedLoad(name=name, sha256=digest, size_bytes=size, made_by=by, bundle=bundle)
    target = path_of(load)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.replace(draft, target)
    with transaction.atomic():
        load.save()
        record("vulnerabilities.feed.handed-in", load, by=by, changes={"sha256": [None, digest], "size": [None, size]})
        queue(load, by=by)
    return load


def queue(load: FeedLoad, *, by: User | None) -> None:
    """Start a job for the load."""
    with all_hospitals(reason="feeds are of no hospital"):
        load.job = jobs.start(
            hospital=None,
            kind=JOB_KIND,
            title=_("弱点の情報を取り込む（%(name)s）") % {"name": load.name[:120]},
            by=by,
            arguments={"load": str(load.pk)},
        )
    load.save(update_fields=["job"])


# --- Bundles -----------------------------------------------------------------------------------------------------------
def _take_in_bundle(draft: Path, *, name: str, digest: str, by: User | None) -> list[FeedLoad]:
    there = FeedBundle.objects.filter(sha256=digest).first()
    if there is not None:
        return list(there.loads.all())
    newest = FeedBundle.objects.order_by("-packed_at").first()
    with tempfile.TemporaryDirectory(dir=draft.parent, prefix=".bundle-") as unpacked:
        found = _opened(draft, Path(unpacked), newest)
        with transaction.atomic():
            return _members(
                Path(unpacked), found, FeedBundle(name=name, sha256=digest, packed_at=found.made_at, made_by=by)
            )


def _members(unpacked: Path, found: Bundle, bundle: FeedBundle) -> list[FeedLoad]:
    """Keep the bundle and queue its files: all of them or none."""
    bundle.save()
    return [
        _taken(
            unpacked / member,
            name=Path(member).name[:200],
            digest=_digest(unpacked / member),
            size=size,
            by=bundle.made_by,
            bundle=bundle,
        )
        for member, size in found.files
    ]


def _opened(draft: Path, unpacked: Path, newest: FeedBundle | None) -> Bundle:
    try:
        key = VerifyKey.from_text(settings.FEEDS_KEY)
    except KeyUnreadable:
        raise FeedRefused(_NO_KEY) from None
    try:
        found = import_bundle(draft, unpacked, key, newer_than=newest.packed_at if newest else None)
    except BundleRefused as refused:
        raise FeedRefused(refused.text) from None
    if found.made_at - timezone.now() > FUTURE:
        raise FeedRefused(_FUTURE.filled(day=found.made_at.date()))
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- Taking back and trying again -----------------------------------------------------------------------------------------
def may_undo(load: FeedLoad) -> bool:
    """Return True for the newest load in force of its kind, when that kind can be taken back."""
    if load.state != FeedLoad.State.DONE or load.kind not in UNDOABLE:
        return False
    newest = knowledge.loads_in_force().filter(kind=load.kind).order_by("-ended_at").first()
    return newest is not None and newest.pk == load.pk


@transaction.atomic
def undo(load: FeedLoad, *, by: User) -> None:
    """Start taking a load back.

    Raises:
        NotUndoable: see there.
    """
    locked = FeedLoad.objects.select_for_update(of=("self",)).get(pk=load.pk)
    if not may_undo(locked):
        raise NotUndoable
    locked.state = FeedLoad.State.UNDOING
    locked.save(update_fields=["state"])
    record("vulnerabilities.feed.undone", locked, by=by)
    queue(locked, by=by)


@transaction.atomic
def read_again(load: FeedLoad, *, by: User | None) -> None:
    """Read a refused file, or one that was taken back, once more from the stored bytes.

    Raises:
        NotUndoable: the load is neither.
    """
    locked = FeedLoad.objects.select_for_update(of=("self",)).get(pk=load.pk)
    if locked.state not in {FeedLoad.State.REFUSED, FeedLoad.State.UNDONE} or not path_of(locked).exists():
        raise NotUndoable
    locked.state, locked.problem, locked.ended_at = FeedLoad.State.WAITING, {}, None
    locked.written = locked.added = locked.changed = 0
    locked.save()
    record("vulnerabilities.feed.read-again", locked, by=by)
    queue(locked, by=by)


_EMPTY = Text("ファイルが空です。もう一度選び直してください。", "The file is empty. Choose it again.")
_TOO_LARGE = Text(
    "ファイルが大きすぎます（上限 {limit} MB）。年ごとのファイルに分かれたものを使ってください。",
    "The file is too large (limit {limit} MB). Use the files that are divided by year.",
)
_NO_KEY = Text(
    "署名を確かめる鍵（SEKISHO_FEEDS_KEY）が設定されていないため、まとめファイルを取り込めません。システム管理者に頼んでください。",
    "No key to check signatures is set (SEKISHO_FEEDS_KEY), so bundles cannot be taken. Ask the administrator.",
)
_FUTURE = Text(
    "まとめファイルの日付（{day}）が未来です。このPCの時計か、作成者の時計を確かめてください。",
    "The bundle is dated {day}, in the future. Check this computer's clock, or its maker's.",
)
