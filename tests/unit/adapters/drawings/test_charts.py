"""The small chart of page one: deterministic, well formed, complete without colour."""

import re

import pytest
from defusedxml.ElementTree import fromstring

from sekisho.adapters.drawings.charts import draw_level_chart
from sekisho.domain.reporting.document import LevelChart, Mark, Share
from sekisho.domain.text import Text
from tests.factories.reporting import report


def chart_of(count: int) -> LevelChart:
    return next(b for b in report(count).section("summary").blocks if isinstance(b, LevelChart))


@pytest.mark.parametrize("count", [0, 1, 18, 120])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_chart_is_well_formed_and_says_its_numbers(count, language):
    chart = chart_of(count)
    drawn = draw_level_chart(chart, language)
    root = fromstring(drawn)
    said = "".join(root.itertext())
    for share in chart.shares:
        assert share.label.within(language) in said
        assert str(share.count) in said
    assert chart.alternative.within(language) in said


def test_chart_is_the_same_for_the_same_numbers():
    assert draw_level_chart(chart_of(18)) == draw_level_chart(chart_of(18))


def test_chart_parts_are_as_long_as_their_share():
    widths = [float(w) for w in re.findall(r'width="([\d.]+)" height="30"', draw_level_chart(chart_of(120)))]
    counts = [share.count for share in chart_of(120).shares]
    assert [round((w + 2) / 420 * 120) for w in widths] == counts


def test_chart_escapes_and_survives_a_single_share():
    share = Share(Text("<注意>&", "<&>"), 1, Mark.CAUTION)
    chart = LevelChart("x", Text("a", "a"), Text("<b>", "<b>"), 3, 3, (share,), Text("本", "lines"))
    fromstring(draw_level_chart(chart))
