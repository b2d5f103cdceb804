"""Threats, controls, assumptions, solutions and forms of connection, from the catalogue."""

from collections.abc import Iterable

from scripts.reference_pages.markdown import CERTAINTIES, code, page, table
from sekisho.catalogue.solution_tables import load_forms, load_solutions
from sekisho.catalogue.threat_tables import load_threats
from sekisho.domain.judgement.connection_forms import Viewpoint
from sekisho.domain.judgement.crss import rounded
from sekisho.domain.judgement.level_schema import Combination, FactInput, RegisterInput
from sekisho.domain.judgement.solutions import Option, effects
from sekisho.domain.text import Text

Inputs = Iterable[FactInput | RegisterInput]


def threats(language: str) -> str:
    """Return the page."""
    known = load_threats()
    told = Text(
        "版 {version}。出典：{source}。初めの点数と、対策で下がる幅はすべて独自の提案です。",
        "Version {version}. Source: {source}. Starting vectors and moves are our own proposals throughout.",
    ).filled(version=known.version, source=known.source)
    return page(
        Text("脅威と対策", "Threats and controls").within(language),
        "src/sekisho/catalogue/threats/",
        language,
        told.within(language),
        Text("## 17の脅威", "## The 17 threats").within(language),
        _threats(language),
        Text("## 点数を下げる対策", "## Controls that lower a score").within(language),
        _controls(language),
        Text("## 点数の前提", "## Assumptions").within(language),
        _assumptions(language),
        Text("## 製品と、自分たちでできること", "## Solutions and own measures").within(language),
        _options(language),
        Text("## 製品ごとに、単独で下がる点数", "## What each solution lowers by itself").within(language),
        _effects(language),
        Text("## クラウドへのつなぎ方", "## Forms of connection").within(language),
        _forms(language),
        Text("## 質問", "## Questions").within(language),
        _questions(language),
    )


def _heads(language: str, ja: str, en: str) -> list[str]:
    return Text(ja, en).within(language).split(",")


def _threats(language: str) -> str:
    heads = _heads(
        language, "脅威,経路,だれが,何が起きる,ベクトル,点数,下げる対策", "threat,path,who,what,vector,score,controls"
    )
    known = load_threats()
    return table(
        heads,
        (
            [
                code(threat.id),
                known.path(threat.path).title.within(language),
                threat.who.within(language),
                threat.what.within(language),
                code(str(threat.vector)),
                f"{rounded(threat.vector.score.risk, '0.01')} {threat.vector.score.level.value}",
                "<br>".join(map(code, threat.controls)),
            ]
            for threat in known.threats
        ),
    )


def _controls(language: str) -> str:
    heads = _heads(
        language, "対策,題,入力,動かすもの,手間,確かさ,出典", "control,title,inputs,moves,effort,certainty,source"
    )
    return table(
        heads,
        (
            [
                code(control.id),
                control.title.within(language),
                _inputs(control.inputs, control.combination, language),
                ", ".join(f"{move.metric} → {move.cap.value if move.cap else '-1'}" for move in control.moves),
                str(control.effort),
                CERTAINTIES[control.certainty.value].within(language),
                control.source.within(language),
            ]
            for control in load_threats().controls
        ),
    )


def _inputs(inputs: Inputs, combination: Combination, language: str) -> str:
    joint = Text(" かつ ", " and ") if combination is Combination.ALL else Text(" または ", " or ")
    return joint.within(language).join(
        f"`{needed.fact}` ∈ {{{', '.join(needed.accept)}}}"
        if isinstance(needed, FactInput)
        else Text(f"台帳 `{needed.measure}`", f"register `{needed.measure}`").within(language)
        for needed in inputs
    )


def _assumptions(language: str) -> str:
    heads = _heads(
        language, "No.,前提,入力,崩れると低すぎる脅威", "no.,assumption,inputs,threats that are worse when broken"
    )
    known = load_threats()
    rows = [
        [
            str(one.number),
            one.title.within(language),
            _inputs(one.inputs, one.combination, language),
            ", ".join(one.understates),
        ]
        for one in known.assumptions
    ]
    premise = known.premise
    return table(
        heads, [*rows, [str(premise.number), premise.title.within(language), "-", premise.meaning.within(language)]]
    )


def _options(language: str) -> str:
    heads = _heads(language, "対策,層,題,手間,実現する対策,助ける対策", "option,layer,title,effort,puts in place,helps")
    known = load_solutions()

    def row(option: Option) -> list[str]:
        return [
            code(option.id),
            known.layers[option.layer].within(language),
            option.title.within(language),
            str(option.effort),
            "<br>".join(map(code, option.puts)),
            "<br>".join(map(code, option.helps)),
        ]

    return table(heads, map(row, (*known.solutions, *known.own, known.cut)))


def _effects(language: str) -> str:
    known = load_threats()
    options = load_solutions().solutions
    cells = {(effect.option, effect.threat): effect for effect in effects(known, options)}
    heads = [Text("脅威", "threat").within(language), *(option.id.upper() for option in options)]

    def row(threat: str) -> list[str]:
        found = [cells.get((option.id, threat)) for option in options]
        return [code(threat), *(f"{one.before.shown} → {one.after.shown}" if one else "" for one in found)]

    return table(heads, (row(threat.id) for threat in known.threats))


def _forms(language: str) -> str:
    known = load_forms()
    heads = [
        Text("つなぎ方", "form").within(language),
        *(known.viewpoints[view].within(language) for view in Viewpoint),
        Text("ひとこと", "comment").within(language),
    ]
    return table(
        heads,
        (
            [
                f"{form.number}. {form.title.within(language)}",
                *(form.views[view].within(language) for view in Viewpoint),
                form.comment.within(language),
            ]
            for form in known.forms
        ),
    )


def _questions(language: str) -> str:
    heads = _heads(language, "事実,質問,答え,確かさ,出典", "fact,question,answers,certainty,source")
    return table(
        heads,
        (
            [
                code(fact.key),
                fact.question.within(language),
                "／".join(f"{option.label.within(language)} `{option.code}`" for option in fact.options),
                CERTAINTIES[fact.certainty.value].within(language),
                fact.source.within(language),
            ]
            for fact in load_threats().own_questions
        ),
    )
