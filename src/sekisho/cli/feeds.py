"""`sekisho feeds`: what is in a folder of feeds and how old it is; bundles for closed networks; fetching, when asked to."""

import json
import os
import sys
from argparse import Namespace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sekisho.adapters.feeds.bundle import BundleRefused, export_bundle, import_bundle, made_at_of, remember_import
from sekisho.adapters.feeds.folder import NoFeeds, Update, open_folder, warnings_of
from sekisho.adapters.feeds.store import FeedStore
from sekisho.adapters.signing.documents import KeyUnreadable, SigningKey, VerifyKey
from sekisho.cli.files import write_whole
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.domain.text import Text


def register(parser: Parser) -> None:
    """Add the subcommands status, export, import, key and fetch."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)

    status = commands.add_parser("status", help=both("何があり、どれだけ古いか", "what is there, and how old it is"))
    _add_folder(status)
    status.set_defaults(run=show_status)

    export = commands.add_parser("export", help=both("署名付きのまとめを作る", "make a signed bundle"))
    _add_folder(export)
    export.add_argument("out", type=Path, metavar="OUT.zip", help=both("作るファイル", "the file to make"))
    export.add_argument("--key", type=Path, required=True, metavar="KEY", help=both("署名の鍵", "the signing key"))
    export.set_defaults(run=run_export)

    taking = commands.add_parser("import", help=both("署名付きのまとめを取り込む", "take over a signed bundle"))
    taking.add_argument("bundle", type=Path, metavar="BUNDLE.zip", help=both("取り込むファイル", "the bundle"))
    _add_folder(taking)
    taking.add_argument(
        "--public-key", type=Path, required=True, metavar="PUB", help=both("作成者の公開鍵", "its maker's public key")
    )
    taking.add_argument("--older", action="store_true", help=both("古いまとめも取り込む", "take an older bundle too"))
    taking.set_defaults(run=run_import)

    key = commands.add_parser("key", help=both("署名の鍵を作る", "make a signing key"))
    key.add_argument("key", type=Path, metavar="KEY", help=both("鍵（秘密）のファイル", "file of the secret key"))
    key.add_argument("public", type=Path, metavar="PUB", help=both("公開鍵のファイル", "file of the public key"))
    key.set_defaults(run=run_key)

    fetch = commands.add_parser(
        "fetch", help=both("インターネットから取得する（このコマンドだけが外へ出る）", "fetch from the internet")
    )
    fetch.add_argument("source", choices=("nvd", "jvn", "kev", "epss"), help=both("取得するもの", "what to fetch"))
    _add_folder(fetch)
    fetch.add_argument(
        "--from", dest="address", required=True, metavar="URL", help=both("取得先のアドレス", "the source's address")
    )
    fetch.set_defaults(run=run_fetch)


def _add_folder(parser: Parser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help=both("脆弱性情報のフォルダー", "folder of the feeds"))


def opened(folder: Path, language: str) -> tuple[FeedStore, Update]:
    """Return the store of `folder`, telling on a terminal what is being read.

    Raises:
        CannotDo: there is no such folder.
    """

    def report(name: str) -> None:
        if sys.stderr.isatty():
            print(_READING.filled(file=name).within(language), file=sys.stderr, flush=True)

    try:
        return open_folder(folder, now=datetime.now(UTC), report=report)
    except NoFeeds as error:
        raise CannotDo(error.text) from None


def show_status(options: Namespace) -> int:
    """Print each source with its own date and count, then what is old, missing or unreadable."""
    store, update = opened(options.folder, options.lang)
    with store:
        document = feeds_document(store, update)
        warnings = all_warnings(store, update)
    if options.json:
        json.dump(document, sys.stdout, ensure_ascii=False)
        print()
    else:
        for source in document["sources"]:
            day = source["as_of"][:10] if source["as_of"] else _NO_DAY.within(options.lang)
            print("\t".join((source["source"], day, f"{source['records']:,}")))
        if document["cves_without_products"]:
            print(_WITHOUT_PRODUCTS.filled(count=f"{document['cves_without_products']:,}").within(options.lang))
        print("\n".join(f"! {warning.within(options.lang)}" for warning in warnings), end="\n" if warnings else "")
    return PROBLEMS if warnings else DONE


def all_warnings(store: FeedStore, update: Update, on: date | None = None) -> tuple[Text, ...]:
    """Return what must be told beside any answer: unreadable files, old and missing sources, as of `on` or now."""
    now = datetime.now(UTC)
    unread = [Text(f"{one.file}：{one.text.ja}", f"{one.file}: {one.text.en}") for one in update.problems]
    old = warnings_of(store.states(), store.feeds(), now=_later_of(now, on))
    kept = () if update.is_kept else (_NOT_KEPT,)
    return (*unread, *old, *kept)


def _later_of(now: datetime, on: date | None) -> datetime:
    """Return the instant by which feeds are old: a question about a later day is asked of today's feeds."""
    return max(now, datetime.combine(on, time(), UTC)) if on else now


