"""A real browser against the running portal.

Each test gets a fresh context. What a person would not notice fails the test all the same: an error on the console, a
request that fails, a request to another host, a breach of the content security policy.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, Route, sync_playwright

from sekisho.foundation.accounts.models import User
from tests.cast import signed_in

CHROMIUM = os.environ.get("SEKISHO_CHROMIUM", "/usr/bin/chromium")
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
SCREENSHOTS = Path(os.environ.get("SEKISHO_PICTURES_DIR", "var/screenshots"))
TIMEOUT_MS = 10_000
REPORT_CSP = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`content security policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder carries the marker."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_playwright() -> Iterator[None]:
    """Playwright keeps an event loop in this thread; Django would take the ORM calls of the tests for async ones."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--font-render-hinting=none"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@dataclass
class Watch:
    """What went wrong behind the page. `allow_statuses` names answers that the test provokes on purpose."""

    origin: str
    problems: list[str] = field(default_factory=list)
    allow_statuses: set[int] = field(default_factory=set)
    allow_offline: bool = False

    def on_console(self, message: ConsoleMessage) -> None:
        # An answer of 400 or more is also told on the console; `on_response` judges it.
        told_twice = ("Failed to load resource", *(f"Response Status Error Code {n}" for n in self.allow_statuses))
        if message.type in {"error", "warning"} and not message.text.startswith(told_twice):
            self.problems.append(f"console {message.type}: {message.text}")

    def on_page_error(self, error: Any) -> None:
        self.problems.append(f"script error: {error}")

    def on_request_failed(self, request: Request) -> None:
        # Going to another page drops what is under way, a poll for example.
        if request.failure != "net::ERR_ABORTED" and not self.allow_offline:
            self.problems.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allow_statuses:
            self.problems.append(f"answer {response.status}: {response.request.method} {response.url}")

    def guard(self, route: Route) -> None:
        """Let requests to the portal through and nothing else."""
        parts = urlsplit(route.request.url)
        if f"{parts.scheme}://{parts.netloc}" == self.origin:
            route.continue_()
        else:
            self.problems.append(f"request to another host: {route.request.url}")
            route.abort()


class Visit(Protocol):
    """Open a page as somebody: `visit("/address", user=sumi, width=375)`."""

    def __call__(self, path: str, *, user: User | None = None, width: int = 1280, **context: Any) -> Page: ...


@pytest.fixture
def watch(live_server: Any) -> Iterator[Watch]:
    """The watch over this test's pages; it speaks at the end."""
    watch = Watch(live_server.url)
    yield watch
    assert not watch.problems, "\n".join(watch.problems)


@pytest.fixture
def visit(browser: Browser, live_server: Any, watch: Watch) -> Iterator[Visit]:
    """Return a function that opens a page in a context of its own."""
    contexts: list[BrowserContext] = []

    def open_page(path: str, *, user: User | None = None, width: int = 1280, **options: Any) -> Page:
        options = {"locale": "ja-JP", "timezone_id": "Asia/Tokyo", "reduced_motion": "reduce", **options}
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(REPORT_CSP)
        context.route("**/*", watch.guard)
        if user is not None:
            session = signed_in(user).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", watch.on_console)
        page.on("pageerror", watch.on_page_error)
        page.on("requestfailed", watch.on_request_failed)
        page.on("response", watch.on_response)
        page.goto(live_server.url + path)
        page.wait_for_load_state("load")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe_violations() -> Any:
    """Return a function: what axe finds wrong on a page, as lines to read. Every rule but experimental ones is run."""
    source = AXE.read_text(encoding="utf-8")

    def violations(page: Page, selector: str = "html") -> list[str]:
        page.evaluate(source)
        found = page.evaluate(
            "async (selector) => (await axe.run(selector, {resultTypes: ['violations']})).violations", selector
        )
        return [
            f"{violation['id']} ({violation['impact']}): {violation['help']}\n    {node['html']}\n    {node['failureSummary']}"
            for violation in found
            for node in violation["nodes"]
        ]

    return violations


@pytest.fixture
def picture() -> Any:
    """Return a function that keeps a screenshot, for the documentation and for people who look at it."""

    def keep(page: Page, name: str, **options: Any) -> Path:
        path = SCREENSHOTS / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, **{"full_page": True, "animations": "disabled", **options})
        return path

    return keep
