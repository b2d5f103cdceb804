"""A drawing as an uncompressed draw.io file, which diagrams.net opens and people go on drawing in.

Boxes are cells and edges are connected to them, so that moving a box takes its edges along. Labels are plain text
(`html=0`): nothing that somebody typed into the register is read as markup.
"""

from collections.abc import Iterator

from sekisho.adapters.drawings.palette import FONT, INK, PAPER, RULE, Look, ground_of, look_of, stroke_of
from sekisho.adapters.drawings.xmltext import xml_attribute, xml_label, xml_number
from sekisho.domain.drawing.parts import Area, Badge, Box, BoxKind, Drawing, Edge, Heading, Label, Mark, Page, Panel
from sekisho.domain.drawing.typesetting import CENTRED, typeset, typeset_heading

_SHAPES = {
    "box": "rounded=1;absoluteArcSize=1;arcSize={arc}",
    "round": "rounded=1;absoluteArcSize=1;arcSize={arc}",
    "hexagon": "shape=hexagon;perimeter=hexagonPerimeter2;fixedSize=1;size=6",
    "octagon": "shape=mxgraph.basic.octagon2;dx=7",
    "drum": "shape=cylinder3;size=5;boundedLbl=1",
}


def draw_drawio(drawing: Drawing, language: str = "ja") -> str:
    """Return `drawing` as draw.io XML with one diagram per page, its legend and title block included."""
    spoken = "en" if language.startswith("en") else "ja"
    parts = ['<mxfile host="sekisho" type="device" compressed="false">']
    for page in drawing.pages:
        parts.extend(_diagram(page, drawing, spoken))
    return "\n".join((*parts, "</mxfile>", ""))


def _diagram(page: Page, drawing: Drawing, language: str) -> Iterator[str]:
    name = f"{page.number} / {len(drawing.pages)}"
    width, height = xml_number(drawing.width), xml_number(drawing.height)
    yield f'<diagram id="page-{page.number}" name="{xml_attribute(name)}">'
    yield (
        f'<mxGraphModel grid="0" gridSize="5" guides="1" tooltips="1" connect="1" arrows="0" fold="1" page="1" '
        f'pageScale="1" pageWidth="{width}" pageHeight="{height}" math="0" shadow="0">'
    )
    yield '<root><mxCell id="0"/><mxCell id="1" parent="0"/>'
    for panel in sorted(page.panels, key=lambda panel: panel.level):
        yield from _panel(panel, language)
    for box in page.boxes:
        yield from _box(box, language)
    places = {box.id: box.area for box in page.boxes}
    for edge in page.edges:
        yield _edge(edge, places, language)
    yield from _surroundings(page, language)
    yield "</root></mxGraphModel></diagram>"


def _geometry(area: Area) -> str:
    return (
        f'<mxGeometry x="{xml_number(area.x)}" y="{xml_number(area.y)}" width="{xml_number(area.width)}" '
        f'height="{xml_number(area.height)}" as="geometry"/>'
    )


def _dashes(dashes: tuple[float, ...]) -> str:
    return f"dashed=1;fixDash=1;dashPattern={' '.join(map(xml_number, dashes))};" if dashes else ""


def _box_style(box: Box, look: Look) -> str:
    shape = _SHAPES[look.shape].format(arc=xml_number(2 * look.corner))
    label = box.labels[0] if box.labels else Label(box.title, 8)
    left = box.text_area.x - box.area.x
    turned = "horizontal=0;" if box.kind is BoxKind.BUS else ""
    centred = box.kind is BoxKind.BUS or box.kind in CENTRED
    align = "align=center;spacing=0;" if centred else f"align=left;spacing=0;spacingLeft={xml_number(left)};"
    # draw.io has no second outline apart from its "double" rectangles: the vendor's lines are thick there instead.
    width = max(look.width, 2.4) if look.is_double else look.width
    return (
        f"{shape};whiteSpace=wrap;html=0;fillColor={look.fill};strokeColor={look.stroke};"
        f"strokeWidth={xml_number(width)};fontColor={look.ink};fontSize={xml_number(label.size)};"
        f"fontFamily={FONT};verticalAlign=middle;{align}{turned}{_dashes(look.dashes)}"
    )


def _box(box: Box, language: str) -> Iterator[str]:
    look = look_of(box)
    if look.is_stacked:
        behind = Area(box.area.x + 3, box.area.y + 3, box.area.width, box.area.height)
        yield _plain_cell(f"{box.id}-behind", behind, _box_style(box, look), "")
    words = "\n".join(placed.text for placed in typeset(box, language)[: 1 if box.kind is BoxKind.BUS else None])
    tag = box.tag.within(language)
    label = f"【{tag}】{words}" if tag else words
    own_badge = len(box.badges) == 1 and box.badges[0].id == box.id
    yield _record_cell(box.id, box.record, box.title.within(language), box.area, _box_style(box, look), label)
    if Mark.SHARED in box.marks:
        bar = Area(box.area.x - 1, box.area.y, 4, box.area.height)
        yield _plain_cell(f"{box.id}-bar", bar, f"fillColor={look.stroke};strokeColor=none;html=0", "")
    for badge in box.badges:
        yield _badge(badge, f"{badge.id}-number" if own_badge else badge.id, look, language)