def feeds_document(store: FeedStore, update: Update, on: date | None = None) -> dict[str, Any]:
    """Return the sources, their dates and what is wrong with them for a JSON document."""
    return {
        "sources": [
            {"source": one.source, "as_of": one.as_of.isoformat() if one.as_of else None, "records": one.records}
            for one in store.states()
        ],
        "cves": store.count("advisory"),
        "cves_without_products": store.count_without_products(),
        "warnings": [one.as_dict() for one in all_warnings(store, update, on)],
    }


def run_export(options: Namespace) -> int:
    """Pack and sign the feeds of a folder."""
    key = _signing_key(options.key)
    made: list[int] = []

    def write(draft: Path) -> None:
        made.append(len(export_bundle(options.folder, draft, key, made_at=datetime.now(UTC)).files))

    try:
        write_whole(options.out, write)
    except BundleRefused as error:
        raise CannotDo(error.text) from None
    return _done(
        options, _EXPORTED.filled(out=options.out, count=made[0]), {"files": made[0], "bundle": str(options.out)}
    )


def run_import(options: Namespace) -> int:
    """Check a bundle and take its feeds over."""
    key = _verify_key(options.public_key)
    newer_than = None if options.older else made_at_of(options.folder)
    try:
        bundle = import_bundle(options.bundle, options.folder, key, newer_than=newer_than)
        remember_import(options.folder, bundle)
    except BundleRefused as error:
        raise CannotDo(error.text) from None
    except OSError as error:
        raise CannotDo(_CANNOT_WRITE.filled(place=options.folder, why=error.strerror or "")) from None
    said = _IMPORTED.filled(count=len(bundle.files), day=bundle.made_at.date())
    return _done(options, said, {"files": len(bundle.files), "made_at": bundle.made_at.isoformat()})


def run_key(options: Namespace) -> int:
    """Make a pair of keys."""
    key = SigningKey.new()

    def write(draft: Path) -> None:
        draft.write_text(key.verify_key.as_text() + "\n", encoding="ascii")

    try:
        key.write(options.key)
        write_whole(options.public, write)
    except FileExistsError:
        raise CannotDo(_KEY_IS_THERE.filled(file=options.key)) from None
    except OSError as error:
        raise CannotDo(_CANNOT_WRITE.filled(place=options.key, why=error.strerror or "")) from None
    return _done(
        options, _KEYS.filled(key=options.key, public=options.public), {"public_key": key.verify_key.as_text()}
    )


