"""The user guide inside the portal: pages written in Markdown, and which paragraph helps on which screen."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(__file__).parent / "guide"
LANGUAGES = ("ja", "en")
PAGES = (
    "start",
    "register",
    "workbook",
    "overview",
    "network",
    "diagnosis",
    "findings",
    "weaknesses",
    "level",
    "reports",
    "people",
    "office",
)
"""In the order of the contents."""

HELP = {
    "confirmation:address": "diagnosis#address",
    "diagnosis:confirm": "diagnosis#address",
    "diagnosis:consent": "diagnosis#consents",
    "diagnosis:consent_add": "diagnosis#consents",
    "diagnosis:consent_edit": "diagnosis#consents",
    "diagnosis:consents": "diagnosis#consents",
    "diagnosis:consents_sign": "diagnosis#sign",
    "diagnosis:link": "diagnosis#address",
    "diagnosis:run": "diagnosis#run",
    "diagnosis:run_address": "diagnosis#run",
    "diagnosis:run_start": "diagnosis#run",
    "findings:bulk": "findings#status",
    "findings:bulk_move": "findings#status",
    "findings:compare": "findings#compare",
    "findings:finding": "findings#one",
    "findings:looks": "findings#import",
    "findings:move": "findings#status",
    "findings:outside": "findings#outside",
    "findings:ports": "findings#compare",
    "findings:upload": "findings#import",
    "hospital:home": "start#next",
    "hospital:history": "people#history",
    "judgement:facts": "level#questions",
    "judgement:level": "level#level",
    "judgement:risk": "level#risk",
    "members:invite": "people#invite",
    "members:list": "people#members",
    "members:end": "people#members",
    "network:backups": "network#backups",
    "network:change": "network#what-if",
    "network:changes": "network#what-if",
    "network:configuration": "network#configurations",
    "network:configurations": "network#configurations",
    "network:entry": "network#entry",
    "network:matrix": "network#matrix",
    "network:plan": "network#map",
    "network:sheets": "network#sheets",
    "network:start": "network#state",
    "network:what_if": "network#what-if",
    "network:why": "network#why",
    "overview:page": "overview#read",
    "portal:hospital_add": "office#add",
    "portal:hospital_list": "office#list",
    "portal:start": "start#start",
    "programme:basics": "people#basics",
    "programme:basics_edit": "people#basics",
    "programme:contact_edit": "people#basics",
    "programme:terms": "people#terms",
    "register:line_detail": "register#cable",
    "register:line_list": "register#lists",
    "register:line_share": "register#share",
    "register:question_list": "register#unknown",
    "register:retired_list": "register#retire",
    "reports:list": "reports#issue",
    "vulnerabilities:answer": "weaknesses#notices",
    "vulnerabilities:product": "weaknesses#product",
    "weaknesses:notices": "weaknesses#notices",
    "workbooks:detail": "workbook#result",
    "workbooks:start": "workbook#send",
}
"""The paragraph that helps on a screen. Of screens that are not here the name's ending or its app decides."""

_BY_ENDING = {"_edit": "register#edit", "_add": "register#edit", "_retire": "register#retire"}
_BY_APP = {
    "feeds": "weaknesses#feeds",
    "vulnerabilities": "weaknesses#state",
    "weaknesses": "weaknesses#who",
    "register": "register#lists",
    "workbooks": "workbook#send",
    "judgement": "level#level",
    "network": "network#state",
    "diagnosis": "diagnosis#start",
    "findings": "findings#list",
    "scans": "diagnosis#stop",
    "reports": "reports#issue",
    "report_templates": "office#templates",
    "programme": "people#basics",
    "members": "people#members",
    "invitations": "office#staff",
    "accounts": "people#account",
    "mfa": "people#account",
    "guide": "start#start",
}

_ANCHOR = re.compile(r"\s*\{#([a-z][a-z0-9-]*)\}\s*$")
_PAGE_LINK = re.compile(r"^([a-z]+)(#[a-z][a-z0-9-]*)?$")


@dataclass(frozen=True, slots=True)
class Article:
    """One page of the guide. `sections` are its second headings: anchor and text."""

    name: str
    title: str
    html: SafeString
    sections: tuple[tuple[str, str], ...]
    pictures: tuple[str, ...]


def help_url(view_name: str) -> str:
    """Return the address of the paragraph that helps on a screen; of the guide's first page when none is meant for it."""
    page, _hash, anchor = target_of(view_name).partition("#")
    return reverse("guide:page", kwargs={"name": page}) + f"#{anchor}"


def target_of(view_name: str) -> str:
    """Return page and anchor of the paragraph that helps on a screen."""
    if view_name in HELP:
        return HELP[view_name]
    app, _colon, name = view_name.partition(":")
    for ending, target in _BY_ENDING.items():
        if app == "register" and name.endswith(ending):
            return target
    if app.startswith(("account", "mfa")):
        app = "accounts"
    return _BY_APP.get(app, "start#start")


@cache
def article(name: str, language: str) -> Article:
    """Return a page of the guide in `language`, in Japanese when the language is another than the guide's.

    Raises:
        KeyError: the guide has no such page.
    """
    if name not in PAGES:
        raise KeyError(name)
    spoken = language if language in LANGUAGES else "ja"
    return _render(name, spoken, (FOLDER / f"{name}.{spoken}.md").read_text(encoding="utf-8"))


def contents(language: str) -> list[Article]:
    """Return all pages in order."""
    return [article(name, language) for name in PAGES]


def _render(name: str, language: str, text: str) -> Article:
    # "html": False: what looks like a tag is shown as text. "linkify" stays off: nothing leads to another host.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    sections: list[tuple[str, str]] = []
    pictures: list[str] = []
    title = name
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            heading, anchor = _take_anchor(tokens[position + 1])
            if token.tag == "h1":
                title = heading
            if anchor:
                token.attrSet("id", anchor)
                sections.append((anchor, heading))
        for child in token.children or ():
            pictures += _lead(child, language)
    html = parser.renderer.render(tokens, parser.options, {})
    return Article(name, title, mark_safe(html), tuple(sections), tuple(pictures))  # noqa: S308 - our own files


def _take_anchor(inline: Token) -> tuple[str, str]:
    """Return a heading's text and anchor, and take the anchor out of what is shown."""
    found = _ANCHOR.search(inline.content)
    if not found:
        return inline.content, ""
    inline.content = inline.content[: found.start()]
    if inline.children:
        inline.children[-1].content = _ANCHOR.sub("", inline.children[-1].content)
    return inline.content, found[1]


def _lead(token: Token, language: str) -> list[str]:
    """Point a link to its page and a picture to its file, which shows screens in `language`; return the picture's name."""
    if token.type == "link_open":
        found = _PAGE_LINK.match(str(token.attrGet("href") or ""))
        if found and found[1] in PAGES:
            token.attrSet("href", reverse("guide:page", kwargs={"name": found[1]}) + (found[2] or ""))
    if token.type == "image":
        picture = str(token.attrGet("src") or "")
        token.attrSet("src", static(f"portal/guide/{language}/{picture}"))
        token.attrSet("loading", "lazy")
        return [picture]
    return []


def guide_context(name: str, language: str) -> dict[str, Any]:
    """Return what the template of a page needs.

    Raises:
        KeyError: see `article`.
    """
    position = PAGES.index(name) if name in PAGES else -1
    following = PAGES[position + 1] if 0 <= position < len(PAGES) - 1 else ""
    return {
        "article": article(name, language),
        "contents": contents(language),
        "following": article(following, language) if following else None,
    }
