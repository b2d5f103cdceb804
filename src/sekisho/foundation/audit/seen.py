"""What an editor had seen when they opened a form, so that saving one field never hides another's change to it.

The page carries one opaque word. It starts as the number of the newest audit event; when the editor has looked at
another's change and decided, the number for that one field moves on: `120;carrier:131`.
"""

from dataclasses import dataclass, field

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Max, QuerySet

from sekisho.foundation.audit.models import AuditEvent


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest event seen: `base` for every field but those in `fields`."""

    base: int
    fields: dict[str, int] = field(default_factory=dict)

    @classmethod
    def now(cls) -> "Seen":
        """Return the word for a page that is made now."""
        return cls(AuditEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0)

    @classmethod
    def parse(cls, word: str) -> "Seen":
        """Return what `word` says; a word that says nothing has seen nothing, which is the safe side."""
        try:
            base, *rest = word.split(";")
            pairs = (part.rsplit(":", 1) for part in rest)
            return cls(int(base), {key: int(number) for key, number in pairs})
        except ValueError:
            return cls(0)

    def including(self, key: str, event: int) -> "Seen":
        """Return the word of an editor who has also seen `event` about field `key`."""
        return Seen(self.base, {**self.fields, key: event})

    def __str__(self) -> str:
        return ";".join([str(self.base), *(f"{key}:{number}" for key, number in sorted(self.fields.items()))])


def unseen_change(events: QuerySet[AuditEvent], key: str, seen: Seen, *, by: AbstractBaseUser) -> AuditEvent | None:
    """Return the newest change of `key` among `events` that somebody other than `by` made and the editor has not seen."""
    newer = events.filter(pk__gt=seen.fields.get(key, seen.base), changes__has_key=key)
    return newer.exclude(actor_id=by.pk).order_by("-pk").first()
