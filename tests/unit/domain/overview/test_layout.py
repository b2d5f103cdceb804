"""The drawing of hospitals as they are: what stands where, what is shared, what is marked."""

from dataclasses import replace
from itertools import pairwise

import pytest

from sekisho.domain.drawing.parts import Box, BoxKind, Drawing, Mark, Stamp
from sekisho.domain.drawing.typesetting import typeset
from sekisho.domain.facts import Unknown
from sekisho.domain.overview.layout import EMPTY, lay_out
from sekisho.domain.overview.sheet import DENSITIES
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.overview.wording import labels_of
from sekisho.domain.register.records import Basics, Device, Line, Register
from sekisho.domain.survey.observations import Sighting
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Column, Edition, Kind, Need, Option, Sheet
from tests.unit.domain.overview.registers import CLINIC, HOSPITAL, SIGHTINGS, SYSTEMS, large_register
from tests.unit.domain.overview.registers import EMPTY as NO_LINES


def boxes(drawing: Drawing, kind: BoxKind | None = None) -> list[Box]:
    return [box for page in drawing.pages for box in page.boxes if kind in (None, box.kind)]


def box(drawing: Drawing, identity: str) -> Box:
    return next(found for found in boxes(drawing) if found.id == identity)


def words(found: Box, language: str = "ja") -> str:
    return "".join(placed.text for placed in typeset(found, language)) + found.tag.within(language)


def way(drawing: Drawing, identity: str) -> list[str]:
    """Return the ids of the boxes a line runs through, from outside to inside."""
    edges = {edge.source: edge.target for page in drawing.pages for edge in page.edges if identity in edge.lines}
    place = next(source for source in edges if source not in edges.values())
    visited = [place]
    while visited[-1] in edges:
        visited.append(edges[visited[-1]])
    return visited


def of_lines(*lines: Line) -> Drawing:
    return lay_out(Register(Basics(), lines))


LINE = Line(
    number=1,
    ehr_connection="yes",
    purpose="PACS",
    line_kind="optical",
    carrier="NTT東日本",
    communication="internet_vpn",
    terminator_location="サーバ室",
    terminator_kind="onu",
    contract_party="hospital",
    devices=(Device(1, maker="YAMAHA", model="RTX830"),),
)


@pytest.fixture(scope="module")
def hospital() -> Drawing:
    return lay_out(HOSPITAL, SYSTEMS, SIGHTINGS)


def test_hospital_of_18_lines_fits_one_page(hospital: Drawing) -> None:
    assert len(hospital.pages) == 1


def test_lines_stand_by_kind_of_network_then_hospital_before_vendor_then_number(hospital: Drawing) -> None:
    numbers = [found.badges[0].number for found in boxes(hospital, BoxKind.LINE) if found.badges]
    assert numbers == [1, 8, 15, 16, 5, 4, 3, 9, 10, 2, 7, 13, 18, 14, 6, 17, 11, 12]


def test_sections_stand_further_apart_than_rows(hospital: Drawing) -> None:
    placed = [found.area for found in boxes(hospital, BoxKind.LINE)]
    gaps = [round(below.y - above.bottom, 2) for above, below in pairwise(placed)]
    sections = [found for found in boxes(hospital, BoxKind.NETWORK)]
    assert gaps.count(max(gaps)) == len(sections) - 1
    assert len(set(gaps)) == 2


def test_a_line_runs_from_its_carrier_to_the_medical_network(hospital: Drawing) -> None:
    kinds = [box(hospital, identity).kind for identity in way(hospital, "line-1")]
    assert kinds == [
        *(BoxKind.PARTY, BoxKind.NETWORK, BoxKind.LINE, BoxKind.TERMINATOR),
        *(BoxKind.DEVICE, BoxKind.DEVICE, BoxKind.BUS),
    ]