def run_fetch(options: Namespace) -> int:
    """Fetch what is new. The key of NVD's API is taken from SEKISHO_NVD_API_KEY: arguments are seen by others."""
    from sekisho.adapters.feeds.fetch import CannotFetch, Fetcher, check_address, get_over_http
    from sekisho.adapters.feeds.recognise import Kind

    def report(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done:,} / {total:,}", end="", file=sys.stderr, flush=True)

    try:
        address = check_address(options.address)
        fetcher = Fetcher(options.folder, get=get_over_http, report=report)
        pages = 1
        if options.source == "nvd":
            pages = fetcher.nvd(address, now=datetime.now(UTC), key=os.environ.get("SEKISHO_NVD_API_KEY", ""))
        elif options.source == "jvn":
            pages = fetcher.jvn(address, now=datetime.now(UTC))
        else:
            name = {"kev": "known_exploited_vulnerabilities.json", "epss": "epss_scores-current.csv.gz"}[options.source]
            fetcher.one(address, name, Kind(options.source))
    except CannotFetch as error:
        raise CannotDo(error.text) from None
    except OSError as error:
        raise CannotDo(_CANNOT_WRITE.filled(place=options.folder, why=error.strerror or "")) from None
    return _done(options, _FETCHED.filled(count=pages), {"pages": pages})


def _done(options: Namespace, said: Text, document: dict[str, Any]) -> int:
    if options.json:
        json.dump(document, sys.stdout, ensure_ascii=False)
        print()
    else:
        print(said.within(options.lang))
    return DONE


def _signing_key(path: Path) -> SigningKey:
    try:
        return SigningKey.from_file(path)
    except (OSError, KeyUnreadable):
        raise CannotDo(_NO_KEY.filled(file=path)) from None


def _verify_key(path: Path) -> VerifyKey:
    try:
        with path.open("rb") as file:
            return VerifyKey.from_text(file.read(1_000).decode("ascii", errors="replace"))
    except (OSError, KeyUnreadable):
        raise CannotDo(_NO_PUBLIC_KEY.filled(file=path)) from None


_WITHOUT_PRODUCTS = Text(
    "{count} 件の脆弱性は、どの製品のものかがまだ公表されていません。機器と照らし合わせられません。",
    "For {count} CVEs no product has been published yet: they cannot be matched with devices.",
)
_READING = Text("読み込んでいます：{file}", "reading {file}")
_NO_DAY = Text("日付不明", "undated")
_NOT_KEPT = Text(
    "フォルダーに書き込めないため、読み込んだ結果を残せません。次も読み直すので時間がかかります。",
    "The folder cannot be written to, so nothing is kept: the next run reads everything again.",
)
_EXPORTED = Text(
    "{count} 個のファイルを「{out}」にまとめ、署名しました。", "Packed and signed {count} files into “{out}”."
)
_IMPORTED = Text(
    "{count} 個のファイルを取り込みました（{day} に作られたまとめ）。",
    "Took over {count} files (bundle made on {day}).",
)
_KEYS = Text(
    "鍵を作りました。「{key}」は秘密です。だれにも渡さないでください。取り込む側には「{public}」を渡します。",
    "Made the keys. “{key}” is secret: give it to nobody. Those who import get “{public}”.",
)
_KEY_IS_THERE = Text(
    "「{file}」はもうあります。鍵は上書きしません。別の名前を指定してください。",
    "“{file}” exists. Keys are never overwritten; name another file.",
)
_NO_KEY = Text(
    "「{file}」を署名の鍵として読めません。「sekisho feeds key」で作った、本人だけが読める鍵を指定してください。",
    "“{file}” is no signing key. Name one made by “sekisho feeds key” that only its owner can read.",
)
_NO_PUBLIC_KEY = Text(
    "「{file}」を公開鍵として読めません。まとめの作成者から受け取った公開鍵のファイルを指定してください。",
    "“{file}” is no public key. Name the file that the bundle's maker gave you.",
)
_CANNOT_WRITE = Text("「{place}」に書き込めません（{why}）。", "Cannot write to “{place}” ({why}).")
_FETCHED = Text("{count} ページを取得しました。", "Fetched {count} pages.")
