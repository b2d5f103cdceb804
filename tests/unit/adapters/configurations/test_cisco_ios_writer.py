"""The writer of Cisco IOS: what it writes means the same when it is read again."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sekisho.adapters.configurations.cisco_ios.reader import read
from sekisho.adapters.configurations.cisco_ios.writer import emit
from tests.samples.configurations import cisco_like


@pytest.mark.parametrize("file", cisco_like.cases("cisco_ios"), ids=lambda file: file.stem)
def test_emit_means_the_same_when_read_again(file: Path):
    before = read(cisco_like.text_of(file))
    after = read(emit(before))
    assert cisco_like.different_answers(before, after) == []


@pytest.mark.parametrize("file", cisco_like.cases("cisco_ios"), ids=lambda file: file.stem)
def test_emit_settles_after_one_round(file: Path):
    once = emit(read(cisco_like.text_of(file)))
    twice = emit(read(once))
    assert cisco_like.different_answers(read(once), read(twice)) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cisco_like.mutilated("cisco_ios"))
def test_emit_writes_what_was_read_of_any_text(text: str):
    before = read(text)
    after = read(emit(before))
    assert {str(one.at) for one in before.rulesets} <= {str(one.at) for one in after.rulesets}
    assert cisco_like.SECRET not in emit(before)
