"""What the commands that need the database share: it is brought to this version first, and its faults are told in one line."""

from argparse import Namespace
from collections.abc import Callable

from sekisho.cli.main import CannotDo
from sekisho.cli.serving import migrate, prepare_django
from sekisho.domain.text import Text


def with_database(run: Callable[[Namespace], int]) -> Callable[[Namespace], int]:
    """Return `run` with the database made ready before it.

    Raises:
        CannotDo: the settings or the database do not allow it.
    """

    def prepared(options: Namespace) -> int:
        from django.core.exceptions import ImproperlyConfigured
        from django.db import DatabaseError

        try:
            prepare_django()
            migrate()
            return run(options)
        except (DatabaseError, ImproperlyConfigured, OSError) as error:
            raise CannotDo(
                Text(
                    f"データベースを使えません（{error}）。DATABASE_URL と SEKISHO_STATE_DIR を確かめてください。",
                    f"Cannot use the database ({error}). Check DATABASE_URL and SEKISHO_STATE_DIR.",
                )
            ) from error

    return prepared
