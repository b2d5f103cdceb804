"""The bundled measures, ports and glossary agree with the rules that use them."""

import re
from collections import Counter
from pathlib import Path

from sekisho.catalogue.levels import load_level_rules
from sekisho.catalogue.reporting import load_report_knowledge
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.reporting import findings

KNOWLEDGE = load_report_knowledge()


def finding_ids() -> set[str]:
    written = set(re.findall(r'"(finding\.[a-z.-]+)"', Path(findings.__file__).read_text(encoding="utf-8")))
    return written | {f"finding.port.{port.id}" for port in (*KNOWLEDGE.ports, KNOWLEDGE.other_port)}


def test_every_trigger_names_a_rule_that_exists():
    known = finding_ids() | {predicate.id for predicate in load_level_rules().predicates}
    assert {trigger for measure in KNOWLEDGE.measures for trigger in measure.triggers} <= known


def test_every_predicate_and_every_finding_has_a_measure():
    triggers = {trigger for measure in KNOWLEDGE.measures for trigger in measure.triggers}
    assert {predicate.id for predicate in load_level_rules().predicates} <= triggers
    assert finding_ids() <= triggers


def test_every_port_has_one_meaning():
    counted = Counter(name for port in KNOWLEDGE.ports for name in port.ports)
    assert [name for name, n in counted.items() if n > 1] == []
    assert all(re.fullmatch(r"[0-9]+/(tcp|udp)", name) for name in counted)
    assert KNOWLEDGE.port("3389/tcp").urgency == 3
    assert KNOWLEDGE.port("40000/tcp") is KNOWLEDGE.other_port


def test_glossary_terms_are_unique():
    assert max(Counter(term.term.ja for term in KNOWLEDGE.glossary).values()) == 1


def test_glossary_calls_the_workbook_what_the_screens_call_it() -> None:
    (term,) = [term for term in load_report_knowledge().glossary if term.term.ja.startswith("別紙2-1")]
    assert load_edition().title.en.startswith(term.term.en)
