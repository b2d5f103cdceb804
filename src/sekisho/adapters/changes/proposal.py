"""A change as the commands of the device it is about, proved by reading them back; or as a work order for people.

    proposal(network, change, {"rt1.txt": raw})       one device, commands: raises NotWritable when there are none
    proposals_for(cut, network, configurations)         one for each device, work orders for all that is no command

Before commands are offered they are applied to the configuration they are for; what comes out is read by the reader of
that device and must mean what `changes.changed` says, packet by packet, with nothing else moved; and the commands that
take it back must restore the meaning there was. Anything else is refused with its reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from sekisho.adapters.changes import meaning, read_back
from sekisho.adapters.changes.management import ended_needs, lock_out
from sekisho.adapters.changes.shaping import shaped
from sekisho.adapters.changes.text import text_of
from sekisho.adapters.changes.vendors import VENDORS, writer
from sekisho.adapters.changes.work_orders import work_order
from sekisho.adapters.changes.written import Edit, NotWritable, Task
from sekisho.adapters.configurations.decoding import ConfigurationUnreadable
from sekisho.adapters.configurations.read import read_configuration, without_secrets
from sekisho.domain.network.changes import Change, DisableRule, InsertDeny, NarrowRule, PutJumpHost, changed
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.cut import Cut
from sekisho.domain.network.model import AtInterface, Device, Network
from sekisho.domain.text import Text

NOT_READ = Text(
    "「{device}」の設定ファイルを読み込んでいないため、コマンドは作れません。設定を読み込むか、装置の担当の業者に下の内容を伝えてください。",
    "The configuration of “{device}” has not been read, so there are no commands. Read it in, or hand the work order to"
    " the supplier of the device.",
)
NO_WRITER = Text(
    "「{vendor}」のコマンドを書く機能はありません。装置の担当の業者に下の内容を伝えてください。",
    "There are no commands for “{vendor}”. Hand the work order to the supplier of the device.",
)
DECLARED_RULES = Text(
    "「{device}」の規則は設定ファイルからではなく申告から読み込んだものです。実際の設定を読み込むと、コマンドを作れます。",
    "The rules of “{device}” are declared, not read from its configuration. Commands can be made once it has been read.",
)
NO_SUCH_CHANGE = Text(
    "変更の対象が、今のネットワークの中に見つかりません。設定を読み直した後は、変更をもう一度選び直してください。",
    "What is to be changed is not in the network any more. After reading configurations anew, choose the change again.",
)
CHANGES_NOTHING = Text(
    "この変更は、今の設定に対して何も変えません（すでに同じ状態です）。",
    "This change alters nothing: the configuration already does so.",
)
OneOrMore = Change | Sequence[Change]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Commands for one device, or a work order (`vendor` is "" then).

    `change_text` and `rollback_text` are whole scripts with comments in Japanese, without secrets. `verified` is True
    when the commands were read back and mean what the change says; only commands ever are. `notes` are to be shown
    before anybody acts: warnings first. `changes` are those that it carries out.
    """

    device: str
    vendor: str
    change_text: str
    rollback_text: str
    verified: bool
    notes: tuple[Text, ...] = ()
    changes: tuple[Change, ...] = ()


def proposal(network: Network, change: OneOrMore, configurations: Mapping[str, bytes], *, reason: str = "") -> Proposal:
    """Return the commands that make one change, or several on one device, together.

    `configurations` are the files by the name that the device has as its `source`. The network is the one that was read
    with them. `reason` is written into the comments; without one they say that less is to be reached by an intruder.

    Raises:
        NotWritable: there are no commands that surely do this; the reason is in it.
    """
    changes = (change,) if not isinstance(change, Sequence) else tuple(change)
    device = _one_device(network, changes)
    text, configuration = _configuration(device, configurations)
    desired = _desired(network, changes)
    edits = _edits(network, desired, device, configuration)
    if not edits:
        raise NotWritable(CHANGES_NOTHING)
    return _written(network, changes, device, text, configuration, edits, desired, reason)


def proposals_for(
    changes: Iterable[Change] | Cut, network: Network, configurations: Mapping[str, bytes], *, reason: str = ""
) -> tuple[Proposal, ...]:
    """Return proposals for all changes of a cut: one for each device, then work orders in the order of the changes.

    What cannot be written as commands becomes a work order whose first note says why.
    """
    by_device: dict[str, list[Change]] = {}
    others: list[tuple[Change, Text | None]] = []
    for change in changes.changes if isinstance(changes, Cut) else changes:
        name = device_of(network, change)
        if name is None:
            others.append((change, None))
        else:
            by_device.setdefault(name, []).append(change)
            if isinstance(change, PutJumpHost):
                others.append((change, None))
    found: list[Proposal] = []
    for own in by_device.values():
        try:
            found.append(proposal(network, own, configurations, reason=reason))
        except NotWritable as refused:
            others += [(change, refused.text) for change in own]
    return (*found, *(_ordered(network, change, why) for change, why in others))


