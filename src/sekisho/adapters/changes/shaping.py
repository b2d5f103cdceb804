"""Gives a change a shape that people can check: "all but these ports" becomes "not these ports" above "all"."""

from dataclasses import replace

from sekisho.adapters.changes.words import by_protocol
from sekisho.adapters.changes.written import Edit
from sekisho.domain.network.model import Action, Rule

MOST_PIECES = 12


def shaped(edit: Edit) -> Edit:
    """Return the edit in which a narrowed rule of many pieces stands whole below a deny of what it loses.

    That may be another meaning (what the rule no longer permits, a later rule might); whether it is, is proved
    afterwards against the edit itself.
    """
    if edit.old is None:
        return edit
    before = {(rule.seq, rule.origin): rule for rule in edit.old.rules}
    rules: list[Rule] = []
    for rule in edit.new.rules:
        old = before.get((rule.seq, rule.origin))
        if old is None or old == rule or not rule.enabled or not _is_many(rule):
            rules.append(rule)
            continue
        lost = replace(
            old, seq=0, action=Action.DENY, service=old.service - rule.service, is_exact=True, name="sekisho"
        )
        rules += [replace(lost, origin=None, objects=()), old]
    return replace(edit, new=replace(edit.new, rules=tuple(rules)))


def _is_many(rule: Rule) -> bool:
    return sum(len(ports.spans) for _, ports in by_protocol(rule.service)) > MOST_PIECES
