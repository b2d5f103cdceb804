"""What is said when a workbook breaks one of the rules that hold for every column. Rules of a sheet bring their own words.

Each says what is wrong and how to mend it, and blames nobody; the place is told by the problem itself.
"""

from sekisho.domain.text import Text
from sekisho.domain.values import dataclass
from sekisho.domain.workbook.schema import Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING


@dataclass(frozen=True, slots=True)
class Saying:
    """One built-in rule: its stable id, how grave it is, and its words with `{places}`."""

    rule: str
    severity: Severity
    message: Text


def _error(rule: str, ja: str, en: str) -> Saying:
    return Saying(rule, ERROR, Text(ja, en))


def _warning(rule: str, ja: str, en: str) -> Saying:
    return Saying(rule, WARNING, Text(ja, en))


# Sheets and columns

MISSING_SHEET = _error(
    "missing-sheet",
    "「{wanted}」シートがありません。配られたExcelファイルの4つのシートを、消さずにそのまま送ってください。",
    "The sheet “{wanted}” is missing. Please send the file with all four of its sheets.",
)
MISSING_COLUMN = _error(
    "missing-column",
    "「{heading}」の欄が見つかりません。見出しを消したり書き換えたりしていないか確かめ、最新のファイルに写してください。",
    "The field “{heading}” was not found. Check that its heading was not removed or reworded, or copy into the latest file.",
)
MISSING_CONDITIONAL_COLUMN = _warning(
    "missing-column",
    "「{heading}」の欄が見つかりません。古い版のファイルかもしれません。当てはまる内容があれば、最新のファイルに写してください。",
    "The field “{heading}” was not found; the file may be of an older edition. If it applies, copy into the latest file.",
)
NO_LINES = _error(
    "no-lines",
    "回線が1本も書かれていません。電話回線のほかに、保守用の回線やベンダが引いた回線も含めて書いてください。",
    "No line has been entered. Please list every data line, those for maintenance and those of vendors too.",
)
NO_FLOOR_PLAN = _warning(
    "no-floor-plan",
    "平面図（フロア図）の画像が見つかりません。このシートに貼り付けるか、別のファイルで出してください。",
    "No floor plan was found. Paste it into this sheet, or hand it in as a file of its own.",
)
TERMINAL_COUNT = _warning(
    "terminal-count",
    "調査する端末は5台ですが、{count}台書かれています。電子カルテから1台、ほかの主な部門から1台ずつ選んでください。"
    "5台そろわないときは、そのままでも受け付け、事務局が相談します。",
    "Five PCs are surveyed, but {count} are entered. Choose one of the EHR and one each of other main departments. "
    "If there are not five, hand it in as it is and the secretariat will call.",
)
TOO_MANY_PARTS = _warning(
    "too-many-contacts",
    "担当者は{limit}人までです。{count}人目からは取り込みません。電話やメールの順に{limit}人を選んでください。",
    "Up to {limit} contacts are taken; from number {count} on they are left out. Please choose the first {limit}.",
)

# One answer

REQUIRED = _error(
    "required",
    "「{heading}」が空です。{help}",
    "“{heading}” is blank. {help}",
)
RECOMMENDED = _warning(
    "recommended",
    "「{heading}」が空です。分かれば書いてください。{help}",
    "“{heading}” is blank. Please fill it in if you can. {help}",
)
UNKNOWN_NOT_ALLOWED = _error(
    "unknown-not-allowed",
    "「{heading}」は「不明」にできません。{help}",
    "“{heading}” cannot be unknown. {help}",
)
UNKNOWN_NEEDS_REASON = _warning(
    "unknown-needs-reason",
    "「不明」の理由を添えてください（例：不明（保守会社に確認中））。当日の調査の段取りに使います。",
    "Please add why it is unknown, e.g. 不明（保守会社に確認中）. It helps to plan the survey.",
)
NOT_AN_OPTION = _error(
    "not-in-list",
    "「{value}」は選べる答えにありません。次から選んでください：{options}",
    "“{value}” is not among the choices. Please choose one of: {options}",
)
OUT_OF_RANGE = _error(
    "out-of-range",
    "「{value}」は{minimum}から{maximum}の間にありません。けた数や単位を確かめて書き直してください。",
    "“{value}” is not between {minimum} and {maximum}. Check the figures and write it again.",
)

# Addresses

