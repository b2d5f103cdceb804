"""`sekisho vulnerabilities match`: the CVEs of a device or a list of devices, from a folder of feeds.

DEVICE.json is what `sekisho device identify` prints, or a device as the register has it, or a list of either:

    {"vendor": "fortinet", "model": "FortiGate-60F", "os": "FortiOS", "version": "v7.2.5,build1517"}
    {"maker": "ヤマハ", "model": "RTX1210", "software_version": "Rev.14.01.40", "exposed": true}
    {"cpe": "cpe:/a:openbsd:openssh:9.2p1", "version": "9.2p1 Debian 2"}
"""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sekisho.adapters.feeds.store import FeedStore
from sekisho.catalogue.device_families import product_of_cpe, recognise_device
from sekisho.cli.feeds import all_warnings, feeds_document, opened
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.lifecycles import Support, SupportStatus, support_of
from sekisho.domain.vulnerabilities.matching import Match, Matcher, gaps
from sekisho.domain.vulnerabilities.priority import Situation
from sekisho.domain.vulnerabilities.products import Product

MAX_BYTES = 100_000_000
MAX_DEVICES = 200_000
SHOWN = 20


def register(parser: Parser) -> None:
    """Add the subcommand match."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    match = commands.add_parser("match", help=both("機器の脆弱性を調べる", "find the vulnerabilities of devices"))
    match.add_argument(
        "device", type=Path, metavar="DEVICE.json", help=both("機器（1台または一覧）", "one device or a list")
    )
    match.add_argument(
        "--feeds", type=Path, required=True, metavar="DIR", help=both("脆弱性情報のフォルダー", "folder of the feeds")
    )
    match.add_argument(
        "--on",
        type=date.fromisoformat,
        default=None,
        metavar="YYYY-MM-DD",
        help=both("この日の時点で（既定は今日）", "as of this day; today by default"),
    )
    match.add_argument(
        "--all",
        action="store_true",
        help=both("影響を受けないものと、続きもすべて出す", "also what does not affect it"),
    )
    match.set_defaults(run=run_match)


@dataclass(frozen=True, slots=True)
class Asked:
    """One device as it was given, and what it is taken for."""

    given: dict[str, str]
    product: Product | None
    situation: Situation


def run_match(options: Namespace) -> int:
    """Print what affects each device, what cannot be told, and how old the knowledge is."""
    asked, is_list = read_devices(options.device)
    on = options.on or datetime.now(UTC).astimezone().date()
    store, update = opened(options.feeds, options.lang)
    with store:
        matcher = Matcher(store)
        found = [_answer(one, matcher, store, on, unaffected=options.all) for one in asked]
        warnings = all_warnings(store, update, on)
        if options.json:
            documents = [_document(one, answer) for one, answer in zip(asked, found, strict=True)]
            body: dict[str, Any] = {"devices": documents} if is_list else documents[0]
            json.dump(
                body | {"on": on.isoformat(), "feeds": feeds_document(store, update, on)},
                sys.stdout,
                ensure_ascii=False,
            )
            print()
        else:
            for one, answer in zip(asked, found, strict=True):
                print("\n".join(_lines(one, answer, options.lang, everything=options.all)))
            for warning in warnings:
                print(f"! {warning.within(options.lang)}")
    return PROBLEMS if any(_is_problem(answer) for answer in found) or update.problems else DONE


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found out about one device. None of it reads as safe: `gaps` says what could not be asked."""

    matches: tuple[Match, ...]
    support: Support
    gaps: tuple[Text, ...]


def _is_problem(answer: Answer) -> bool:
    """Return True when something affects the device, or when what does cannot be told."""
    ended = answer.support.status in (SupportStatus.ENDED, SupportStatus.EXTENDED)
    return ended or bool(answer.gaps) or any(one.verdict is not Tri.NO for one in answer.matches)


