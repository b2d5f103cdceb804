"""The questions about records that the workbook does not ask: places, vendors, contracts, boxes.

Same form as the columns of the workbook catalogue, so that one kind of form, list and check serves both.
"""

from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Column, Kind, Need


def _column(
    key: str, ja: str, en: str, *, kind: Kind = Kind.TEXT, help_ja: str = "", help_en: str = "", length: int = 200
) -> Column:
    return Column(
        key=key,
        heading=Text(ja, en),
        kind=kind,
        need=Need.OPTIONAL,
        help=Text(help_ja, help_en),
        max_length=length,
    )


_REMARKS = _column("remarks", "備考", "Remarks", length=1000)

PLACE = (
    _column("building", "建物", "Building", help_ja="例：本館", help_en="For example: main building", length=100),
    _column("floor", "階", "Floor", help_ja="例：2F", help_en="For example: 2F", length=40),
    _column("room", "部屋", "Room", help_ja="例：サーバ室", help_en="For example: server room", length=100),
    _column(
        "rack",
        "ラックなど",
        "Rack",
        help_ja="部屋の中のどこか。例：1番ラックの上から3段目、受付カウンターの裏",
        help_en="Where in the room. For example: rack 1, third from the top",
        length=100,
    ),
    _REMARKS,
)

VENDOR = (
    _column("kana", "かな", "Reading in kana", kind=Kind.KANA),
    _column("contact_name", "窓口の担当者", "Contact person"),
    _column(
        "phone",
        "電話番号",
        "Phone",
        kind=Kind.PHONE,
        help_ja="夜や休みの日に回線を止めたいときにもかけられる番号があれば、それを書いてください。",
        help_en="If there is a number for nights and holidays, give that one.",
        length=40,
    ),
    _column("email", "メールアドレス", "E-mail", kind=Kind.EMAIL, length=254),
    _REMARKS,
)

TERMINATOR_EXTRA = (
    _column(
        "asset_label",
        "管理番号・目印",
        "Label",
        help_ja="箱に貼ってある番号や、見分ける目印。例：資産番号 A-102、青いシール",
        help_en="The number on the box or what tells it apart. For example: asset A-102, blue sticker",
        length=100,
    ),
    _REMARKS,
)

CONTRACT = (
    _column(
        "number",
        "契約番号",
        "Contract number",
        help_ja="請求書や契約書に書いてある番号",
        help_en="As printed on the bill",
        length=100,
    ),
    _REMARKS,
)
