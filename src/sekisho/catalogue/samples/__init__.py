"""The sample hospitals: fictional, as files that a user could have sent.

`aoba` is the whole case of 320 beds, with realistic flaws; `hinata` is an empty start of 24 beds. Each is a case folder
in the form of `sekisho.assessment.folder`; README.ja.md in each tells its story. Made by `scripts/make_samples.py`.
"""

from pathlib import Path

SAMPLES = ("aoba", "hinata")
"""The names, the full one first."""


def sample_folder(name: str) -> Path:
    """Return the case folder of the sample `name`.

    Raises:
        KeyError: no such sample.
    """
    if name not in SAMPLES:
        raise KeyError(name)
    return Path(__file__).parent / name