def _answer(asked: Asked, matcher: Matcher, store: FeedStore, on: date, *, unaffected: bool) -> Answer:
    product = asked.product
    if product is None:
        return Answer((), Support(SupportStatus.UNKNOWN, _NOT_KNOWN), (_NOT_KNOWN,))
    matches = matcher.match(product, today=on, situation=asked.situation, unaffected=unaffected)
    return Answer(matches, support_of(product, store, on=on), gaps(product, store, matches))


# Reading


def read_devices(path: Path) -> tuple[list[Asked], bool]:
    """Return the devices of a file, and whether it holds a list.

    Raises:
        CannotDo: it cannot be opened, is no JSON, or an entry is no device.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CannotDo(_CANNOT_OPEN.filled(file=path, why=error.strerror or "")) from None
    try:
        document = (
            json.loads(raw, object_pairs_hook=_without_twins, parse_constant=_refused)
            if len(raw) <= MAX_BYTES
            else None
        )
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict) and isinstance(document.get("devices"), list):
        document = document["devices"]
    entries = document if isinstance(document, list) else [document]
    if not entries or len(entries) > MAX_DEVICES:
        raise CannotDo(_NO_DEVICES.filled(file=path))
    return [_asked(entry, number, path) for number, entry in enumerate(entries, 1)], isinstance(document, list)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Which of the two is meant cannot be told.
        raise ValueError
    return found


def _refused(word: str) -> Any:
    raise ValueError(word)


_KEYS = (("maker", "vendor", "manufacturer"), ("model",), ("os", "system"), ("version", "software_version", "firmware"))


def _asked(entry: object, number: int, path: Path) -> Asked:
    if not isinstance(entry, dict):
        raise CannotDo(_NO_DEVICE.filled(file=path, number=number))
    maker, model, system, version = (_word(entry, keys) for keys in _KEYS)
    cpe = _word(entry, ("cpe",))
    if not any((maker, model, system, cpe)):
        raise CannotDo(_NO_DEVICE.filled(file=path, number=number))
    product = product_of_cpe(cpe, version, model) if cpe else recognise_device(maker, model, system, version)
    given = {"vendor": maker, "model": model, "os": system, "version": version} | ({"cpe": cpe} if cpe else {})
    return Asked(given, product, _situation(entry))


def _word(entry: Mapping[str, object], keys: tuple[str, ...]) -> str:
    """Return the first text under `keys`, "" when there is none; a number that JSON made of a version counts."""
    for key in keys:
        value = entry.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()[:300]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def _situation(entry: Mapping[str, object]) -> Situation:
    exposed, reach, critical = entry.get("exposed"), entry.get("reach"), entry.get("critical")
    return Situation(
        Tri.of(exposed) if isinstance(exposed, bool) else Tri.UNKNOWN,
        reach if isinstance(reach, int) and not isinstance(reach, bool) and reach >= 0 else None,
        critical if isinstance(critical, int) and not isinstance(critical, bool) and critical >= 0 else None,
    )


# Writing


def _document(asked: Asked, answer: Answer) -> dict[str, Any]:
    return {
        "device": asked.given,
        "product": _product_document(asked.product),
        "support": {
            "status": answer.support.status.value,
            "until": answer.support.until.isoformat() if answer.support.until else None,
            "source": answer.support.source,
            "reason": answer.support.reason.as_dict(),
        },
        "counts": {tri.value: sum(one.verdict is tri for one in answer.matches) for tri in Tri},
        "matches": [match_document(one) for one in answer.matches],
        "gaps": [gap.as_dict() for gap in answer.gaps],
    }


def _product_document(product: Product | None) -> dict[str, Any] | None:
    if product is None:
        return None
    return {"label": product.label, "names": list(product.keys), "order": product.order, "version": product.version}


_VERDICTS = {Tri.YES: "affected", Tri.NO: "not_affected", Tri.UNKNOWN: "cannot_tell"}


def match_document(one: Match) -> dict[str, Any]:
    """Return one match for a JSON document."""
    return {
        "cve": one.cve,
        "verdict": _VERDICTS[one.verdict],
        "reason": one.reason.as_dict(),
        "confidence": {"name": one.confidence.name.lower(), "percent": one.confidence.value},
        "priority": {"level": int(one.priority.urgency), "name": one.priority.urgency.name.lower(),
                     "reasons": [reason.as_dict() for reason in one.priority.reasons]},
        "source": one.source.value,
        "title": one.title.as_dict(),
        "kev": _kev_document(one),
        "epss": {"probability": one.epss.probability, "percentile": one.epss.percentile, "model": one.epss.model,
                 "date": one.epss.scored_on.isoformat() if one.epss.scored_on else None} if one.epss else None,
        "cvss": {"version": one.cvss.version, "score": one.cvss.base, "severity": one.cvss.severity,
                 "vector": one.cvss.vector} if one.cvss else None,
        "fixed_in": list(one.fixed_in),
    }  # fmt: skip


def _kev_document(one: Match) -> dict[str, Any] | None:
    if one.exploited is None:
        return None
    entry = one.exploited
    return {
        "added": entry.added_on.isoformat(),
        "due": entry.due_on.isoformat() if entry.due_on else None,
        "ransomware": entry.ransomware,
    }


_MARKS = {Tri.YES: "×", Tri.UNKNOWN: "？", Tri.NO: "○"}


def _lines(asked: Asked, answer: Answer, language: str, *, everything: bool) -> list[str]:
    name = " ".join(word for word in asked.given.values() if word)
    said = [_printable(name), f"  {_printable(answer.support.reason.within(language))}"]
    shown = answer.matches if everything else answer.matches[:SHOWN]
    for one in shown:
        head = f"  {_MARKS[one.verdict]} {one.cve} [{_LEVELS[one.priority.urgency].within(language)}]"
        title = one.title.within(language)
        said += [f"{head} {_printable(title[:100])}", f"     {_printable(one.reason.within(language))}"]
        said += [f"     {reason.within(language)}" for reason in one.priority.reasons[:2]]
    if len(answer.matches) > len(shown):
        said.append(f"  {_MORE.filled(count=len(answer.matches) - len(shown)).within(language)}")
    if not answer.matches and not answer.gaps:
        said.append(f"  {_NOTHING.within(language)}")
    return said + [f"  ! {_printable(gap.within(language))}" for gap in answer.gaps if gap is not answer.support.reason]


def _printable(text: str) -> str:
    """Return `text` without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


