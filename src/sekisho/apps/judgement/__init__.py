"""Declared controls, the level judged from them, and overrides by a person."""
