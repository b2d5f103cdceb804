"""Device configurations that lie beside a network.yaml, read when they are asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sekisho.adapters.configurations.decoding import MAX_BYTES


class ConfigurationsBeside(Mapping[str, bytes]):
    """The files below a folder by their path from it. What lies outside, links included, is not there.

    At most one byte more than a configuration may have is read, which tells that it is too large without holding it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def __getitem__(self, name: str) -> bytes:
        try:
            path = (self._folder / name).resolve()
            if not path.is_relative_to(self._folder) or not path.is_file():
                raise KeyError(name)
            with path.open("rb") as opened:
                return opened.read(MAX_BYTES + 1)
        except (OSError, ValueError):
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        found = (path for path in sorted(self._folder.rglob("*")) if path.is_file())
        return (path.relative_to(self._folder).as_posix() for path in found)

    def __len__(self) -> int:
        return sum(1 for _ in self)
