"""The icons, drawn on a 24 by 24 grid. They stand in the page itself, so that they print and need no request.

A drawing is a tuple of (kind, path): "line" is stroked, "shape" is filled with the text colour, "mark" is stroked in
the ground colour on top of a shape. All are decoration: the word beside them says the same.
"""

from typing import Literal

Drawing = tuple[tuple[Literal["line", "shape", "mark", "dash"], str], ...]

_CIRCLE = "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20z"
_RING = "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z"
_QUESTION = "M9.3 9.2a2.8 2.8 0 1 1 4.1 2.5c-.9.5-1.4 1-1.4 2v.5M12 17.2v.1"

ICONS: dict[str, Drawing] = {
    # The eight states: octagon, triangle, diamond, round, and three outlines.
    "danger": (("shape", "M7.9 2h8.2L22 7.9v8.2L16.1 22H7.9L2 16.1V7.9z"), ("mark", "M8.5 8.5l7 7M15.5 8.5l-7 7")),
    "warning": (("shape", "M12 2.2L23 21.5H1z"), ("mark", "M12 9v6M12 18v.1")),
    "caution": (("shape", "M12 1.2L22.8 12L12 22.8L1.2 12z"), ("mark", "M12 7v6.2M12 16.4v.1")),
    "info": (("shape", _CIRCLE), ("mark", "M12 11v6M12 7v.1")),
    "ok": (("shape", _CIRCLE), ("mark", "M7.3 12.4l3.2 3.2l6.2-6.6")),
    "no": (("line", _RING), ("line", "M8 12h8")),
    "unknown": (("dash", _RING), ("line", _QUESTION)),
    "unanswered": (("dash", _RING),),
    # Actions and things.
    "add": (("line", "M12 5v14M5 12h14"),),
    "arrow-right": (("line", "M5 12h14M13 6l6 6l-6 6"),),
    "calendar": (("line", "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4"),),
    "check": (("line", "M5 12.5l4.5 4.5L19 7.5"),),
    "close": (("line", "M6 6l12 12M18 6L6 18"),),
    "columns": (("line", "M4 5h16v14H4zM9.3 5v14M14.6 5v14"),),
    "down": (("line", "M6 9l6 6l6-6"),),
    "download": (("line", "M12 4v11M7 10.5l5 5l5-5M5 20h14"),),
    "file": (("line", "M6 3h8l4 4v14H6zM14 3v4h4"),),
    "filter": (("line", "M4 6h16M7 12h10M10 18h4"),),
    "fit": (("line", "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"),),
    "globe": (("line", _RING), ("line", "M3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18")),
    "help": (("line", _RING), ("line", _QUESTION)),
    "history": (("line", "M4 12a8 8 0 1 0 2.6-5.9M4 4v4.2h4.2M12 8v4.4l3 1.8"),),
    "hospital": (("line", "M5 21V4h14v17M3 21h18M12 7v6M9 10h6M10 21v-4h4v4"),),
    "left": (("line", "M15 6l-6 6l6 6"),),
    "menu": (("line", "M4 7h16M4 12h16M4 17h16"),),
    "minus": (("line", "M5 12h14"),),
    "offline": (
        ("line", "M3 3l18 18M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 4.4-2.6M14 9.3a10 10 0 0 1 5 2.7M12 19v.1"),
    ),
    "print": (("line", "M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z"),),
    "right": (("line", "M9 6l6 6l-6 6"),),
    "save": (("line", "M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6"),),
    "search": (("line", "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zM15.3 15.3L20 20"),),
    "sort": (("line", "M8 10l4-5l4 5M8 14l4 5l4-5"),),
    "sort-down": (("line", "M12 5v14M6.5 13.5L12 19l5.5-5.5"),),
    "sort-up": (("line", "M12 19V5M6.5 10.5L12 5l5.5 5.5"),),
    "undo": (("line", "M9 5L4 10l5 5M4 10h10a5.5 5.5 0 0 1 0 11h-3"),),
    "upload": (("line", "M12 16V5M7 9.5l5-5l5 5M5 20h14"),),
    "user": (("line", "M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8zM4 21a8 8 0 0 1 16 0"),),
}