def test_terminator_of_one_circuit_is_drawn_once(hospital: Drawing) -> None:
    shared = box(hospital, "terminator-1")
    assert way(hospital, "line-2")[3] == "terminator-1"
    assert Mark.SHARED in shared.marks
    assert "回線1・2で共用" in shared.title.ja


def test_device_with_one_management_address_is_drawn_once(hospital: Drawing) -> None:
    gates = [found for found in boxes(hospital, BoxKind.DEVICE) if "FortiGate" in found.title.ja]
    assert [found.title.ja for found in gates] == ["装置② Fortinet FortiGate 60F、回線1・8・15で共用"]


def test_line_out_of_scope_stops_before_the_medical_network(hospital: Drawing) -> None:
    assert box(hospital, way(hospital, "line-11")[-1]).kind is BoxKind.STOP
    assert "対象外" in words(box(hospital, "line-11"))


def test_vendor_line_says_so_in_words_and_marks(hospital: Drawing) -> None:
    found = box(hospital, "line-3")
    assert Mark.VENDOR in found.marks
    assert "ベンダ契約" in words(found)


def test_unlisted_terminators_stand_apart_with_their_use_unknown(hospital: Drawing) -> None:
    found = [found for found in boxes(hospital, BoxKind.TERMINATOR) if Mark.UNLISTED in found.marks]
    assert [(seen.id, "用途不明" in words(seen)) for seen in found] == [("sighting-1", True), ("sighting-3", True)]


def test_sighting_of_a_listed_line_confirms_its_terminator(hospital: Drawing) -> None:
    assert box(hospital, "terminator-1").tag.ja == "現地確認済み"
    assert box(hospital, "terminator-8").tag.ja == ""


def test_sighting_of_a_line_that_no_register_has_counts_as_unlisted(hospital: Drawing) -> None:
    assert any("回線40と記録されていますが" in sentence.ja for sentence in hospital.sentences)


def test_unknown_and_unanswered_facts_are_shown_as_different_things() -> None:
    unanswered = of_lines(replace(LINE, communication=None, terminator_location=None))
    unknown = of_lines(replace(LINE, communication=Unknown("照会中"), terminator_location=Unknown()))
    assert "設置場所？未記入" in words(box(unanswered, "terminator-1"))
    assert "設置場所？不明" in words(box(unknown, "terminator-1"))
    for drawing in (unanswered, unknown):
        assert Mark.UNKNOWN in box(drawing, "terminator-1").marks
        assert Mark.UNKNOWN in box(drawing, "line-1").marks


def test_line_whose_link_to_the_ehr_is_unknown_is_led_there_with_a_question_mark() -> None:
    for answer in (None, Unknown(), "たぶん"):
        drawing = of_lines(replace(LINE, ehr_connection=answer))
        last = next(edge for edge in drawing.pages[0].edges if edge.target == "network-ehr")
        assert Mark.UNKNOWN in last.marks
        assert last.label.ja == "1?"


def test_contract_of_neither_hospital_nor_vendor_is_no_unknown() -> None:
    drawing = of_lines(replace(LINE, contract_party="other"))
    assert "他者の契約" in words(box(drawing, "line-1"))
    assert Mark.UNKNOWN not in box(drawing, "line-1").marks
    assert "病院でもベンダでもない人の契約" in drawing.sentences[0].ja


@pytest.mark.parametrize("answer", [None, Unknown("契約書が見つからない"), "", " "])
def test_unstated_contract_is_an_unknown(answer: object) -> None:
    drawing = of_lines(replace(LINE, contract_party=answer))
    assert "契約者？" in words(box(drawing, "line-1"))
    assert Mark.UNKNOWN in box(drawing, "line-1").marks


def test_line_without_devices_shows_that_a_router_was_not_filled_in() -> None:
    drawing = of_lines(replace(LINE, devices=()))
    found = box(drawing, "device-1-0")
    assert Mark.UNKNOWN in found.marks
    assert "未記入" in words(found)


def test_line_out_of_scope_is_not_asked_for_its_router() -> None:
    drawing = of_lines(replace(LINE, ehr_connection="no", devices=()))
    assert boxes(drawing, BoxKind.DEVICE) == []


