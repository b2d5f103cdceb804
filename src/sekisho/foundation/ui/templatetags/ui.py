"""The components as template tags. `/_components/` shows each of them in every state.

One value: `icon`, `mark`, `status`, `tri`, `answer`, `day`, `moment`, `due`. Buttons: `button`, `link_button`. Blocks:
`notice`, `card`, `dialog`, `svg_viewer`. From the values of `components.py`: `next_card`, `stepper`, `tabs`,
`two_numbers`, `diff_table`, `facts`, `missing`, `history`, `files`, `gate`. Forms: `error_summary`, `autosave`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from sekisho.domain.facts import Unknown
from sekisho.domain.tri import Tri
from sekisho.foundation.ui import calendar_words, notices
from sekisho.foundation.ui.components import Coverage, Fact, NextThing, Tab, Words
from sekisho.foundation.ui.icons import ICONS
from sekisho.foundation.ui.saved_views import saved_views_of
from sekisho.foundation.ui.statuses import OF_TRI, Status
from sekisho.foundation.ui.texts import sign
from sekisho.foundation.ui.words_for_scripts import words

register = template.Library()


def _attributes(attrs: dict[str, Any]) -> SafeString:
    """Return `hx_get="..."` and the like as attributes; True stands alone, None and False are left out."""
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attrs.items() if value is not None}
    return flatatt({key: str(value) if not isinstance(value, bool) else value for key, value in named.items()})


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon. It is decoration: the words beside it say the same."""
    paths = format_html_join("", '<path class="icon__{}" d="{}"/>', ICONS[name])
    return format_html(
        '<svg class="icon icon--{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>', name, paths
    )


@register.simple_tag
def mark(japanese: str) -> str:
    """Write a sign between two values（"：" and the like）as the reader's language does."""
    return sign(japanese)


@register.simple_tag
def status(kind: str, label: Words = "") -> SafeString:
    """Draw a status tag; without a label it says the status' own word."""
    known = Status(kind)
    return format_html(
        '<span class="status status--{}">{}<span class="status__word">{}</span></span>',
        known.value,
        icon(known.value),
        label or known.word,
    )


@register.simple_tag
def tri(value: Tri, good: Tri | None = None) -> SafeString:
    """Draw a yes, no or unknown. With `good`, that answer is shown as fine and its opposite as a warning."""
    kind, word = OF_TRI[value]
    if good is not None and value is not Tri.UNKNOWN:
        kind = Status.OK if value is good else Status.WARNING
    return status(kind, word)


@register.simple_tag
def answer(value: object) -> SafeString | str:
    """Show an answer: its value, "unknown" with the reason, or "not answered yet"."""
    if value is None:
        return status(Status.UNANSWERED)
    if isinstance(value, Unknown):
        if not value.reason:
            return status(Status.UNKNOWN)
        return format_html('{} <span class="answer__reason">{}</span>', status(Status.UNKNOWN), value.reason)
    if isinstance(value, Tri):
        return tri(value)
    if isinstance(value, bool):
        return tri(Tri.of(value))
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    return format_html("{}", value)


@register.simple_tag
def button(label: Words, kind: str = "primary", icon_name: str = "", **attrs: Any) -> SafeString:
    """Draw a button: `{% button _("保存する") kind="secondary" icon_name="save" name="act" value="save" %}`."""
    attrs.setdefault("type", "submit")
    drawn = icon(icon_name) if icon_name else ""
    return format_html(
        '<button class="button button--{}"{}>{}<span>{}</span></button>', kind, _attributes(attrs), drawn, label
    )


@register.simple_tag
def link_button(url: str, label: Words, kind: str = "primary", icon_name: str = "", **attrs: Any) -> SafeString:
    """Draw a link that looks like a button: it leads somewhere and changes nothing."""
    drawn = icon(icon_name) if icon_name else ""
    return format_html(
        '<a class="button button--{}" href="{}"{}>{}<span>{}</span></a>', kind, url, _attributes(attrs), drawn, label
    )


