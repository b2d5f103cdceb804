"""Rules taken apart into what one line of a simple filter language can hold."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sekisho.adapters.changes.written import MOST_LINES, NotWritable, cut_to
from sekisho.domain.network.addresses import span_texts
from sekisho.domain.network.model import Action, Rule, State
from sekisho.domain.network.ranges import Ranges, Span
from sekisho.domain.network.services import ANY_SERVICE, PORTS, TCP, UDP
from sekisho.domain.text import Text

WITH_FILTER_PORTS = (TCP, UDP)
UNSURE_RULE = Text(
    "変更する規則の内容を読み切れていないため、機器のコマンドとして書けません。機器の設定画面で、担当の業者と確かめながら変更してください。",
    "The rule to be changed could not be read in full, so no commands can be written for it."
    " Please change it on the device itself together with its supplier.",
)
REPLY_WITHOUT_STATE = Text(
    "この機器のフィルタは、TCP以外の通信（UDPなど）の「返事だけ」を区別できません。返事を通す行を書くと新しい通信も通ってしまうため、"
    "コマンドの提案はしません。動的フィルタなど、通信の状態を覚える機能の設定を業者に相談してください。",
    "The filters of this device cannot tell replies from new traffic except for TCP. A line for the replies would also"
    " let new traffic pass, so no commands are offered. Ask the supplier about filters that keep state.",
)
TOO_LONG = Text(
    "この変更は {lines} 行を超える設定になり、目で確かめられません。条件をまとめるか、対象を絞ってください。",
    "This change would take more than {lines} lines, too many to check by eye. Please narrow it down.",
)


def certain(rule: Rule) -> None:
    """Make sure that a line can say just what a rule says.

    Raises:
        NotWritable: what it matches, or what it does, is not known.
    """
    if not rule.is_exact or rule.action is Action.UNKNOWN or rule.schedule:
        raise NotWritable(UNSURE_RULE)
    if rule.state is State.ESTABLISHED and any(protocol != TCP for protocol, _ in by_protocol(rule.service)):
        raise NotWritable(REPLY_WITHOUT_STATE)


def checked(lines: Sequence[str]) -> list[str]:
    """Return the lines.

    Raises:
        NotWritable: there are too many.
    """
    if len(lines) > MOST_LINES:
        raise NotWritable(TOO_LONG.filled(lines=MOST_LINES))
    return list(lines)


def by_protocol(services: Ranges) -> Iterator[tuple[int, Ranges]]:
    """Yield each protocol (-1: every one) of a set of services with its ports, in order of protocols."""
    if services == ANY_SERVICE:
        yield -1, Ranges(((0, PORTS - 1),))
        return
    spans = (
        (protocol, (max(first - protocol * PORTS, 0), min(last - protocol * PORTS, PORTS - 1)))
        for first, last in services.spans
        for protocol in range(first // PORTS, last // PORTS + 1)
    )
    for protocol, group in groupby(spans, key=lambda one: one[0]):
        yield protocol, Ranges.of(span for _, span in group)


def chunks(spans: Sequence[Span], size: int) -> Iterator[Ranges]:
    """Yield the spans in groups of at most `size`."""
    for at in range(0, len(spans), size):
        yield Ranges(tuple(spans[at : at + size]))


def span_text(span: Span) -> str:
    """Return an address, a prefix, or "first-last"."""
    return span_texts(span)[0]


def pairs(rule: Rule, family: int) -> Iterator[tuple[Span, Span]]:
    """Yield every pair of a source span and a destination span of one family."""
    part = cut_to(rule, family)
    for src in part.src.spans:
        for dst in part.dst.spans:
            yield src, dst