def test_same_place_and_kind_without_circuit_ids_is_one_terminator_but_presumed() -> None:
    drawing = of_lines(LINE, replace(LINE, number=2))
    assert [found.title.ja for found in boxes(drawing, BoxKind.TERMINATOR)] == [
        "ONU（光回線の終端装置）、サーバ室、回線1・2で共用（推定）"
    ]


def test_different_circuits_at_one_place_keep_their_own_terminators() -> None:
    drawing = of_lines(replace(LINE, circuit_id="CAF00001"), replace(LINE, number=2, circuit_id="CAF00002"))
    assert len(boxes(drawing, BoxKind.TERMINATOR)) == 2


def test_mobile_terminators_are_never_presumed_shared() -> None:
    dongle = replace(LINE, terminator_kind="usb_dongle", communication="internet")
    assert len(boxes(of_lines(dongle, replace(dongle, number=2)), BoxKind.TERMINATOR)) == 2


def test_spelling_of_places_and_circuits_does_not_split_a_terminator() -> None:
    one = replace(LINE, circuit_id="CAF00001", terminator_location="本部棟 3F サーバ室")
    other = replace(LINE, number=2, circuit_id="ｃａｆ００００１", terminator_location="本部棟３Ｆ　サーバ室")
    assert len(boxes(of_lines(one, other), BoxKind.TERMINATOR)) == 1


def test_same_address_on_different_models_stays_two_devices() -> None:
    one = replace(LINE, circuit_id="A", devices=(Device(1, "YAMAHA", "RTX830", management_address="192.168.1.1"),))
    other = replace(
        LINE, number=2, circuit_id="B", devices=(Device(1, "NEC", "IX2106", management_address="192.168.1.1/24"),)
    )
    assert len(boxes(of_lines(one, other), BoxKind.DEVICE)) == 2


def test_shared_device_stands_right_of_everything_before_it() -> None:
    utm = Device(1, "Fortinet", "60F", management_address="10.0.0.1")
    behind = replace(
        LINE, devices=(Device(1, "YAMAHA", "RTX830", management_address="10.0.0.9"), replace(utm, position=2))
    )
    direct = replace(LINE, number=2, circuit_id="B", devices=(utm,))
    drawing = of_lines(behind, direct)
    assert way(drawing, "line-2")[-2] == way(drawing, "line-1")[-2]
    first, second = way(drawing, "line-1")[4:6]
    assert box(drawing, first).area.right < box(drawing, second).area.x


def test_contradicting_orders_of_devices_do_not_become_a_loop() -> None:
    a, b = (Device(1, "A", "1", management_address="10.0.0.1"), Device(2, "B", "2", management_address="10.0.0.2"))
    drawing = of_lines(
        replace(LINE, devices=(a, b)),
        replace(LINE, number=2, circuit_id="B", devices=(replace(b, position=1), replace(a, position=2))),
    )
    for identity in ("line-1", "line-2"):
        path = [box(drawing, place).area.x for place in way(drawing, identity)]
        assert path == sorted(path)
        assert len(path) == 7


def test_long_chain_of_devices_names_every_one() -> None:
    chain = tuple(Device(position, "Maker", f"M-{position}") for position in range(1, 9))
    last = box(of_lines(replace(LINE, devices=chain)), "device-1-3")
    assert all(f"M-{position}" in last.title.ja for position in range(3, 9))
    assert all(f"M-{position}" in words(last) for position in range(3, 9))


def test_declared_systems_come_first_and_purposes_fill_the_gaps(hospital: Drawing) -> None:
    names = [placed.labels[0].text.ja for placed in boxes(hospital) if placed.kind in (BoxKind.SYSTEM, BoxKind.BACKUP)]
    assert names == [*(system.name for system in SYSTEMS), "地域連携", "訪問看護", "部門機器保守", "用途 ？不明"]


