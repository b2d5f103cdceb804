"""Questions and rules of the network security level, from the catalogue."""

from scripts.reference_pages.markdown import CERTAINTIES, code, page, table
from sekisho.catalogue.levels import load_level_rules
from sekisho.domain.judgement.level_schema import Combination, FactInput, PredicateRule
from sekisho.domain.text import Text


def level(language: str) -> str:
    """Return the page."""
    rules = load_level_rules()
    told = Text(
        "規則の版 {version}（{day} から）。出典：{source}（{certainty}）。",
        "Rules version {version}, from {day}. Source: {source} ({certainty}).",
    ).filled(
        version=rules.version,
        day=rules.effective_from,
        source=rules.source.within(language),
        certainty=CERTAINTIES[rules.certainty.value].within(language),
    )
    return page(
        Text("安全レベルの規則", "Rules of the security level").within(language),
        "src/sekisho/catalogue/level/level_1.yaml",
        language,
        told.within(language),
        Text("## 三つの管理", "## The three controls").within(language),
        _controls(language),
        Text("## 規則", "## Rules").within(language),
        table(
            Text(
                "規則,版,題,入力,満たされないときにすること,労力,確かさ,出典",
                "rule,version,title,inputs,what to do when not met,effort,certainty,source",
            )
            .within(language)
            .split(","),
            (_rule(rule, language) for rule in rules.predicates),
        ),
        Text("## 質問", "## Questions").within(language),
        table(
            Text("事実,質問,答え,どこで分かるか,確かさ,出典", "fact,question,answers,where to find it,certainty,source")
            .within(language)
            .split(","),
            (
                [
                    code(fact.key),
                    fact.question.within(language),
                    "／".join(f"{o.label.within(language)} `{o.code}`" for o in fact.options),
                    fact.evidence.within(language),
                    CERTAINTIES[fact.certainty.value].within(language),
                    fact.source.within(language),
                ]
                for fact in rules.facts
            ),
        ),
    )


def _controls(language: str) -> str:
    return table(
        Text("管理,△ に要る規則,○ に要る規則", "control,rules for △,rules for ○").within(language).split(","),
        (
            [
                f"{control.title.within(language)} `{control.control.value}`",
                "<br>".join(map(code, control.partial)),
                "<br>".join(map(code, control.full)),
            ]
            for control in load_level_rules().controls
        ),
    )


def _rule(rule: PredicateRule, language: str) -> list[str]:
    every = rule.combination is Combination.ALL
    joint = Text(" かつ ", " and ") if every else Text(" または ", " or ")
    inputs = joint.within(language).join(
        f"`{needed.fact}` ∈ {{{', '.join(needed.accept)}}}"
        if isinstance(needed, FactInput)
        else Text(f"台帳 `{needed.measure}`", f"register `{needed.measure}`").within(language)
        for needed in rule.inputs
    )
    return [
        code(rule.id),
        rule.version,
        rule.title.within(language),
        inputs,
        rule.remedy.within(language),
        {"low": Text("小", "low"), "medium": Text("中", "medium"), "high": Text("大", "high")}[
            rule.effort.value
        ].within(language),
        CERTAINTIES[rule.certainty.value].within(language),
        rule.source.within(language),
    ]
