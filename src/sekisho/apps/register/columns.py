"""The questions about records that the workbook does not ask: places, vendors, contracts, boxes.

Same form as the columns of the workbook catalogue, so that one kind of form, list and check serves both.
"""

from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Column, Kind, Need

_NONE = Text("", "")


def _column(key: str, heading: Text, *, kind: Kind = Kind.TEXT, hint: Text = _NONE, length: int = 200) -> Column:
    return Column(key=key, heading=heading, kind=kind, need=Need.OPTIONAL, help=hint, max_length=length)


_REMARKS = _column("remarks", Text("備考", "Remarks"), length=1000)

PLACE = (
    _column("building", Text("建物", "Building"), hint=Text("例：本館", "For example: main building"), length=100),
    _column("floor", Text("階", "Floor"), hint=Text("例：2F", "For example: 2F"), length=40),
    _column("room", Text("部屋", "Room"), hint=Text("例：サーバ室", "For example: server room"), length=100),
    _column(
        "rack",
        Text("ラックなど", "Rack"),
        hint=Text(
            "部屋の中のどこか。例：1番ラックの上から3段目、受付カウンターの裏",
            "Where in the room. For example: rack 1, third from the top",
        ),
        length=100,
    ),
    _REMARKS,
)

VENDOR = (
    _column("kana", Text("かな", "Reading in kana"), kind=Kind.KANA),
    _column("contact_name", Text("窓口の担当者", "Contact person")),
    _column(
        "phone",
        Text("電話番号", "Phone"),
        kind=Kind.PHONE,
        hint=Text(
            "夜や休みの日に回線を止めたいときにもかけられる番号があれば、それを書いてください。",
            "If there is a number for nights and holidays, give that one.",
        ),
        length=40,
    ),
    _column("email", Text("メールアドレス", "E-mail"), kind=Kind.EMAIL, length=254),
    _REMARKS,
)

TERMINATOR_EXTRA = (
    _column(
        "asset_label",
        Text("管理番号・目印", "Label"),
        hint=Text(
            "箱に貼ってある番号や、見分ける目印。例：資産番号 A-102、青いシール",
            "The number on the box or what tells it apart. For example: asset A-102, blue sticker",
        ),
        length=100,
    ),
    _REMARKS,
)

CONTRACT = (
    _column(
        "number",
        Text("契約番号", "Contract number"),
        hint=Text("請求書や契約書に書いてある番号", "As printed on the bill"),
        length=100,
    ),
    _REMARKS,
)
