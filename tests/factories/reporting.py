"""Hospitals of any size for tests of the report: register, verdict, survey and scans that belong together."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

from sekisho.catalogue.reporting import load_report_knowledge
from sekisho.catalogue.workbooks import load_edition
from sekisho.domain.diagnosis.results import AddressScan, ObservedPort
from sekisho.domain.facts import Unknown
from sekisho.domain.judgement.level import Control, ControlVerdict, Grade, LevelVerdict
from sekisho.domain.judgement.verdict import Evidence, Missing, PredicateVerdict
from sekisho.domain.register.records import Basics, Contact, Device, Line, Register, Terminal
from sekisho.domain.reporting.compose import compose
from sekisho.domain.reporting.document import SurveyReport
from sekisho.domain.survey.observations import Sighting, SurveyObservations, TerminalState
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.workbook.schema import Problem, Severity

JST = timezone(timedelta(hours=9), "JST")
ASSESSED_AT = datetime(2026, 11, 21, 10, 30, tzinfo=JST)


EDITION = load_edition()

_PURPOSES = (
    "qualification",
    "catering",
    "outside_laboratory",
    "teleradiology",
    "remote_access",
    "claims_online",
    "regional_link",
    "department_maintenance",
    "pacs",
)
_FORMS = (
    "ip_vpn",
    "internet_vpn",
    "internet",
    "internet_vpn",
    "internet",
    "ip_vpn",
    "leased_line",
    "closed_mobile",
    None,
)
_DEVICES = (("YAMAHA", "RTX1220", "15.04.06"), ("Fortinet", "FortiGate-60F", "7.2.8"), ("NEC", "UNIVERGE IX2215", None))


def line(number: int, **answers: object) -> Line:
    """Return a filled line; `answers` replace what it would hold."""
    communication = _FORMS[number % len(_FORMS)]
    is_open = communication in {"internet", "internet_vpn"}
    is_dynamic = number % 7 == 4
    maker, model, version = _DEVICES[number % len(_DEVICES)]
    filled = Line(
        number=number,
        device_check_wanted="wanted",
        scan_wanted="wanted" if is_open else "not_wanted",
        ehr_connection="yes" if number % 6 else "no",
        purpose=_PURPOSES[number % len(_PURPOSES)],
        line_kind="optical",
        circuit_id=f"CAF{number:07d}",
        carrier="NTT東日本",
        communication=communication or Unknown("保守業者に問合せ中"),
        global_ip="yes" if is_open else "no",
        address_assignment=("dynamic" if is_dynamic else "fixed") if is_open else None,
        global_address=None if is_dynamic or not is_open else f"203.0.{113 + number // 250}.{number % 250 + 1}",
        terminator_location=f"本部棟 {number % 5 + 1}F サーバー室 {number % 3 + 1}番ラック",
        contract_party="vendor" if number % 5 == 1 else "hospital",
        vendor_name="株式会社みなと給食" if number % 5 == 1 else None,
        remarks="年度末に更新予定" if number % 4 == 0 else None,
        devices=(Device(1, maker, model, version or Unknown("業者が不在")),),
    )
    return replace(filled, **answers)


def register(lines: int = 18, terminals: int = 5) -> Register:
    """Return a register with that many lines and PCs."""
    basics = Basics(
        name="みなと総合病院（架空）" if lines else None,
        beds=320,
        address="東京都港区架空町1-2-3",
        contacts=(Contact("山田", "花子", "ヤマダ ハナコ", "総務課", "03-0000-0000", "yamada@hospital.example"),),
    )
    kinds = ("電子カルテ", "医事会計", "検査", "薬剤", "PACS")
    pcs = tuple(
        Terminal(
            n, None, kinds[n - 1], "no", f"PCEHR{n:03d}", f"192.168.{n}.131/24", f"西棟 {n}F 診察室", antivirus="不明"
        )
        for n in range(1, terminals + 1)
    )
    return Register(basics, tuple(line(n) for n in range(1, lines + 1)), pcs)


def scans(of: Register) -> tuple[AddressScan, ...]:
    """Return runs over the fixed addresses: remote desktop on the first, VPN on every third, nothing on the others."""
    runs = []
    for position, found in enumerate(x for x in of.lines if isinstance(x.global_address, str)):
        ports: tuple[ObservedPort, ...] = ()
        if position == 0:
            ports = (
                ObservedPort("tcp", 443, "open", "https", "FortiGate SSL-VPN", ""),
                ObservedPort("tcp", 3389, "open", "ms-wbt-server", "Microsoft Terminal Services", ""),
            )
        elif position % 3 == 1:
            ports = (ObservedPort("udp", 500, "open", "isakmp"),)
        runs.append(
            AddressScan(
                str(found.global_address),
                datetime(2026, 11, 14, 1, 5, tzinfo=UTC),
                is_up=position % 5 != 4,
                ports=ports,
                evidence="nmap/line.xml",
                tool="nmap 7.93",
            )
        )
    return tuple(runs)


def survey(of: Register) -> SurveyObservations:
    """Return a survey with three sightings (one on no list) and the states of the PCs."""
    sightings = (
        Sighting(1, "onu", "2F サーバー室Aラック", 1, "写真/IMG_0012.jpg"),
        Sighting(2, "mobile_router", "3F 受付窓口の裏", None, "写真/IMG_0031.jpg", "電源が入っている"),
        Sighting(3, Unknown(), "地下1F 給食室", 1, ""),
    )
    states = (
        TerminalState(
            1, "PCEHR001", "Windows 10 Pro 22H2", "end_of_support", "Trend Micro Apex One", date(2026, 11, 5), "blocked"
        ),
        TerminalState(
            2, "PCEHR002", "Windows 11 Pro 24H2", "latest", "Microsoft Defender", date(2026, 11, 6), "allowed_only"
        ),
        TerminalState(3, "PCEHR003", "Windows 10 IoT LTSC 2021", "supported", "none", None, "unrestricted"),
        TerminalState(
            4, "PCEHR004", Unknown("起動できず"), None, None, None, None, "鍵が見つからず、電源を入れられませんでした。"
        ),
    )
    return SurveyObservations(date(2026, 11, 7), sightings, states[: len(of.terminals)])


def predicate(rule_id: str, outcome: Tri, title: str = "外への回線がすべて一覧に載っている") -> PredicateVerdict:
    """Return one applied rule."""
    said = {Tri.YES: "満たしています。", Tri.NO: "満たしていません。", Tri.UNKNOWN: "まだ分かっていません。"}[outcome]
    missing = (Missing(f"fact.{rule_id}", Text(f"「{title}」と言えますか。", f"Is this so: {rule_id}?")),)
    return PredicateVerdict(
        rule_id=rule_id,
        version="1",
        title=Text(title, rule_id),
        outcome=outcome,
        because=Text(f"{title}かどうか：{said}", f"{rule_id}: {outcome.value}."),
        remedy=Text("保守会社に確かめてください。", "Ask the maintenance company."),
        evidence=(
            Evidence(Text("病院の答え", "Answer"), Text(said, outcome.value), Text("質問票", "Questionnaire"), "L12"),
        ),
        missing=missing if outcome is Tri.UNKNOWN else (),
        source=Text("図5", "Figure 5"),
    )


def level() -> LevelVerdict:
    """Return level 1 with one open control and unknowns."""
    lines_known = predicate("level.external.all-lines-known", Tri.UNKNOWN)
    vendors = predicate(
        "level.external.vendor-access-limited", Tri.NO, "業者の遠隔保守を、業者ごとに決めた先だけに限っている"
    )
    usb = predicate("level.media.rule-written", Tri.YES, "USBメモリなどの決まりが文書になっている")
    usb_block = predicate("level.media.enforced", Tri.NO, "許可のないUSBメモリを仕組みで止めている")
    inside = predicate("level.internal.some-traffic-control", Tri.NO, "院内のどこかに、通信を止める仕切りがある")
    own = predicate("level.own.without-measure", Tri.UNKNOWN, "対策の一覧にない規則")
    return LevelVerdict(
        level=1,
        best_possible=1,
        urgent=False,
        controls=(
            ControlVerdict(Control.EXTERNAL, Grade.PARTIAL, (lines_known, vendors), Grade.PARTIAL, Grade.PARTIAL),
            ControlVerdict(Control.MEDIA, Grade.PARTIAL, (usb, usb_block), Grade.PARTIAL, Grade.PARTIAL),
            ControlVerdict(Control.INTERNAL, Grade.NONE, (inside, own), Grade.NONE, Grade.NONE),
        ),
        nearest_miss=(lines_known, vendors, usb_block),
        rules_version="1.0",
    )


@dataclass(frozen=True, slots=True)
class File:
    """A source file."""

    path: str
    sha256: str
    size_bytes: int


PROBLEMS = (
    Problem(
        "回線・機器情報記入シート",
        "M12",
        "global-address-private",
        Severity.ERROR,
        Text(
            "「10.0.0.1」は病院の内側のアドレスです。ルータの「WAN」の番号を書いてください。",
            "10.0.0.1 is an inside address.",
        ),
        "10.0.0.1",
        "global_address",
        5,
    ),
    Problem(
        "調査端末情報記入シート",
        "",
        "five-terminals",
        Severity.WARNING,
        Text("端末は5台を選んでください。", "Choose five PCs."),
    ),
)


def report(lines: int = 18, **parts: object) -> SurveyReport:
    """Return the report of a hospital with that many lines; `parts` replace arguments of `compose`."""
    of = parts.pop("register", None) or register(lines, 5 if lines else 0)
    arguments: dict[str, object] = {
        "code": "H001",
        "register": of,
        "problems": PROBLEMS if lines else (),
        "level": level(),
        "survey": survey(of) if lines else SurveyObservations(),
        "scans": scans(of),
        "sources": (File("workbook.xlsx", "ab" * 32, 48213), File("nmap/line.xml", "cd" * 32, 9120)) if lines else (),
        "assessed_at": ASSESSED_AT,
        "notes": (Text("network.yaml の backups は、この版では使われません。", "backups are not used yet."),)
        if lines
        else (),
        "knowledge": load_report_knowledge(),
        "edition": EDITION,
    }
    return compose(**(arguments | parts))