def _badge(badge: Badge, identity: str, look: Look, language: str) -> str:
    style = (
        f"rounded=1;arcSize=50;html=0;fillColor={look.stroke};strokeColor=none;fontColor={PAPER};fontStyle=1;"
        f"fontFamily={FONT};fontSize={xml_number(badge.area.height * 0.6)};spacing=0"
    )
    return _record_cell(identity, badge.record, badge.title.within(language), badge.area, style, str(badge.number))


def _record_cell(identity: str, record: str, tooltip: str, area: Area, style: str, label: str) -> str:
    """Return a cell that carries the record it stands for, so that a reader of the file can tie it to the register."""
    return (
        f'<UserObject id="{xml_attribute(identity)}" label="{xml_label(label)}" tooltip="{xml_label(tooltip)}" '
        f'record="{xml_attribute(record)}"><mxCell style="{xml_attribute(style)}" vertex="1" parent="1">'
        f"{_geometry(area)}</mxCell></UserObject>"
    )


def _plain_cell(identity: str, area: Area, style: str, label: str) -> str:
    return (
        f'<mxCell id="{xml_attribute(identity)}" value="{xml_label(label)}" style="{xml_attribute(style)}" vertex="1" '
        f'parent="1">{_geometry(area)}</mxCell>'
    )


def _edge(edge: Edge, places: dict[str, Area], language: str) -> str:
    stroke = stroke_of(edge)
    leave, arrive = _share(places[edge.source], edge.points[0]), _share(places[edge.target], edge.points[-1])
    style = (
        f"endArrow=none;html=0;rounded=0;exitX={leave[0]};exitY={leave[1]};exitPerimeter=0;entryX={arrive[0]};entryY={arrive[1]};"
        f"entryPerimeter=0;strokeColor={stroke.colour};strokeWidth={xml_number(stroke.width)};fontSize=7;"
        f"fontFamily={FONT};fontColor={INK};verticalAlign=bottom;{_dashes(stroke.dashes)}"
    )
    corners = "".join(f'<mxPoint x="{xml_number(x)}" y="{xml_number(y)}"/>' for x, y in edge.points[1:-1])
    points = f'<Array as="points">{corners}</Array>' if corners else ""
    return (
        f'<mxCell id="{xml_attribute(edge.id)}" value="{xml_label(edge.label.within(language))}" '
        f'style="{xml_attribute(style)}" edge="1" parent="1" source="{xml_attribute(edge.source)}" '
        f'target="{xml_attribute(edge.target)}"><mxGeometry relative="1" as="geometry">{points}</mxGeometry></mxCell>'
    )


def _share(area: Area, point: tuple[float, float]) -> tuple[str, str]:
    """Return how far along and down a box an edge meets it, from 0 to 1 each."""
    x = (point[0] - area.x) / area.width if area.width else 0.5
    return f"{x:g}", f"{(point[1] - area.y) / area.height:.4f}" if area.height else "0.5"


def _panel(panel: Panel, language: str) -> Iterator[str]:
    fill, stroke = ground_of(panel)
    style = f"html=0;rounded=1;absoluteArcSize=1;arcSize=6;fillColor={fill};strokeColor={stroke};strokeWidth=0.7"
    yield _plain_cell(panel.id, panel.area, style, "")
    yield from _heading(f"{panel.id}-name", panel.name, language)


def _surroundings(page: Page, language: str) -> Iterator[str]:
    frame = f"html=0;fillColor=none;strokeColor={RULE};strokeWidth=0.6"
    for index, area in enumerate(page.frames):
        yield _plain_cell(f"frame-{index}", area, frame, "")
    for index, heading in enumerate(page.headings):
        yield from _heading(f"heading-{index}", heading, language)
    for item in page.legend:
        look = look_of(item.sample)
        words = "\n".join(placed.text for placed in typeset(item.sample, language))
        yield _plain_cell(item.sample.id, item.sample.area, _box_style(item.sample, look), words)
        yield from _heading(f"{item.sample.id}-meaning", item.meaning, language)


def _heading(identity: str, heading: Heading, language: str) -> Iterator[str]:
    lines = typeset_heading(heading, language)
    if not lines:
        return
    align = {"start": "left", "middle": "center", "end": "right"}[heading.anchor]
    style = (
        f"text;html=0;strokeColor=none;fillColor=none;align={align};verticalAlign=top;spacing=0;fontFamily={FONT};"
        f"fontSize={xml_number(heading.label.size)};fontColor={INK};fontStyle={int(heading.label.bold)}"
        f"{'' if heading.upright else ';horizontal=0'}"
    )
    yield _plain_cell(identity, heading.area, style, "\n".join(line.text for line in lines))
