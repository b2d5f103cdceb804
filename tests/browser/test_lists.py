"""Lists as people see them: long headings take lines, not the width of the other columns."""

from typing import Any

import pytest

from tests.browser import product

pytestmark = pytest.mark.django_db(transaction=True)
LINES_OF = """selector => [...document.querySelectorAll(selector)].map(cell => {
  const style = getComputedStyle(cell);
  const room = cell.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  return Math.round(room / parseFloat(style.lineHeight));
})"""
BROKEN_WORDS = """() => [...document.querySelectorAll('.table--cards thead .table__sort')].flatMap(link => {
  const text = link.firstChild, found = [];
  for (const word of text.data.matchAll(/[A-Za-z]+/g)) {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    if (range.getClientRects().length > 1) found.push(word[0]);
  }
  return found;
})"""
HIGHEST_ROW = "() => Math.max(...[...document.querySelectorAll('.table--cards tbody tr')].map(row => row.clientHeight))"


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("width", [1280, 1600])
def test_long_heading_leaves_room_to_the_other_columns(width: int, language: str, visit: Any) -> None:
    hospital, clerk = product.load_sample()
    clerk.language = language
    clerk.save()
    page = visit(f"/h/{hospital.code}/register/", user=clerk, width=width)
    assert len(page.evaluate(LINES_OF, ".table--cards tbody tr")) == 15
    assert page.evaluate(HIGHEST_ROW) <= 120, page.locator(".table--cards tbody").inner_text()  # px: four lines
    assert max(page.evaluate(LINES_OF, ".table--cards thead th")) <= 5
    assert page.evaluate(BROKEN_WORDS) == []
    widths = page.eval_on_selector_all(".table--cards thead th", "heads => heads.map(head => head.clientWidth)")
    assert max(widths[:-1]) <= 0.2 * width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