@register.simple_block_tag
def notice(content: str, kind: str = "info", title: Words = "") -> SafeString:
    """Draw a notice in the page: what, and in the block why and how to mend."""
    known = Status(kind)
    return format_html(
        '<div class="notice notice--{}">{}<div class="notice__body"><p class="notice__title">'
        '<span class="visually-hidden">{}</span> {}</p>{}</div></div>',
        known.value,
        icon(known.value),
        _("%(severity)s：") % {"severity": known.word},
        title or known.word,
        mark_safe(content),  # noqa: S308 - the block was rendered, and escaped, by the template engine
    )


@register.simple_block_tag
def card(content: str, title: Words, level: int = 2) -> SafeString:
    """Draw a card with a heading of the given level."""
    return format_html(
        '<section class="card"><h{} class="card__title">{}</h{}>{}</section>',
        level,
        title,
        level,
        mark_safe(content),  # noqa: S308 - see `notice`
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: Words) -> SafeString:  # noqa: A002 - the attribute it sets
    """Draw a dialog. A button with `data-dialog-open="<id>"` opens it; `data-dialog-close`, Escape or ✕ close it."""
    return format_html(
        '<dialog class="dialog" id="{}" aria-labelledby="{}-title"><div class="dialog__head">'
        '<h2 class="dialog__title" id="{}-title">{}</h2>{}</div>{}</dialog>',
        id,
        id,
        id,
        title,
        button(_("閉じる"), "text", "close", type="button", data_dialog_close=True),
        mark_safe(content),  # noqa: S308 - see `notice`
    )


@register.simple_block_tag
def svg_viewer(content: str, id: str, label: Words) -> SafeString:  # noqa: A002 - the attribute it sets
    """Draw an SVG in a frame that pans and zooms; the SVG stands in the block. Printing shows all of it."""
    return render_to_string("ui/svg_viewer.html", {"id": id, "label": label, "content": mark_safe(content)})  # noqa: S308


@register.inclusion_tag("ui/next_card.html")
def next_card(thing: NextThing | None) -> dict[str, Any]:
    """Draw the one thing to do next, or say that nothing is left."""
    today = timezone.localdate()
    late = thing is not None and thing.due is not None and thing.due < today
    return {"thing": thing, "late": late, "today": today}


@register.inclusion_tag("ui/stepper.html")
def stepper(steps: Sequence[Any], label: Words) -> dict[str, Any]:
    """Draw the steps of a way and where the reader stands."""
    done = sum(step.state == "done" for step in steps)
    return {"steps": steps, "label": label, "done": done, "total": len(steps)}


@register.inclusion_tag("ui/tabs.html")
def tabs(items: Sequence[Tab], label: Words) -> dict[str, Any]:
    """Draw the views of one record as links; each view is a page."""
    return {"tabs": items, "label": label}


@register.inclusion_tag("ui/two_numbers.html")
def two_numbers(coverage: Coverage, label: Words = "") -> dict[str, Any]:
    """Draw the two numbers of progress: answered and satisfied."""
    return {"coverage": coverage, "label": label}


@register.inclusion_tag("ui/diff_table.html")
def diff_table(rows: Sequence[Any], caption: Words) -> dict[str, Any]:
    """Draw what an upload would change: new, changed, unchanged, missing."""
    kinds = {"new": _("新しい"), "changed": _("変わる"), "unchanged": _("そのまま"), "missing": _("ファイルにない")}
    counts = [(kind, word, sum(row.kind == kind for row in rows)) for kind, word in kinds.items()]
    return {"rows": [(row, kinds[row.kind]) for row in rows], "counts": counts, "caption": caption}


@register.inclusion_tag("ui/record/facts.html")
def facts(items: Sequence[Fact], caption: Words) -> dict[str, Any]:
    """Draw a record's facts, each with its source and day."""
    return {"facts": items, "caption": caption}


