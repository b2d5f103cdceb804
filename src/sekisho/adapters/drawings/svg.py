"""A drawing as SVG, for the screen, for print and for embedding into a PDF.

Only presentation attributes: no style attribute, no style sheet, no script, nothing from outside. So a content security
policy without 'unsafe-inline' lets it pass inside a page, and renderers without CSS (usvg in Typst) draw the same.
"""

import re
from collections.abc import Callable, Iterator

from sekisho.adapters.drawings.palette import FONT, GREY_DARK, INK, PAPER, RULE, Look, ground_of, look_of, stroke_of
from sekisho.adapters.drawings.xmltext import xml_attribute as _attribute
from sekisho.adapters.drawings.xmltext import xml_number as _n
from sekisho.adapters.drawings.xmltext import xml_text as _text
from sekisho.domain.drawing.metrics import text_width
from sekisho.domain.drawing.parts import Area, Badge, Box, BoxKind, Drawing, Edge, Mark, Page, Panel, drum_lip
from sekisho.domain.drawing.typesetting import PlacedText, Tag, tag_of, typeset, typeset_heading

Link = Callable[[str], str]
"""Record ("line-3") -> address that a click opens; "" for no link."""

_LOUD = frozenset({Mark.UNLISTED})
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_IGNORED_BY_BROWSERS = re.compile("[\x00-\x20]")


def draw_svg(drawing: Drawing, language: str = "ja", link: Link | None = None, page: int | None = None) -> str:
    """Return `drawing` as one SVG document; its size is A3 landscape per page.

    `page` counts from 1; None draws all pages, one below the other. With `link`, every box that has a record is a link
    to it. Every text is escaped; what XML cannot hold is replaced.

    Raises:
        ValueError: `drawing` has no page `page`.
    """
    pages = [sheet for sheet in drawing.pages if page is None or sheet.number == page]
    if not pages:
        raise ValueError(f"The drawing has {len(drawing.pages)} pages, not a page {page}.")
    writer = _Writer(language, link)
    return "\n".join((*_head(drawing, pages, writer), *_body(drawing, pages, writer), "</svg>", ""))


def _head(drawing: Drawing, pages: list[Page], writer: "_Writer") -> Iterator[str]:
    width, height = drawing.width, drawing.height * len(pages)
    # An image has no parts that could take the focus; with links inside it is a group.
    role = "group" if writer.link else "img"
    name = _attribute(drawing.name)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="420mm" '
        f'height="{297 * len(pages)}mm" role="{role}" aria-labelledby="{name}-title {name}-description" '
        f'lang="{writer.language}" font-family="{_attribute(FONT)}, sans-serif" fill="{INK}">'
    )
    yield f'<title id="{name}-title">{_text(drawing.title.within(writer.language))}</title>'
    yield f'<desc id="{name}-description">{_text(drawing.summary.within(writer.language))}</desc>'


def _body(drawing: Drawing, pages: list[Page], writer: "_Writer") -> Iterator[str]:
    for index, page in enumerate(pages):
        shift = f' transform="translate(0 {_n(drawing.height * index)})"' if index else ""
        yield f'<g id="{_attribute(page_id(drawing, page))}"{shift}>'
        yield f'<rect width="{_n(drawing.width)}" height="{_n(drawing.height)}" fill="{PAPER}"/>'
        yield from writer.page(page)
        yield "</g>"


def page_id(drawing: Drawing, page: Page) -> str:
    """Return the id of a page: unique on a screen that shows several drawings."""
    return f"page-{page.number}" if drawing.name == "overview" else f"{drawing.name}-page-{page.number}"


