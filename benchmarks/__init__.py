"""What Sekisho promises about speed and size, measured. `python -m benchmarks [NAME ...]` runs them.

A benchmark is a module with `run()`, which gives dicts: one row per size, each figure under a name with its unit. A key that
begins with `target_` (at most) or `least_` (at least) bounds the figure just before it; None bounds nothing.
"""
