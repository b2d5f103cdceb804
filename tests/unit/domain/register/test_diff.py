"""What a workbook would change in the register: matching, fates of answers, and that nothing is ever lost."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.domain.facts import Unknown
from sekisho.domain.register.diff import BookChange, Change, Fate, compare, to_register
from sekisho.domain.register.matching import MatchedBy
from sekisho.domain.register.records import Basics, Device, Line, Register, Terminal
from sekisho.domain.workbook.rows import CLEARED, ReadRow
from tests.unit.domain.workbook import books
from tests.unit.domain.workbook.books import CONTACT, DEVICE, EDITION, basics, book, line, terminal

TERMINALS = [terminal(n, row_id=f"T{n}") for n in range(1, 6)]


def known(*rows: ReadRow) -> Register:
    """Return a register that holds the lines of `rows`, five PCs and the hospital."""
    return to_register(book(lines=list(rows), terminals=TERMINALS))


def against(register: Register, *rows: ReadRow) -> BookChange:
    return compare(EDITION, register, book(lines=list(rows), terminals=TERMINALS))


def lines_of(changes: BookChange) -> list[tuple[Change, int | None, MatchedBy | None]]:
    return [(record.change, record.number, record.matched_by) for record in changes.of("lines")]


LINES = [line(n, row_id=f"L{n}") for n in (1, 2, 3)]


def test_the_same_workbook_again_changes_nothing():
    changes = against(known(*LINES), *LINES)
    assert changes.changes_nothing
    assert changes.count(Change.UNCHANGED) == 1 + 3 + 5
    assert all(not record.changes for record in changes.records)


def test_everything_is_new_to_an_empty_register():
    changes = compare(EDITION, Register(), book(lines=LINES))
    assert changes.count(Change.NEW) == 1 + 3 + 5
    assert [record.after for record in changes.of("lines")] == [replace(r, row_id=None) for r in known(*LINES).lines]
    assert changes.of("basic")[0].after == known(*LINES).basics


def test_line_missing_from_the_workbook_stays_as_it_is():
    register = known(*LINES)
    changes = against(register, LINES[0], LINES[2])
    missing = changes.of("lines", Change.MISSING)
    assert [record.after for record in missing] == [register.lines[1]]
    assert missing[0].changes == ()
    assert changes.changes_nothing


def test_sheet_missing_from_the_workbook_misses_nothing():
    whole = books.without_sheet(book(lines=LINES), "terminals")
    assert compare(EDITION, known(*LINES), whole).of("terminals") == ()


def test_change_is_told_field_by_field_with_old_and_new():
    changes = against(known(*LINES), line(1, row_id="L1", purpose="PACS", carrier="KDDI"), *LINES[1:])
    (record,) = changes.of("lines", Change.CHANGED)
    assert [(c.key, c.old, c.new, c.fate) for c in record.changes] == [
        ("purpose", "ehr", "pacs", Fate.SET),
        ("carrier", None, "KDDI", Fate.SET),
    ]
    assert (record.after.purpose, record.after.carrier, record.after.circuit_id) == ("pacs", "KDDI", "CAF00001")


def test_blank_cell_keeps_what_is_known_and_says_so():
    changes = against(known(*LINES), line(1, row_id="L1", purpose=None, devices=[{}]), *LINES[1:])
    record = changes.of("lines")[0]
    assert record.change is Change.UNCHANGED
    assert [(c.key, c.part) for c in record.kept] == [
        ("purpose", None), ("maker", 1), ("model", 1), ("software_version", 1)
    ]  # fmt: skip
    assert record.after == known(*LINES).lines[0]


def test_row_with_only_its_id_changes_nothing():
    blank = books.row_of(EDITION.sheet("lines"), {}, [{}], 2, row_id="L2")
    changes = against(known(*LINES), LINES[0], blank, LINES[2])
    assert lines_of(changes)[1] == (Change.UNCHANGED, 2, MatchedBy.ROW_ID)
    assert changes.of("lines")[1].after == known(*LINES).lines[1]


def test_blank_row_without_id_is_no_record():
    blank = books.row_of(EDITION.sheet("lines"), {}, [{}], 9)
    assert len(against(known(*LINES), *LINES, blank).of("lines")) == 3


def test_deletion_word_empties_the_answer():
    (record,) = against(known(*LINES), line(1, row_id="L1", circuit_id=CLEARED), *LINES[1:]).of("lines", Change.CHANGED)
    assert [(c.key, c.old, c.new, c.fate, c.loses_value) for c in record.changes] == [
        ("circuit_id", "CAF00001", None, Fate.CLEARED, True)
    ]
    assert record.after.circuit_id is None


def test_deletion_of_what_nobody_knows_changes_nothing():
    assert against(known(*LINES), line(1, row_id="L1", fqdn=CLEARED), *LINES[1:]).changes_nothing


def test_unknown_replaces_a_value_and_is_flagged_as_a_loss():
    row = line(1, row_id="L1", communication=Unknown("業者に確認中"))
    (record,) = against(known(*LINES), row, *LINES[1:]).of("lines", Change.CHANGED)
    assert [(c.new, c.loses_value) for c in record.changes] == [(Unknown("業者に確認中"), True)]
    assert record.after.communication == Unknown("業者に確認中")


def test_unreadable_cell_holds_the_old_value():
    record = against(known(*LINES), line(1, row_id="L1", communication="なんとなく"), *LINES[1:]).of("lines")[0]
    assert record.change is Change.UNCHANGED
    assert [(c.key, c.fate, c.old) for c in record.kept] == [("communication", Fate.HELD, "internet_vpn")]


def test_answer_that_the_new_answers_rule_out_goes_with_the_rule_named():
    dynamic = line(1, row_id="L1", address_assignment="動的IP", global_address=None, scan_day_check="未確認")
    (record,) = against(known(*LINES), dynamic, *LINES[1:]).of("lines", Change.CHANGED)
    gone = next(change for change in record.changes if change.key == "global_address")
    assert (gone.fate, gone.old, gone.new, gone.rule) == (Fate.CLEARED, "8.8.4.1", None, "dynamic-address-left-blank")
    assert record.after.global_address is None
    assert "global_address" not in {change.key for change in record.kept}


def test_absent_column_keeps_what_is_known():
    whole = books.without_column(book(lines=LINES, terminals=TERMINALS), "lines", "purpose")
    record = compare(EDITION, known(*LINES), whole).of("lines")[0]
    assert record.change is Change.UNCHANGED
    assert [change.key for change in record.kept] == ["purpose"]


# Devices and contacts


def test_new_device_is_added_and_a_changed_one_told_by_its_position():
    row = line(1, row_id="L1", devices=[{**DEVICE, "model": "RTX1300"}, {"maker": "Cisco", "model": "ISR 921"}])
    (record,) = against(known(*LINES), row, *LINES[1:]).of("lines", Change.CHANGED)
    assert [(c.part, c.key, c.new) for c in record.changes] == [
        (1, "model", "RTX1300"), (2, "maker", "Cisco"), (2, "model", "ISR 921")
    ]  # fmt: skip
    assert record.after.devices[1] == Device(2, "Cisco", "ISR 921")


def test_device_missing_from_the_workbook_stays():
    two = line(1, row_id="L1", devices=[DEVICE, {"maker": "Cisco"}])
    assert against(known(two), line(1, row_id="L1", devices=[DEVICE])).of("lines")[0].after == known(two).lines[0]


def test_contacts_are_compared_by_position():
    register = known(*LINES)
    more = basics(contacts=[CONTACT, {"family_name": "山田", "given_name": "花子", "kana": "ヤマダ ハナコ"}])
    changes = compare(EDITION, register, book(basic=more, lines=LINES, terminals=TERMINALS)).of("basic")[0]
    assert changes.change is Change.CHANGED
    assert {change.part for change in changes.changes} == {2}
    assert changes.after.contacts[1].family_name == "山田"
    assert changes.after.contacts[0] == register.basics.contacts[0]


def test_fifth_contact_is_left_out():
    register = known(*LINES)
    five = basics(contacts=[CONTACT] * 5)
    assert len(compare(EDITION, register, book(basic=five, lines=LINES)).of("basic")[0].after.contacts) == 4


# Matching


def test_row_id_wins_over_circuit_and_number():
    moved = line(3, row_id="L1", circuit_id="CAF99999", purpose="PACS")
    assert lines_of(against(known(*LINES), moved))[0] == (Change.CHANGED, 1, MatchedBy.ROW_ID)


def test_without_ids_rows_are_found_by_circuit_id_however_numbered_and_written():
    rows = [line(7, circuit_id="caf-00002", global_address="8.8.4.2")]
    assert lines_of(against(known(*LINES), *rows))[0] == (Change.CHANGED, 2, MatchedBy.NAME)


def test_without_id_and_circuit_the_number_and_purpose_decide():
    register = known(line(1, row_id="L1", circuit_id=None), line(2, row_id="L2", circuit_id=None))
    assert lines_of(against(register, line(2, circuit_id=None)))[0][1:] == (2, MatchedBy.NUMBER)
    assert lines_of(against(register, line(2, circuit_id=None, purpose="PACS")))[0][::2] == (Change.NEW, None)


def test_same_number_and_purpose_but_another_circuit_is_another_line():
    changes = against(known(*LINES), line(1, circuit_id="CAF77777"))
    new = changes.of("lines", Change.NEW)[0]
    assert new.number == 4
    assert len(changes.of("lines", Change.MISSING)) == 3


def test_id_of_another_hospital_is_no_match():
    assert lines_of(against(known(*LINES), line(9, row_id="X9")))[0] == (Change.NEW, 9, None)


def test_copied_row_never_takes_the_record_of_its_original():
    copy_first = line(8, row_id="L1", circuit_id="CAF00008", global_address="8.8.4.8")
    changes = against(known(*LINES), copy_first, *LINES)
    assert lines_of(changes) == [
        (Change.NEW, 8, None),
        (Change.UNCHANGED, 1, MatchedBy.ROW_ID),
        (Change.UNCHANGED, 2, MatchedBy.ROW_ID),
        (Change.UNCHANGED, 3, MatchedBy.ROW_ID),
    ]


def test_two_rows_of_one_circuit_are_told_apart_by_their_communication():
    closed = {"communication": "IP-VPN", "global_ip": "なし", "scan_wanted": "調査希望なし", "address_assignment": None,
              "global_address": None, "scan_day_check": None, "circuit_id": "CAF00001"}  # fmt: skip
    register = known(line(1, row_id="L1"), line(2, row_id="L2", **closed))
    assert lines_of(against(register, line(5, **closed), line(6, circuit_id="CAF00001", global_address="8.8.4.1"))) == [
        (Change.UNCHANGED, 2, MatchedBy.NAME),
        (Change.UNCHANGED, 1, MatchedBy.NAME),
    ]


def test_circuit_id_that_stands_twice_matches_nothing_by_itself():
    register = known(line(1, row_id="L1"))
    changes = against(register, line(5, circuit_id="CAF00001"), line(6, circuit_id="CAF00001"))
    assert [record.matched_by for record in changes.of("lines", Change.NEW)] == [None, None]


def test_unknown_circuit_ids_match_nothing():
    register = known(line(1, row_id="L1", circuit_id=Unknown(), purpose="PACS"))
    assert against(register, line(2, circuit_id=Unknown())).of("lines")[0].change is Change.NEW


def test_pcs_are_found_by_host_name():
    register = known(*LINES)
    row = terminal(9, host_name="pc0003", address="192.168.1.13/24")
    record = compare(EDITION, register, book(lines=LINES, terminals=[row])).of("terminals")[0]
    assert (record.row_id, record.matched_by) == ("T3", MatchedBy.NAME)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["L1", "L2", "L3", None]), st.integers(1, 4)), max_size=6))
def test_no_two_rows_ever_become_one_record_and_none_is_lost(drawn):
    register = known(*LINES)
    rows = [line(n, row_id=row_id, circuit_id=f"CAF0000{c}") for n, row_id, c in drawn]
    changes = against(register, *rows)
    ids = [record.row_id for record in changes.of("lines") if record.row_id]
    assert sorted(ids) == ["L1", "L2", "L3"]
    numbers = [record.number for record in changes.of("lines")]
    assert len(numbers) == len(set(numbers))
    assert len(changes.of("lines", Change.NEW, Change.CHANGED, Change.UNCHANGED)) == len(rows)


# A workbook as a register


def test_to_register_keeps_values_unknowns_devices_and_ids():
    register = to_register(book(lines=[line(1, row_id="L1", carrier=Unknown("請求書が無い"), fqdn=CLEARED)]))
    (record,) = register.lines
    assert (record.row_id, record.carrier, record.fqdn) == ("L1", Unknown("請求書が無い"), None)
    assert record.devices == (Device(1, "ヤマハ", "RTX1220", "Rev.15.04.06"),)
    assert register.basics.beds == 320
    assert register.basics.contacts[0].family_name == "関所"
    assert register.terminals[4] == Terminal(5, None, "ehr", "no", "PC0005", "192.168.1.15/24", "西棟 2F")


def test_to_register_gives_every_line_a_number_of_its_own():
    rows = [replace(line(n), number=number) for n, number in ((1, 2), (2, 2), (3, None), (4, 1))]
    register = to_register(book(lines=rows))
    assert [(r.number, r.circuit_id) for r in register.lines] == [
        (1, "CAF00004"), (2, "CAF00001"), (3, "CAF00002"), (4, "CAF00003")
    ]  # fmt: skip


def test_to_register_drops_copied_row_ids_and_blank_devices():
    register = to_register(book(lines=[line(1, row_id="L1", devices=[{}, DEVICE]), line(2, row_id="L1")]))
    assert [r.row_id for r in register.lines] == ["L1", None]
    assert [device.position for device in register.lines[0].devices] == [2]


def test_empty_workbook_is_an_empty_register():
    from sekisho.domain.workbook.rows import ReadBook

    assert to_register(ReadBook("1.0")) == Register()
    assert compare(EDITION, Register(), ReadBook("1.0")).records == ()


@pytest.mark.parametrize("key", [column.key for column in EDITION.sheet("lines").columns])
def test_every_column_of_a_line_reaches_the_register(key):
    register = to_register(book(lines=[line(1, **{key: Unknown("x")})]))
    assert getattr(register.lines[0], key) == Unknown("x")


def test_hospital_known_before_is_changed_not_new():
    register = Register(Basics(name="関所病院"), (Line(1),))
    assert compare(EDITION, register, book()).of("basic")[0].change is Change.CHANGED
