"""The survival board: every copy by every entry, what is lost on top."""

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from sekisho.domain.drawing.parts import BoxKind, Drawing, Mark, Stamp
from sekisho.domain.network.addresses import parse_addresses
from sekisho.domain.network.model import BackupCopy, Connect, ExternalLine, Network, Node
from sekisho.domain.network.survival import Because, CopyFate, SystemFate
from sekisho.domain.sheets.survival import survival_sheet
from sekisho.domain.tri import Tri
from tests.unit.domain.sheets.hospitals import hospital
from tests.unit.domain.sheets.sheets import HOSPITAL, assessed, boxes, networks

FAST = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LINES = tuple(ExternalLine(f"line-{at}", number=at) for at in (1, 2))
NODES = tuple(
    Node(name, parse_addresses(f"10.0.0.{at}"), critical=critical, name=name.upper())
    for at, (name, critical) in enumerate((("safe", 3), ("torn", 2), ("gone", 2), ("lost", 3)), start=1)
)
COPIES = {name: BackupCopy(f"copy-of-{name}", name, "safe", Connect.ALWAYS_ON) for name in ("safe", "torn", "gone")}
NETWORK = Network(nodes=NODES, lines=LINES, backups=tuple(COPIES.values()))


def drawn(network: Network, fates: dict[str, tuple[SystemFate, ...]]) -> Drawing:
    return survival_sheet(network, fates, hospital=HOSPITAL, stamp=Stamp())


def fate(node: str, entry: str, falls: Tri, survives: Tri) -> SystemFate:
    copies = (CopyFate(COPIES[node], entry, survives, Because.PLACE_FALLS),) if node in COPIES else ()
    return SystemFate(node, entry, falls, survives, copies)


FATES = {
    "line-1": (
        fate("safe", "line-1", Tri.YES, Tri.YES),
        fate("torn", "line-1", Tri.UNKNOWN, Tri.UNKNOWN),
        fate("gone", "line-1", Tri.YES, Tri.NO),
        fate("lost", "line-1", Tri.YES, Tri.NO),
    ),
    "line-2": tuple(fate(node, "line-2", Tri.NO, Tri.YES) for node in ("safe", "torn", "gone", "lost")),
}


def heads(drawing: Drawing) -> list[str]:
    found = [box for page in drawing.pages for box in page.boxes if box.kind is BoxKind.HEAD]
    return [box.labels[0].text.ja for box in found]


@given(networks())
@FAST
def test_every_copy_meets_every_entry_exactly_once(network: Network) -> None:
    found = assessed(network)
    drawing = drawn(network, dict(found.fates))
    cells = Counter(box.id for box in boxes(drawing) if box.kind is BoxKind.CELL)
    wanted = {f"survival-copy-{copy.id}-{line.id}" for copy in network.backups for line in network.lines}
    systems = {f"survival-system-{one.node}-{one.entry}" for fates in found.fates.values() for one in fates}
    assert cells == Counter(wanted | systems)


def test_systems_without_a_surviving_copy_stand_on_top_then_what_nobody_can_tell() -> None:
    assert heads(drawn(NETWORK, FATES)) == [
        *("LOST", "GONE", "copy-of-gone", "TORN", "copy-of-torn", "SAFE", "copy-of-safe"),
    ]


def test_fields_say_shape_and_word_beside_the_mark() -> None:
    drawing = drawn(NETWORK, FATES)
    said = {
        box.id.removeprefix("survival-"): ("".join(label.text.ja for label in box.labels), *box.marks)
        for box in boxes(drawing)
        if box.kind is BoxKind.CELL
    }
    assert said["system-lost-line-1"] == ("×戻せない", Mark.BAD)
    assert said["system-gone-line-2"] == ("－無事", Mark.QUIET)
    assert said["copy-copy-of-torn-line-1"] == ("？不明", Mark.UNKNOWN)
    assert said["system-safe-line-1"] == ("○戻せる", Mark.GOOD)
    assert said["copy-copy-of-gone-line-1"] == ("×失う", Mark.BAD)
    assert said["copy-copy-of-gone-line-2"] == ("○残る", Mark.GOOD)


def test_fields_tell_entry_copy_and_reason_to_those_who_cannot_see_them() -> None:
    box = next(box for box in boxes(drawn(NETWORK, FATES)) if box.id == "survival-copy-copy-of-gone-line-1")
    assert box.title.ja.startswith("回線1 line-1から入られたとき、「copy-of-gone」は失われます。")
    assert box.title.ja.endswith("置き場所の装置が乗っ取られます。")
    assert box.record == "entry-line-1"


def test_sentences_put_entries_together() -> None:
    said = [sentence.ja for sentence in drawn(NETWORK, FATES).sentences]
    assert said[0] == "システム「LOST」：戻せる控えが残らない入口は回線1。攻撃が届かない入口は回線2。"
    assert len(said) == 7


def test_forty_five_entries_take_two_pages_with_heads_on_both() -> None:
    network = hospital(500)
    found = assessed(network)
    drawing = drawn(network, dict(found.fates))
    assert (len(network.lines), len(drawing.pages)) == (45, 2)
    per_page = [sum(box.kind is BoxKind.HEAD for box in page.boxes) for page in drawing.pages]
    assert per_page[0] == per_page[1] > 10


def test_entries_without_a_number_are_named() -> None:
    lines = (replace(LINES[0], number=None, name="モデム"), LINES[1])
    drawing = drawn(replace(NETWORK, lines=lines), FATES)
    assert "モデム" in {heading.label.text.ja for heading in drawing.pages[0].headings}
