"""The register of one hospital as plain values, the form in which every part of Sekisho passes it on.

A workbook is read into these, the portal's database is written out into these, and the overview drawing, the
judgement and the report take nothing else. Field names are the column keys of the workbook catalogue
(`catalogue/workbook/`) and the column names of the database, so that one word means one thing everywhere.

Choices hold the option *code* of the catalogue ("internet_vpn"), never its label; addresses hold the canonical
text of `ipaddress`; every answer may be `Unknown` or None (see `domain.facts`).
"""

from dataclasses import dataclass, field

from sekisho.domain.facts import Answer


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of the hospital whom the programme may call or write to; up to four of them, in calling order."""

    family_name: Answer[str] = None
    given_name: Answer[str] = None
    kana: Answer[str] = None
    department: Answer[str] = None
    phone: Answer[str] = None
    email: Answer[str] = None


@dataclass(frozen=True, slots=True)
class Basics:
    """The hospital itself（基本情報記入シート）."""

    control_number: Answer[str] = None
    consent: Answer[str] = None
    name: Answer[str] = None
    name_kana: Answer[str] = None
    postal_code: Answer[str] = None
    address: Answer[str] = None
    address_kana: Answer[str] = None
    building: Answer[str] = None
    building_kana: Answer[str] = None
    beds: Answer[int] = None
    contacts: tuple[Contact, ...] = ()
    confirmed_by: Answer[str] = None


@dataclass(frozen=True, slots=True)
class Device:
    """A router, UTM or other network device below a line terminator（装置①, 装置② ...）. `position` counts from 1."""

    position: int
    maker: Answer[str] = None
    model: Answer[str] = None
    software_version: Answer[str] = None
    manufactured_year: Answer[int] = None
    management_address: Answer[str] = None
    ports: Answer[str] = None

    @property
    def name(self) -> str:
        """Return "maker model" of what is known, "" when neither is."""
        return " ".join(part for part in (self.maker, self.model) if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Line:
    """One external line with its terminator and the devices below it（回線・機器情報記入シート）.

    `number` is the 回線n of the sheet, unique in the hospital. `row_id` is the identity that a prefilled workbook
    carries in its hidden column; None for a line that the register has not seen yet.
    """

    number: int
    row_id: str | None = None
    device_check_wanted: Answer[str] = None
    scan_wanted: Answer[str] = None
    ehr_connection: Answer[str] = None
    purpose: Answer[str] = None
    line_kind: Answer[str] = None
    service_name: Answer[str] = None
    circuit_id: Answer[str] = None
    carrier: Answer[str] = None
    circuit_number: Answer[str] = None
    communication: Answer[str] = None
    global_ip: Answer[str] = None
    address_assignment: Answer[str] = None
    global_address: Answer[str] = None
    scan_day_check: Answer[str] = None
    scan_day_address: Answer[str] = None
    fqdn: Answer[str] = None
    provider: Answer[str] = None
    provider_plan: Answer[str] = None
    terminator_location: Answer[str] = None
    terminator_kind: Answer[str] = None
    contract_party: Answer[str] = None
    vendor_name: Answer[str] = None
    remarks: Answer[str] = None
    devices: tuple[Device, ...] = ()

    @property
    def reference(self) -> str:
        """Return what people call this line: its circuit id, or 回線n when it has none."""
        return self.circuit_id if isinstance(self.circuit_id, str) else f"回線{self.number}"


@dataclass(frozen=True, slots=True)
class Terminal:
    """A Windows PC to be surveyed（調査端末情報記入シート）. `number` is No.1 to No.5 of the sheet."""

    number: int
    row_id: str | None = None
    system_kind: Answer[str] = None
    thin_client: Answer[str] = None
    host_name: Answer[str] = None
    address: Answer[str] = None
    location: Answer[str] = None
    virtual_host_name: Answer[str] = None
    virtual_address: Answer[str] = None
    antivirus: Answer[str] = None
    remarks: Answer[str] = None


@dataclass(frozen=True, slots=True)
class Register:
    """Everything the register holds of one hospital, lines and terminals in the order of their numbers."""

    basics: Basics = field(default_factory=Basics)
    lines: tuple[Line, ...] = ()
    terminals: tuple[Terminal, ...] = ()
