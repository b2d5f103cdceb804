"""What the overview drawing says, in both languages, and how option codes get their words."""

from collections.abc import Callable
from typing import TypeAlias

from sekisho.domain.drawing.metrics import printable
from sekisho.domain.facts import Answer, Unknown
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Edition

Labels: TypeAlias = Callable[[str, str], Text | None]
"""(column key, option code) -> the option's label; None when the column has no such option."""

NOT_FILLED_IN = Text("未記入", "not filled in")
UNKNOWN = Text("不明", "unknown")

_COMMON: dict[str, Text] = {
    "onu": Text("ONU（光回線の終端装置）", "ONU (optical terminator)"),
    "hgw": Text("ホームゲートウェイ（HGW）", "Home gateway (HGW)"),
    "ctu": Text("CTU（加入者網終端装置）", "CTU"),
    "adsl_modem": Text("ADSLモデム", "ADSL modem"),
    "catv_modem": Text("CATVモデム", "Cable modem"),
    "home_router": Text("ホームルーター", "Home router"),
    "mobile_router": Text("モバイルルーター", "Mobile router"),
    "usb_dongle": Text("USBドングル", "USB dongle"),
    "optical": Text("光回線", "Optical line"),
    "mobile": Text("モバイル（LTE/5G）", "Mobile (LTE/5G)"),
    "internet_vpn": Text("インターネットVPN", "Internet VPN"),
    "internet": Text("インターネット", "Internet"),
    "ip_vpn": Text("IP-VPN", "IP-VPN"),
}


def no_labels(column: str, code: str) -> Text | None:
    """Answer with the few words that every edition shares; for callers that have no edition at hand."""
    return _COMMON.get(code)


def labels_of(edition: Edition) -> Labels:
    """Return the labels of all pull-downs of `edition`."""
    options = {
        (column.key, option.code): option.label
        for sheet in edition.sheets
        for column in (*sheet.columns, *sheet.group)
        for option in column.options
    }

    def label(column: str, code: str) -> Text | None:
        return options.get((column, code)) or no_labels(column, code)

    return label


def said(answer: Answer[str], column: str = "", labels: Labels = no_labels) -> Text | None:
    """Return what `answer` says, an option's label where it is a code; None when it is unknown or missing."""
    if not isinstance(answer, str) or not (shown := printable(answer)):
        return None
    return (labels(column, answer) if column else None) or Text(shown, shown)


def silence(answer: object) -> Text:
    """Return how a missing answer is shown: "? 不明" when a person said so, "? 未記入" when nobody said anything."""
    word = UNKNOWN if isinstance(answer, Unknown) else NOT_FILLED_IN
    return Text(f"？{word.ja}", f"? {word.en}")