_LEVELS = {
    1: Text("今すぐ", "now"),
    2: Text("早めに", "soon"),
    3: Text("計画して", "planned"),
    4: Text("様子を見る", "watched"),
    9: Text("影響なし", "not affected"),
}
_MORE = Text("ほかに {count} 件あります。--all ですべて出ます。", "{count} more; --all shows them.")
_NOTHING = Text(
    "取り込んだ情報の範囲では、この版に影響する脆弱性は見つかりませんでした。安全を保証するものではありません。",
    "Nothing in the feeds at hand affects this version. That is no proof of safety.",
)
_NOT_KNOWN = Text(
    "この機器の名前を脆弱性情報の名前に結び付けられません。安全という意味ではありません。"
    "メーカー名と型番を、銘板のとおりに書いてください。",
    "The device's words mean no product that feeds know. That does not mean it is safe: write maker and model as on its label.",
)
_CANNOT_OPEN = Text("「{file}」を開けません（{why}）。", "Cannot open “{file}” ({why}).")
_NO_DEVICES = Text(
    "「{file}」に機器がありません。機器1台、または機器の一覧をJSONで書いてください。",
    "“{file}” holds no device. Write one device or a list of them as JSON.",
)
_NO_DEVICE = Text(
    "「{file}」の {number} 番目が機器の形ではありません。メーカー（vendor）と型番（model）を書いてください。",
    "Entry {number} of “{file}” is no device. Write vendor and model.",
)
