"""Reads CONSENTS.json: a list of consents, one address each. What cannot be read exactly allows nothing.

An entry with a slip is left out and told by its place. Where such an entry names an address, no other entry opens that
address either: the unreadable one may be the one that takes a consent back.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import IPv6Address, ip_network
from typing import Any

from sekisho.domain.diagnosis.consents import Address, Consent, Refusal, Scope, public_address, scope_at
from sekisho.domain.text import Text

MAX_BYTES = 16_000_000
KEYS = frozenset(
    {
        *("hospital", "line", "address", "from", "until", "protocols", "max_packets_per_second", "dynamic"),
        *("confirmed_on", "signed_by", "withdrawn_at", "terms_version", "terms_sha256", "stop_contact"),
        *("default_accounts", "note"),
    }
)


class ConsentsUnreadable(ValueError):
    """The file as a whole is no list of consents. `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class EntryProblem:
    """A slip in one entry, counted from 1. `address` is what stands there, "" when none does."""

    entry: int
    key: str
    rule: str
    message: Text
    address: str = ""


@dataclass(frozen=True, slots=True)
class ConsentsFile:
    """What a file says. `doubtful` are addresses that an unreadable entry names."""

    consents: tuple[Consent, ...]
    problems: tuple[EntryProblem, ...] = ()
    doubtful: frozenset[Address] = frozenset()

    def scope(self, now: datetime) -> Scope:
        """Return what may be scanned at `now` (aware)."""
        scope = scope_at(self.consents, now)
        if not self.doubtful:
            return scope
        held = tuple(one for one in self.consents if one.address in self.doubtful)
        named = {one.consent.key for one in scope.refusals}
        return Scope(
            tuple(one for one in scope.permits if one.address not in self.doubtful),
            scope.refusals + tuple(Refusal(one, "doubtful", DOUBTFUL) for one in held if one.key not in named),
        )


def read_consents(raw: bytes) -> ConsentsFile:
    """Return what `raw` (JSON) says.

    Raises:
        ConsentsUnreadable: no JSON, no list, too large.
    """
    entries = _entries(raw)
    consents: list[Consent] = []
    problems: list[EntryProblem] = []
    doubtful: set[Address] = set()
    for number, entry in enumerate(entries, 1):
        found, wrong = _consent(entry)
        if found is not None and not wrong:
            consents.append(found)
            continue
        named = entry.get("address") if isinstance(entry, dict) else None
        shown = str(named)[:60] if isinstance(named, str) else ""
        problems += [EntryProblem(number, key, rule, MESSAGES[rule].filled(key=key), shown) for key, rule in wrong]
        try:
            doubtful.add(public_address(shown))
        except ValueError:
            continue
    return ConsentsFile(tuple(consents), tuple(problems), frozenset(doubtful))


def _entries(raw: bytes) -> list[Any]:
    if len(raw) > MAX_BYTES:
        raise ConsentsUnreadable(_TOO_LARGE)
    try:
        document = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_without_twins, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise ConsentsUnreadable(_NOT_JSON.filled(line=line)) from None
    if not isinstance(document, list):
        raise ConsentsUnreadable(_NO_LIST)
    return document


_TWICE = "\x00twice"


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep that a key stood twice: which of the two is meant cannot be told."""
    found = dict(pairs)
    twins = {key for key, _ in pairs if [name for name, _ in pairs].count(key) > 1}
    return found | ({_TWICE: sorted(twins)[0]} if twins else {})


def _refused(word: str) -> Any:
    raise ValueError(word)


def _consent(entry: object) -> tuple[Consent | None, list[tuple[str, str]]]:
    """Return the consent of one entry, and what is wrong as (key, rule)."""
    if not isinstance(entry, dict):
        return None, [("", "no-entry")]
    if _TWICE in entry:
        return None, [(str(entry[_TWICE]), "key-twice")]
    wrong: list[tuple[str, str]] = [(str(key)[:40], "key-unknown") for key in entry if key not in KEYS]
    reader = _Reader(entry, wrong)
    consent = reader.consent()
    return consent, wrong


class _Reader:
    """Reads the keys of one entry, noting what is wrong."""

    def __init__(self, entry: Mapping[str, Any], wrong: list[tuple[str, str]]) -> None:
        self.entry, self.wrong = entry, wrong

    def consent(self) -> Consent | None:
        starts, ends = self._instant("from"), self._instant("until")
        protocols = self._protocols()
        rate = self.entry.get("max_packets_per_second")
        if type(rate) is not int:
            self.wrong.append(("max_packets_per_second", "no-number"))
        address = self._address()
        values = {key: self._text(key) for key in ("hospital", "line")}
        values |= {key: self._text(key, "") for key in ("signed_by", "terms_version", "terms_sha256", "stop_contact")}
        is_dynamic, default_accounts = self._flag("dynamic"), self._flag("default_accounts")
        confirmed_on, withdrawn_at = self._day("confirmed_on"), self._instant("withdrawn_at", optional=True)
        if address is None and not is_dynamic and not any(key == "address" for key, _ in self.wrong):
            self.wrong.append(("address", "no-address"))
        if self.wrong or starts is None or ends is None or type(rate) is not int:
            return None
        return Consent(
            address=address, starts_at=starts, ends_at=ends, protocols=protocols, packets_per_second=rate,
            is_dynamic=is_dynamic, confirmed_on=confirmed_on, withdrawn_at=withdrawn_at, default_accounts=default_accounts,
            hospital=values["hospital"], line=values["line"], signed_by=values["signed_by"],
            terms_version=values["terms_version"], terms_sha256=values["terms_sha256"], stop_contact=values["stop_contact"],
        )  # fmt: skip

    def _address(self) -> Address | None:
        value = self.entry.get("address")
        if value is None:
            return None
        if not isinstance(value, str):
            self.wrong.append(("address", "no-text"))
            return None
        try:
            address = public_address(value)
        except ValueError:
            self.wrong.append(("address", _what_instead(value)))
            return None
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            self.wrong.append(("address", "host-name"))
            return None
        return address

    def _instant(self, key: str, *, optional: bool = False) -> datetime | None:
        value = self.entry.get(key)
        if value is None and optional:
            return None
        try:
            instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            instant = None
        if instant is None:
            self.wrong.append((key, "no-instant"))
        elif instant.tzinfo is None:
            self.wrong.append((key, "no-zone"))
            return None
        return instant

    def _day(self, key: str) -> date | None:
        value = self.entry.get(key)
        try:
            return None if value is None else date.fromisoformat(value)
        except (TypeError, ValueError):
            self.wrong.append((key, "no-day"))
            return None

    def _flag(self, key: str) -> bool:
        value = self.entry.get(key, False)
        if not isinstance(value, bool):
            self.wrong.append((key, "no-flag"))
        return value is True

    def _protocols(self) -> frozenset[str]:
        value = self.entry.get("protocols")
        if not isinstance(value, list) or not value or not all(one in ("tcp", "udp") for one in value):
            self.wrong.append(("protocols", "no-protocols"))
            return frozenset()
        return frozenset(value)

    def _text(self, key: str, default: str | None = None) -> str:
        value = self.entry.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.wrong.append((key, "no-text"))
            return ""
        return value


def _what_instead(value: str) -> str:
    """Return what stands where one address is meant."""
    try:
        ip_network(value.strip(), strict=False)
    except ValueError:
        return "range" if "-" in value and value.strip()[:1].isdigit() else "host-name"
    return "range"


DOUBTFUL = Text(
    "同じアドレスの別の項目が読み取れません。取り下げかもしれないため、直すまで診断しません。",
    "Another entry for the same address cannot be read. It may be a withdrawal, so nothing is scanned until it is mended.",
)
MESSAGES: dict[str, Text] = {
    "no-entry": Text(
        "同意の項目になっていません。{{ }} で囲んだ一件ずつにしてください。",
        "This is no consent. Each has to be an object in braces.",
    ),
    "key-twice": Text(
        "「{key}」が二度書かれています。どちらか一つにしてください。", "“{key}” stands twice. Keep one of them."
    ),
    "key-unknown": Text(
        "「{key}」という項目はありません。綴りを確かめてください。", "There is no key “{key}”. Check its spelling."
    ),
    "no-address": Text(
        "診断するアドレスがありません。203.0.113.2 のように一つ書いてください。",
        "The address is missing. Write one, such as 203.0.113.2.",
    ),
    "range": Text(
        "アドレスの範囲には同意できません。アドレスを一つずつ、別の項目に書いてください。",
        "A range cannot be consented to. Write each address as an entry of its own.",
    ),
    "host-name": Text(
        "アドレスではありません。名前は行き先が変わるため使えません。番号のアドレスを書いてください。",
        "This is no address. A name may lead elsewhere tomorrow: write the number.",
    ),
    "no-instant": Text(
        "「{key}」が日時になっていません。2026-11-21T09:00:00+09:00 のように書いてください。",
        "“{key}” is no time. Write it like 2026-11-21T09:00:00+09:00.",
    ),
    "no-zone": Text(
        "「{key}」に時差がありません。日本の時刻なら末尾に +09:00 を付けてください。",
        "“{key}” has no time zone. Add +09:00 for Japan.",
    ),
    "no-day": Text(
        "「{key}」が日付になっていません。2026-11-21 のように書いてください。",
        "“{key}” is no day. Write it like 2026-11-21.",
    ),
    "no-flag": Text("「{key}」は true か false で書いてください。", "Write “{key}” as true or false."),
    "no-number": Text("「{key}」は整数で書いてください（例：400）。", "Write “{key}” as a whole number, such as 400."),
    "no-protocols": Text(
        '「{key}」は ["tcp", "udp"] のうち、同意のあるものを書いてください。',
        'Write in “{key}” those of ["tcp", "udp"] that are consented to.',
    ),
    "no-text": Text("「{key}」がないか、文字になっていません。", "“{key}” is missing or no text."),
}
"""What is wrong with an entry, by the stable id of the rule."""
_NOT_JSON = Text(
    "同意のファイルを JSON として読めません（{line}行目）。途中で切れていないか確かめてください。",
    "The file of consents is no valid JSON (line {line}). Check that it was not cut off.",
)
_NO_LIST = Text(
    "同意のファイルは、同意の一覧（[ ] で囲んだもの）にしてください。",
    "The file of consents has to be a list of consents (in square brackets).",
)
_TOO_LARGE = Text("同意のファイルが大きすぎます。", "The file of consents is too large.")
