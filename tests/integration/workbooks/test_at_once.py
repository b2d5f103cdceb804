"""Two people decide about one workbook, or write about one hospital, at the same moment."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from sekisho.apps.judgement import actions as judgement
from sekisho.apps.judgement import queries as judgement_queries
from sekisho.apps.judgement.models import DeclaredFact, LevelOverride
from sekisho.apps.programme import actions as programme
from sekisho.apps.programme.models import BasicsCheck
from sekisho.apps.register.models import Line
from sekisho.apps.workbooks import actions
from sekisho.apps.workbooks.intake import intake_of
from sekisho.domain.survey.observations import SurveyObservations
from sekisho.foundation.audit.models import AuditEvent
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast
from tests.integration.workbooks.desk import changed, three_lines
from tests.samples.workbooks import answer_cell, sheet_of

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(cast: Cast, *deeds: Callable[[], Any]) -> list[Any]:
    """Start all deeds together, each in a thread and connection of its own; return what they gave or raised."""
    start = threading.Barrier(len(deeds), timeout=60)
    results: list[Any] = [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        try:
            with hospital_scope(cast.hospital):
                start.wait()
                results[place] = deed()
        except Exception as fault:
            results[place] = fault
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, deed)) for place, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def upload_with_a_new_line(cast: Cast) -> Any:
    three_lines(cast.hospital, cast.alice)

    def add(workbook: Any) -> None:
        answer_cell(sheet_of(workbook, "lines"), "lines", 4, "circuit_id").value = "CAF00004"

    with hospital_scope(cast.hospital):
        book = changed(actions.prefilled_workbook(cast.hospital, by=cast.alice), add)
        upload = actions.take_in(cast.hospital, name="a.xlsx", content=book, by=cast.alice)
        return upload, intake_of(upload).fingerprint


def test_of_two_accepts_one_wins_and_the_other_is_told(cast: Cast) -> None:
    upload, seen = upload_with_a_new_line(cast)

    def accept() -> Any:
        return actions.accept(upload, accept_gaps=True, fingerprint=seen, by=cast.alice)

    results = at_once(cast, accept, accept)
    told = [result for result in results if isinstance(result, Exception)]
    assert [type(fault) for fault in told] == [actions.AlreadyDecided]
    with hospital_scope(cast.hospital):
        assert Line.objects.filter(number=4).count() == 1
    assert AuditEvent.objects.filter(verb="workbooks.upload.accepted").count() == 1


def test_accept_and_discard_at_once_are_one_decision(cast: Cast) -> None:
    upload, seen = upload_with_a_new_line(cast)
    results = at_once(
        cast,
        lambda: actions.accept(upload, accept_gaps=True, fingerprint=seen, by=cast.alice),
        lambda: actions.discard(upload, by=cast.sumi),
    )
    told = [result for result in results if isinstance(result, Exception)]
    assert [type(fault) for fault in told] == [actions.AlreadyDecided]
    with hospital_scope(cast.hospital):
        upload.refresh_from_db()
        assert Line.objects.filter(number=4).count() == (1 if upload.state == "accepted" else 0)


def test_undo_twice_at_once_is_one_undo(cast: Cast) -> None:
    upload, seen = upload_with_a_new_line(cast)
    with hospital_scope(cast.hospital):
        actions.accept(upload, accept_gaps=True, fingerprint=seen, by=cast.alice)
    results = at_once(cast, *[lambda: actions.undo(upload, by=cast.alice)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["AlreadyDecided", "list"]


def test_first_answers_at_once_are_one_row(cast: Cast) -> None:
    fact = judgement_queries.facts()[0]
    results = at_once(
        cast,
        *[
            lambda option=option: judgement.declare(cast.hospital, fact=fact.key, answer=option.code, by=cast.alice)
            for option in fact.options[:2]
        ],
    )
    assert not [result for result in results if isinstance(result, Exception)]
    with hospital_scope(cast.hospital):
        assert DeclaredFact.objects.get().version == 2


def test_two_overrides_at_once_leave_one_in_force(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        verdict = judgement_queries.judge(cast.hospital, SurveyObservations())
    results = at_once(
        cast,
        *[
            lambda level=level: judgement.override_level(
                cast.hospital, level=level, verdict=verdict, reason="現地で確認", by=cast.sumi
            )
            for level in (2, 3)
        ],
    )
    assert not [result for result in results if isinstance(result, Exception)]
    with hospital_scope(cast.hospital):
        assert LevelOverride.objects.count() == 2
        assert LevelOverride.objects.filter(withdrawn_at__isnull=True).count() == 1


def test_asked_twice_at_once_is_one_check(cast: Cast) -> None:
    results = at_once(cast, *[lambda: programme.ask_to_check(cast.hospital, by=cast.sumi)] * 2)
    assert not [result for result in results if isinstance(result, Exception)]
    with hospital_scope(cast.hospital):
        assert BasicsCheck.objects.count() == 1
