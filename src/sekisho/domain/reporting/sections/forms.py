"""Nine ways of connecting to cloud services from four sides, and which of them suit this hospital."""

from sekisho.domain.judgement.connection_forms import FormAdvice, FormKnowledge, Trial, Viewpoint
from sekisho.domain.reporting.document import Block, Cell, Column, Paragraph, Section, Subheading, Table, same
from sekisho.domain.reporting.sections.case import ReportCase
from sekisho.domain.reporting.wording import joined
from sekisho.domain.text import Text

HEADING = Text("クラウドへのつなぎ方", "Connecting to cloud services")
_NO_FORMS = Text("一覧がありません。", "There is no list.")


def forms_section(case: ReportCase) -> Section | None:
    """Return the annex with `form_advice` and `connection_forms`; None without judged risks or where no cloud is planned."""
    risk = case.risk
    if risk is None or risk.advice.needed is False:
        return None
    advice = tuple(_advice(number, one) for number, one in enumerate(risk.advice.ranked, 1))
    blocks: list[Block] = [Paragraph(risk.advice.note)]
    if risk.advice.missing:
        asked = joined([missing.question for missing in risk.advice.missing], "", " ")
        blocks.append(
            Paragraph(
                Text("答えると順位が変わる質問：{asked}", "Answers would change the order: {asked}").filled(asked=asked)
            )
        )
    blocks.append(Table("form_advice", HEADING, _ADVICE_COLUMNS, advice, _NO_FORMS))
    return Section("connection_forms", HEADING, (*blocks, *_views(risk.forms)), is_annex=True)


_ADVICE_COLUMNS = (
    Column(Text("順", "No."), 8),
    Column(Text("つなぎ方", "Form"), 46, has_lead=True),
    Column(Text("理由（Sekisho の判断）", "Why (Sekisho's judgement)"), 130),
)


def _advice(number: int, one: FormAdvice) -> tuple[Cell, ...]:
    trial = Text("研究で試す候補", "to be tried out in the research")
    title = joined([one.form.title, trial], "\n", "\n") if one.form.trial is Trial.CANDIDATE else one.form.title
    reasons = [
        Text("{sign} {because}", "{sign} {because}").filled(sign=_sign(rule.points), because=rule.because)
        for rule in one.reasons
    ]
    said = (
        joined(reasons, "\n", "\n") if reasons else Text("判断に使う答えがまだありません。", "Nothing to judge by yet.")
    )
    return (Cell(same(number), value=number), Cell(title), Cell(said))


def _sign(points: int) -> str:
    return "＋" if points > 0 else "－" if points < 0 else "・"


def _views(known: FormKnowledge) -> tuple[Block, ...]:
    columns = (
        Column(Text("つなぎ方", "Form"), 28),
        *(Column(known.viewpoints[view], 39) for view in Viewpoint),
    )
    rows = tuple((Cell(form.title), *(Cell(form.views[view]) for view in Viewpoint)) for form in known.forms)
    heading = Text("9つのつなぎ方と4つの見方", "Nine forms from four sides")
    note = Text(
        "研究報告書の記述を Sekisho の言葉で書き直したものです。報告書に○や×の評価はありません。",
        "Sekisho's words for what the research report says; the report gives no ratings.",
    )
    return (Subheading(heading), Table("connection_forms", heading, columns, rows, _NO_FORMS, note))
