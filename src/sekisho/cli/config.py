"""`sekisho config read`: what a router's or firewall's configuration says, and what in it was not understood."""

import json
import unicodedata
from argparse import Namespace
from pathlib import Path
from typing import Any

from sekisho.adapters.configurations.decoding import MAX_BYTES, ConfigurationUnreadable
from sekisho.adapters.configurations.read import VENDORS, read_configuration
from sekisho.cli.main import DONE, PROBLEMS, CannotDo, Parser, both
from sekisho.domain.network.addresses import address_text, addresses_text, span_texts
from sekisho.domain.network.configuration import Bearing, DeviceConfiguration
from sekisho.domain.network.model import Action, Interface, Route, Rule, RuleSet, State
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_PORT, services_text
from sekisho.domain.text import Text


def register(parser: Parser) -> None:
    """Add the subcommand read."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    read = commands.add_parser("read", help=both("装置の設定を読む", "read a device's configuration"))
    read.add_argument("file", type=Path, metavar="FILE", help=both("設定のファイル", "the configuration"))
    read.add_argument(
        "--vendor",
        default="auto",
        metavar="VENDOR",
        help=both(
            f"機種（既定は自動）：auto、{'、'.join(VENDORS)}", f"kind of device; auto by default: {', '.join(VENDORS)}"
        ),
    )
    read.set_defaults(run=read_file)


def read_file(options: Namespace) -> int:
    """Print what the configuration says; status 1 when something in it was not understood or should be looked at."""
    configuration = _read(options.file, options.vendor)
    if options.json:
        print(json.dumps(configuration_document(configuration, options.lang), ensure_ascii=False))
    else:
        print("\n".join(configuration_lines(configuration, options.file.name, options.lang)))
    return PROBLEMS if configuration.unparsed or configuration.notices else DONE


def _read(file: Path, vendor: str) -> DeviceConfiguration:
    try:
        if not file.is_file():
            raise OSError
        with file.open("rb") as opened:
            # One byte more than is read tells a file that is too large without holding it.
            raw = opened.read(MAX_BYTES + 1)
        return read_configuration(raw, vendor=vendor, name=file.name)
    except OSError:
        raise CannotDo(_CANNOT_OPEN.filled(file=file.name)) from None
    except ConfigurationUnreadable as error:
        raise CannotDo(Text(f"{file.name}：{error.text.ja}", f"{file.name}: {error.text.en}")) from None


_CANNOT_OPEN = Text(
    "{file}：ファイルを開けません。場所と名前を確かめてください。",
    "{file}: cannot be opened. Please check where it is and what it is called.",
)


# ---- the document ----


def configuration_document(configuration: DeviceConfiguration, language: str) -> dict[str, Any]:
    """Return the JSON document of `sekisho config read`; addresses and services as network.yaml writes them."""
    return {
        "vendor": configuration.vendor,
        "model": configuration.model,
        "hostname": configuration.hostname,
        "rules": [_rule(one, rule) for one in configuration.rulesets for rule in one.rules],
        "rulesets": [_ruleset(one) for one in configuration.rulesets],
        "interfaces": [_interface(one) for one in configuration.interfaces],
        "routes": [_route(one) for one in configuration.routes],
        "static_nats": [
            {
                "interface": one.interface,
                "outside": addresses_text(one.outside),
                "inside": address_text(one.inside),
                "service": services_text(one.service),
                "inside_port": one.inside_port,
            }
            for one in configuration.static_nats
        ],
        "source_nats": [
            {"interface": one.interface, "inside": addresses_text(one.inside), "outside": address_text(one.outside)}
            for one in configuration.source_nats
        ],
        "vpn_pools": [
            {"interface": one.interface, "addresses": addresses_text(one.addresses), "name": one.name}
            for one in configuration.vpn_pools
        ],
        "unparsed": [
            {"line": one.line, "text": one.text, "why": one.why.within(language), "bearing": one.bearing.value}
            for one in configuration.unparsed
        ],
        "notices": [
            {"line": one.line, "rule": one.rule, "message": one.message.within(language)}
            for one in configuration.notices
        ],
        "coverage": round(configuration.coverage, 4),
        "redacted": configuration.redacted,
    }


def _ruleset(ruleset: RuleSet) -> dict[str, Any]:
    return {
        "at": str(ruleset.at),
        "default": ruleset.default.value,
        "stateful": ruleset.stateful,
        "name": ruleset.name,
        "source": ruleset.source,
        "tracked": [_rule(ruleset, rule) for rule in ruleset.tracked],
    }


def _rule(ruleset: RuleSet, rule: Rule) -> dict[str, Any]:
    said: dict[str, Any] = {
        "at": str(ruleset.at),
        "seq": rule.seq,
        "action": rule.action.value,
        "src": addresses_text(rule.src),
        "dst": addresses_text(rule.dst),
        "service": services_text(rule.service),
        "source_ports": None if rule.source_ports == ANY_PORT else _ports_text(rule.source_ports),
        "state": rule.state.value,
        "exact": rule.is_exact,
        "enabled": rule.enabled,
        "schedule": rule.schedule,
        "name": rule.name,
    }
    if rule.origin is not None:
        said |= {"line": rule.origin.line, "text": rule.origin.text}
    return said


def _ports_text(ports: Ranges) -> list[str]:
    return [str(first) if first == last else f"{first}-{last}" for first, last in ports.spans]


def _interface(interface: Interface) -> dict[str, Any]:
    return {
        "id": interface.id,
        "address": None if interface.address is None else address_text(interface.address),
        "network": None if interface.network is None else span_texts(interface.network)[0],
        "zone": interface.zone,
        "name": interface.name,
    }


def _route(route: Route) -> dict[str, Any]:
    return {
        "prefix": span_texts(route.prefix)[0],
        "via": None if route.via is None else address_text(route.via),
        "interface": route.interface,
    }


# ---- for people ----

_ACTIONS = {
    Action.PERMIT: Text("○通す", "o permit"),
    Action.DENY: Text("×止める", "x deny"),
    Action.UNKNOWN: Text("？不明", "? unknown"),
}
_STATES = {State.ANY: Text("", ""), State.NEW: Text("", ""), State.ESTABLISHED: Text("（応答だけ）", " (replies only)")}
_BEARINGS = {
    Bearing.FILTER: Text("フィルタ", "filter"),
    Bearing.NAT: Text("アドレス変換", "NAT"),
    Bearing.ROUTE: Text("経路", "route"),
    Bearing.INTERFACE: Text("インターフェース", "interface"),
    Bearing.OTHER: Text("その他", "other"),
}
_TITLE = Text("{file}：{vendor} {model} {hostname}", "{file}: {vendor} {model} {hostname}")
_COVERAGE = Text(
    "読み取れた行：{share}（読み取れなかった行：{missed}、伏せた秘密の値：{redacted}）",
    "Lines understood: {share} (not understood: {missed}, secrets masked: {redacted})",
)
_INTERFACES = Text("インターフェース", "Interfaces")
_RULESET = Text("{at} のフィルタ（{count}件）", "Filter at {at} ({count} rules)")
_DEFAULT = Text("どれにも当たらない通信：{action}", "anything else: {action}")
_TRACKED = Text("応答も通す：{rule}", "replies pass too: {rule}")
_NO_FILTER = Text("フィルタはありません。すべて通します。", "There are no filters; everything passes.")
_UNPARSED = Text("読み取れなかった行", "Lines not understood")
_NOTICES = Text("確かめてください", "Please look at this")


def configuration_lines(configuration: DeviceConfiguration, file: str, language: str) -> list[str]:
    """Return what `sekisho config read` prints for people."""
    title = _TITLE.filled(
        file=file, vendor=VENDORS[configuration.vendor], model=configuration.model, hostname=configuration.hostname
    )
    coverage = _COVERAGE.filled(
        share=_percent(configuration), missed=len(configuration.unparsed), redacted=configuration.redacted
    )
    said = [title.within(language).rstrip(), coverage.within(language), "", _INTERFACES.within(language)]
    said += [f"  {_interface_line(one)}" for one in configuration.interfaces]
    for ruleset in configuration.rulesets:
        said += ["", *_ruleset_lines(ruleset, language)]
    if not configuration.rulesets:
        said += ["", _NO_FILTER.within(language)]
    return said + _notice_lines(configuration, language)


def _percent(configuration: DeviceConfiguration) -> str:
    """Return the coverage as a whole percentage that is 100 only when nothing was missed."""
    return f"{min(round(configuration.coverage * 100), 99) if configuration.unparsed else 100}%"


def _interface_line(interface: Interface) -> str:
    said = _interface(interface)
    return " ".join(part for part in (said["id"], said["address"], said["zone"], said["name"]) if part)


def _ruleset_lines(ruleset: RuleSet, language: str) -> list[str]:
    said = [_RULESET.filled(at=str(ruleset.at), count=len(ruleset.rules)).within(language)]
    said += [f"  {_rule_line(rule, language)}" for rule in ruleset.rules]
    said += [f"  {_TRACKED.filled(rule=_rule_line(rule, language)).within(language)}" for rule in ruleset.tracked]
    return [*said, f"  {_DEFAULT.filled(action=_ACTIONS[ruleset.default]).within(language)}"]


def _rule_line(rule: Rule, language: str) -> str:
    action = _ACTIONS[rule.action if rule.is_exact else Action.UNKNOWN].within(language)
    src, dst = ",".join(addresses_text(rule.src)), ",".join(addresses_text(rule.dst))
    what = ",".join(services_text(rule.service)) + _STATES[rule.state].within(language)
    return f"{rule.seq:>6} {action} {src} → {dst} {what}"


def _notice_lines(configuration: DeviceConfiguration, language: str) -> list[str]:
    said: list[str] = []
    if configuration.unparsed:
        said += ["", _UNPARSED.within(language)]
    for line in configuration.unparsed:
        bearing = _BEARINGS[line.bearing].within(language)
        said += [f"  {line.line:>5} [{bearing}] {_plain(line.text)}", f"        {line.why.within(language)}"]
    if configuration.notices:
        said += ["", _NOTICES.within(language)]
    return said + [f"  {one.line:>5} {one.message.within(language)}" for one in configuration.notices]


def _plain(text: str) -> str:
    """Return `text` without characters that steer a terminal."""
    return "".join(one for one in text if unicodedata.category(one) not in ("Cc", "Cf"))
