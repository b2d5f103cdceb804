"""Sekisho: makes hospitals' external connections visible, safe and provable."""

__version__ = "0.1.0"
