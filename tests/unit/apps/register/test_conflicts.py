from hypothesis import given
from hypothesis import strategies as st

from sekisho.apps.register.conflicts import FieldConflict, merge
from sekisho.domain.facts import Unknown

answers = st.one_of(st.none(), st.sampled_from(["A", "B", "C"]), st.builds(Unknown, st.sampled_from(["", "x"])))
records = st.fixed_dictionaries({"carrier": answers, "provider": answers, "fqdn": answers})


def test_two_editors_of_different_answers_both_win() -> None:
    base = {"carrier": "NTT", "provider": None}
    changes, conflicts = merge({"carrier": "KDDI", "provider": None}, base, {"carrier": "NTT", "provider": "AsahiNet"})
    assert changes == {"provider": "AsahiNet"}
    assert conflicts == ()


def test_two_editors_of_one_answer_see_both_values() -> None:
    changes, conflicts = merge({"carrier": "KDDI"}, {"carrier": "NTT"}, {"carrier": Unknown("調べ中")})
    assert changes == {}
    assert conflicts == (FieldConflict("carrier", "NTT", "KDDI", Unknown("調べ中")),)


def test_the_same_answer_twice_is_no_conflict() -> None:
    assert merge({"carrier": "KDDI"}, {"carrier": "NTT"}, {"carrier": "KDDI"}) == ({}, ())


def test_without_a_base_the_answers_are_taken_as_they_are() -> None:
    assert merge({"carrier": "KDDI"}, {}, {"carrier": "NTT"}) == ({"carrier": "NTT"}, ())


@given(current=records, base=records, yours=records)
def test_merge_never_overwrites_anothers_change_unseen(current: dict, base: dict, yours: dict) -> None:
    changes, conflicts = merge(current, base, yours)
    for key in current:
        others_changed_it = current[key] != base[key]
        if others_changed_it:
            assert key not in changes
        if others_changed_it and yours[key] not in (base[key], current[key]):
            assert key in {conflict.key for conflict in conflicts}
        if not others_changed_it and yours[key] != current[key]:
            assert changes[key] == yours[key]
