"""What a run knows of one address, made from the entries of its ledger alone: the same entries, the same state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sekisho.adapters.evidence import Entry
from sekisho.domain.diagnosis.completeness import NOTHING_ASKED, Tally
from sekisho.domain.diagnosis.passes import Asking, Block
from sekisho.domain.diagnosis.ports import numbers_in, ranges_from, ranges_text
from sekisho.domain.diagnosis.runs import CommandRecord, PaceChange
from sekisho.domain.text import Text


@dataclass(slots=True)
class Memory:
    """The state of one address. `late` counts canary answers that had to be repeated; `packets` those of ended runs."""

    asking: dict[str, Asking]
    late: int = 0
    over_rate: int = 0
    last_number: int = 0
    packets: int = 0
    is_proxied: bool | None = None
    second_look: Entry | None = None
    started_at: datetime | None = None
    commands: list[CommandRecord] = field(default_factory=list)
    pace: list[PaceChange] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    services: dict[str, Entry] = field(default_factory=dict)
    """Finished service detections by the ports they were for."""
    checks: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        """Take in one entry of the ledger. Kinds that a later version adds are passed over."""
        taker = _TAKERS.get(entry["kind"])
        if taker is not None:
            taker(self, entry)

    @property
    def canary(self) -> tuple[Tally, bool]:
        """Return the canary's tally over all blocks that count, and whether it asked an open port.

        What open ports and what closed ones said is not mixed: a device may limit the answers of closed ones.
        """
        tallies = {True: NOTHING_ASKED, False: NOTHING_ASKED}
        for asking in self.asking.values():
            for block in asking.blocks.values():
                tallies[block.canary_is_open] += block.canary
        return (tallies[True], True) if tallies[True].asked else (tallies[False], False)

    @property
    def opened(self) -> list[tuple[str, int]]:
        """Return the open ports as (protocol, port), TCP first."""
        return sorted((protocol, port) for protocol, asking in self.asking.items() for port in asking.opened)


def _take_begin(memory: Memory, entry: Entry) -> None:
    memory.started_at = memory.started_at or datetime.fromisoformat(entry["at"])


def _take_block(memory: Memory, entry: Entry) -> None:
    memory.last_number = max(memory.last_number, entry["number"])
    memory.late += entry["canary"]["late"]
    memory.over_rate += entry.get("over_rate", 0)
    memory.commands.append(command_of(entry))
    memory.asking[entry["protocol"]].add(block_of(entry))


def _take_void(memory: Memory, entry: Entry) -> None:
    for asking in memory.asking.values():
        asking.void(entry["numbers"])


def _take_command(memory: Memory, entry: Entry) -> None:
    memory.last_number = max(memory.last_number, entry.get("number", 0))
    memory.commands.append(command_of(entry))


def _take_pace(memory: Memory, entry: Entry) -> None:
    memory.pace.append(PaceChange(datetime.fromisoformat(entry["at"]), entry["rate"], text_from(entry["why"])))


def _take_note(memory: Memory, entry: Entry) -> None:
    note = text_from(entry["text"])
    if note not in memory.notes:
        memory.notes.append(note)


def _take_service(memory: Memory, entry: Entry) -> None:
    memory.commands.append(command_of(entry))
    memory.services[entry["ports"]] = entry


def _take_check(memory: Memory, entry: Entry) -> None:
    memory.checks.append(entry)


def _take_proxy(memory: Memory, entry: Entry) -> None:
    memory.is_proxied = entry["is_proxied"]


def _take_second_look(memory: Memory, entry: Entry) -> None:
    memory.commands.append(command_of(entry))
    memory.second_look = entry
    asking = memory.asking["tcp"]
    for port in entry["alone"]:
        if port in asking.silent:
            asking.silent[port] = 0


def _take_packets(memory: Memory, entry: Entry) -> None:
    memory.packets += entry["packets"] or 0


_TAKERS = {
    "begin": _take_begin, "block": _take_block, "void": _take_void, "command": _take_command, "pace": _take_pace,
    "note": _take_note, "service": _take_service, "check": _take_check, "proxy": _take_proxy, "packets": _take_packets,
    "second-look": _take_second_look,
}  # fmt: skip


def fresh_memory(asked: Mapping[str, Sequence[int]]) -> Memory:
    """Return the state before the first entry; `asked` gives the ports of each protocol."""
    return Memory({protocol: Asking(tuple(ports)) for protocol, ports in asked.items()})


def block_fields(block: Block) -> dict[str, Any]:
    """Return a block as a ledger keeps it."""
    return {
        "number": block.number,
        "protocol": block.protocol,
        "asked": ranges_text(block.asked),
        "opened": ranges_text(block.opened),
        "closed": ranges_text(block.closed),
        "refused": ranges_text(block.refused),
        "rate": round(block.rate, 1),
    }


def block_of(entry: Entry) -> Block:
    """Return the block that an entry keeps."""
    canary = entry["canary"]
    return Block(
        number=entry["number"],
        protocol=entry["protocol"],
        asked=tuple(numbers_in(ranges_from(entry["asked"]))),
        opened=frozenset(numbers_in(ranges_from(entry["opened"]))),
        closed=frozenset(numbers_in(ranges_from(entry["closed"]))),
        refused=frozenset(numbers_in(ranges_from(entry["refused"]))),
        rate=entry["rate"],
        canary=Tally(canary["asked"], canary["missed"]),
        canary_is_open=canary["is_open"],
        unanswered_at_end=canary["unanswered_at_end"],
    )


def command_fields(record: CommandRecord) -> dict[str, Any]:
    """Return a command as a ledger keeps it."""
    return {
        "argv": list(record.argv),
        "tool": record.tool,
        "version": record.version,
        "started_at": record.started_at.isoformat(),
        "ended_at": record.ended_at.isoformat(),
        "file": record.file,
        "sha256": record.sha256,
        "outcome": record.outcome,
    }


def command_of(entry: Entry) -> CommandRecord:
    """Return the command that an entry keeps."""
    return CommandRecord(
        argv=tuple(entry["argv"]),
        tool=entry["tool"],
        version=entry["version"],
        started_at=datetime.fromisoformat(entry["started_at"]),
        ended_at=datetime.fromisoformat(entry["ended_at"]),
        file=entry["file"],
        sha256=entry["sha256"],
        outcome=entry["outcome"],
    )


def text_from(said: Mapping[str, str]) -> Text:
    """Return the text that `Text.as_dict` wrote."""
    return Text(said["ja"], said["en"])
