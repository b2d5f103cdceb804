"""`sekisho terms`: publish the programme's terms, and see which versions hospitals have agreed to."""

import json
import sys
import unicodedata
from argparse import ArgumentTypeError, Namespace
from datetime import date
from pathlib import Path

from sekisho.cli.database import with_database
from sekisho.cli.main import DONE, CannotDo, Parser, both
from sekisho.domain.text import Text

LIMIT_BYTES = 500_000
"""Terms are read by people; a file above this is not one of terms."""


def register(parser: Parser) -> None:
    """Add the subcommands publish and list."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)

    publish = commands.add_parser("publish", help=both("規約の版を公開する", "publish a version of the terms"))
    publish.add_argument(
        "file", type=Path, metavar="FILE", help=both("規約の本文（テキスト、UTF-8）", "the text, plain, in UTF-8")
    )
    publish.add_argument(
        "--version", dest="terms_version", required=True, type=_short(20), metavar="V", help=both("版", "its version")
    )
    publish.add_argument("--title", required=True, type=_short(200), metavar="T", help=both("題名", "its title"))
    publish.add_argument(
        "--effective-on",
        required=True,
        type=_day,
        metavar="DATE",
        help=both("適用開始日（例：2026-12-01）", "first day on which it applies, e.g. 2026-12-01"),
    )
    publish.set_defaults(run=_publish)

    listing = commands.add_parser(
        "list", help=both("版と、同意した病院の数", "versions, and how many hospitals agreed")
    )
    listing.set_defaults(run=with_database(list_terms))


def _short(length: int) -> "_Short":
    return _Short(length)


class _Short:
    """Takes a text of one line, up to a length; an argument's type."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __call__(self, written: str) -> str:
        text = written.strip()
        if not text or len(text) > self.length or _has_control(text):
            raise ArgumentTypeError(both(f"1～{self.length}文字で書く", f"write 1 to {self.length} characters"))
        return text


def _has_control(text: str) -> bool:
    return any(unicodedata.category(character)[0] == "C" for character in text)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise ArgumentTypeError(both("日付は 2026-12-01 の形で書く", "write the date like 2026-12-01")) from None


def _publish(options: Namespace) -> int:
    """Read the text before the database is touched: a wrong file changes nothing."""
    text = read_text(options.file)
    return with_database(lambda ready: publish(ready, text))(options)


def read_text(file: Path) -> str:
    """Return the terms that `file` holds, with plain line ends and without a byte order mark.

    Raises:
        CannotDo: there is no such file, or it holds no readable text.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise CannotDo(
            Text(
                f"「{file}」を読めません（{error.strerror}）。名前と場所を確かめてください。",
                f"Cannot read “{file}” ({error.strerror}). Check its name and place.",
            )
        ) from None
    if len(content) > LIMIT_BYTES:
        raise CannotDo(_refusal(file, "大きすぎます", "is too large"))
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").strip()
    except UnicodeDecodeError:
        raise CannotDo(_refusal(file, "UTF-8 のテキストではありません", "is no UTF-8 text")) from None
    if not text:
        raise CannotDo(_refusal(file, "空です", "is empty"))
    if _has_control(text.replace("\n", "").replace("\t", "")):
        raise CannotDo(_refusal(file, "文字でないものを含んでいます", "holds something that is no text"))
    return text


def _refusal(file: Path, ja: str, en: str) -> Text:
    return Text(
        f"「{file}」は{ja}。Word や PDF ではなく、「メモ帳」などで UTF-8 のテキストとして保存したファイルを指定してください。",
        f"“{file}” {en}. Name a file saved as plain text in UTF-8, not a Word file or a PDF.",
    )


def publish(options: Namespace, text: str) -> int:
    """Publish the version, or change one that nobody has agreed to yet."""
    from sekisho.apps.programme.actions import TermsAreFixed, publish_terms

    try:
        terms = publish_terms(
            version=options.terms_version,
            title=options.title,
            text=text,
            effective_on=options.effective_on,
            by=None,
        )
    except TermsAreFixed:
        version = options.terms_version
        raise CannotDo(
            Text(
                f"{version}版には、もう同意した病院があるので変えられません。--version に新しい版を付けて公開してください。",
                f"Hospitals have agreed to version {version}; it cannot change. Publish under a new --version.",
            )
        ) from None
    if options.json:
        json.dump(
            _described(terms.version, terms.title, terms.effective_on, terms.sha256), sys.stdout, ensure_ascii=False
        )
        print()
    else:
        said = Text(
            "規約「{title}」{version}版を公開しました。{day} から、同意のお願いに使われます。",
            "Published “{title}”, version {version}. Hospitals are asked to agree to it from {day}.",
        )
        print(said.filled(title=terms.title, version=terms.version, day=terms.effective_on).within(options.lang))
    return DONE


def _described(version: str, title: str, effective_on: date, sha256: str) -> dict[str, str | int]:
    return {"version": version, "title": title, "effective_on": effective_on.isoformat(), "sha256": sha256}


def list_terms(options: Namespace) -> int:
    """Print each version with its first day and how many hospitals have agreed to it; the newest first."""
    from sekisho.apps.programme.queries import terms_with_consents

    listed = [
        _described(terms.version, terms.title, terms.effective_on, terms.sha256) | {"agreed": agreed}
        for terms, agreed in terms_with_consents()
    ]
    if options.json:
        json.dump({"terms": listed}, sys.stdout, ensure_ascii=False)
        print()
        return DONE
    for entry in listed:
        agreed = Text(f"同意 {entry['agreed']}病院", f"agreed by {entry['agreed']}").within(options.lang)
        print("\t".join((str(entry["version"]), str(entry["effective_on"]), agreed, str(entry["title"]))))
    return DONE
