"""Cases as the portal would build them: from records, without any file."""

from datetime import UTC, date, datetime, timedelta, timezone

from sekisho.assessment.case import Case, SourceFile
from sekisho.domain.diagnosis.results import AddressScan, ObservedPort
from sekisho.domain.facts import Unknown
from sekisho.domain.judgement.declarations import Declaration, Declarations
from sekisho.domain.overview.systems import InsideSystem
from sekisho.domain.register.records import Basics, Contact, Device, Line, Register, Terminal
from sekisho.domain.survey.observations import Sighting, SurveyObservations, TerminalState
from sekisho.domain.text import Text
from sekisho.domain.workbook.schema import Problem, Severity

AT = datetime(2026, 11, 21, 9, 0, tzinfo=timezone(timedelta(hours=9)))

LINES = (
    Line(
        number=1,
        device_check_wanted="yes",
        scan_wanted="yes",
        ehr_connection="yes",
        purpose="ehr",
        line_kind="optical",
        circuit_id="CAF00001",
        carrier="NTT西日本",
        communication="internet_vpn",
        global_ip="yes",
        address_assignment="static",
        global_address="198.51.100.7",
        terminator_location="本部棟 3F サーバールーム",
        contract_party="vendor",
        vendor_name="みなとシステム",
        devices=(Device(1, maker="YAMAHA", model="RTX830", software_version="Rev.15.02.03"),),
    ),
    Line(
        number=2, ehr_connection=Unknown("業者に確認中"), purpose="catering", communication="internet", global_ip="yes"
    ),
    Line(number=3, ehr_connection="no", purpose="その他の用途", communication="ip_vpn", global_ip="no"),
)


def full_case() -> Case:
    """Return a hospital of which a little of everything is known."""
    return Case(
        code="H001",
        register=Register(
            basics=Basics(
                name="青葉みなと総合病院", beds=320, contacts=(Contact(family_name="山田", given_name="花子"),)
            ),
            lines=LINES,
            terminals=(Terminal(number=1, system_kind="ehr", host_name="PC01", address="192.168.1.131/24"),),
        ),
        assessed_at=AT,
        problems=(
            Problem(
                "回線・機器",
                "M12",
                "lines.global-address",
                Severity.WARNING,
                Text("確かめてください。", "Check."),
                row=2,
            ),
        ),
        declarations=Declarations(
            {
                "internet_separated": Declaration("yes", source="portal: 山田 花子 2026-11-20"),
                "usb_rule": Declaration("partly", remark="口頭"),
                "usb_enforced": Declaration(Unknown("業者に確認中")),
            }
        ),
        systems=(
            InsideSystem("ehr", "電子カルテ", "ehr", 3, (1,)),
            InsideSystem("nas", "控え", "ehr", 1, (), is_backup=True),
        ),
        survey=SurveyObservations(
            surveyed_on=date(2026, 11, 10),
            sightings=(Sighting(1, "onu", "3F 受付窓口"),),
            terminals=(TerminalState(1, host_name="PC01", os_name="Windows 10 Pro 22H2", usb_storage="unrestricted"),),
        ),
        scans=(
            AddressScan(
                "198.51.100.7",
                datetime(2026, 11, 15, 1, 0, tzinfo=UTC),
                True,
                (ObservedPort("udp", 500, "open", "isakmp"),),
                "nmap/line1.xml",
                "nmap 7.93",
            ),
        ),
        sources=(SourceFile("workbook.xlsx", "a" * 64, 12_345),),
        notes=(Text("控えとして記録しました。", "Kept."),),
    )


def empty_case() -> Case:
    """Return a hospital that has only just signed in."""
    return Case(code="NEW", register=Register(), assessed_at=AT)
