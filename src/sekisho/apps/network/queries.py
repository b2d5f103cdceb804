"""Every read of a hospital's network map, its configurations and change requests."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from sekisho.adapters.network_file import names_of_line
from sekisho.apps.network.models import (
    ChangeRequest,
    DeviceConfigurationFile,
    NetworkPlan,
    UnparsedConfigurationLine,
)
from sekisho.apps.register import queries as register
from sekisho.domain.network.model import Network
from sekisho.foundation.tenancy.models import Hospital


def plans_of(hospital: Hospital) -> QuerySet[NetworkPlan]:
    """Return every version of the map, newest first."""
    return NetworkPlan.objects.filter(hospital=hospital).select_related("file", "made_by", "restored_from")


def current_plan(hospital: Hospital) -> NetworkPlan | None:
    """Return the version in force, None when the hospital has no map yet."""
    return plans_of(hospital).first()


def configurations_of(hospital: Hospital) -> QuerySet[DeviceConfigurationFile]:
    """Return the configurations in use, each with `open_lines`: lines that bear on packets and nobody has looked at."""
    bears = ~Q(unparsed_lines__bearing=UnparsedConfigurationLine.Bearing.OTHER)
    return (
        DeviceConfigurationFile.objects.filter(hospital=hospital, replaced_at__isnull=True)
        .select_related("file", "uploaded_by")
        .annotate(
            open_lines=Count(
                "unparsed_lines", filter=Q(unparsed_lines__isnull=False, unparsed_lines__ticked_at__isnull=True) & bears
            )
        )
    )


def configuration_named(hospital: Hospital, name: str) -> DeviceConfigurationFile | None:
    """Return the newest configuration of that file name that is tied to a device."""
    return (
        DeviceConfigurationFile.objects.filter(hospital=hospital, name=name)
        .exclude(device="")
        .order_by("-uploaded_at")
        .first()
    )


def configurations_behind(plan: NetworkPlan) -> dict[str, DeviceConfigurationFile]:
    """Return the configurations that a version of the map was read from, by file name: the newest before it was made."""
    tied = DeviceConfigurationFile.objects.filter(hospital=plan.hospital, uploaded_at__lte=plan.made_at)
    return {one.name: one for one in tied.exclude(device="").select_related("file").order_by("uploaded_at")}


def open_lines(hospital: Hospital) -> int:
    """Return how many lines that bear on packets were not understood and not looked at."""
    return (
        UnparsedConfigurationLine.objects.filter(
            hospital=hospital, ticked_at__isnull=True, configuration__replaced_at__isnull=True
        )
        .exclude(bearing=UnparsedConfigurationLine.Bearing.OTHER)
        .count()
    )


def change_requests_of(hospital: Hospital, *, state: str = "") -> QuerySet[ChangeRequest]:
    """Return the change requests, newest first; with `state` only those."""
    found = ChangeRequest.objects.filter(hospital=hospital).select_related("made_by", "moved_by", "plan")
    return found.filter(state=state) if state in ChangeRequest.State.values else found


def change_counts(hospital: Hospital) -> dict[str, int]:
    """Return how many change requests are in each state."""
    rows = ChangeRequest.objects.filter(hospital=hospital).order_by().values("state").annotate(n=Count("pk"))
    return {row["state"]: row["n"] for row in rows}


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A line of the register: its record, number and what people call it."""

    record: uuid.UUID
    number: int
    label: str


@dataclass(frozen=True, slots=True)
class LineTies:
    """Which lines of the map are which of the register: `records` by the map's ids, `missing` from the map by number."""

    records: dict[str, uuid.UUID]
    missing: tuple[RegisterLine, ...]

    def in_map(self, record: uuid.UUID) -> str:
        """Return the id by which the map knows a line of the register, "" when it does not."""
        return next((line for line, known in self.records.items() if known == record), "")


def line_ties(hospital: Hospital, network: Network) -> LineTies:
    """Return how the lines in use hang together with those of the map: by number, else by a name of the line."""
    by_name: dict[int | str, RegisterLine] = {}
    lines = register.lines_in_use().filter(hospital=hospital).prefetch_related(None).select_related(None)
    for line in lines:
        known = RegisterLine(line.pk, line.number, str(line))
        by_name |= dict.fromkeys((line.number, *names_of_line(line.number, line.circuit_id or "")), known)
    tied = {line.id: by_name.get(line.id if line.number is None else line.number) for line in network.lines}
    records = {name: known.record for name, known in tied.items() if known is not None}
    found = set(records.values())
    missing = {line.record: line for line in by_name.values() if line.record not in found}
    return LineTies(records, tuple(sorted(missing.values(), key=lambda line: line.number)))


