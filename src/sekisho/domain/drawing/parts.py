"""A drawing as plain values: pages of boxes and edges with their coordinates.

One unit is one point (1/72 inch) on A3 landscape; x grows to the right, y downwards. A box says what it stands for
(`BoxKind`) and what is special about it (`Mark`); which shape and colour that gives is the adapters' business.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from sekisho.domain.text import Text

PAGE_WIDTH = 1190.0
PAGE_HEIGHT = 842.0
NOTHING = Text("", "")


class BoxKind(Enum):
    """What a box stands for."""

    PARTY = "party"
    """Who is at the other end: a vendor, a provider or a carrier."""
    NETWORK = "network"
    """The network between them and us: internet, closed network, mobile, unknown."""
    LINE = "line"
    TERMINATOR = "terminator"
    DEVICE = "device"
    STOP = "stop"
    """Here a line ends that does not lead into the medical network."""
    BUS = "bus"
    """The medical network."""
    SYSTEM = "system"
    BACKUP = "backup"
    NOTE = "note"
    SEGMENT = "segment"
    """One broadcast domain, or several of them behind one another's place (`Mark.BUNDLE`)."""
    HOP = "hop"
    """A host, or a group of alike hosts, that an intruder comes to."""
    HEAD = "head"
    """The head of a row of a table."""
    CELL = "cell"
    """One field of a table: its mark says what it is (see `palette`)."""


class Mark(Enum):
    """What is special about a box or an edge. Each is drawn as a shape and a word, not only as a colour."""

    VENDOR = "vendor"
    """Contracted by a vendor."""
    UNKNOWN = "unknown"
    """A fact is unknown or was not filled in."""
    MOBILE = "mobile"
    OUT_OF_SCOPE = "out_of_scope"
    UNLISTED = "unlisted"
    """Seen on site, in no list."""
    INTERNET = "internet"
    CLOSED = "closed"
    SHARED = "shared"
    """Several lines use it."""
    BUNDLE = "bundle"
    """Stands for several alike things."""
    REFERENCE = "reference"
    """Drawn on another page; here only a pointer to it."""
    CRITICAL = "critical"
    """Care stops without it."""
    FILTERED = "filtered"
    """A filter is known to stand there."""
    ISOLATED = "isolated"
    """Hosts of one segment do not hear each other."""
    GOOD = "good"
    """Blocked, surviving: as it should be."""
    BAD = "bad"
    """Open, lost, fallen."""
    EXCEPTION = "exception"
    """Open because somebody declared a need."""
    QUIET = "quiet"
    """Says nothing: the diagonal of a table, a place left empty."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text that is wrapped into at most `max_lines` lines of its box."""

    text: Text
    size: float
    bold: bool = False
    max_lines: int = 1


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return the x of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Return the y of the lower side."""
        return self.y + self.height

    def meets(self, other: "Area") -> bool:
        """Return True when both have a common inside; touching sides do not count."""
        beside = self.right <= other.x or other.right <= self.x
        return not (beside or self.bottom <= other.y or other.bottom <= self.y)


def drum_lip(height: float) -> float:
    """Return how far the lid of a drum of `height` bulges up and down; words begin below it."""
    return min(4.0, height / 8)


@dataclass(frozen=True, slots=True)
class Badge:
    """The number of one line, drawn once in the whole drawing. `id` is "line-3", `record` what a click opens."""

    id: str
    number: int
    area: Area
    record: str
    title: Text


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `text_area` is where its labels go; `title` is the full text, for those who point at it or hear it.

    `id` is unique in the drawing; `record` names what a click opens ("line-3", "terminator-3", "device-3-1",
    "system-ehr", "sighting-2"), "" when there is nothing to open. `row_span` are the first and last row it covers.
    """

    id: str
    kind: BoxKind
    area: Area
    text_area: Area
    labels: tuple[Label, ...]
    title: Text
    marks: frozenset[Mark] = frozenset()
    tag: Text = NOTHING
    record: str = ""
    badges: tuple[Badge, ...] = ()
    row_span: tuple[int, int] = (0, -1)


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection from the right or lower side of `source` to the left or upper one of `target`, orthogonal.

    `lines` are the ids of the lines that run over it. `label` stands with its middle over `label_at`.
    """

    id: str
    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    lines: tuple[str, ...] = ()
    marks: frozenset[Mark] = frozenset()
    joins: tuple[tuple[float, float], ...] = ()
    """Where this edge meets another one that leads to or comes from the same box: drawn as a dot."""
    label: Text = NOTHING
    label_at: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Heading:
    """A text outside the boxes: page title, column heading, an entry of the title block.

    `area` bounds it; `anchor` is "start", "middle" or "end". With `upright` False it runs from bottom to top.
    """

    area: Area
    label: Label
    anchor: str = "start"
    upright: bool = True


@dataclass(frozen=True, slots=True)
class Panel:
    """A ground that boxes stand on, with its name along the top: a band, a block. `level` 0 is the lowest."""

    id: str
    area: Area
    name: Heading
    title: Text
    level: int = 0


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One entry of the legend: a sample box, the edge that goes with it when there is one, and what they mean."""

    sample: Box
    edge: Edge | None
    meaning: Heading


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the title block says of the drawing's making; None and "" are printed as a dash.

    `data_on` is the day whose facts it shows, `version` that of the program, `snapshot` the hash of what was drawn.
    """

    drawn_on: date | None = None
    data_on: date | None = None
    version: str = ""
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of A3 landscape. `number` counts from 1."""

    number: int
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    headings: tuple[Heading, ...] = ()
    legend: tuple[LegendItem, ...] = ()
    frames: tuple[Area, ...] = ()
    """Thin rules around the title block."""
    panels: tuple[Panel, ...] = ()
    """Grounds below everything else, lower levels first."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole drawing. `sentences` say the same as the picture, one per line of the register (see `describe`).

    `name` parts its ids from those of other drawings on one screen: letters, digits and hyphens.
    """

    title: Text
    summary: Text
    pages: tuple[Page, ...]
    sentences: tuple[Text, ...]
    width: float = PAGE_WIDTH
    height: float = PAGE_HEIGHT
    stamp: Stamp = field(default_factory=Stamp)
    page_of_line: tuple[tuple[str, int], ...] = ()
    """Id and page of every line, in the order of the register."""
    name: str = "overview"
