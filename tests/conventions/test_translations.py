"""Every message exists in Japanese and English, and what is committed is what the sources say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_every_message_has_an_english_text() -> None:
    result = run("extract_messages.py", "--check")
    assert result.returncode == 0, (
        f"Run scripts/extract_messages.py, translate, compile:\n{result.stdout}{result.stderr}"
    )


def test_compiled_catalogues_are_up_to_date() -> None:
    result = run("compile_messages.py", "--check")
    assert result.returncode == 0, f"Run scripts/compile_messages.py:\n{result.stdout}{result.stderr}"


@pytest.fixture(scope="module")
def extract():
    """The script as a module."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("extract_messages", ROOT / "scripts" / "extract_messages.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


TEMPLATE = """
{% load i18n %}
<p title="{% translate '題' %}">{% translate "読む" as word %}{% translate "戻る" context "動詞" %}</p>
{% blocktranslate count n=n %}{{ n }}件{% plural %}{{ n }}件ずつ{% endblocktranslate %}
{% blocktranslate with x=y trimmed %}
  {{ x }}さん
{% endblocktranslate %}
{% include "a.html" with label=_("札") %}{{ value|default:_("なし") }}
{% comment %}{% translate "書かない" %}{% endcomment %}「_("文の中")」
"""


def test_extract_finds_every_way_to_translate_in_a_template(extract) -> None:
    found = {(m.context, m.text, m.plural) for m in extract.of_template(TEMPLATE, "t.html")}
    assert found == {
        ("", "題", ""),
        ("", "読む", ""),
        ("動詞", "戻る", ""),
        ("", "%(n)s件", "%(n)s件ずつ"),
        ("", "%(x)sさん", ""),
        ("", "札", ""),
        ("", "なし", ""),
    }


CODE = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext as n, pgettext_lazy
other = lambda text: text
a = _("一") + gettext_lazy("二" "つ")
b = n("%(n)s回", "%(n)s回ずつ", 2)
c = pgettext_lazy("色", "赤")
d = other("訳さない"); word = "変数"; e = _(word)
"""


def test_extract_finds_every_way_to_translate_in_code(extract) -> None:
    found = {(m.context, m.text, m.plural) for m in extract.of_code(CODE, "m.py") if m.text}
    assert found == {("", "一", ""), ("", "二つ", ""), ("", "%(n)s回", "%(n)s回ずつ"), ("色", "赤", "")}


@pytest.mark.parametrize("call", ['_(f"{n}件")', '_("%s件" % n)', '_("{}件".format(n))'])
def test_extract_refuses_a_text_put_together_before_it_is_translated(extract, call: str) -> None:
    source = f"from django.utils.translation import gettext as _\nn = 1\nx = {call}\n"
    with pytest.raises(extract.NotLiteral, match=r"m\.py:3"):
        list(extract.of_code(source, "m.py"))


def test_catalogue_check_names_what_is_wrong(extract) -> None:
    import polib

    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="訳なし", msgstr=""))
    catalogue.append(polib.POEntry(msgid="%(n)s件", msgstr="some"))
    catalogue.append(polib.POEntry(msgid="使わない", msgstr="unused"))
    wanted = {m.key: m for m in [extract.Message("訳なし"), extract.Message("%(n)s件"), extract.Message("新しい")]}
    text = "\n".join(extract.problems(wanted, catalogue))
    for part in ("no English: '訳なし'", "lacks places", "unused: '使わない'", "not in the catalogue: '新しい'"):
        assert part in text
