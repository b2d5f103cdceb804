"""What a hospital says about its own controls, answer by answer."""

from dataclasses import dataclass, field

from sekisho.domain.facts import Answer


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared fact. `value` is an option code of the level catalogue ("yes", "no", ...), Unknown, or None.

    `source` names who or what says so ("questionnaire.yaml: controls.usb_rule", "portal: 事務長 2026-11-21").
    """

    value: Answer[str] = None
    remark: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Declarations:
    """All declared facts of a hospital, by the fact keys of the level catalogue."""

    facts: dict[str, Declaration] = field(default_factory=dict)

    def of(self, fact: str) -> Declaration:
        """Return what was declared of `fact`; an empty declaration when nothing was."""
        return self.facts.get(fact, Declaration())
