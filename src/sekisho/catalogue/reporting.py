"""Loads what the report knows: measures, meanings of ports, glossary."""

from sekisho.domain.reporting.knowledge import ReportKnowledge


def load_report_knowledge() -> ReportKnowledge:
    """Return the bundled measures, meanings of ports and glossary, validated."""
    raise NotImplementedError