def test_backup_and_critical_systems_differ_in_kind_and_word(hospital: Drawing) -> None:
    assert box(hospital, "system-backup-nas").kind is BoxKind.BACKUP
    assert box(hospital, "system-ehr").tag.ja == "最重要"


def test_systems_without_line_numbers_are_reached_by_purposes_of_the_same_name() -> None:
    drawing = lay_out(
        Register(Basics(), (replace(LINE, purpose="電子カルテ"),)), (replace(SYSTEMS[0], line_numbers=()),)
    )
    systems = boxes(drawing, BoxKind.SYSTEM)
    assert [found.id for found in systems] == ["system-ehr"]
    assert "回線1" in words(systems[0])


def test_of_too_many_systems_those_that_lines_lead_to_stay_and_the_rest_is_named() -> None:
    idle = tuple(InsideSystem(f"s{index}", f"部門システム{index}", "") for index in range(60))
    used = InsideSystem("used", "末尾のシステム", "", line_numbers=(1,))
    vital = InsideSystem("vital", "認証", "", critical=3)
    systems = boxes(lay_out(Register(Basics(), (LINE,)), (*idle, vital, used)), BoxKind.SYSTEM)
    names = [found.labels[0].text.ja for found in systems]
    assert names[-3:-1] == ["認証", "末尾のシステム"]
    assert names[-1] == f"ほか{62 - len(systems) + 1}システム"
    folded = set(systems[-1].title.ja.split("、"))
    assert folded | set(names) >= {system.name for system in idle}


@pytest.mark.parametrize("blank", ["", " \u3000\n", "\u202e"])
def test_nameless_things_are_named_as_such(blank: str) -> None:
    line = replace(LINE, devices=(Device(1, maker=blank, model=blank),), terminator_location=blank)
    drawing = lay_out(Register(Basics(), (line,)), (replace(SYSTEMS[0], id=blank, name=blank),))
    assert "名前のないシステム" in words(boxes(drawing, BoxKind.SYSTEM)[0])
    assert "未記入" in words(box(drawing, "device-1-1"))
    assert "設置場所？未記入" in words(box(drawing, "terminator-1"))


def test_one_line_is_drawn_with_the_largest_letters() -> None:
    drawing = lay_out(CLINIC)
    assert box(drawing, "line-1").labels[0].size == DENSITIES[0].heading


def test_empty_register_says_what_to_do() -> None:
    drawing = lay_out(NO_LINES, SYSTEMS)
    note = box(drawing, "note-empty")
    assert "別紙2-1" in words(note)
    assert words(note, "en").replace(" ", "") == EMPTY.en.replace(" ", "")
    assert drawing.sentences == (EMPTY,)


def test_empty_register_with_sightings_draws_the_sightings() -> None:
    drawing = lay_out(NO_LINES, (), (Sighting(1, "onu", "5F"),))
    assert [found.id for found in boxes(drawing, BoxKind.TERMINATOR)] == ["sighting-1"]
    assert boxes(drawing, BoxKind.NOTE) == []


@pytest.mark.parametrize(("count", "pages"), [(40, 3), (120, 6), (300, 12)])
def test_many_lines_get_a_cover_and_pages(count: int, pages: int) -> None:
    drawing = lay_out(large_register(count))
    assert len(drawing.pages) == pages
    assert [found.badges for found in drawing.pages[0].boxes if found.badges] == []


def test_cover_tells_the_page_of_every_line() -> None:
    drawing = lay_out(large_register(120))
    listed: dict[int, int] = {}
    for found in drawing.pages[0].boxes:
        if found.kind is BoxKind.LINE:
            for part in found.title.ja.split("：", 1)[1].split("　"):
                page, numbers = part.split("ページ：")
                for piece in numbers.split("・"):
                    first, _, last = piece.partition("–")
                    listed |= dict.fromkeys(range(int(first), int(last or first) + 1), int(page))
    assert {f"line-{number}": page for number, page in listed.items()} == dict(drawing.page_of_line)


