"""The engine proves what holds whatever is unknown, names its witness, and says nothing without a network."""

from dataclasses import replace

import pytest

from sekisho.domain.facts import Unknown
from sekisho.domain.judgement.fact_sources import Basis, FactReading
from sekisho.domain.judgement.line_paths import LinePath
from sekisho.domain.judgement.network_grounds import (
    KeptSystem,
    LineGround,
    MediaGround,
    NetworkGrounds,
    PairGround,
    PairState,
    Passage,
    SharedSegment,
)
from sekisho.domain.judgement.network_proofs import opens_only_declared, prove
from sekisho.domain.tri import Tri

SMB = Passage("検査", "薬剤", "tcp/445", "core/v10/in#10", line=42, text="permit ip any any")
GOOD = LineGround("l1", "給食", ends_at_device=Tri.YES, critical=Tri.NO, path=LinePath.PARTNER)
OPEN = replace(GOOD, id="l2", name="PACS保守", undeclared=(SMB,), undeclared_count=1, critical=Tri.YES)
DARK = replace(GOOD, id="l3", name="透析", ends_at_device=Tri.UNKNOWN, doubtful_count=9, critical=Tri.UNKNOWN)


def reading(fact: str, **grounds: object) -> FactReading:
    found = prove(NetworkGrounds(**grounds)).reading(fact)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_no_network_proves_nothing() -> None:
    proofs = prove(None)
    assert proofs.readings == {}
    assert proofs.miss is None
    assert proofs.reading("segment_traffic_control") is None


def test_an_empty_network_proves_nothing() -> None:
    assert prove(NetworkGrounds()).readings == {}


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ((GOOD,), "yes"), ((GOOD, OPEN), "partly"), ((OPEN,), "no"), ((GOOD, OPEN, DARK), "partly"),
        ((OPEN, DARK), "partly"), ((replace(GOOD, open_rule="fw/wan/in#3"),), "no"),
    ],
)  # fmt: skip
def test_boundary_lets_needed_traffic_through_only_when_every_line_does(
    lines: tuple[LineGround, ...], value: str
) -> None:
    found = reading("boundary_needed_only", lines=lines)
    assert (found.value, found.basis) == (value, Basis.PROVEN)


def test_boundary_with_a_dark_line_is_unknown_however_good_the_others() -> None:
    assert isinstance(reading("boundary_needed_only", lines=(GOOD, DARK)).value, Unknown)
    assert isinstance(reading("boundary_device", lines=(GOOD, DARK)).value, Unknown)


def test_boundary_names_line_target_rule_and_line_of_the_rule() -> None:
    assert reading("boundary_needed_only", lines=(GOOD, OPEN)).witness == "PACS保守 →薬剤 tcp/445（core/v10/in#10 L42）"


def test_a_modem_on_the_lan_has_no_boundary_device() -> None:
    modem = replace(GOOD, ends_at_device=Tri.NO)
    assert reading("boundary_device", lines=(modem,)).value == "no"
    assert opens_only_declared(modem) is Tri.NO


def test_vendors_are_limited_line_by_line() -> None:
    vendor = replace(OPEN, path=LinePath.VENDOR, beyond_target=(SMB,), beyond_count=1)
    within = replace(OPEN, path=LinePath.VENDOR)
    assert reading("vendor_target_limited", lines=(GOOD, vendor)).value == "no"
    assert reading("vendor_target_limited", lines=(GOOD, within)).value == "yes"
    assert prove(NetworkGrounds(lines=(GOOD, OPEN))).reading("vendor_target_limited") is None


def pair(state: PairState, *passages: Passage, source: str = "検査", target: str = "薬剤") -> PairGround:
    return PairGround(source, target, state, passages, len(passages))


BLOCKED, DECLARED, UNGUARDED = (pair(s) for s in (PairState.BLOCKED, PairState.DECLARED, PairState.UNGUARDED))
PAIR_OPEN, PAIR_DARK = pair(PairState.OPEN, SMB), pair(PairState.UNKNOWN)


@pytest.mark.parametrize(
    ("pairs", "blocked_by", "value"),
    [
        ((BLOCKED, DECLARED), "", "yes"), ((PAIR_OPEN, BLOCKED), "", "no"), ((PAIR_OPEN, BLOCKED), "r", "partly"),
        ((PAIR_OPEN, PAIR_DARK), "", "no"), ((UNGUARDED, BLOCKED), "r", "partly"),
    ],
)  # fmt: skip
def test_inside_is_divided_only_when_every_pair_is(pairs: tuple[PairGround, ...], blocked_by: str, value: str) -> None:
    assert reading("segment_traffic_control", pairs=pairs, blocked_by=blocked_by).value == value


@pytest.mark.parametrize("pairs", [(BLOCKED, PAIR_DARK), (BLOCKED, UNGUARDED)])
def test_inside_is_unknown_while_a_pair_is_dark_or_only_nobody_listens(pairs: tuple[PairGround, ...]) -> None:
    assert isinstance(reading("segment_traffic_control", pairs=pairs).value, Unknown)


