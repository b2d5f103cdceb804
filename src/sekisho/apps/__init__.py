"""One Django app per bounded context. `pyproject.toml` says which may import which."""
