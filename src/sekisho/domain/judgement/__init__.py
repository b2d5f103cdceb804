"""Verdicts: computed from facts, three-valued, and each explains itself."""
