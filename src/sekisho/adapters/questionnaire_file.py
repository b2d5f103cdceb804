"""Reads the `controls:` of questionnaire.yaml: a hospital's own answers to the questions of the level catalogue.

    controls:
      usb_rule: yes
      usb_enforced: {value: partly, remark: 病棟のPCだけ}
      boundary_needed_only: 不明

An answer may be an option's code, its label in either language, or one of its other spellings. Other top-level keys
belong to other questionnaires and are left alone. Remarks that give a password away are dropped.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sekisho.adapters.yaml_file import FileProblem, YamlDocument, read_yaml
from sekisho.domain.facts import Unknown
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.judgement.level_schema import Fact, LevelRules, folded_spelling
from sekisho.domain.text import Text
from sekisho.domain.workbook.credentials import holds_credentials

MAX_REMARK = 1000
UNKNOWN_WORDS = frozenset(
    folded_spelling(word)
    for word in (
        "unknown",
        "不明",
        "わからない",
        "分からない",
        "分かりません",
        "わかりません",
        "未確認",
        "?",
        "don't know",
    )
)


@dataclass(frozen=True, slots=True)
class QuestionnaireFile:
    """What the file declares, and what was wrong with it."""

    declarations: Declarations
    problems: tuple[FileProblem, ...] = ()


class _Wrong(Exception):
    """One answer cannot be taken."""

    def __init__(self, rule: str, message: Text) -> None:
        super().__init__(rule)
        self.rule = rule
        self.message = message


def read_questionnaire(
    raw: bytes, rules: LevelRules, *, further: Sequence[Fact] = (), name: str = "questionnaire.yaml"
) -> QuestionnaireFile:
    """Return the declarations of `raw`. An answer that cannot be taken is left out and told; the rest stands.

    `further` are questions beside those of the level catalogue.

    Raises:
        YamlUnreadable: the file as a whole cannot be read.
    """
    document = read_yaml(raw)
    controls = document.value.get("controls")
    if controls is None:
        return QuestionnaireFile(Declarations())
    if not isinstance(controls, dict):
        return QuestionnaireFile(Declarations(), (_problem(document, _Wrong("not-a-mapping", _NO_MAPPING)),))
    questions = {fact.key: fact for fact in (*rules.facts, *further)}
    facts: dict[str, Declaration] = {}
    problems: list[FileProblem] = []
    for key, answer in controls.items():
        try:
            facts[str(key)] = _declaration(_fact(key, questions), answer, f"{name}: controls.{key}")
        except _Wrong as wrong:
            problems.append(_problem(document, wrong, str(key)))
            continue
        problems.extend(_dropped(document, key, answer))
    return QuestionnaireFile(Declarations(facts), tuple(problems))


def _problem(document: YamlDocument, wrong: _Wrong, *key: str) -> FileProblem:
    return FileProblem(document.line_of("controls", *key), f"questionnaire.{wrong.rule}", wrong.message)


def _fact(key: object, questions: Mapping[str, Fact]) -> Fact:
    if str(key) in questions:
        return questions[str(key)]
    near = difflib.get_close_matches(str(key), list(questions), n=1)
    raise _Wrong("no-such-question", _MEANT.filled(key=near[0]) if near else _NO_SUCH_QUESTION)


def _declaration(fact: Fact, answer: object, source: str) -> Declaration:
    if not isinstance(answer, dict):
        return Declaration(_value(fact, answer), source=source)
    remark = _remark(answer)
    value = _value(fact, answer.get("value"))
    return Declaration(Unknown(remark) if isinstance(value, Unknown) else value, remark=remark, source=source)


def _value(fact: Fact, written: object) -> str | Unknown | None:
    if written is None:
        return None
    if isinstance(written, bool):
        written = "yes" if written else "no"
    if isinstance(written, str | int | float):
        if folded_spelling(str(written)) in UNKNOWN_WORDS:
            return Unknown()
        if not str(written).strip():
            return None
        if option := fact.option_written(str(written)):
            return option.code
    choices = Text(
        "、".join(f"{option.code}（{option.label.ja}）" for option in fact.options),
        ", ".join(f"{option.code} ({option.label.en})" for option in fact.options),
    )
    raise _Wrong("no-such-answer", _NO_SUCH_ANSWER.filled(question=fact.question, choices=choices))


def _remark(answer: Mapping[Any, Any]) -> str:
    """Return the remark, "" when it gives a password away."""
    remark = _written_remark(answer)
    return "" if holds_credentials(remark) else remark


def _written_remark(answer: Mapping[Any, Any]) -> str:
    written = answer.get("remark", answer.get("reason"))
    return str(written).strip()[:MAX_REMARK] if isinstance(written, str | int | float) else ""


def _dropped(document: YamlDocument, key: object, answer: object) -> Iterator[FileProblem]:
    if isinstance(answer, dict) and holds_credentials(_written_remark(answer)):
        yield _problem(document, _Wrong("credentials-present", _CREDENTIALS), str(key))


_NO_MAPPING = Text(
    "controls の下に「質問の名前: 答え」を1行ずつ書いてください。",
    "Below controls, write one line “name of the question: answer” for each.",
)
_MEANT = Text(
    "この名前の質問はありません。「{key}」のことではありませんか。",
    "There is no question of this name. Did you mean “{key}”?",
)
_NO_SUCH_QUESTION = Text(
    "この名前の質問はありません。見本のファイルで名前を確かめてください。",
    "There is no question of this name. Look it up in the sample file.",
)
_NO_SUCH_ANSWER = Text(
    "「{question}」の答えとして読めません。{choices}、不明 のどれかを書いてください。",
    "This is no answer to “{question}”. Write one of {choices}, or unknown.",
)
_CREDENTIALS = Text(
    "備考にパスワードのようなものが書かれていたため、備考を取り込みませんでした。元のファイルからも消してください。",
    "The remark seems to hold a password, so it was not taken over. Remove it from the file as well.",
)