def device_of(network: Network, change: Change) -> str | None:
    """Return the device whose filters a change is about, None for one that is no filter."""
    if isinstance(change, DisableRule | NarrowRule):
        known = 0 <= change.ruleset < len(network.rulesets)
        return network.rulesets[change.ruleset].device if known else None
    if isinstance(change, InsertDeny):
        return change.device
    if isinstance(change, PutJumpHost):
        return next((line.device for line in network.lines if line.id == change.line and line.interface), None)
    return None


def _ordered(network: Network, change: Change, why: Text | None) -> Proposal:
    order = work_order(network, change)
    notes = ((why,) if why is not None else ()) + order.notes
    return Proposal(order.place, "", order.text, order.rollback, False, notes, (change,))


def _one_device(network: Network, changes: Sequence[Change]) -> Device:
    names = {device_of(network, change) for change in changes}
    known = {device.id: device for device in network.devices}
    if len(names) != 1 or not names <= set(known):
        raise NotWritable(NO_SUCH_CHANGE)
    return known[str(names.pop())]


def _configuration(device: Device, configurations: Mapping[str, bytes]) -> tuple[str, DeviceConfiguration]:
    name = device.source
    raw = configurations.get(name, configurations.get(str(PurePosixPath(name)))) if name else None
    if raw is None:
        raise NotWritable(NOT_READ.filled(device=device.name or device.id))
    try:
        read = read_configuration(raw, name=device.source)
        text = without_secrets(raw).text
    except ConfigurationUnreadable as error:
        raise NotWritable(error.text) from error
    if read.vendor not in VENDORS:
        raise NotWritable(NO_WRITER.filled(vendor=read.vendor))
    return text, read


def _desired(network: Network, changes: Sequence[Change]) -> Network:
    try:
        return changed(network, changes)
    except LookupError as error:
        raise NotWritable(NO_SUCH_CHANGE) from error


def _with_siblings(desired: Network, device: Device, edits: tuple[Edit, ...]) -> Network:
    """Return the network in which sides that share a list with a changed one are changed as well."""
    by_place = {str(edit.at): edit.new for edit in edits if isinstance(edit.at, AtInterface)}
    known = {str(one.at) for one in desired.rulesets if one.device == device.id}
    rulesets = (by_place.get(str(one.at), one) if one.device == device.id else one for one in desired.rulesets)
    more = (one for place, one in by_place.items() if place not in known)
    return desired.with_rulesets((*rulesets, *more))


def _edits(network: Network, desired: Network, device: Device, configuration: DeviceConfiguration) -> tuple[Edit, ...]:
    """Return the rule sets of the device that differ, each with the families in which they do."""
    families = (4, 6) if read_back.speaks_v6(configuration) else (4,)
    found: list[Edit] = []
    for at, new in enumerate(desired.rulesets):
        old = network.rulesets[at] if at < len(network.rulesets) else None
        if new.device != device.id or new is old or new == old:
            continue
        if old is not None and not old.source.startswith("parsed:"):
            raise NotWritable(DECLARED_RULES.filled(device=device.name or device.id))
        edit = Edit(new.at, old, new)
        differing = tuple(family for family in families if _matters(edit, family))
        if differing:
            found.append(replace(edit, families=differing))
    return tuple(found)


def _matters(edit: Edit, family: int) -> bool:
    """Return whether the edit does anything in one family, as far as that can be told."""
    try:
        return meaning.difference(edit.old, edit.new, [family]) is not None
    except meaning.TooManyCells:
        return True


def _written(
    network: Network,
    changes: tuple[Change, ...],
    device: Device,
    text: str,
    configuration: DeviceConfiguration,
    edits: tuple[Edit, ...],
    desired: Network,
    reason: str,
) -> Proposal:
    tool = writer(configuration.vendor)
    existing = tuple(Edit(one.at, one, one) for one in network.rulesets if one.device == device.id)
    edits = tool.fitted(edits, existing, configuration)
    desired = _with_siblings(desired, device, edits)
    done = tool.write(Task(text, configuration, tuple(shaped(edit) for edit in edits)))
    after = read_back.proved(network, desired, device, text, configuration, edits, done, tool)
    warnings = [*ended_needs(after.before, after.after, network), *lock_out(device, edits)]
    notes = (*warnings, *done.notes)
    return Proposal(
        device.id,
        configuration.vendor,
        text_of(network, changes, device, done, tool.COMMENT, reason, is_rollback=False),
        text_of(network, changes, device, done, tool.COMMENT, reason, is_rollback=True),
        True,
        tuple(dict.fromkeys(notes)),
        changes,
    )


__all__ = ["NotWritable", "Proposal", "device_of", "proposal", "proposals_for"]