@register.inclusion_tag("ui/record/missing.html")
def missing(items: Sequence[Any], record: Words = "") -> dict[str, Any]:
    """Draw what a record still lacks."""
    return {"items": items, "record": record}


@register.inclusion_tag("ui/record/history.html")
def history(entries: Sequence[Any]) -> dict[str, Any]:
    """Draw who changed what and when, the latest first."""
    return {"entries": entries}


@register.inclusion_tag("ui/record/files.html")
def files(entries: Sequence[Any]) -> dict[str, Any]:
    """Draw the files of a record."""
    return {"entries": entries}


@register.inclusion_tag("ui/gate.html")
def gate(checks: Sequence[Any], title: Words) -> dict[str, Any]:
    """Draw the checks before a hand-in: what blocks, what warns, what was accepted with a reason."""
    order = {"blocker": 0, "warning": 1, "passed": 2}
    return {
        "checks": sorted(checks, key=lambda check: order[check.kind]),
        "title": title,
        "blockers": sum(check.kind == "blocker" for check in checks),
    }


@register.inclusion_tag("ui/breadcrumb.html")
def breadcrumb(*parts: Any) -> dict[str, Any]:
    """Draw the way to this page: `{% breadcrumb _("ホーム") home_url _("接続一覧") list_url line.code %}`."""
    pairs = [(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
    return {"links": pairs, "here": parts[-1] if len(parts) % 2 else ""}


@register.inclusion_tag("ui/forms/error_summary.html")
def error_summary(*forms: BaseForm) -> dict[str, Any]:
    """Draw the list of problems above a form; each entry jumps to its field."""
    entries: list[tuple[str, str, str]] = []
    for form in forms:
        entries += [("", "", str(error)) for error in form.non_field_errors()]
        for bound in form:
            entries += [(bound.id_for_label or bound.auto_id, str(bound.label), str(e)) for e in bound.errors]
    return {"entries": entries}


@register.simple_tag
def autosave(url: str, version: int | str) -> SafeString:
    """Return the attributes of a form whose fields are saved one by one; see `static/ui/js/autosave.js`."""
    return format_html('data-autosave="{}" data-version="{}"', url, version)


@register.filter
def day(value: date | datetime | None) -> str:
    """Return a day with its weekday; "" for None."""
    return calendar_words.day_words(value) if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """Return day and time; "" for None."""
    return calendar_words.moment_words(value) if value else ""


@register.filter
def due(value: date | None) -> str:
    """Return how far away a due date is, from today; "" for None."""
    return calendar_words.due_words(value, timezone.localdate()) if value else ""


@register.filter
def time_left(seconds: int | None) -> str:
    """Return a time left in words; "" for None."""
    return calendar_words.duration_words(seconds) if seconds is not None else ""


@register.filter
def undo_url(message: Message) -> str:
    """Return where to POST to undo what a message tells, or ""."""
    return notices.undo_url(message)


@register.filter
def message_status(message: Message) -> Status:
    """Return how a message is shown."""
    return {"error": Status.DANGER, "warning": Status.WARNING, "success": Status.OK}.get(message.level_tag, Status.INFO)


@register.filter
def saved_views(page: Any) -> list[tuple[Any, str]]:
    """Return the reader's saved views of a list, with their addresses."""
    views = saved_views_of(page.user, page.pattern.name)
    return [(view, f"{page.path}?{view.query}" if view.query else page.path) for view in views]


@register.filter
def kind_of_input(field: Any) -> str:
    """Return the kind of a bound field's widget: "check", "group", "file" or "line"."""
    widget = field.field.widget
    name = getattr(widget, "input_type", "")
    if getattr(widget, "use_fieldset", False):
        return "group"
    return {"checkbox": "check", "file": "file"}.get(name or "", "line")


@register.simple_tag
def script_words() -> SafeString:
    """Hand the words of the page's scripts over as data."""
    return json_script(words(), "ui-words")