class _Writer:
    """Writes the parts of a page in one language."""

    def __init__(self, language: str, link: Link | None) -> None:
        self.language = "en" if language.startswith("en") else "ja"
        self.link = link

    def page(self, page: Page) -> Iterator[str]:
        """Yield the whole page: edges first, so that boxes lie over their ends."""
        for panel in sorted(page.panels, key=lambda panel: panel.level):
            yield from self.panel(panel)
        yield '<g fill="none">'
        for edge in page.edges:
            yield self.edge(edge)
        yield "</g>"
        for box in page.boxes:
            yield from self.box(box)
        yield from self.edge_labels(page)
        yield from self.surroundings(page)

    def panel(self, panel: Panel) -> Iterator[str]:
        """Yield a ground and its name."""
        fill, stroke = ground_of(panel)
        yield f'<g id="{_attribute(panel.id)}"><title>{_text(panel.title.within(self.language))}</title>'
        yield f'{_rectangle(panel.area, 3)[:-2]} fill="{fill}" stroke="{stroke}" stroke-width="0.7"/>'
        yield from map(_text_element, typeset_heading(panel.name, self.language))
        yield "</g>"

    def surroundings(self, page: Page) -> Iterator[str]:
        """Yield headings, legend and title block."""
        for heading in page.headings:
            yield from map(_text_element, typeset_heading(heading, self.language))
        yield f'<g fill="none" stroke="{RULE}" stroke-width="0.6">'
        for area in page.frames:
            yield _rectangle(area)
        yield "</g>"
        for item in page.legend:
            if item.edge:
                yield self.edge(item.edge)
            yield from _outline(item.sample)
            ink = look_of(item.sample).ink
            for placed in typeset(item.sample, self.language):
                yield _text_element(placed, "" if ink == INK else ink)
            yield from map(_text_element, typeset_heading(item.meaning, self.language))

    def edge(self, edge: Edge) -> str:
        """Return the path of `edge` with a dot wherever it joins another one."""
        stroke = stroke_of(edge)
        way = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in edge.points)
        dashes = f' stroke-dasharray="{_dashes(stroke.dashes)}"' if stroke.dashes else ""
        dots = "".join(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="2.2" fill="{stroke.colour}"/>' for x, y in edge.joins)
        return (
            f'<path id="{_attribute(edge.id)}" d="{way}" fill="none" stroke="{stroke.colour}" '
            f'stroke-width="{_n(stroke.width)}"{dashes}/>{dots}'
        )

    def edge_labels(self, page: Page) -> Iterator[str]:
        """Yield the numbers at the medical network, on paper ground so that a line below does not cross them out."""
        for edge in page.edges:
            words = edge.label.within(self.language)
            if not words:
                continue
            x, y = edge.label_at
            width = text_width(words, 7)
            yield f'<rect x="{_n(x - width / 2 - 1)}" y="{_n(y - 6.6)}" width="{_n(width + 2)}" height="8" fill="{PAPER}"/>'
            yield _text_element(PlacedText(words, x, y, 7, bold=True, anchor="middle"))

    def box(self, box: Box) -> Iterator[str]:
        """Yield the group of `box`: shape, words and numbers, inside a link where there is a record to open."""
        start, end = self._link(box.record)
        record = f' data-record="{_attribute(box.record)}"' if box.record else ""
        yield f'{start}<g id="{_attribute(box.id)}" data-kind="{box.kind.value}"{record}>'
        yield f"<title>{_text(box.title.within(self.language))}</title>"
        yield from _outline(box)
        ink = look_of(box).ink
        for placed in typeset(box, self.language):
            yield _text_element(placed, "" if ink == INK else ink)
        if tag := tag_of(box, self.language):
            yield from _tag(tag, look_of(box).stroke, is_quiet=box.kind is BoxKind.TERMINATOR and not box.marks & _LOUD)
        if len(box.badges) == 1 and box.badges[0].id == box.id:
            yield from self.badge(box.badges[0], box)
            yield f"</g>{end}"
            return
        yield f"</g>{end}"
        for badge in box.badges:
            yield from self.numbered(badge, box)

    def numbered(self, badge: Badge, box: Box) -> Iterator[str]:
        """Yield the number of one line of a bundle as a group of its own, with its own link."""
        start, end = self._link(badge.record)
        yield f'{start}<g id="{_attribute(badge.id)}" data-kind="line" data-record="{_attribute(badge.record)}">'
        yield f"<title>{_text(badge.title.within(self.language))}</title>"
        yield from self.badge(badge, box)
        yield f"</g>{end}"

    def badge(self, badge: Badge, box: Box) -> Iterator[str]:
        """Yield a line number, white on dark."""
        area, words = badge.area, str(badge.number)
        size = min(area.height * 0.62, area.width * 0.92 / max(text_width(words, 1), 0.1))
        colour = GREY_DARK if Mark.OUT_OF_SCOPE in box.marks else look_of(box).stroke
        yield f'{_rectangle(area, area.height / 2.4)[:-2]} fill="{colour}"/>'
        middle = area.x + area.width / 2
        yield _text_element(
            PlacedText(words, middle, area.y + area.height / 2 + size * 0.36, size, bold=True, anchor="middle"), PAPER
        )

    def _link(self, record: str) -> tuple[str, str]:
        address = self.link(record) if self.link and record else ""
        if not address or not _is_web_address(address):
            return "", ""
        # No `aria-label`: the name comes from the title and the words inside, so that it holds what can be seen.
        return f'<a href="{_attribute(address)}">', "</a>"


def _is_web_address(address: str) -> bool:
    """Return True for relative addresses and for http and https; anything else might run code."""
    scheme = _SCHEME.match(_IGNORED_BY_BROWSERS.sub("", address).lower())
    return scheme is None or scheme.group() in {"http:", "https:"}


def _text_element(placed: PlacedText, fill: str = "") -> str:
    anchor = "" if placed.anchor == "start" else f' text-anchor="{placed.anchor}"'
    weight = ' font-weight="bold"' if placed.bold else ""
    turn = "" if placed.upright else f' transform="rotate(-90 {_n(placed.x)} {_n(placed.y)})"'
    colour = f' fill="{fill}"' if fill else ""
    return (
        f'<text x="{_n(placed.x)}" y="{_n(placed.y)}" font-size="{_n(placed.size)}"{anchor}{weight}{turn}{colour}>'
        f"{_text(placed.text)}</text>"
    )


def _tag(tag: Tag, colour: str, *, is_quiet: bool) -> Iterator[str]:
    """Yield a tag: white on dark, or the other way round for good news, which must not outshout the rest."""
    ground, ink = (PAPER, colour) if is_quiet else (colour, PAPER)
    yield f'{_rectangle(tag.area, 2)[:-2]} fill="{ground}" stroke="{colour}" stroke-width="0.5"/>'
    yield _text_element(tag.text, ink)


def _rectangle(area: Area, corner: float = 0.0) -> str:
    rounded = f' rx="{_n(corner)}"' if corner else ""
    return f'<rect x="{_n(area.x)}" y="{_n(area.y)}" width="{_n(area.width)}" height="{_n(area.height)}"{rounded}/>'


def _dashes(dashes: tuple[float, ...]) -> str:
    return " ".join(map(_n, dashes))


def _outline(box: Box) -> Iterator[str]:
    """Yield the shape of `box`: the sheets behind it, itself, its second outline, its bar."""
    look = look_of(box)
    dashes = f' stroke-dasharray="{_dashes(look.dashes)}"' if look.dashes else ""
    drawn = f'fill="{look.fill}" stroke="{look.stroke}" stroke-width="{_n(look.width)}"'
    if look.is_stacked:
        behind = Area(box.area.x + 2.6, box.area.y + 2.6, box.area.width, box.area.height)
        yield f'<path d="{_shape(behind, look)}" fill="{look.fill}" stroke="{look.stroke}" stroke-width="0.8"/>'
    yield f'<path d="{_shape(box.area, look)}" {drawn}{dashes}/>'
    if look.is_double:
        yield f'<path d="{_shape(_inset(box.area, 1.7), look)}" fill="none" stroke="{look.stroke}" stroke-width="0.7"{dashes}/>'
    if look.has_bar:
        bar = Area(box.area.x - 1, box.area.y, 4.0, box.area.height)
        yield f'{_rectangle(bar)[:-2]} fill="{look.stroke}"/>'
    if box.kind is BoxKind.BACKUP:
        area, lip = box.area, drum_lip(box.area.height)
        curve = f"M{_n(area.x)} {_n(area.y + lip)}a{_n(area.width / 2)} {_n(lip)} 0 0 0 {_n(area.width)} 0"
        yield f'<path d="{curve}" fill="none" stroke="{look.stroke}" stroke-width="{_n(look.width)}"/>'


def _inset(area: Area, by: float) -> Area:
    return Area(area.x + by, area.y + by, max(1.0, area.width - 2 * by), max(1.0, area.height - 2 * by))


def _shape(area: Area, look: Look) -> str:
    """Return the path of the outline."""
    x, y, right, bottom = area.x, area.y, area.right, area.bottom
    if look.shape == "hexagon":
        cut = min(6.0, area.height / 3)
        middle = (y + bottom) / 2
        return _polygon(
            (x + cut, y), (right - cut, y), (right, middle), (right - cut, bottom), (x + cut, bottom), (x, middle)
        )
    if look.shape == "octagon":
        cut = min(7.0, area.height / 3, area.width / 3)
        return _polygon(
            *((x + cut, y), (right - cut, y), (right, y + cut), (right, bottom - cut)),
            *((right - cut, bottom), (x + cut, bottom), (x, bottom - cut), (x, y + cut)),
        )
    if look.shape == "drum":
        lip, half = drum_lip(area.height), area.width / 2
        return (
            f"M{_n(x)} {_n(y + lip)}a{_n(half)} {_n(lip)} 0 0 1 {_n(area.width)} 0V{_n(bottom - lip)}"
            f"a{_n(half)} {_n(lip)} 0 0 1 {_n(-area.width)} 0Z"
        )
    return _rounded(area, min(look.corner, area.height / 2, area.width / 2))


def _polygon(*points: tuple[float, float]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points) + "Z"


def _rounded(area: Area, corner: float) -> str:
    c = _n(corner)
    across, down = _n(area.width - 2 * corner), _n(area.height - 2 * corner)
    return (
        f"M{_n(area.x + corner)} {_n(area.y)}h{across}a{c} {c} 0 0 1 {c} {c}v{down}a{c} {c} 0 0 1 -{c} {c}"
        f"h-{across}a{c} {c} 0 0 1 -{c} -{c}v-{down}a{c} {c} 0 0 1 {c} -{c}Z"
    )
