"""Follow the cable: from the outside party over carrier, line, box and devices to the system it serves."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from sekisho.apps.register.display import labelled
from sekisho.apps.register.kinds import RecordKind, kinds, url_of
from sekisho.apps.register.models import Line
from sekisho.domain.facts import Answer


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop on the way along the cable: what stands there, what is known of it, where its page is."""

    kind: str
    """outside, line, terminator, device, network or system: decides shape and icon."""
    title: str
    name: Answer[Any]
    details: list[tuple[str, Answer[Any]]] = field(default_factory=list)
    url: str = ""


def stops_of(line: Line) -> list[Stop]:
    """Return the stops along `line`, from outside to inside. A stop that nobody has described is there all the same."""
    return list(_stops(line))


def _stops(line: Line) -> Iterator[Stop]:
    kind = kinds()["line"]
    answers = kind.answers(line)

    def of(key: str) -> Answer[Any]:
        return labelled(kind.column(key), answers.get(key))

    vendors = answers.get("contract_party") == "vendor" or answers.get("vendor_name") is not None
    yield Stop(
        "outside",
        _("つながる相手"),
        of("vendor_name") if vendors else of("communication"),
        [(_("通信形態"), of("communication")), (_("契約の名義"), of("contract_party"))],
        url=url_of(line.vendor, line.hospital.code) if line.vendor else "",
    )
    yield Stop(
        "line",
        str(line),
        of("service_name"),
        [
            (_("回線事業者"), of("carrier")),
            (_("回線種別"), of("line_kind")),
            (_("プロバイダ"), of("provider")),
            (_("グローバルIPアドレス"), of("global_address")),
        ],
    )
    yield Stop(
        "terminator",
        _("回線終端装置"),
        of("terminator_kind"),
        [(_("設置場所"), of("terminator_location"))],
        url=url_of(line.terminator, line.hospital.code) if line.terminator else "",
    )
    yield from _devices(line, kinds()["device"])
    yield Stop("network", _("電子カルテのネットワーク"), of("ehr_connection"))
    yield Stop("system", _("用途・システム"), of("purpose"))


def _devices(line: Line, kind: RecordKind) -> Iterator[Stop]:
    listed = getattr(line, "devices_listed", None)  # read for all lines at once by `queries.lines_in_use`
    devices = list(line.devices.filter(retired_at__isnull=True)) if listed is None else listed
    if not devices:
        yield Stop("device", _("ネットワーク装置"), None)
    for device in devices:
        version = labelled(kind.column("software_version"), device.answer("software_version"))
        address = labelled(kind.column("management_address"), device.answer("management_address"))
        yield Stop(
            "device",
            _("装置%(position)s") % {"position": device.position},
            " ".join(part for part in (device.maker, device.model) if part) or device.answer("model"),
            [(_("ソフトウェアの版"), version), (_("管理IPアドレス"), address)],
            url=url_of(device, line.hospital.code),
        )
