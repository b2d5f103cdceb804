"""JSON that commands print and write, by example: cut from what they say of the sample hospital."""

import json
import re
from datetime import datetime
from functools import cache
from typing import Any

from scripts.reference_pages.markdown import page
from sekisho.domain.text import Text

AT = datetime.fromisoformat("2026-11-21T09:00:00+09:00")
HASH = re.compile(r"[0-9a-f]{64}")
LONG = 90
EXAMPLES = 1
"""How many of a list are shown."""


@cache
def _documents() -> dict[str, dict[str, Any]]:
    from sekisho.adapters.workbooks.check import check_workbook
    from sekisho.assessment.assess import assess
    from sekisho.assessment.folder import read_case
    from sekisho.assessment.plain import assessment_to_plain, judgement_to_plain
    from sekisho.catalogue.samples import sample_folder
    from sekisho.cli.diagnose_read import document_of, results_of
    from sekisho.cli.workbook import check_document

    folder = sample_folder("aoba")
    assessment = assess(read_case(folder, AT))
    return {
        "check": check_document(check_workbook(folder / "workbook.xlsx"), "en"),
        "assessment": assessment_to_plain(assessment),
        "judge": judgement_to_plain(assessment.judgement),
        "read": document_of(results_of([folder / "nmap" / "line-05.xml"], AT.date()), None),
    }


def formats(language: str) -> str:
    """Return the page."""
    made = _documents()
    judged = made["judge"]
    only_in_assessment = {
        key: value for key, value in made["assessment"].items() if key not in judged or key == "schema"
    }
    parts = (
        Text(
            '見本の病院の本物の出力を短くしたものです。一覧は初めの一つだけを示し、`"…"` は省いた部分です。キーは増えることがあっても、\n'
            "同じ `schema` の中で減ったり、意味が変わったりはしません。文章は日本語と英語の両方を持ちます。",
            'Real output about the sample hospital, shortened: of each list only the first entry is shown, and `"…"` stands for what was '
            "left out.\nWithin one `schema` keys are added, never removed or changed in meaning. Sentences are in both languages.",
        ),
        Text(
            '## 答えの表し方\n\n* `null` …… まだだれも答えていない\n* `{"unknown": "理由"}` …… 「不明」という答え（`workbook check` では「不明」という言葉と、'
            "`reasons` の理由）\n* そのほか …… 答え。選択肢は、`workbook check` では表の言葉、ほかでは符号",
            '## How answers are written\n\n* `null`: nobody has answered\n* `{"unknown": "reason"}`: somebody said “unknown” (in '
            "`workbook check` the word 不明, its reason under `reasons`)\n* anything else: the answer; options are the form's own words in "
            "`workbook check` and codes elsewhere",
        ),
        Text(
            "## `sekisho workbook check FILE`\n\n`cells` は、それぞれの答えが書かれているセルです。`message` は `--lang` の言葉、`message_en` はいつも英語です。",
            "## `sekisho workbook check FILE`\n\n`cells` says in which cell each answer stands. `message` is in the language of `--lang`, "
            "`message_en` always in English.",
        ),
        _example(made["check"]),
        Text(
            "## `sekisho judge CASE_DIR --json`\n\n`outcome` は `yes`、`no`、`unknown`。`at_least` と `at_most` は、分かっていることだけで言える幅です。"
            "`missing` は、まだ答えのない質問です。`threats` の `starting` は対策がないとき、`score` は分かっていること、`best` は分からないことがすべて"
            "良い結果のときの点数。`network` は、ネットワークの地図がなければ `null` です。",
            "## `sekisho judge CASE_DIR --json`\n\n`outcome` is `yes`, `no` or `unknown`. `at_least` and `at_most` are the bounds that the "
            "known facts prove. `missing` are the questions nobody has answered. Of `threats`, `starting` is the score without any control, "
            "`score` with what is known, `best` if every unknown turned out well. `network` is `null` without a map of the network.",
        ),
        _example(judged),
        Text(
            "## `assessment.json`（`sekisho assess`）\n\n上と同じものに、次が加わります（`schema` は違う名前です）。",
            "## `assessment.json` of `sekisho assess`\n\nThe same, and besides (under a `schema` of its own):",
        ),
        _example(only_in_assessment),
        Text(
            "## `sekisho diagnose read FILE... --json`\n\n`key` は、診断をまたいで同じ項目を指します。`severity` は `urgent`、`soon`、`planned`、`note`、"
            "`unknown`。`certainty` は `confirmed`、`stated`、`rough`、`unknown`。`--against` があれば、`comparison` に `change`（`new`、`still_open`、"
            "`fixed`、`not_looked_at`）と、調べていない理由が入ります。",
            "## `sekisho diagnose read FILE... --json`\n\n`key` names the same finding in every result. `severity` is `urgent`, `soon`, "
            "`planned`, `note` or `unknown`, `certainty` is `confirmed`, `stated`, `rough` or `unknown`. With `--against`, `comparison` "
            "has the `change` (`new`, `still_open`, `fixed`, `not_looked_at`) and why something was not looked at.",
        ),
        _example(made["read"]),
    )
    return page(
        Text("JSON の形", "JSON formats").within(language),
        "src/sekisho/assessment/plain.py",
        language,
        *(part.within(language) if isinstance(part, Text) else part for part in parts),
    )


def _example(document: object) -> str:
    return f"```json\n{json.dumps(shortened(document), ensure_ascii=False, indent=2)}\n```"


def shortened(value: Any) -> Any:
    """Return `value` with one entry of each list, and without what is long or changes with every version."""
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [*map(shortened, value[:EXAMPLES]), *(["…"] if len(value) > EXAMPLES else [])]
    if isinstance(value, str):
        cut = HASH.sub("…", value)
        return cut if len(cut) <= LONG else f"{cut[:LONG]}…"
    return value