def test_nearest_miss_counts_pairs_and_names_rules_the_widest_first() -> None:
    other = Passage("薬剤", "放射線", "tcp/3389", "fw/lan/in#7")
    pairs = (
        PAIR_OPEN,
        pair(PairState.OPEN, other, target="放射線"),
        pair(PairState.OPEN, SMB, target="栄養"),
        BLOCKED,
        PAIR_DARK,
    )
    miss = prove(NetworkGrounds(pairs=pairs)).miss
    assert miss is not None
    assert [(rule.rule, rule.pairs) for rule in miss.rules] == [("core/v10/in#10", 2), ("fw/lan/in#7", 1)]
    assert miss.said.en.startswith(
        "Level 3 fails on 3 of 5 pairs of departments. 2 places to mend (core/v10/in#10, fw/lan/in#7)."
    )
    assert "部門の組 5 のうち 3" in miss.said.ja
    assert miss.unknown == 1


def test_nearest_miss_says_where_rules_were_not_looked_up() -> None:
    unasked = pair(PairState.OPEN, replace(SMB, rule="", line=0, text=""), target="栄養")
    miss = prove(NetworkGrounds(pairs=(PAIR_OPEN, unasked))).miss
    assert miss is not None
    assert ([rule.rule for rule in miss.rules], miss.unexplained) == (["core/v10/in#10"], 1)
    assert "ほかの 1 の組" in miss.said.ja


def test_nearest_miss_is_nothing_when_all_is_well() -> None:
    miss = prove(NetworkGrounds(pairs=(BLOCKED, DECLARED))).miss
    assert miss is not None
    assert (miss.open, miss.rules) == ((), ())
    assert "すべてで" in miss.said.ja


def test_departments_on_one_network_are_not_segmented() -> None:
    shared = (SharedSegment("サーバ室", ("画像", "検査")),)
    assert reading("department_segments", department_systems=4, shared_segments=shared).value == "partly"
    assert reading("department_segments", department_systems=2, shared_segments=shared).value == "no"
    assert reading("department_segments", department_systems=4).value == "yes"
    assert isinstance(reading("department_segments", department_systems=4, departments_unclear=1).value, Unknown)
    assert prove(NetworkGrounds(department_systems=1)).reading("department_segments") is None


def test_entries_are_parted_only_when_no_line_leads_to_what_care_depends_on() -> None:
    assert reading("entries_parted", lines=(GOOD,)).value == "yes"
    assert reading("entries_parted", lines=(GOOD, OPEN)).value == "partly"
    assert reading("entries_parted", lines=(OPEN,)).value == "no"
    assert isinstance(reading("entries_parted", lines=(GOOD, DARK)).value, Unknown)


def test_second_factors_are_what_the_file_states_not_a_proof() -> None:
    vendors = [replace(GOOD, path=LinePath.VENDOR, multi_factor=factor) for factor in (Tri.YES, Tri.NO, Tri.UNKNOWN)]
    assert reading("vendor_remote_mfa", lines=tuple(vendors)).value == "partly"
    assert reading("vendor_remote_mfa", lines=tuple(vendors)).basis is Basis.DECLARED
    assert reading("vendor_remote_mfa", lines=tuple(vendors[:1])).value == "yes"
    assert isinstance(reading("vendor_remote_mfa", lines=(vendors[0], vendors[2])).value, Unknown)
    assert prove(NetworkGrounds(lines=tuple(vendors[2:]))).reading("vendor_remote_mfa") is None


def test_media_are_enforced_only_when_every_group_of_terminals_is_named() -> None:
    held = (MediaGround("外来PC", "検査", Tri.YES, Tri.YES),)
    free = (MediaGround("外来PC", "検査", Tri.NO, Tri.NO),)
    assert reading("usb_enforced", media=held).value == "yes"
    assert prove(NetworkGrounds(media=held, terminals_unsaid=1)).reading("usb_enforced") is None
    assert reading("usb_enforced", media=free).value == "no"
    assert reading("usb_enforced", media=free, terminals_unsaid=2).value == "partly"
    assert reading("usb_exceptions_recorded", media=held + free).value == "no"
    assert prove(NetworkGrounds(media=held)).reading("usb_exceptions_recorded") is None


def test_offline_backup_needs_every_system_that_keeps_data() -> None:
    tape, disk, dark = (
        KeptSystem(name, offline) for name, offline in zip("abc", (Tri.YES, Tri.NO, Tri.UNKNOWN), strict=True)
    )
    assert reading("offline_backup", systems=(tape,)).value == "yes"
    assert reading("offline_backup", systems=(tape, disk)).value == "partly"
    assert reading("offline_backup", systems=(disk,)).value == "no"
    assert isinstance(reading("offline_backup", systems=(tape, dark)).value, Unknown)


def test_witness_of_a_path_is_its_farthest_line() -> None:
    near = replace(GOOD, path=LinePath.VENDOR, hosts=3, systems=("検査",))
    far = replace(
        near, id="l9", name="薬剤保守", hosts=1200, systems=("検査", "電子カルテ"), way=(("電子カルテ", "tcp/445"),)
    )
    witnesses = prove(NetworkGrounds(lines=(near, far))).witnesses
    assert (
        witnesses["vendor-remote"].ja
        == "「薬剤保守」から入られると、2のシステム、1,200台に届きます（薬剤保守→電子カルテ）。"
    )
    assert "staff-remote" not in witnesses
