#!/usr/bin/env python3
"""Tell what an intruder reaches in a hospital's network, how, and what stops it: Sekisho's engine as a library.

    examples/what_an_intruder_reaches.py [--lang ja|en] [network.yaml]

Needs no database and no Django; it changes nothing. docs/tutorials/network-engine.md goes through it step by step.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sekisho.adapters.network.beside import ConfigurationsBeside
from sekisho.adapters.network.read import read_network_model
from sekisho.catalogue.intrusion import load_intrusion
from sekisho.domain.network.attack import Attack
from sekisho.domain.network.changes import CloseLine, changed
from sekisho.domain.network.explain import Explainer
from sekisho.domain.network.goals import critical_goal
from sekisho.domain.network.intrusion import Entry, EntryKind
from sekisho.domain.network.model import Network
from sekisho.domain.network.reach import Reachability, listened
from sekisho.domain.network.services import service_text
from sekisho.domain.network.smallest_cut import smallest_cut
from sekisho.domain.network.survival import fates
from sekisho.domain.network.wording import REACHED, because_text, change_text, decision_text, taking_text
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri

TODAY = date(2026, 11, 21)  # the engine has no clock: the day is an argument, so the same file gives the same answers
SMALL_HOSPITAL = Path(__file__).parent / "small-hospital" / "network.yaml"


class Story:
    """One network, and the questions asked of it."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.intrusion = load_intrusion().intrusion
        needs = {first for flow in network.flows for first, _ in flow.service.spans}
        self.reach = Reachability(network, listened(network) | self.intrusion.services | needs)
        self.names = {node.id: Text(node.name or node.id, node.id) for node in network.nodes}
        self.names |= {line.id: Text(line.name or line.id, line.id) for line in network.lines}

    def told(self) -> Iterator[Text]:
        """Yield every sentence, in the order of the tutorial."""
        for line in self.network.lines:
            yield Text("■ {line}", "* {line}").filled(line=self.names[line.id])
            yield from self.reached(line.id)
            yield from self.falls(line.id)
            yield from self.without(line.id)
        yield from self.stopped()

    def reached(self, line: str) -> Iterator[Text]:
        """Who answers this line directly, and which rules let it through?"""
        explainer = Explainer(self.reach)
        for node in self.network.nodes:
            for service in sorted(self.reach.asked):
                answer = self.reach.answer(line, node.id, service)
                if answer is Tri.NO:
                    continue
                said = Text("{node} の {service}：{answer}", "{node}, {service}: {answer}")
                yield said.filled(node=self.names[node.id], service=service_text(service), answer=REACHED[answer])
                for decision in explainer.explain(line, node.id, service).decisions:
                    yield Text("　{said}", "  {said}").filled(said=decision_text(decision))

    def falls(self, line: str) -> Iterator[Text]:
        """What falls step by step, and which backups survive?"""
        spread = Attack(self.reach, self.intrusion).spread(Entry(EntryKind.LINE, line))
        yield Text("{hosts} 台が奪われます。", "{hosts} hosts fall.").filled(hosts=spread.hosts_surely)
        for node in spread.takings:
            taking = spread.takings[node]
            how = Text(taking_text(taking, lambda name: self.names[name].ja).ja, taking_text(taking).en)
            said = Text("　{steps}. {node}：{how}", "  {steps}. {node}: {how}")
            yield said.filled(steps=taking.steps, node=self.names[node], how=how)
        for fate in fates(self.network, spread):
            for copy in fate.copies:
                name = Text(copy.copy.name or copy.copy.id, copy.copy.id)
                yield Text("　{copy}：{why}", "  {copy}: {why}").filled(copy=name, why=because_text(copy.because))

    def without(self, line: str) -> Iterator[Text]:
        """What if the line were closed?"""
        after = Attack(self.reach.after(changed(self.network, [CloseLine(line)])), self.intrusion)
        fallen = sum(after.spread(entry).hosts_surely for entry in after.entries())
        said = Text(
            "この回線を閉じると、外から奪われるのは {n} 台です。", "With this line closed, {n} hosts fall from outside."
        )
        yield said.filled(n=fallen)

    def stopped(self) -> Iterator[Text]:
        """Which smallest changes part every line from what matters most, and keep what is needed?"""
        cut = smallest_cut(self.reach, self.intrusion, critical_goal(self.network, today=TODAY))
        yield Text("■ 止めるには", "* To stop it") if cut.is_separated else Text("■ 止めきれません", "* Not stopped")
        yield from (Text("　{c}", "  {c}").filled(c=change_text(self.network, change)) for change in cut.changes)
        for line, spread in cut.after.items():
            said = Text("　そのあと {line} から奪われるのは {n} 台です。", "  Then {n} hosts fall from {line}.")
            yield said.filled(line=self.names[line], n=spread.hosts_surely)
        yield Text("　使えなくなる業務は {n} 件です。", "  {n} declared needs break.").filled(n=len(cut.flows_broken))


def main() -> int:
    """Read the network and print the story; 1 when something in the file could not be read."""
    parser = argparse.ArgumentParser(description="What an intruder reaches.")
    parser.add_argument("network", nargs="?", type=Path, default=SMALL_HOSPITAL)
    parser.add_argument("--lang", choices=("ja", "en"), default="en")
    options = parser.parse_args()
    beside = ConfigurationsBeside(options.network.parent)
    reading = read_network_model(options.network.read_bytes(), configurations=beside)
    for problem in reading.problems:
        print(f"! {problem.line}: {problem.message.within(options.lang)}")
    for sentence in Story(reading.network).told():
        print(sentence.within(options.lang))
    return 1 if reading.problems else 0


if __name__ == "__main__":
    sys.exit(main())
