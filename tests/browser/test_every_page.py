"""Every page of the product: axe finds nothing, nothing runs over the edge, in both languages, empty and filled."""

from typing import Any

import pytest
from playwright.sync_api import Page

from sekisho.apps.portal.guidance import PAGES
from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy.models import Hospital
from tests.browser import product
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)

BEYOND_THE_EDGE = """
() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const inFrame = (element) => element.closest(".table-frame, .svg-viewer, .tabs, pre, [data-scrolls]");
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > page.clientWidth + 1 && !inFrame(element))
    .slice(0, 5)
    .map((element) => element.outerHTML.slice(0, 160));
}
"""


def faults_of(page: Page, addresses: list[str], axe_violations: Any | None) -> list[str]:
    """Return what axe (None: left out) and the ruler find on the pages, each with the address."""
    origin = "/".join(page.url.split("/", 3)[:3])
    found = []
    for address in addresses:
        page.goto(origin + address)
        page.wait_for_load_state("load")
        if axe_violations is not None:
            found += [f"{address} {fault}" for fault in axe_violations(page)]
        found += [f"{address} wider than the window: {element}" for element in page.evaluate(BEYOND_THE_EDGE)]
    return found


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def filled(transactional_db: None) -> tuple[Hospital, User]:
    return product.load_sample()


GUIDE = [f"/guide/{name}/" for name in PAGES]


def test_pages_of_a_hospital_with_nothing_in_it(cast: Cast, visit: Any, axe_violations: Any) -> None:
    page = visit("/", user=cast.alice)
    assert faults_of(page, product.pages_of(cast.hospital), axe_violations) == []


def test_pages_of_a_hospital_with_everything_in_it(
    filled: tuple[Hospital, User], visit: Any, axe_violations: Any
) -> None:
    hospital, clerk = filled
    page = visit("/", user=clerk)
    assert faults_of(page, product.pages_of(hospital) + product.record_pages(hospital) + GUIDE, axe_violations) == []
    page.get_by_role("button", name="English").click()
    page.wait_for_load_state("load")
    main_way = ["/", *product.pages_of(hospital)[:3], *product.record_pages(hospital)[:2], GUIDE[0]]
    assert faults_of(page, main_way, axe_violations) == []


def test_pages_of_a_hospital_on_narrow_screens(filled: tuple[Hospital, User], visit: Any, axe_violations: Any) -> None:
    """320 CSS pixels is also what 400 % zoom leaves of a screen of 1280, and 640 what 200 % leaves."""
    hospital, clerk = filled
    page = visit("/", user=clerk, width=320)
    addresses = product.pages_of(hospital) + product.record_pages(hospital) + GUIDE[:2]
    # What narrow screens show otherwise (cards, menu, steps) is on these; the rest is the same to axe on a wide one.
    looked_at = addresses[:4] + product.record_pages(hospital)[:2]
    assert faults_of(page, looked_at, axe_violations) == []
    for width in (320, 640, 768):
        page.set_viewport_size({"width": width, "height": 900})
        assert faults_of(page, addresses, None) == [], width


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_menus_open_inside_the_window(filled: tuple[Hospital, User], visit: Any, width: int) -> None:
    hospital, clerk = filled
    page = visit(f"/h/{hospital.code}/members/", user=clerk, width=width)
    for address in (f"/h/{hospital.code}/register/", f"/h/{hospital.code}/members/"):
        page.goto("/".join(page.url.split("/", 3)[:3]) + address)
        menus = page.locator("main [data-menu] > summary:visible")
        assert menus.count() > 1
        for menu in menus.all():
            menu.click()
            page.wait_for_timeout(50)  # the event that a menu has opened comes a little later
            assert page.evaluate(BEYOND_THE_EDGE) == [], menu.inner_text()
            box = menu.locator("xpath=../*[contains(@class, 'menu__body')]").bounding_box()
            assert box is not None
            assert box["x"] >= 0, menu.inner_text()
            page.keyboard.press("Escape")


def test_pages_by_role(cast: Cast, visit: Any, watch: Any, axe_violations: Any) -> None:
    watch.allow_statuses = {404}
    home = f"/h/{cast.hospital.code}/"
    seen = {
        cast.sumi: [*product.OFFICE_PAGES, home],
        cast.ada: ["/", "/invitations/staff/", "/feeds/"],
        cast.mina: ["/"],
        cast.nobody: ["/", "/h/NOWHERE/"],
        cast.bob: [home, f"{home}level/", f"{home}level/questions/", f"{home}reports/"],
        cast.sam: [f"{home}register/own/"],
        cast.sora: [home, f"{home}register/"],
    }
    for user, addresses in seen.items():
        page = visit("/", user=user)
        assert faults_of(page, addresses, axe_violations) == [], user
        page.context.close()
