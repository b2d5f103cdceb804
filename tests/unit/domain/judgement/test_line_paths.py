"""Which way in a line is, and what may be concluded from the register's lines."""

import pytest

from sekisho.domain.facts import Unknown
from sekisho.domain.judgement.line_paths import ANY_PATH, PATH_MEASURES, LinePath, is_closed, paths_of
from sekisho.domain.register.records import Line, Register
from sekisho.domain.tri import Tri

STAFF, VENDOR, PARTNER = LinePath


@pytest.mark.parametrize(
    ("answers", "paths"),
    [
        ({"purpose": "remote_access"}, {STAFF}), ({"purpose": "catering"}, {PARTNER}),
        ({"purpose": "qualification"}, {PARTNER}), ({"purpose": "department_maintenance"}, {VENDOR}),
        ({"purpose": "pacs", "contract_party": "vendor"}, {VENDOR}),
        ({"purpose": "pacs", "contract_party": "hospital"}, {VENDOR, PARTNER}), ({"purpose": "pacs"}, {VENDOR, PARTNER}),
        ({"purpose": "CT・MRIの保守"}, {VENDOR}), ({"purpose": "在宅の読影"}, {STAFF}),
        ({"purpose": "other"}, ANY_PATH), ({"purpose": None}, ANY_PATH), ({"purpose": Unknown()}, ANY_PATH),
        ({"purpose": "監視カメラ"}, ANY_PATH),
    ],
)  # fmt: skip
def test_path_follows_the_purpose_and_is_open_where_it_says_nothing(
    answers: dict[str, str], paths: set[LinePath]
) -> None:
    assert paths_of(Line(1, **answers)) == paths  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("communication", "closed"),
    [("ip_vpn", Tri.YES), ("closed_mobile", Tri.YES), ("internet", Tri.NO), ("internet_vpn", Tri.NO), (None, Tri.UNKNOWN), ("衛星", Tri.UNKNOWN)],
)  # fmt: skip
def test_closed_is_what_shares_no_path_with_the_internet(communication: str | None, closed: Tri) -> None:
    assert is_closed(Line(1, communication=communication)) is closed


def measured(key: str, *lines: Line) -> Tri:
    return PATH_MEASURES[key](Register(lines=lines)).outcome


VENDORS = Line(1, ehr_connection="yes", purpose="department_maintenance", communication="ip_vpn")
OPEN = Line(
    2, ehr_connection="yes", purpose="department_maintenance", communication="internet_vpn", circuit_id="CAF00002"
)
UNCLEAR = Line(3, ehr_connection="yes", purpose="other", communication="internet")


def test_vendors_are_closed_when_every_line_of_theirs_is() -> None:
    assert measured("vendor_lines_closed", VENDORS) is Tri.YES
    assert measured("vendor_lines_closed", VENDORS, OPEN) is Tri.NO
    assert measured("vendor_lines_closed", VENDORS, UNCLEAR) is Tri.UNKNOWN


def test_nothing_is_concluded_from_lines_that_nobody_listed() -> None:
    assert measured("staff_lines_closed", VENDORS) is Tri.UNKNOWN
    assert measured("vendor_lines_closed") is Tri.UNKNOWN
    assert measured("no_staff_line") is Tri.UNKNOWN


def test_absence_needs_every_line_to_be_clear() -> None:
    assert measured("no_staff_line", VENDORS) is Tri.YES
    assert measured("no_staff_line", VENDORS, UNCLEAR) is Tri.UNKNOWN
    assert measured("no_vendor_line", VENDORS) is Tri.NO


def test_lines_that_do_not_reach_the_ehr_do_not_count() -> None:
    guest = Line(9, ehr_connection="no", purpose="remote_access", communication="internet")
    assert measured("no_staff_line", VENDORS, guest) is Tri.YES
    assert measured("no_line_faces_internet", VENDORS, guest) is Tri.YES
    assert measured("no_line_faces_internet", VENDORS, OPEN) is Tri.NO


def test_measure_names_the_deciding_lines() -> None:
    found = PATH_MEASURES["vendor_lines_closed"](Register(lines=(VENDORS, OPEN)))
    assert found.evidence.witness == "CAF00002"
    assert "回線2" in found.said.ja
