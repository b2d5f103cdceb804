"""What every reader of signs works with: one scan, what is known, the day, and how a finding is made of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from sekisho.domain.diagnosis.findings import Certainty, Evidence, Finding, Severity
from sekisho.domain.diagnosis.knowledge import FindingKnowledge, LineContext
from sekisho.domain.diagnosis.results import AddressScan, CheckResult, ObservedPort, ScriptOutput
from sekisho.domain.diagnosis.strangers import visible_line

QUOTE = 200
"""Characters of a service's own words that evidence quotes."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One scan as the readers see it. `place` is the connection's lasting name, "" = its address."""

    scan: AddressScan
    knowledge: FindingKnowledge
    today: date
    lines: tuple[LineContext, ...] = ()
    place: str = ""

    def ports(self) -> tuple[ObservedPort, ...]:
        """Return the open ports with the outputs of their checks beside their scripts."""
        return tuple(replace(port, scripts=port.scripts + self._outputs(port)) for port in self.scan.open_ports)

    def _outputs(self, port: ObservedPort) -> tuple[ScriptOutput, ...]:
        return tuple(output for check in self.checks_of(port) for output in check.outputs)

    def checks_of(self, port: ObservedPort) -> tuple[CheckResult, ...]:
        """Return what the second stage did at `port`."""
        return tuple(c for c in self.scan.checks if (c.protocol, c.port) == (port.protocol, port.port))

    def is_on(self, communications: frozenset[str]) -> bool:
        """Return True when a line behind the address has one of these forms of communication."""
        return any(line.communication in communications for line in self.lines)

    def finding(
        self,
        kind: str,
        port: ObservedPort | None = None,
        *,
        subject: str = "",
        certainty: Certainty = Certainty.CONFIRMED,
        severity: Severity | None = None,
        script: ScriptOutput | None = None,
        said: str = "",
        **facts: str,
    ) -> Finding:
        """Return a finding of `kind` at `port` (None: about the address), read from `script` or from the scan itself."""
        known = self.knowledge.kinds[kind]
        expected = known.expected_on and self.is_on(known.expected_on)
        return Finding(
            kind=kind,
            address=self.scan.address,
            lines=tuple(line.reference for line in self.lines),
            protocol=port.protocol if port else "",
            port=port.port if port else 0,
            subject=visible_line(subject, 120),
            facts={name: visible_line(value) for name, value in facts.items() if value},
            certainty=certainty,
            severity=Severity.NOTE if expected else severity or known.severity,
            evidence=(self._evidence(port, script, said),),
            place=self.place,
        )

    def _evidence(self, port: ObservedPort | None, script: ScriptOutput | None, said: str) -> Evidence:
        check = self._check_with(port, script)
        return Evidence(
            source=(check.tool if check else "") or self.scan.tool,
            file=(check.evidence if check else "") or (port.evidence if port else "") or self.scan.evidence,
            sha256=check.sha256 if check else "",
            check=script.id if script else "",
            said=visible_line(said or (script.output if script else ""), QUOTE),
            seen_at=(check.started_at if check else None) or self.scan.started_at,
        )

    def _check_with(self, port: ObservedPort | None, script: ScriptOutput | None) -> CheckResult | None:
        if port is None or script is None:
            return None
        return next((check for check in self.checks_of(port) if script in check.outputs), None)


Reader = Callable[[Sight, ObservedPort], Iterator[Finding]]
"""Reads the signs at one open port."""


def answered(script: ScriptOutput | None) -> bool:
    """Return True when a script has something to say beside an error."""
    if script is None:
        return False
    said = script.output.strip()
    return bool(script.elements) or (bool(said) and not said.upper().startswith(("ERROR", "FALSE")))
