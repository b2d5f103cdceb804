"""Changes that are no commands: what a person is to do, how to undo it, and what to ask before."""

from collections.abc import Iterator
from dataclasses import dataclass

from sekisho.adapters.changes.text import flat
from sekisho.domain.network.addresses import addresses_text
from sekisho.domain.network.changes import (
    Change,
    CloseLine,
    CutCable,
    DisableRule,
    InsertDeny,
    IsolateSegment,
    NarrowRule,
    PutJumpHost,
    TakeOffline,
)
from sekisho.domain.network.model import Action, Network, Rule
from sekisho.domain.network.services import services_text
from sekisho.domain.network.wording import change_text
from sekisho.domain.text import Text

_STEPS: dict[type[Change], tuple[Text, Text]] = {
    CloseLine: (
        Text(
            "1. 回線を使う業者と部署に、閉じる日時と、開けてほしいときの申し込み方法を伝えます。\n"
            "2. その日時に、装置の回線側のケーブルを抜くか、装置の電源を切ります。\n"
            "3. 保守のときだけ、相手・目的・終わりの時刻を記録してつなぎ、終わったら閉じます。",
            "1. Tell the supplier and the departments that use the line when it closes and how to ask for it.\n"
            "2. At that time pull the cable on the line's side of the device, or switch the device off.\n"
            "3. Open it for maintenance only, with who, why and until when on record; then close it again.",
        ),
        Text(
            "ケーブルをつなぎ直し、通信が戻ったことを確かめます。", "Plug the cable in again and check that it works."
        ),
    ),
    IsolateSegment: (
        Text(
            "1. このネットワークのスイッチ（無線の場合はアクセスポイント）で、端末どうしの通信を止める機能"
            "（プライベートVLAN、ポート分離、プライバシーセパレータなど）を有効にします。\n"
            "2. 同じネットワークの中のプリンタや共有フォルダを使っている部署に、使えなくならないか確かめます。",
            "1. On the switches (or wireless access points) of this segment turn on the isolation of hosts from each"
            " other (private VLAN, port isolation, client isolation).\n"
            "2. Ask the departments whether they use printers or shared folders within the segment.",
        ),
        Text("有効にした機能を無効に戻します。", "Turn the function off again."),
    ),
    CutCable: (
        Text(
            "1. ケーブルの両端に札を付け、写真を撮ります。\n2. つながる先の部署と業者に日時を伝えます。\n3. ケーブルを抜きます。",
            "1. Label both ends of the cable and take a photo.\n2. Tell the departments and suppliers concerned.\n"
            "3. Pull the cable.",
        ),
        Text("札のとおりに差し直します。", "Plug it in again where the label says."),
    ),
    TakeOffline: (
        Text(
            "1. バックアップの媒体を2つ以上用意し、番号を書きます。\n"
            "2. 書き込みが終わるたびに装置から抜き、次の媒体と交代させます。抜いた日と番号を記録します。\n"
            "3. 月に1回、抜いた媒体から戻せることを確かめます。",
            "1. Have at least two media with numbers on them.\n"
            "2. After each backup take the medium out and put in the next; write down date and number.\n"
            "3. Once a month restore something from a medium that was kept out.",
        ),
        Text("媒体を入れたままの運用に戻します（勧めません）。", "Leave the medium in the drive again (not advised)."),
    ),
    PutJumpHost: (
        Text(
            "1. 踏み台の装置に、利用者ごとのアカウントと二要素認証、操作の記録を用意します。\n"
            "2. 業者に、保守の入り口が踏み台に変わることと、切り替えの日を伝えます。\n"
            "3. 回線の入り口の装置で、踏み台の外への通信を止めます。\n"
            "4. 踏み台から先の通信は、届け出たものだけを通します。",
            "1. Give the jump host personal accounts, a second factor and a record of sessions.\n"
            "2. Tell the supplier that maintenance goes through it, and from when on.\n"
            "3. On the device where the line enters, stop everything but what goes to the jump host.\n"
            "4. From the jump host on let only declared connections pass.",
        ),
        Text("入り口の装置の規則を元に戻します。", "Put the rules of the entry device back as they were."),
    ),
}
_WIDTH = 4000
"""A list of addresses or services must not be cut short: it is what somebody types."""
_TAKE_OUT = Text("外す規則：{rule}", "rule to take out: {rule}")
_DENY = Text("止める通信：{rule}", "to be denied: {rule}")
_LOSES = Text("規則から外す通信：{rule}", "services the rule loses: {rule}")
_KEEP = Text("残す通信（上の規則より前に置く）：{rule}", "to be kept (before the rule above): {rule}")
_BY_HAND = (
    Text(
        "1. 装置の今の設定を控えます。\n2. 担当の業者に、上の変更を依頼します。\n3. 変更後の設定を受け取り、ここに読み込んで確かめます。",
        "1. Keep a copy of the device's configuration.\n2. Ask its supplier for the change above.\n"
        "3. Get the new configuration and read it in here.",
    ),
    Text("控えた設定に戻します。", "Put the kept configuration back."),
)
_NOT_THERE = Text("今のネットワークにない規則の変更", "a change to a rule that is not in the network")
_NOT_CHECKED = Text(
    "この作業は手順書です。コマンドではないため、読み直して確かめてはいません。",
    "This is a work order, not commands: it has not been read back.",
)


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What a person is to do; texts are Japanese with the English below. `place` is a device, line, segment or copy."""

    place: str
    text: str
    rollback: str
    notes: tuple[Text, ...]


def work_order(network: Network, change: Change) -> WorkOrder:
    """Return the work order for any change."""
    steps, back = _STEPS.get(type(change), _BY_HAND)
    said = change_text(network, change) if _is_there(network, change) else _NOT_THERE
    details = [Text(flat(one.ja, _WIDTH), flat(one.en, _WIDTH)) for one in _details(network, change)]
    title = Text(
        "\n".join([flat(said.ja), *(f"　{one.ja}" for one in details)]),
        "\n".join([flat(said.en), *(f"  {one.en}" for one in details)]),
    )
    return WorkOrder(_place(network, change), _both(title, steps), _both(title, back), (_NOT_CHECKED,))


def _details(network: Network, change: Change) -> Iterator[Text]:
    """Yield what the supplier of the device must know: the rule as written, addresses and services."""
    if isinstance(change, DisableRule | NarrowRule) and 0 <= change.ruleset < len(network.rulesets):
        rules = network.rulesets[change.ruleset].rules
        rule = next((one for one in rules if one.seq == change.seq), None)
        if rule is not None:
            yield _TAKE_OUT.filled(rule=rule.origin.text if rule.origin is not None else rule_said(rule))
    if isinstance(change, NarrowRule):
        yield _LOSES.filled(rule=", ".join(services_text(change.services)))
    if isinstance(change, InsertDeny):
        yield _DENY.filled(rule=rule_said(Rule(0, Action.DENY, change.src, change.dst, change.services)))
    for keep in getattr(change, "keeps", ()):
        yield _KEEP.filled(rule=rule_said(keep))


def rule_said(rule: Rule) -> str:
    """Return a rule as source, target and services."""
    parts = (addresses_text(rule.src), addresses_text(rule.dst), services_text(rule.service))
    return " → ".join(", ".join(part) for part in parts[:2]) + f"（{', '.join(parts[2])}）"


def _is_there(network: Network, change: Change) -> bool:
    ruleset = getattr(change, "ruleset", 0)
    return not isinstance(change, DisableRule | NarrowRule) or 0 <= ruleset < len(network.rulesets)


def _both(title: Text, body: Text) -> str:
    return f"{title.ja}\n{body.ja}\n\n{title.en}\n{body.en}\n"


def _place(network: Network, change: Change) -> str:
    ruleset = getattr(change, "ruleset", None)
    if isinstance(ruleset, int):
        return network.rulesets[ruleset].device if 0 <= ruleset < len(network.rulesets) else ""
    return next(str(getattr(change, name)) for name in ("device", "line", "segment", "copy") if hasattr(change, name))
