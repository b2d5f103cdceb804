"""JSON that commands print and write, by example: cut from what they say of the sample hospital."""

import json
import re
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from scripts.reference_pages.markdown import page
from sekisho.domain.diagnosis import run_document
from sekisho.domain.diagnosis.completeness import Completeness, Loss, Tally
from sekisho.domain.diagnosis.pace import SAID
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.diagnosis.runs import AddressResult, CommandRecord, PaceChange, RunResult, State
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
        "run": run_document.document_of(_run_of_one_address()),
    }


def _run_of_one_address() -> RunResult:
    """Return a run as it could have gone: no packet may be sent for a page of a manual."""
    ended = AT + timedelta(minutes=9)
    command = ("nmap", "-sS", "-n", "-Pn", "--max-retries", "0", "-p", "443,500", "203.0.113.26")
    port = ObservedPort("tcp", 443, "open", service="https", product="FortiGate SSL-VPN", reason="syn-ack")
    address = AddressResult(
        address="203.0.113.26", hospital="H001", lines=("CAF1320000505",), state=State.COMPLETE, protocols=("tcp", "udp"),
        ports=(port,), passes={"tcp": 3, "udp": 3}, packets=140_312, packets_per_second=400,
        pace=(PaceChange(AT, 370.0, SAID["up"]),), loss=Loss(Tally(1_200, 24), 0.02, 0.0282, 0.01, 0.01),
        completeness=Completeness(0.0001, is_shown=True), scan=None, started_at=AT, ended_at=ended,
        commands=(CommandRecord(command, "nmap", "7.93", AT, ended, "203.0.113.26/tcp-0001.xml", "0" * 64),),
    )  # fmt: skip
    return RunResult(AT, ended, "namespace", {"nmap": "7.93"}, (address,), packets_outside=0)


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
        Text(
            "## `result.json`（`sekisho diagnose run`）\n\nアドレスの `state` は `complete`（見落としの見込みが示せた）、`incomplete`（示せなかった。理由は "
            "`completeness.why`）、`stopped`（途中。`--resume` で続く）、`refused`（同意がない。理由は `why`）。`gate` は `namespace`（カーネルが同意の外を"
            "止める）か `connect`。`packets` はカーネルが数えた数、数えていなければ `null`。例は手で作ったものです。",
            "## `result.json` of `sekisho diagnose run`\n\nThe `state` of an address is `complete` (the figure shows that nothing is "
            "missed), `incomplete` (it cannot: see `completeness.why`), `stopped` (unfinished; `--resume` goes on) or `refused` (no "
            "consent: see `why`). `gate` is `namespace` (the kernel stops what leaves the consent) or `connect`. `packets` are counted by "
            "the kernel, `null` where they are not. This example is made by hand.",
        ),
        _example(made["run"]),
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
