"""The catalogue of update sources: whole, bilingual, and strict about slips."""

import pytest

from sekisho.catalogue.antivirus_updates import load_antivirus_updates, parse_antivirus_updates
from sekisho.catalogue.errors import CatalogueError
from sekisho.domain.judgement.level_schema import Certainty

GOOD = """
products:
  - id: one
    name: {ja: 一, en: one}
    source: {ja: 出典, en: source}
    destinations:
      - {name: update.example.com, services: [tcp/443], certainty: read}
"""


def test_every_product_says_where_its_facts_come_from_and_how_sure_they_are():
    products = load_antivirus_updates()
    assert len(products) >= 6
    for product in products.values():
        assert product.source.ja
        assert product.source.en
        assert any(one.is_own_server for one in product.destinations)
        assert {one.certainty for one in product.destinations} <= set(Certainty)


def test_destinations_are_names_never_addresses():
    names = [one.name for product in load_antivirus_updates().values() for one in product.destinations if one.name]
    assert names
    assert not any(name.replace(".", "").isdecimal() for name in names)


@pytest.mark.parametrize(
    "slip",
    [
        GOOD.replace("name: update.example.com", "name: http://update.example.com/x"),
        GOOD.replace("name: update.example.com", "name: update.example.com, server: true"),
        GOOD.replace("name: update.example.com, ", ""),
        GOOD.replace("tcp/443", "tcp/99999"),
        GOOD.replace("certainty: read", "certainty: sure"),
        GOOD + GOOD.removeprefix("\nproducts:\n"),
        GOOD.replace("source: {ja: 出典, en: source}", ""),
        "[]",
        "products: [",
    ],
)
def test_a_slip_stops_at_once(slip):
    with pytest.raises(CatalogueError):
        parse_antivirus_updates(slip)
