"""Changes as commands: over all sample configurations and random changes, judged by a plain evaluator, and tampered with."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from sekisho.adapters.changes.proposal import NotWritable, Proposal, proposal
from sekisho.adapters.changes.vendors import writer
from sekisho.adapters.changes.written import Written
from sekisho.adapters.configurations.read import read_configuration, reader, without_secrets
from sekisho.domain.network.changes import Change, changed
from sekisho.domain.network.model import Network, RuleSet
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import PORTS, WITH_PORTS
from tests.samples.changed_devices import CONFIGURATIONS, VENDORS, random_change, site
from tests.samples.configurations.verdicts import CLIENT_PORT, Packet, judged

CHANGES = 6
PACKETS = 150
_written: Counter[str] = Counter()


def commands(text: str, comment: str) -> list[str]:
    """Return what somebody types of a script: everything but comments."""
    return [line for line in text.split("\n") if line and not line.startswith(comment)]


def applied(vendor: str, raw: bytes, script: str) -> str:
    tool = writer(VENDORS[vendor])
    lines = [line for line in commands(script, tool.COMMENT) if line not in ("configure", "configure terminal")]
    if VENDORS[vendor] in ("cisco-ios", "nec-ix") and lines and lines[-1] in ("end", "exit"):
        lines.pop()
    return tool.applied(without_secrets(raw).text, lines)


def edge_numbers(sets: list[Ranges], chance: random.Random) -> int:
    """Return a number at, just before or just after an edge of one of the sets."""
    spans = [span for one in sets for span in one.spans]
    if not spans:
        return 0
    first, last = chance.choice(spans)
    return max(0, chance.choice([first, last, first - 1, last + 1, chance.randint(first, last)]))


def random_packet(rulesets: list[RuleSet], chance: random.Random) -> Packet:
    rules = [rule for one in rulesets for rule in one.rules]
    service = edge_numbers([rule.service for rule in rules], chance)
    protocol, port = divmod(min(service, 255 * PORTS), PORTS)
    src = edge_numbers([rule.src for rule in rules], chance)
    dst = edge_numbers([rule.dst for rule in rules], chance)
    service = protocol * PORTS + (port if protocol in WITH_PORTS else 0)
    source_port = edge_numbers([rule.source_ports for rule in rules], chance) % PORTS or CLIENT_PORT
    return Packet(src, dst, service, source_port if protocol in WITH_PORTS else 0)


def same_verdicts(network: Network, change: Change, vendor: str, text: str, chance: random.Random) -> None:
    """Ask a plain evaluator about packets at the edges of all rules: what was meant, and what was read back."""
    meant = changed(network, [change])
    after = reader(VENDORS[vendor]).read(text)
    if vendor == "fortios":
        return  # a side of an interface and the list of policies: asked by the test below
    places = _changed_places(network, meant)
    for ruleset in meant.rulesets:
        if str(ruleset.at) not in places and _port(ruleset) in {_port_name(place) for place in places}:
            continue  # another address of the interface that changes: the device has one list for both
        got = [one for one in after.rulesets if str(one.at) == str(ruleset.at)]
        for _ in range(PACKETS):
            packet = random_packet([ruleset, *got], chance)
            if packet.src >= 1 << 32 or packet.dst >= 1 << 32:
                continue
            wanted = judged(ruleset, packet)[0]
            found = judged(got[0], packet)[0] if got else "permit"
            assert wanted == found, (str(ruleset.at), packet)


def _changed_places(network: Network, meant: Network) -> set[str]:
    return {str(new.at) for new in meant.rulesets if new not in network.rulesets}


def _port_name(place: str) -> str:
    interface, _, direction = place.rpartition("/")
    stem, colon, number = interface.rpartition(":")
    return f"{stem if colon and number.isdecimal() else interface}/{direction}"


def _port(ruleset: RuleSet) -> str:
    return _port_name(str(ruleset.at))


def offered(network: Network, change: Change, configurations: dict[str, bytes]) -> Proposal | NotWritable:
    try:
        return proposal(network, change, configurations)
    except NotWritable as refused:
        return refused


@pytest.mark.parametrize(("vendor", "name"), CONFIGURATIONS, ids=lambda value: str(value))
def test_what_is_written_means_the_change_to_a_plain_evaluator(vendor, name):
    network, configurations = site(vendor, name)
    chance = random.Random(name)
    for _ in range(CHANGES):
        change = random_change(chance, network)
        if change is None:
            continue
        answer = offered(network, change, configurations)
        if isinstance(answer, NotWritable):
            assert answer.text.ja
            assert answer.text.en
            continue
        _written[vendor] += 1
        assert answer.verified
        raw = configurations[name]
        text = applied(vendor, raw, answer.change_text)
        same_verdicts(network, change, vendor, text, chance)
        back = writer(VENDORS[vendor]).applied(
            text,
            [
                line
                for line in commands(answer.rollback_text, writer(VENDORS[vendor]).COMMENT)
                if line not in ("configure", "configure terminal")
            ],
        )
        before, after = read_configuration(raw), reader(VENDORS[vendor]).read(back)
        assert before.interfaces == after.interfaces
        for one in before.rulesets:
            other = next(two for two in after.rulesets if two.at == one.at)
            for _ in range(30):
                packet = random_packet([one], chance)
                assert judged(one, packet)[0] == judged(other, packet)[0]


def test_changes_are_written_for_every_vendor():
    for vendor in VENDORS:
        for one, name in CONFIGURATIONS:
            if one != vendor or _written[vendor] >= 5:
                continue
            network, configurations = site(vendor, name)
            chance = random.Random(0)
            for _ in range(4):
                change = random_change(chance, network)
                if change is not None and isinstance(offered(network, change, configurations), Proposal):
                    _written[vendor] += 1
        assert _written[vendor] >= 5


@pytest.mark.parametrize("vendor", VENDORS)
def test_commands_that_somebody_tampered_with_are_refused(vendor, monkeypatch):
    """Drop each command in turn: whatever then still passes must mean the same all the same."""
    tool = writer(VENDORS[vendor])
    whole = tool.write
    refused = kept = 0
    for one, name in CONFIGURATIONS:
        if one != vendor:
            continue
        network, configurations = site(vendor, name)
        chance = random.Random(7)
        change = random_change(chance, network)
        if change is None or not isinstance(offered(network, change, configurations), Proposal):
            continue
        for leave_out in range(12):

            def tampered(task, leave_out=leave_out):
                done = whole(task)
                lines = list(done.change)
                if leave_out < len(lines):
                    del lines[leave_out]
                return replace(done, change=tuple(lines))

            monkeypatch.setattr(tool, "write", tampered)
            answer = offered(network, change, configurations)
            monkeypatch.setattr(tool, "write", whole)
            if isinstance(answer, NotWritable):
                refused += 1
                continue
            kept += 1
            text = applied(vendor, configurations[name], answer.change_text)
            same_verdicts(network, change, vendor, text, chance)
    assert refused > 5


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_rollback_that_leaves_something_behind_is_refused(vendor, monkeypatch):
    tool = writer(VENDORS[vendor])
    whole = tool.write
    network, configurations, change = _first_written(vendor)
    monkeypatch.setattr(tool, "write", lambda task: replace(whole(task), rollback=()))
    with pytest.raises(NotWritable) as refused:
        proposal(network, change, configurations)
    assert "元に戻す" in refused.value.text.ja


@pytest.mark.parametrize("vendor", VENDORS)
def test_commands_with_masked_or_unknown_parts_are_refused(vendor, monkeypatch):
    tool = writer(VENDORS[vendor])
    network, configurations, change = _first_written(vendor)
    for part in ("***", "unknown", "a\x1b[2Jb"):
        written = Written((f"ip filter 1 pass {part}",), ())
        monkeypatch.setattr(tool, "write", lambda task, written=written: written)
        with pytest.raises(NotWritable):
            proposal(network, change, configurations)


def _first_written(vendor: str) -> tuple[Network, dict[str, bytes], Change]:
    for one, name in CONFIGURATIONS:
        if one != vendor:
            continue
        network, configurations = site(vendor, name)
        chance = random.Random(3)
        for _ in range(8):
            change = random_change(chance, network)
            if change is not None and isinstance(offered(network, change, configurations), Proposal):
                return network, configurations, change
    raise AssertionError(vendor)
