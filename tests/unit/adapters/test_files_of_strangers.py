"""Whatever a file holds, reading it ends in values or in a message, never in another error."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.adapters.network_file import read_network
from sekisho.adapters.nmap.parse import NmapUnreadable, parse_nmap_xml
from sekisho.adapters.questionnaire_file import read_questionnaire
from sekisho.adapters.survey_file import read_survey
from sekisho.adapters.yaml_file import YamlUnreadable, read_yaml
from sekisho.catalogue.levels import load_level_rules
from sekisho.domain.register.records import Line

RULES = load_level_rules()
NMAP = (Path(__file__).parents[2] / "samples" / "nmap" / "several_hosts.xml").read_bytes()

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(), st.datetimes(),
    st.sampled_from(["10.0.0.1", "10.0.0.0/24", "CAF00001", "不明", "yes", "2026-02-30"]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ENTRY_KEYS = [
    "id", "cidr", "zone", "addresses", "role", "critical", "name", "number", "src", "dst", "on", "of", "line", "location", "kind",
    "usb_storage", "signature_on", "remarks", "value", "remark",
]  # fmt: skip
entries = st.dictionaries(st.sampled_from(ENTRY_KEYS), values, max_size=6)
TOP_KEYS = ["segments", "nodes", "lines", "flows", "backups", "sightings", "terminals", "surveyed_on", "controls"]
documents = st.dictionaries(
    st.sampled_from(TOP_KEYS), st.one_of(values, st.lists(entries, max_size=3), entries), max_size=5
)


def written(document: dict[str, Any]) -> bytes:
    return yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass")


def outcome(read: Callable[[], Any]) -> Any:
    """Return what `read` gives, or the Japanese message with which it refuses."""
    try:
        return read()
    except (YamlUnreadable, NmapUnreadable) as refused:
        return refused.message.ja


@given(st.binary(max_size=200))
def test_read_yaml_survives_any_bytes(raw: bytes) -> None:
    assert outcome(lambda: read_yaml(raw))


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@,? \n\t0", max_size=60))
def test_read_yaml_survives_any_punctuation(text: str) -> None:
    assert outcome(lambda: read_yaml(text.encode()))


@settings(max_examples=200)
@given(documents)
def test_file_readers_survive_any_document(document: dict[str, Any]) -> None:
    raw = written(document)
    lines = (Line(1, circuit_id="CAF00001"),)
    read = outcome(lambda: [read_network(raw, lines), read_survey(raw, lines), read_questionnaire(raw, RULES)])
    problems = [] if isinstance(read, str) else [problem for part in read for problem in part.problems]
    assert read
    assert all(problem.rule and problem.message.ja for problem in problems)


@given(st.integers(0, len(NMAP) - 1), st.integers(0, 40), st.binary(max_size=6))
def test_parse_nmap_xml_survives_any_damage(at: int, cut: int, put: bytes) -> None:
    run = outcome(lambda: parse_nmap_xml(NMAP[:at] + put + NMAP[at + cut :]))
    assert isinstance(run, str) or all(scan.address for scan in run.scans)
