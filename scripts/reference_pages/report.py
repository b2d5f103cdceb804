"""What the report knows: measures, meanings of ports, and the words it explains."""

from scripts.reference_pages.markdown import CERTAINTIES, code, page, table
from sekisho.catalogue.reporting import load_report_knowledge
from sekisho.domain.text import Text


def measures(language: str) -> str:
    """Return the page of measures and ports."""
    known = load_report_knowledge()
    return page(
        Text("報告書の対策とポートの意味", "Measures of the report, and meanings of ports").within(language),
        "src/sekisho/catalogue/measures/measures.yaml",
        language,
        Text(
            "労力と効果は1（とても小さい）から5（とても大きい）で、独自の見積りです。報告書は、きっかけの当てはまる対策を効果と労力で\n"
            "並べ、先の六つを本文に、残りを付録に載せます。",
            "Effort and effect run from 1 (very low) to 5 (very high) and are our own estimate. The report ranks the measures "
            "whose\ntriggers hold, prints six in its body and the rest in an annex.",
        ).within(language),
        table(
            Text(
                "対策,題,きっかけ,担い手,労力,効果,確かさ,出典", "id,title,triggers,who,effort,effect,certainty,source"
            )
            .within(language)
            .split(","),
            (
                [
                    code(m.id),
                    m.title.within(language),
                    "<br>".join(map(code, m.triggers)),
                    m.who.within(language),
                    str(m.effort),
                    str(m.effect),
                    CERTAINTIES[m.certainty].within(language),
                    m.source,
                ]
                for m in known.measures
            ),
        ),
        Text("## ポートの意味", "## Meanings of ports").within(language),
        table(
            Text(
                "ポート,何の入口か,急ぎ（3＝今日）,意味,頼むこと",
                "ports,service,urgency (3 = today),meaning,what to ask",
            )
            .within(language)
            .split(","),
            (
                [
                    ", ".join(p.ports),
                    p.service.within(language),
                    str(p.urgency),
                    p.meaning.within(language),
                    p.ask.within(language),
                ]
                for p in (*known.ports, known.other_port)
            ),
        ),
    )


def glossary(language: str) -> str:
    """Return the page of words."""
    other = "en" if language == "ja" else "ja"
    return page(
        Text("用語集", "Glossary").within(language),
        "src/sekisho/catalogue/glossary.yaml",
        language,
        table(
            Text("用語,英語,意味", "term,Japanese,meaning").within(language).split(","),
            (
                [term.term.within(language), term.term.within(other), term.meaning.within(language)]
                for term in load_report_knowledge().glossary
            ),
        ),
    )
