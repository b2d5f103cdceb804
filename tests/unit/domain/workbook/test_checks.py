"""What the checks say about a whole workbook: sheets, columns, addresses, records against each other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.domain.facts import Unknown
from sekisho.domain.text import Text
from sekisho.domain.workbook.address_checks import global_address_fault, interface_address_fault
from sekisho.domain.workbook.checks import check_book, has_errors, place_and_message, unknown_count
from sekisho.domain.workbook.messages import Saying
from sekisho.domain.workbook.rows import CLEARED, ReadBook, ReadRow
from sekisho.domain.workbook.schema import Severity
from tests.unit.domain.workbook import books
from tests.unit.domain.workbook.books import CONTACT, DEVICE, EDITION, basics, book, line, terminal


def found(whole: ReadBook) -> list[tuple[str, str]]:
    return [(problem.rule, problem.cell) for problem in check_book(EDITION, whole)]


def rules(whole: ReadBook) -> list[str]:
    return [rule for rule, _ in found(whole)]


def test_complete_workbook_has_no_problem():
    assert found(book()) == []


@pytest.mark.parametrize("key", ["basic", "lines", "terminals", "places"])
def test_missing_sheet_is_told_once_and_nothing_else_about_it(key):
    whole = books.without_sheet(book(), key)
    problems = check_book(EDITION, whole)
    assert [(p.rule, p.severity, p.sheet) for p in problems] == [
        ("missing-sheet", Severity.ERROR, EDITION.sheet(key).title.ja)
    ]
    assert EDITION.sheet(key).title.ja in problems[0].message.ja
    assert EDITION.sheet(key).title.en in problems[0].message.en


def test_missing_required_column_is_told_once_for_the_sheet_and_not_for_every_row():
    whole = books.without_column(book(lines=[line(n) for n in range(1, 31)]), "lines", "purpose")
    problems = check_book(EDITION, whole)
    assert [(p.rule, p.column, p.cell, p.row) for p in problems] == [("missing-column", "purpose", "", None)]


def test_missing_conditional_column_is_a_warning_and_a_missing_optional_one_nothing():
    whole = book(lines=[line(1, address_assignment=Unknown())])
    assert [p.severity for p in check_book(EDITION, books.without_column(whole, "lines", "global_address"))] == [
        Severity.WARNING
    ]
    assert rules(books.without_column(book(), "lines", "remarks")) == []
    assert rules(books.without_column(book(), "lines", "manufactured_year")) == []


def test_empty_rows_are_no_records():
    blank = books.row_of(EDITION.sheet("lines"), {}, [{}, {}], 2, row_id="L2")
    assert blank.is_blank
    assert found(book(lines=[line(1), blank])) == []


def test_sheet_without_any_line_is_an_error():
    assert rules(book(lines=[])) == ["no-lines"]


@pytest.mark.parametrize("count", [0, 1, 4, 6, 12])
def test_other_than_five_pcs_is_a_warning_that_says_how_many(count):
    problems = check_book(EDITION, book(terminals=[terminal(n) for n in range(1, count + 1)]))
    assert [(p.rule, p.severity) for p in problems] == [("terminal-count", Severity.WARNING)]
    assert f"{count}台" in problems[0].message.ja


def test_floor_plan_without_picture_is_a_warning_unless_nobody_could_tell():
    def with_pictures(count):
        whole = books.without_sheet(book(), "places")
        return ReadBook("1.0", (*whole.sheets, books.sheet_of(EDITION.sheet("places"), [], count)))

    assert rules(with_pictures(0)) == ["no-floor-plan"]
    assert rules(with_pictures(None)) == rules(with_pictures(3)) == []


def test_line_without_ehr_connection_is_out_of_scope_and_nothing_more_is_asked():
    lonely = dict.fromkeys(books.LINE) | {
        "ehr_connection": "なし",
        "purpose": "見学者用Wi-Fi",
        "circuit_id": None,
        "global_address": None,
    }
    assert found(book(lines=[line(1, devices=[{}], **lonely)])) == [("no-ehr-connection-out-of-scope", "D11")]


def test_no_consent_and_no_confirmer_are_errors_with_words_of_their_own():
    problems = check_book(EDITION, book(basic=basics(consent=None, confirmed_by=None)))
    assert [(p.rule, p.severity) for p in problems] == [
        ("consent-required", Severity.ERROR),
        ("confirmer-required", Severity.ERROR),
    ]
    assert "同意する" in problems[0].message.ja


def test_consent_that_is_unknown_is_no_consent():
    assert rules(book(basic=basics(consent=Unknown("院長に確認中")))) == ["unknown-not-allowed"]


def test_contacts_after_the_first_may_be_blank_but_not_half_filled():
    assert found(book(basic=basics(contacts=[CONTACT, {}, {}]))) == []
    half = {"family_name": "山田", "phone": "03-1111-2222"}
    assert rules(book(basic=basics(contacts=[CONTACT, half]))) == ["required", "required"]
    no_mail = {key: value for key, value in CONTACT.items() if key != "email"}
    assert rules(book(basic=basics(contacts=[no_mail]))) == ["recommended"]
    assert rules(book(basic=basics(contacts=[CONTACT, no_mail]))) == []


def test_first_contact_is_required():
    assert rules(book(basic=basics(contacts=[{}]))) == [
        "required",
        "required",
        "required",
        "recommended",
        "recommended",
    ]
    assert rules(book(basic=basics(contacts=[]))) == ["required", "required", "required"]


def test_fifth_contact_is_told():
    assert rules(book(basic=basics(contacts=[CONTACT] * 5))) == ["too-many-contacts"]


def test_unknown_is_an_answer_and_is_counted():
    whole = book(
        lines=[line(1, communication=Unknown("業者に確認中"), devices=[{**DEVICE, "model": Unknown("ラベルなし")}])]
    )
    assert rules(whole) == []
    assert unknown_count(whole) == 2


def test_deleted_answer_counts_as_blank():
    assert found(book(lines=[line(1, purpose=CLEARED)])) == [("required", "E11")]


def test_unreadable_cell_is_left_to_the_reader():
    assert found(book(lines=[line(1, communication="なんとなく")])) == []


def test_unreadable_answer_is_no_blank_and_meets_no_condition():
    # The assignment cannot be read: neither "fixed needs an address" nor "dynamic takes none" may speak.
    assert found(book(lines=[line(1, address_assignment="ときどき", global_address=None, scan_day_check=None)])) == []


NO_GLOBAL = {"global_ip": "なし", "scan_wanted": "調査希望なし", "scan_day_check": None}


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"address_assignment": "固定IP", "global_address": None}, [("no-global-ip-no-assignment", "M11")]),
        ({"address_assignment": "固定IP", "scan_day_check": "未確認"}, [
            ("no-global-ip-no-assignment", "M11"), ("no-global-ip-no-address", "N11"),
        ]),
        ({"address_assignment": "動的IP", "global_address": None}, [("no-global-ip-no-assignment", "M11")]),
        ({"address_assignment": "動的IP", "scan_day_check": "入力不要"}, [
            ("no-global-ip-no-assignment", "M11"), ("no-global-ip-no-address", "N11"),
        ]),
        ({"address_assignment": None, "global_address": "8.8.4.1"}, [("no-global-ip-no-address", "N11")]),
    ],
)  # fmt: skip
def test_nothing_is_asked_that_hangs_on_an_answer_that_has_to_go(answers, told):
    assert found(book(lines=[line(1, **{**NO_GLOBAL, **answers})])) == told


def test_fixed_address_without_a_global_ip_says_what_to_do_in_either_case():
    whole = book(lines=[line(1, **{**NO_GLOBAL, "address_assignment": "固定IP", "global_address": None})])
    (problem,) = check_book(EDITION, whole)
    assert "この欄を空に" in problem.message.ja
    assert "固定IPのときはアドレスも" in problem.message.ja


@pytest.mark.parametrize("uses_global_ip", ["あり", "不明"])
def test_fixed_address_is_asked_for_unless_the_line_has_no_global_ip(uses_global_ip):
    whole = book(lines=[line(1, global_ip=uses_global_ip, global_address=None)])
    assert "fixed-address-needed" in rules(whole)


def test_device_that_a_check_needs_is_asked_for_even_when_the_file_has_no_cells_for_it():
    row = line(1, devices=[])
    assert found(book(lines=[row])) == [
        ("device-check-needs-maker", "A11"),
        ("device-check-needs-model", "A11"),
        ("device-check-needs-version", "A11"),
    ]


def test_second_device_is_asked_for_only_when_begun():
    assert found(book(lines=[line(1, devices=[DEVICE, {}])])) == []
    assert rules(book(lines=[line(1, devices=[DEVICE, {"maker": "Cisco"}])])) == [
        "device-check-needs-model",
        "device-check-needs-version",
    ]


def test_blank_cell_is_named_by_one_problem_only():
    for key in books.LINE:
        cells = [cell for _, cell in found(book(lines=[line(1, **{key: None})]))]
        assert len(cells) == len(set(cells)), key


GLOBAL_FAULTS = {
    "private-address": ["10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.11.1", "fd00::1", "fc00::1"],
    "carrier-shared-address": ["100.64.0.1", "100.127.255.254"],
    "unspecified-address": ["0.0.0.0", "::"],
    "loopback-address": ["127.0.0.1", "127.255.0.1", "::1"],
    "link-local-address": ["169.254.1.1", "fe80::1"],
    "multicast-address": ["224.0.0.1", "239.255.255.250", "ff02::1"],
    "documentation-address": ["192.0.2.1", "198.51.100.7", "203.0.113.254", "2001:db8::1", "3fff::1"],
    "reserved-address": [
        "240.0.0.1",
        "255.255.255.255",
        "0.1.2.3",
        "192.0.0.8",
        "198.18.0.1",
        "2002:c000:204::1",
        "64:ff9b::1",
    ],
}


@pytest.mark.parametrize(("rule", "address"), [(rule, a) for rule, many in GLOBAL_FAULTS.items() for a in many])
def test_address_that_cannot_be_a_lines_public_address_is_told_by_its_kind(rule, address):
    problems = check_book(EDITION, book(lines=[line(1, global_address=address)]))
    assert [(p.rule, p.cell, p.value) for p in problems] == [(rule, "N11", address)]
    assert address in problems[0].message.ja
    expected = Severity.WARNING if rule == "documentation-address" else Severity.ERROR
    assert problems[0].severity is expected


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "172.32.0.1", "172.15.0.1", "100.128.0.1", "192.167.1.1", "223.255.255.1", "2400:4050::1"],
)
def test_public_address_is_good(address):
    assert found(book(lines=[line(1, global_address=address)])) == []


def test_full_width_private_address_is_quoted_as_it_was_written():
    problem = check_book(EDITION, book(lines=[line(1, global_address="１０．０．０．１")]))[0]
    assert problem.value == "１０．０．０．１"
    assert place_and_message(problem).ja.startswith(
        "「回線・機器情報記入シート」N11：「１０．０．０．１」は病院の内側のアドレスです。"
    )


def test_address_on_the_scan_day_is_checked_too():
    row = line(
        1, address_assignment="動的IP", global_address=None, scan_day_check="確認済み", scan_day_address="192.168.0.1"
    )
    assert rules(book(lines=[row])) == ["private-address"]


def test_address_that_does_not_belong_there_is_told_once():
    row = line(1, address_assignment="動的IP", global_address="10.0.0.1", scan_day_check=None)
    assert rules(book(lines=[row])) == ["dynamic-address-left-blank"]


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        ("0.0.0.0/0", "unspecified-address"),
        ("127.0.0.1/8", "loopback-address"),
        ("169.254.10.1/16", "link-local-address"),
        ("224.0.0.5/24", "multicast-address"),
        ("192.168.1.255/24", "broadcast-address"),
        ("255.255.255.255", "broadcast-address"),
        ("8.8.8.8/24", "public-address-inside"),
    ],
)
def test_address_that_cannot_be_a_pcs_is_told(address, rule):
    terminals = [terminal(n) for n in range(2, 6)]
    assert rules(book(terminals=[terminal(1, address=address), *terminals])) == [rule]


@pytest.mark.parametrize(
    "address",
    [
        "192.168.1.131/24",
        "10.1.255.255/8",
        "192.168.0.255/23",
        "172.16.1.1/31",
        "192.168.1.7/32",
        "192.168.1.7",
        "fd00::5/64",
    ],
)
def test_pcs_address_inside_is_good(address):
    assert found(book(terminals=[terminal(1, address=address), *(terminal(n) for n in range(2, 6))])) == []


def test_device_may_have_a_public_management_address():
    assert found(book(lines=[line(1, devices=[{**DEVICE, "management_address": "8.8.8.8/29"}])])) == []


@settings(deadline=None)
@given(st.ip_addresses().map(str))
def test_every_address_is_judged_without_stumbling(address):
    assert isinstance(global_address_fault(address), Saying | None)
    assert isinstance(interface_address_fault(address, of_pc=True), Saying | None)


@settings(deadline=None)
@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="192.168.0.0/16"))
def test_no_private_address_is_ever_taken_for_public(address):
    fault = global_address_fault(str(address))
    assert fault
    assert fault.rule == "private-address"


# Records against each other


def test_same_number_twice_names_the_other_row():
    twice = ReadRow(**{f: getattr(line(2), f) for f in ("values", "cells", "raw", "parts", "label_cell")}, number=1)
    problems = check_book(EDITION, book(lines=[line(1), twice]))
    assert [(p.rule, p.cell) for p in problems] == [("duplicate-number", "A12")]
    assert "回線1" in problems[0].message.ja
    assert "A11" in problems[0].message.ja


@pytest.mark.parametrize("written", ["CAF00001", "caf00001", "CAF-00001", "ＣＡＦ０００01"])
def test_same_circuit_id_is_found_however_it_is_written(written):
    problems = check_book(EDITION, book(lines=[line(1), line(2, circuit_id=written)]))
    assert [(p.rule, p.cell, p.severity) for p in problems] == [("duplicate-circuit-id", "H12", Severity.ERROR)]
    assert "H11" in problems[0].message.ja


def test_circuit_shared_by_internet_and_closed_network_is_a_warning():
    closed = line(2, circuit_id="CAF00001", communication="IP-VPN", global_ip="なし", scan_wanted="調査希望なし",
                  address_assignment=None, global_address=None, scan_day_check=None)  # fmt: skip
    problems = check_book(EDITION, book(lines=[line(1), closed]))
    assert [(p.rule, p.severity) for p in problems] == [("duplicate-circuit-id", Severity.WARNING)]


def test_blank_and_unknown_circuit_ids_are_never_the_same():
    lines = [line(n, circuit_id=Unknown()) for n in (1, 2)] + [
        line(n, circuit_id=None, line_kind="ADSL") for n in (3, 4)
    ]
    assert found(book(lines=lines)) == []


def test_same_circuit_number_is_a_warning():
    lines = [line(1, circuit_number="03-1111-2222"), line(2, circuit_number="0311112222")]
    problems = check_book(EDITION, book(lines=lines))
    assert [(p.rule, p.severity) for p in problems] == [("duplicate-circuit-number", Severity.WARNING)]


def test_one_global_address_on_two_lines_is_a_warning_even_across_its_two_fields():
    dynamic = {"address_assignment": "動的IP", "global_address": None, "scan_day_check": "確認済み"}
    problems = check_book(EDITION, book(lines=[line(1), line(2, **dynamic, scan_day_address="8.8.4.1")]))
    assert [(p.rule, p.severity, p.column) for p in problems] == [
        ("shared-global-address", Severity.WARNING, "scan_day_address")
    ]


def test_copied_row_is_told():
    problems = check_book(EDITION, book(lines=[line(1, row_id="L1"), line(2, row_id="L1")]))
    assert [(p.rule, p.cell) for p in problems] == [("copied-row", "A12")]


def test_same_host_name_is_an_error_and_the_same_address_a_warning():
    rest = [terminal(n) for n in range(3, 6)]
    assert rules(book(terminals=[terminal(1), terminal(2, host_name="pc0001"), *rest])) == ["duplicate-host-name"]
    same = check_book(EDITION, book(terminals=[terminal(1), terminal(2, address="192.168.1.11/25"), *rest]))
    assert [(p.rule, p.severity) for p in same] == [("duplicate-terminal-address", Severity.WARNING)]


def test_hyphen_tells_host_names_apart():
    rest = [terminal(n) for n in range(3, 6)]
    assert found(book(terminals=[terminal(1, host_name="PC-1"), terminal(2, host_name="PC1"), *rest])) == []


# Form


def test_every_problem_says_where_why_and_how_in_both_languages():
    worst = book(
        basic=basics(consent=None, beds=0), lines=[line(1, global_address="0.0.0.0", purpose=None)], terminals=[]
    )
    problems = check_book(EDITION, worst)
    assert len(problems) >= 4
    for problem in problems:
        assert problem.sheet
        assert "ください" in problem.message.ja or "受け付け" in problem.message.ja
        assert problem.message.en.isascii() or "“" in problem.message.en
        assert "{" not in problem.message.ja + problem.message.en
        assert isinstance(place_and_message(problem), Text)


def test_has_errors_can_ask_about_one_record():
    problems = check_book(
        EDITION, book(lines=[line(1), line(2, purpose=None), line(3, line_kind="光回線", circuit_id=None)])
    )
    title = EDITION.sheet("lines").title.ja
    assert has_errors(problems)
    assert [has_errors(problems, row, title) for row in (1, 2, 3)] == [False, True, False]


def test_problem_names_the_sheet_as_the_file_does():
    whole = book(lines=[line(1, purpose=None)])
    from dataclasses import replace

    renamed = replace(whole, sheets=tuple(replace(s, title=f"写し_{s.title}") for s in whole.sheets))
    assert check_book(EDITION, renamed)[0].sheet == "写し_回線・機器情報記入シート"


@settings(deadline=None)
@given(st.data())
def test_any_mixture_of_answers_is_judged_without_stumbling(data):
    answers = {
        column.key: data.draw(
            st.sampled_from([None, CLEARED, Unknown(), "あいう", *(o.label.ja for o in column.options)]),
            label=column.key,
        )
        for column in EDITION.sheet("lines").columns
        if column.kind.value in ("choice", "open_choice", "text")
    }
    for problem in check_book(EDITION, book(lines=[line(1, **answers)])):
        assert problem.rule
        assert problem.cell


def test_a_conditional_column_is_not_missed_where_nothing_can_demand_it():
    whole = book(lines=[line(1)])
    for key in ("contract_party", "vendor_name"):
        whole = books.without_column(whole, "lines", key)
    assert not [p for p in check_book(EDITION, whole) if p.rule == "missing-column"]


def test_a_conditional_column_is_missed_where_an_answer_may_demand_it():
    whole = books.without_column(book(lines=[line(1)]), "lines", "vendor_name")
    assert [(p.rule, p.column) for p in check_book(EDITION, whole)] == [("missing-column", "vendor_name")]
