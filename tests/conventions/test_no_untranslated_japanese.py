"""No Japanese reaches an English page but what people wrote themselves: every word goes through the catalogue."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.base import Lexer, Token, TokenType

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "sekisho"
FOLDERS = ("apps", "foundation", "config")
JAPANESE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
TRANSLATED_TAGS = {"translate", "trans", "blocktranslate", "blocktrans", "mark"}
TRANSLATED_CALL = re.compile(r"""_\((?:"[^"]*"|'[^']*')\)""")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TRANSLATORS = {"gettext", "gettext_lazy", "gettext_noop", "pgettext", "pgettext_lazy"}
TRANSLATORS |= {"ngettext", "ngettext_lazy", "npgettext", "npgettext_lazy"}

ALLOWED = {
    "日本語": "a language is named in itself, so that whoever cannot read the rest finds it",
    "関所": "the product's name as it is drawn in the page head",
}
"""Texts that are right in every language, with the reason."""

ALLOWED_IN = {
    # Invented people of the sample hospital and the name of the file that it hands in: data, as a hospital would enter it.
    "apps/portal/sample.py": {"関所 つかさ", "青葉 花子", "青葉 一郎", "日向 あい", "別紙2-1.xlsx"},
    # The hospital of a trial report that nobody gets to see.
    "apps/reports/templates_in.py": {"ためし病院"},
    # Invented answers, people and files on the page that shows the components.
    "foundation/style/listing.py": {"確認中"},
    "foundation/style/samples.py": {
        "青葉システム",
        "インターネットVPN",
        "保守会社に確認中",
        "山田 花子",
        "佐藤 一郎",
        "1310001_回線写真_20261118_1.jpg",
    },
    "foundation/style/views.py": {"佐藤 一郎"},
    # The signs themselves, beside the messages that translate them.
    "foundation/ui/texts.py": {"：", "、", "・", "（", "）", "「", "」"},
}
"""Texts of a module that are data, or that no reader of a page meets."""


def offences_in_template(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of what a template shows in Japanese whatever the reader's language is."""
    closing = ""
    for token in Lexer(COMMENT.sub("", source)).tokenize():
        name = token.contents.split(" ")[0] if token.token_type == TokenType.BLOCK else ""
        if closing:
            closing = "" if name == closing else closing
        elif name in {"comment", "blocktranslate", "blocktrans"}:
            closing = f"end{name}"
        elif (text := _shown(token, name)) and JAPANESE.search(text):
            yield token.lineno or 0, text


def _shown(token: Token, name: str) -> str:
    """Return the part of a token that reaches the reader untranslated."""
    if token.token_type == TokenType.COMMENT or name in TRANSLATED_TAGS:
        return ""
    text = token.contents if token.token_type == TokenType.TEXT else TRANSLATED_CALL.sub("", token.contents)
    for allowed in ALLOWED:
        text = text.replace(allowed, "")
    return text.strip(" \t\r\n")


def variables(source: str) -> set[str]:
    """Return the names of the values that a template shows."""
    tokens = Lexer(source).tokenize()
    return {re.split(r"[|\s]", t.contents)[0] for t in tokens if t.token_type == TokenType.VAR}


def offences_in_code(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each Japanese literal that is no message, no docstring and no pattern."""
    tree = ast.parse(source)
    excused = {id(node) for found in _excused(tree) for node in ast.walk(found)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in excused:
            continue
        if JAPANESE.search(node.value) and node.value not in ALLOWED:
            yield node.lineno, node.value


def _excused(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what may hold Japanese: arguments of translating calls, both halves of a `Text`, signs, docstrings."""
    names = _translating_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield from node.args
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _translating_names(tree: ast.Module) -> set[str]:
    names = {"Text", "sign"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {alias.asname or alias.name for alias in node.names if alias.name in TRANSLATORS}
    return names


def sources(suffix: str) -> list[str]:
    """Return the files that pages are made of, relative to the package."""
    found = (path for folder in FOLDERS for path in (PACKAGE / folder).rglob(f"*{suffix}"))
    return sorted(str(path.relative_to(PACKAGE)) for path in found if "migrations" not in path.parts)


def is_japanese_mail(path: str) -> bool:
    """Return True for a mail's Japanese text, which stands beside its English one."""
    return path.endswith(".ja.txt")


def read(path: str) -> str:
    return (PACKAGE / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [path for path in sources(".html") + sources(".txt") if not is_japanese_mail(path)])
def test_template_shows_no_japanese_of_its_own(path: str) -> None:
    lines = [f"{path}:{line}: {text!r}" for line, text in offences_in_template(read(path))]
    assert not lines, "Use {% translate %}, {% blocktranslate %} or {% mark %}:\n" + "\n".join(lines)


@pytest.mark.parametrize("path", [path for path in sources(".txt") if is_japanese_mail(path)])
def test_japanese_mail_has_an_english_text_with_the_same_places(path: str) -> None:
    english = path.removesuffix(".ja.txt") + ".en.txt"
    assert variables(read(english)) == variables(read(path))


@pytest.mark.parametrize("path", sources(".py"))
def test_code_shows_no_japanese_of_its_own(path: str) -> None:
    allowed = ALLOWED_IN.get(path, set())
    lines = [f"{path}:{line}: {text!r}" for line, text in offences_in_code(read(path)) if text not in allowed]
    assert not lines, "Use gettext or Text:\n" + "\n".join(lines)


@pytest.mark.parametrize("path", ALLOWED_IN)
def test_every_exception_is_still_needed(path: str) -> None:
    found = {text for _line, text in offences_in_code(read(path))}
    assert ALLOWED_IN[path] <= found


@pytest.mark.parametrize("path", sources(".js"))
def test_script_takes_its_words_from_the_page(path: str) -> None:
    assert not JAPANESE.search(re.sub(r"/\*.*?\*/|//[^\n]*", "", read(path), flags=re.DOTALL))


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>回線</p>", ["<p>回線</p>"]),
        ("{{ name }}：{{ value }}", ["："]),
        ('{% button "送る" %}', ['button "送る"']),
        ('{{ value|default:"なし" }}', ['value|default:"なし"']),
        ("{% translate '回線' %}{% mark '：' %}", []),
        ("{% blocktranslate %}回線{% endblocktranslate %}{% comment %}注{% endcomment %}{# 注 #}<!-- 注 -->", []),
        ('{{ value|default:_("なし") }}{% include "a.html" with label=_("札") %}', []),
        ("<button>日本語</button>", []),
    ],
)
def test_template_check_tells_words_from_messages(template: str, found: list[str]) -> None:
    assert [text for _line, text in offences_in_template(template)] == found


def test_code_check_tells_words_from_messages() -> None:
    source = (
        '"""説明"""\nfrom django.utils.translation import gettext as _\nfrom sekisho.domain.text import Text\n'
        'a = _("訳す")\nb = Text("訳す", "translate")\nc = "訳さない"\nd = f"回線{a}"\ne = other("別")\n'
        'def f():\n    """説明"""\n'
    )
    assert list(offences_in_code(source)) == [(6, "訳さない"), (7, "回線"), (8, "別")]
