"""The script that people copy: commands with comments in Japanese that say what they do and why."""

from collections.abc import Iterator

from sekisho.adapters.changes.written import Written
from sekisho.domain.network.changes import Change
from sekisho.domain.network.model import Device, Network
from sekisho.domain.network.wording import change_text

_WIDTH = 200


def text_of(
    network: Network,
    changes: tuple[Change, ...],
    device: Device,
    done: Written,
    comment: str,
    reason: str = "",
    *,
    is_rollback: bool,
) -> str:
    """Return the change, or what takes it back, as text with a line end at its end. `reason` is a person's, if given."""
    commands = done.rollback if is_rollback else done.change
    heading = _heading(network, changes, device, reason, is_rollback=is_rollback)
    lines = [f"{comment} {line}" for line in heading]
    return "\n".join([*lines, *done.opening, *commands, *done.closing, ""])


def _heading(
    network: Network, changes: tuple[Change, ...], device: Device, reason: str, *, is_rollback: bool
) -> Iterator[str]:
    name = flat(device.name or device.id)
    if is_rollback:
        yield f"関所 Sekisho：{name} の変更を取り消し、元の通信に戻すコマンド"
    else:
        yield f"関所 Sekisho：{name} の通信の規則を変えるコマンド"
    for change in changes:
        yield f"{'取り消す変更' if is_rollback else '変更'}：{flat(change_text(network, change).ja)}"
    if is_rollback:
        yield "変更の後に必要な通信が使えなくなったら、これを入力してください。"
    else:
        yield f"理由：{flat(reason) or '侵入されたときに届く範囲を狭めるため。'}"
        yield "設定を読み直し、意図した変更だけになることを確かめてあります。作業の前に今の設定を控えてください。"
    yield "この記号で始まる行は説明です。入力しなくてもかまいません。"


def flat(text: str, width: int = _WIDTH) -> str:
    """Return text that cannot leave its comment: one line of at most `width`, nothing that a terminal acts on."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(plain.split())[:width]
