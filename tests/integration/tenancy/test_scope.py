"""A hospital's data is readable only in the scope of that hospital; without a scope nothing is."""

import threading

import pytest

from sekisho.apps.register.models import Device, Line
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.models import Hospital
from sekisho.foundation.tenancy.scope import (
    NoHospitalInScope,
    OutsideScope,
    all_hospitals,
    current_scope,
    hospital_scope,
)
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def _job(hospital: Hospital, title: str = "仕事") -> Job:
    with hospital_scope(hospital):
        return Job.objects.create(hospital=hospital, kind="test", title=title)


@pytest.mark.parametrize(
    "read",
    [
        lambda: Job.objects.all(),
        lambda: Job.objects.filter(title="x"),
        lambda: Job.objects.count(),
        lambda: Job.objects.get_or_create(title="x"),
        lambda: Job.objects.raw("select * from jobs_job"),
        lambda: Job.objects.bulk_create([]),
        lambda: Job._default_manager.first(),
    ],
)
def test_every_way_to_read_raises_without_a_scope(read) -> None:
    with pytest.raises(NoHospitalInScope):
        read()


def test_scope_shows_its_own_hospital_only(cast: Cast) -> None:
    mine, theirs = _job(cast.hospital), _job(cast.other_hospital)
    with hospital_scope(cast.hospital):
        assert list(Job.objects.all()) == [mine]
        assert not Job.objects.filter(pk=theirs.pk).exists()
        assert Job.objects.filter(pk=theirs.pk).update(title="taken over") == 0
        assert Job.objects.filter(pk=theirs.pk).delete() == (0, {})
    with all_hospitals(reason="test"):
        assert {job.title for job in Job.objects.all()} == {"仕事"}


def test_scope_ends_with_its_block_even_after_an_error(cast: Cast) -> None:
    with pytest.raises(ZeroDivisionError), hospital_scope(cast.hospital):
        1 / 0  # noqa: B018
    with pytest.raises(NoHospitalInScope):
        current_scope()


def test_inner_scope_gives_way_to_the_outer_one(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        with hospital_scope(cast.other_hospital):
            assert current_scope().hospital_id == cast.other_hospital.pk
        assert current_scope().hospital_id == cast.hospital.pk


def test_save_refuses_another_hospitals_record(cast: Cast) -> None:
    theirs = _job(cast.other_hospital)
    with hospital_scope(cast.hospital):
        with pytest.raises(OutsideScope):
            Job(hospital=cast.other_hospital, kind="x", title="x").save()
        theirs.title = "taken over"
        with pytest.raises(OutsideScope):
            theirs.save()
        with pytest.raises(OutsideScope):
            theirs.delete()
    with all_hospitals(reason="test"):
        assert Job.objects.get().title == "仕事"


def test_moving_a_record_to_another_hospital_is_refused(cast: Cast) -> None:
    mine = _job(cast.hospital)
    mine.hospital = cast.other_hospital
    with hospital_scope(cast.hospital):
        with pytest.raises(OutsideScope):
            mine.save()
        with pytest.raises(OutsideScope):
            Job.objects.bulk_update([mine], ["hospital"])
        with pytest.raises(OutsideScope):
            Job.objects.update(hospital=cast.other_hospital)
    mine.refresh_from_db(from_queryset=Job._base_manager.all())
    assert mine.hospital == cast.hospital


def test_bulk_create_refuses_another_hospitals_record_and_writes_nothing(cast: Cast) -> None:
    jobs = [
        Job(hospital=cast.hospital, kind="x", title="mine"),
        Job(hospital=cast.other_hospital, kind="x", title="theirs"),
    ]
    with hospital_scope(cast.hospital):
        with pytest.raises(OutsideScope):
            Job.objects.bulk_create(jobs)
        assert Job.objects.count() == 0


def test_save_without_scope_raises(cast: Cast) -> None:
    with pytest.raises(NoHospitalInScope):
        Job(hospital=cast.hospital, kind="x", title="x").save()


def test_another_thread_has_no_scope(cast: Cast) -> None:
    """A thread that a view starts does not inherit the right to read."""
    raised: list[BaseException] = []

    def read() -> None:
        try:
            Job.objects.all()
        except NoHospitalInScope as error:
            raised.append(error)

    with hospital_scope(cast.hospital):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert len(raised) == 1


def test_related_managers_are_scoped_too(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        line = Line.objects.create(hospital=cast.hospital, number=1)
        Device.objects.create(hospital=cast.hospital, line=line, position=1)
        assert line.devices.count() == 1
    with pytest.raises(NoHospitalInScope):
        line.devices.count()
    with hospital_scope(cast.other_hospital):
        assert line.devices.count() == 0
