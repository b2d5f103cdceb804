"""What is said of completeness: a figure where one can be shown, and otherwise why not."""

from sekisho.diagnosis.address import direction_of
from sekisho.diagnosis.memory import Memory, fresh_memory
from sekisho.diagnosis.outcome import (
    LOSSY,
    NOT_FINISHED,
    PROXIED,
    completeness_of,
    covered_of,
    loss_of,
    notes_of,
    passes_done,
)
from sekisho.domain.diagnosis.completeness import ENOUGH, Tally
from sekisho.domain.diagnosis.passes import MOST_PASSES, Block


def asked(*, opened: int, times: int, canary: Tally, ports: int = 400) -> Memory:
    """Return an address whose open ports answered at once; all others kept silent `times` times."""
    memory = fresh_memory({"tcp": tuple(range(1, ports + 1))})
    for number in range(1, times + 1):
        silent = tuple(memory.asking["tcp"].silent)
        found = frozenset(range(1, opened + 1)) if number == 1 else frozenset()
        memory.asking["tcp"].add(Block(number, "tcp", silent, opened=found, canary=canary))
    return memory


def test_enough_passes_over_a_good_line_are_shown_to_be_complete() -> None:
    completeness = completeness_of(asked(opened=5, times=3, canary=Tally(200, 2)))
    assert completeness.is_shown
    assert completeness.expected_missed is not None
    assert 0 < completeness.expected_missed < ENOUGH


def test_too_few_passes_are_not_finished() -> None:
    completeness = completeness_of(asked(opened=5, times=1, canary=Tally(200, 2)))
    assert (completeness.is_shown, completeness.expected_missed, completeness.why) == (False, None, NOT_FINISHED)


def test_a_line_that_loses_nearly_everything_is_said_not_to_be_shown() -> None:
    completeness = completeness_of(asked(opened=5, times=MOST_PASSES, canary=Tally(50, 35)))
    assert not completeness.is_shown
    assert completeness.why == LOSSY.filled(passes=MOST_PASSES)
    assert completeness.expected_missed is not None
    assert completeness.expected_missed > ENOUGH


def test_silence_is_never_complete() -> None:
    memory = asked(opened=0, times=2, canary=Tally())
    completeness = completeness_of(memory)
    assert not completeness.is_shown
    assert completeness.why is not None
    assert "TCP" in completeness.why.ja
    assert loss_of(memory) is None


def test_a_device_that_answers_for_all_is_not_complete() -> None:
    memory = asked(opened=5, times=3, canary=Tally(200, 2))
    memory.is_proxied = True
    assert completeness_of(memory).why == PROXIED
    assert PROXIED in notes_of(memory)


def test_a_protocol_that_could_not_be_asked_is_said() -> None:
    completeness = completeness_of(asked(opened=5, times=3, canary=Tally(200, 2)), unasked=["udp"])
    assert not completeness.is_shown
    assert completeness.why is not None
    assert "udp" in completeness.why.en


def test_ports_that_were_never_asked_are_not_covered() -> None:
    memory = fresh_memory({"tcp": tuple(range(1, 101)), "udp": (53, 500)})
    memory.asking["tcp"].add(Block(1, "tcp", tuple(range(1, 51)), opened=frozenset({22})))
    assert [(one.protocol, one.ranges) for one in covered_of(memory)] == [("tcp", ((1, 50),))]
    assert passes_done(memory.asking["udp"]) == 0


def test_directions_are_told_only_where_answers_were_repeated() -> None:
    assert direction_of(Tally(), 0) == (None, None)
    assert direction_of(Tally(100, 0), 0) == (0.0, 0.0)
    assert direction_of(Tally(100, 5), 0) == (None, None)
    outgoing, returning = direction_of(Tally(1000, 40), 20)
    assert outgoing is not None
    assert returning is not None
    assert abs(outgoing - 0.02) < 0.001
    assert abs(returning - 0.0204) < 0.001