def test_alike_lines_share_a_row_only_when_a_page_is_not_enough() -> None:
    mobile = replace(LINE, line_kind="mobile", communication="closed_mobile", terminator_kind="mobile_router")
    few = of_lines(*(replace(mobile, number=number, circuit_id=f"M{number}") for number in range(1, 11)))
    many = of_lines(*(replace(mobile, number=number, circuit_id=f"M{number}") for number in range(1, 41)))
    assert not [found for found in boxes(few) if Mark.BUNDLE in found.marks]
    assert len(many.pages) == 1
    assert len(box(many, "bundle-1").badges) == 40
    assert "×40" in words(next(found for found in boxes(many, BoxKind.TERMINATOR)))


def test_lines_that_differ_in_contract_are_not_bundled() -> None:
    lines = [replace(LINE, number=number, circuit_id=f"M{number}") for number in range(1, 41)]
    lines[19] = replace(lines[19], contract_party="vendor")
    drawing = of_lines(*lines)
    assert box(drawing, "line-20").badges[0].number == 20


def test_device_that_continues_on_another_page_points_to_the_first() -> None:
    lines = tuple(
        replace(
            LINE,
            number=number,
            circuit_id=f"C{number}",
            purpose=f"用途{number}",
            devices=(Device(1, "Fortinet", "60F", management_address="10.0.0.1"),),
        )
        for number in range(1, 41)
    )
    drawing = of_lines(*lines)
    pointers = [found for found in boxes(drawing, BoxKind.DEVICE) if Mark.REFERENCE in found.marks]
    assert len(drawing.pages) == 4
    assert [found.id.rpartition("-p")[2] for found in pointers] == ["3", "4"]
    assert all("2ページの装置と同じ" in words(found) for found in pointers)


def test_two_rows_with_one_number_are_both_drawn() -> None:
    drawing = of_lines(LINE, replace(LINE, purpose="検査"))
    assert [found.id for found in boxes(drawing, BoxKind.LINE)] == ["line-1", "line-1_2"]


def test_numbers_of_any_size_are_drawn() -> None:
    drawing = of_lines(replace(LINE, number=10**30), replace(LINE, number=-5))
    assert sorted(found.badges[0].number for found in boxes(drawing, BoxKind.LINE)) == [-5, 10**30]


def test_addresses_are_not_drawn(hospital: Drawing) -> None:
    drawing = of_lines(
        replace(LINE, global_address="203.0.113.9", devices=(Device(1, "A", "B", management_address="10.9.8.7"),))
    )
    everything = repr(drawing)
    assert "203.0.113.9" not in everything
    assert "10.9.8.7" not in everything


def test_codes_get_the_labels_of_the_edition() -> None:
    options = (Option("onu", Text("光終端装置", "Optical box")),)
    column = Column("terminator_kind", Text("種類", "Kind"), Kind.CHOICE, Need.REQUIRED, Text("", ""), options)
    edition = Edition(
        "1.0", "2024-05-09", Text("", ""), (Sheet("lines", Text("", ""), "table", (column,)),), (), (), ()
    )
    drawing = lay_out(Register(Basics(), (LINE,)), labels=labels_of(edition))
    assert words(box(drawing, "terminator-1"), "en").startswith("Optical box")
    assert words(box(drawing, "terminator-1")).startswith("光終端装置")


def test_title_block_carries_hospital_dates_count_version_and_page() -> None:
    from datetime import date

    stamp = Stamp(date(2026, 11, 21), date(2026, 11, 20), "0.1.0")
    drawing = lay_out(large_register(40), stamp=stamp)
    for page in drawing.pages:
        texts = [heading.label.text.ja for heading in page.headings]
        expected = ["中央医療センターグループ", "2026年11月21日", "2026年11月20日", "40本", "Sekisho 0.1.0"]
        assert not [text for text in [*expected, f"{page.number} / 3"] if text not in texts]
