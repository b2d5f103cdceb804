"""A second look at the TCP ports of an address with masscan, when it is asked for."""

import time
from ipaddress import IPv4Address

from sekisho.adapters.scanners.masscan import look_command, masscan_tool, read_look
from sekisho.adapters.scanners.nmap import MAX_BYTES, NotWhole
from sekisho.adapters.scanners.tools import ToolUnusable, run_watched
from sekisho.diagnosis.address import AddressRun
from sekisho.diagnosis.keeper import Halted
from sekisho.diagnosis.memory import command_fields
from sekisho.domain.diagnosis.runs import CommandRecord
from sekisho.domain.text import Text

NAME = "second-look-masscan.xml"


def look_again(run: AddressRun) -> None:
    """Ask every TCP port once more with another program; what it alone saw open, nmap asks again.

    Raises:
        Halted: the leave ended.
    """
    address, asking = run.leave.address, run.memory.asking.get("tcp")
    if asking is None or run.memory.second_look is not None:
        return
    if not isinstance(address, IPv4Address) or not run.settings.is_raw:
        run.note(NOT_HERE)
        return
    try:
        tool = masscan_tool()
    except ToolUnusable as error:
        run.note(error.text)
        return
    share = len(asking.opened) / len(asking.ports)
    rate = run.pace.rate / (1 + share)
    draft = run.evidence.draft(NAME)
    argv = look_command(tool, address, asking.ports, rate, draft)
    halted: list[Halted] = []
    held = time.monotonic()

    def watch() -> bool:
        nonlocal held
        if time.monotonic() - held >= 0.25:
            held = time.monotonic()
            try:
                run.leave.hold()
            except Halted as error:
                halted.append(error)
        return bool(halted)

    run.leave.hold()
    started_at = run.settings.clock()
    ended = run_watched(
        run.leave.command(argv),
        watch=watch,
        errors=draft.with_suffix(".errors"),
        limit_s=len(asking.ports) / rate * 2 + 60,
    )
    if halted:
        raise halted[0]
    ended_at = run.settings.clock()
    try:
        if ended.status != 0 or not draft.exists():
            raise NotWhole(ended.complaint or "no result")
        with draft.open("rb") as stream:
            seen = read_look(stream.read(MAX_BYTES + 1), address, asking.ports)
    except NotWhole:
        record = CommandRecord(tuple(argv), tool.name, tool.version, started_at, ended_at, outcome="failed")
        run.write("command", **command_fields(record))
        run.note(FAILED)
        return
    file, sha256 = run.evidence.keep(NAME)
    record = CommandRecord(tuple(argv), tool.name, tool.version, started_at, ended_at, file, sha256)
    alone = sorted(seen - set(asking.opened))
    run.write("second-look", seen=len(seen), alone=alone, **command_fields(record))
    if alone:
        # They count as never asked now, so that the usual passes ask them again.
        run.ask("tcp")
        if still := [port for port in alone if port not in asking.opened]:
            run.note(ALONE.filled(ports=", ".join(map(str, still[:20]))))


NOT_HERE = Text(
    "masscan での見直しは、この機械またはこのアドレスではできません（管理者の権限と IPv4 のアドレスが必要です）。",
    "The second look with masscan is not possible here: it needs administrator's rights and an IPv4 address.",
)
FAILED = Text("masscan での見直しは終わりませんでした。", "The second look with masscan did not come to its end.")
ALONE = Text(
    "masscan だけが開いていると見たポートがあります（{ports}）。nmap で尋ね直しても応答しませんでした。日を改めて確かめてください。",
    "Ports that only masscan saw open ({ports}); asked again by nmap they did not answer. Check them another day.",
)