def register_line(hospital: Hospital, record: uuid.UUID) -> RegisterLine | None:
    """Return a line in use of the register, None when there is none."""
    line = register.lines_in_use().filter(hospital=hospital, pk=record).first()
    return RegisterLine(line.pk, line.number, str(line)) if line is not None else None


@dataclass(frozen=True, slots=True)
class RegisterDevice:
    """A device of the register: its record, the number of its line, its position there, what people call it."""

    record: uuid.UUID
    line_number: int
    position: int
    label: str

    @property
    def in_map(self) -> str:
        """Return the id that the device gets when the map has it from the register."""
        return f"line-{self.line_number}-device-{self.position}"


def register_devices(hospital: Hospital) -> list[RegisterDevice]:
    """Return the devices in use of the register."""
    found = register.devices_in_use().filter(hospital=hospital)
    return [RegisterDevice(one.pk, one.line.number, one.position, str(one)) for one in found]


def configuration_of(
    device: RegisterDevice, hospital: Hospital, network: Network | None
) -> DeviceConfigurationFile | None:
    """Return the configuration in use of a device of the register, None when none is tied to it.

    That which was tied to its record; else, of those tied to the map's devices on its line, the one for a device of its
    name, or of a model that only it is, or the only one for the line's only device. Where several may be it: None.
    """
    tied = [one for one in configurations_of(hospital) if one.device]
    mine = [one for one in tied if one.register_device == device.record or one.device == device.in_map]
    if not mine and network is not None:
        on_line = {one.id: one.name for one in network.devices if one.line_number == device.line_number}
        beside = [one for one in tied if one.device in on_line and one.register_device is None]
        called = [one for one in beside if on_line[one.device] == device.label]
        others = [one for one in register_devices(hospital) if one.line_number == device.line_number and one != device]
        of_model = [one for one in beside if _names(one, device) and not any(_names(one, other) for other in others)]
        mine = called or of_model or (beside if not others else [])
    return mine[0] if len(mine) == 1 else None


def _names(configuration: DeviceConfigurationFile, device: RegisterDevice) -> bool:
    """Return whether what the register calls a device holds the model or vendor that a configuration is of."""
    label = device.label.casefold()
    return any(name.casefold() in label for name in (configuration.model, configuration.vendor) if name)


def device_record(
    configuration: DeviceConfigurationFile, hospital: Hospital, network: Network | None
) -> uuid.UUID | None:
    """Return the register's record of the device that a configuration is of, None when it has none."""
    for device in register_devices(hospital) if configuration.device else ():
        if configuration_of(device, hospital, network) == configuration:
            return device.record
    return None


def line_names(hospital: Hospital) -> frozenset[str]:
    """Return every name by which a network.yaml may call a line of the register."""
    rows = register.lines_in_use().filter(hospital=hospital).values_list("number", "circuit_id")
    return frozenset(name for number, circuit in rows for name in names_of_line(number, circuit or ""))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a configuration may belong: a device of the map, or one of the register that the map lacks.

    `key` is "map:<id>" or "register:<record id>".
    """

    key: str
    label: str
    device: str
    name: str = ""
    line_number: int | None = None
    record: uuid.UUID | None = None


def places_for(hospital: Hospital, network: Network | None) -> list[Place]:
    """Return every device that a configuration can be tied to: those of the map first, then the register's others."""
    placed = [_place(device.id, device.name, device.line_number) for device in (network.devices if network else ())]
    taken = {place.device for place in placed}
    for device in register.devices_in_use().filter(hospital=hospital).select_related("line"):
        name = f"line-{device.line.number}-device-{device.position}"
        if name not in taken:
            label = f"{device.line} / {device}"
            placed.append(Place(f"register:{device.pk}", label, name, str(device), device.line.number, device.pk))
    return placed


def _place(device: str, name: str, number: int | None) -> Place:
    label = f"{name} ({device})" if name and name != device else device
    return Place(f"map:{device}", label, device, name, number)


def suggested(configuration: DeviceConfigurationFile, places: Iterable[Place], network: Network | None) -> str:
    """Return the key of the place that a configuration names or whose addresses it holds; "" when none or several."""
    by_device = {place.device: place.key for place in places}
    if configuration.device:
        return by_device.get(configuration.device, "")
    stem = configuration.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    for name in (configuration.hostname, stem):
        if name in by_device:
            return by_device[name]
    mine = set(configuration.addresses)
    holders = [
        device.id
        for device in (network.devices if network else ())
        if any(interface.address in mine for interface in device.interfaces if interface.address is not None)
    ]
    return by_device.get(holders[0], "") if len(holders) == 1 else ""
