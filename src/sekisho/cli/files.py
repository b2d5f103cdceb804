"""Files that a command writes: whole or not at all."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sekisho.cli.main import CannotDo
from sekisho.domain.text import Text


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file beside `path`, then put it in its place at once. A failure leaves `path` as it was.

    Raises:
        CannotDo: the place cannot be written to.
    """
    if path.is_dir():
        raise CannotDo(
            Text(f"「{path}」はフォルダーです。ファイル名まで指定してください。", f"“{path}” is a folder; name a file.")
        )
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(draft)
        os.replace(draft, path)
    except OSError as error:
        raise CannotDo(
            Text(
                f"「{path}」に書き込めません（{error.strerror}）。場所と空き容量を確かめてください。",
                f"Cannot write “{path}” ({error.strerror}). Check the place and the free space.",
            )
        ) from error
    finally:
        # Where the folder itself is no folder there is no draft either, and the reason has been said.
        with suppress(OSError):
            draft.unlink()
