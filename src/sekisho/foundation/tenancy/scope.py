"""The scope of a request or job: one hospital, or all of them for a stated reason. Without one, nothing is readable.

A model that belongs to a hospital derives from `HospitalOwned`. Its manager raises `NoHospitalInScope` when nobody
has said for which hospital it is asked, so that a forgotten filter shows an error and never another hospital's data.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class NoHospitalInScope(Exception):
    """A hospital's data was asked for, but nobody said which hospital's."""


class OutsideScope(Exception):
    """A record of one hospital was about to be written in the scope of another."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`hospital_id` None means all hospitals, with the reason why."""

    hospital_id: int | None
    reason: str = ""


_scope: ContextVar[Scope | None] = ContextVar("hospital_scope", default=None)


def current_scope() -> Scope:
    """Return the scope in force.

    Raises:
        NoHospitalInScope: there is none.
    """
    scope = _scope.get()
    if scope is None:
        raise NoHospitalInScope(
            "No hospital in scope. Use `with hospital_scope(hospital):`, or `with all_hospitals(reason=...)`."
        )
    return scope


@contextmanager
def hospital_scope(hospital: models.Model) -> Iterator[None]:
    """Let code inside see and write the data of `hospital`, and of no other."""
    token = _scope.set(Scope(hospital.pk))
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def all_hospitals(*, reason: str) -> Iterator[None]:
    """Let code inside see every hospital's data. `reason` is for the reader of the code."""
    token = _scope.set(Scope(None, reason))
    try:
        yield
    finally:
        _scope.reset(token)


class ScopedQuerySet(models.QuerySet[M]):
    """Checks bulk writes as `HospitalOwned.save` checks single ones."""

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[M]:
        objs = list(objs)
        for record in objs:
            _check_within_scope(record)
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(self, objs: Any, *args: Any, **kwargs: Any) -> int:
        objs = list(objs)
        for record in objs:
            _check_within_scope(record)
        return super().bulk_update(objs, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        if kwargs.keys() & {"hospital", "hospital_id"}:
            raise OutsideScope(f"{self.model._meta.label} never moves from one hospital to another")
        return super().update(**kwargs)


class ScopedManager(models.Manager[M]):
    """Filters by the hospital in scope; raises without one."""

    def get_queryset(self) -> ScopedQuerySet[M]:
        scope = current_scope()
        queryset: ScopedQuerySet[M] = ScopedQuerySet(self.model, using=self._db)
        return queryset if scope.hospital_id is None else queryset.filter(hospital_id=scope.hospital_id)


def _check_within_scope(record: Any) -> None:
    scope = current_scope()
    if scope.hospital_id is not None and record.hospital_id != scope.hospital_id:
        raise OutsideScope(f"{record._meta.label} of hospital {record.hospital_id} in the scope of {scope.hospital_id}")


class HospitalOwned(models.Model):
    """A record of one hospital."""

    hospital = models.ForeignKey("tenancy.Hospital", on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, unless the record belongs to another hospital than the one in scope."""
        _check_within_scope(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, unless the record belongs to another hospital than the one in scope."""
        _check_within_scope(self)
        return super().delete(*args, **kwargs)