_WAN = "ルータの「WAN」に表示される番号を書いてください。分からなければ「不明」と書くと、確認の依頼が作られます。"
_WAN_EN = "Write the number shown as “WAN” on the router, or 不明 (unknown), which becomes a request to look it up."
PRIVATE = _error(
    "private-address",
    f"「{{value}}」は病院の内側のアドレスです。{_WAN}",
    f"“{{value}}” is an address inside the hospital. {_WAN_EN}",
)
CARRIER_SHARED = _error(
    "carrier-shared-address",
    "「{value}」は回線の会社の内側で使われる番号で、インターネットからは届きません。この回線にグローバルIPがあるか、"
    "プロバイダに確かめてください。なければ「グローバルIP利用」を「なし」にします。",
    "“{value}” is used inside the carrier's own network and cannot be reached from the internet. Ask the provider whether "
    "this line has a global IP; if not, change “Uses a global IP” to “No”.",
)
UNSPECIFIED = _error(
    "unspecified-address",
    f"「{{value}}」は仮の番号で、本当のアドレスではありません。{_WAN}",
    f"“{{value}}” is a placeholder, no real address. {_WAN_EN}",
)
LOOPBACK = _error(
    "loopback-address",
    f"「{{value}}」は装置が自分自身を指す番号です。{_WAN}",
    f"“{{value}}” is what every device calls itself. {_WAN_EN}",
)
LINK_LOCAL = _error(
    "link-local-address",
    f"「{{value}}」は、番号をもらえなかった装置が仮に付ける番号です。{_WAN}",
    f"“{{value}}” is what a device takes when nobody gives it an address. {_WAN_EN}",
)
MULTICAST = _error(
    "multicast-address",
    f"「{{value}}」は一斉に送るための番号で、1つの回線を表しません。{_WAN}",
    f"“{{value}}” is for sending to many at once and names no line. {_WAN_EN}",
)
RESERVED = _error(
    "reserved-address",
    f"「{{value}}」は使われていない（予約された）番号です。書き写しの間違いがないか確かめてください。{_WAN}",
    f"“{{value}}” is reserved and not in use. Check for a slip in copying. {_WAN_EN}",
)
DOCUMENTATION = _warning(
    "documentation-address",
    "「{value}」は説明書の例に使われる番号です。記入例をそのまま写していないか確かめ、実際の番号に直してください。",
    "“{value}” is an example address from manuals. Check that it was not copied from the example, and write the real one.",
)
INSIDE_UNSPECIFIED = _error(
    "unspecified-address",
    "「{value}」は仮の番号です。「ipconfig」と打つと出る番号を書いてください。分からなければ「不明」と書けます。",
    "“{value}” is a placeholder. Write the address that ipconfig shows, or 不明 (unknown).",
)
INSIDE_LOOPBACK = _error(
    "loopback-address",
    "「{value}」は装置が自分自身を指す番号です。ほかの端末から見える番号（例：192.168.1.131/24）を書いてください。",
    "“{value}” is what every device calls itself. Write the address by which others see it, e.g. 192.168.1.131/24.",
)
INSIDE_LINK_LOCAL = _warning(
    "link-local-address",
    "「{value}」は、ネットワークから番号をもらえなかったときの仮の番号です。LANケーブルがつながった状態で見直してください。",
    "“{value}” is taken when the network gives no address. Look again with the LAN cable plugged in.",
)
INSIDE_MULTICAST = _error(
    "multicast-address",
    "「{value}」は一斉に送るための番号で、1台の装置を表しません。その装置自身の番号を書いてください。",
    "“{value}” is for sending to many at once. Write the address of the device itself.",
)
BROADCAST = _error(
    "broadcast-address",
    "「{value}」はその範囲の全員に送るための番号で、1台の装置を表しません。その装置自身の番号を書いてください。",
    "“{value}” is for sending to all of that network. Write the address of the device itself.",
)
PUBLIC_INSIDE = _warning(
    "public-address-inside",
    "「{value}」はインターネットで使われる番号です。院内の端末の番号か確かめてください。正しければそのままでかまいません。",
    "“{value}” is an address of the internet. Check that it is this PC's; if it is, leave it.",
)

# Several records

DUPLICATE_NUMBER = _error(
    "duplicate-number",
    "「{value}」が2行あります（もう1つは {other}）。別の回線や端末なら、番号を付け直してください。",
    "There are two rows “{value}” (the other is {other}). If they are different, give one another number.",
)
COPIED_ROW = _warning(
    "copied-row",
    "この行は {other} の行を写して作られたようです。新しい行として扱います。同じものの書き間違いなら、どちらかを消してください。",
    "This row seems to be a copy of the row at {other} and is taken as a new one. If it was a slip, remove one of them.",
)
DUPLICATE_CIRCUIT = _error(
    "duplicate-circuit-id",
    "回線ID「{value}」が {other} にもあります。請求書を見て、どちらかを直してください。同じ回線なら1行にまとめてください。",
    "The circuit ID “{value}” also stands at {other}. Correct one of them from the bill, or join the rows if it is one line.",
)
SHARED_CIRCUIT = _warning(
    "duplicate-circuit-id",
    "回線ID「{value}」が {other} にもあります。1本の回線を2つの通信で分け合っているなら、このままでかまいません。",
    "The circuit ID “{value}” also stands at {other}. If one line carries both kinds of communication, leave it.",
)
DUPLICATE_CIRCUIT_NUMBER = _warning(
    "duplicate-circuit-number",
    "回線番号「{value}」が {other} にもあります。写し間違いでなければ、このままでかまいません。",
    "The circuit number “{value}” also stands at {other}. Leave it if that is right.",
)
SHARED_ADDRESS = _warning(
    "shared-global-address",
    "グローバルIPアドレス「{value}」が {other} にもあります。2つの回線が同じ装置から出ているなら、このままでかまいません。",
    "The global address “{value}” also stands at {other}. If both lines leave through the same device, leave it.",
)
DUPLICATE_HOST = _error(
    "duplicate-host-name",
    "端末ホスト名「{value}」が {other} にもあります。5台は別々の端末にして、名前を確かめて書き直してください。",
    "The host name “{value}” also stands at {other}. The five PCs must be different; check the names.",
)
DUPLICATE_TERMINAL_ADDRESS = _warning(
    "duplicate-terminal-address",
    "IPアドレス「{value}」が {other} にもあります。同じ番号の端末が2台あるとつながりません。番号を確かめてください。",
    "The IP address “{value}” also stands at {other}. Two PCs cannot share one; please check.",
)
