"""Device configurations: taken in without their secrets, read by a job, tied to devices, their riddles ticked off."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.adapters.configurations.decoding import ConfigurationUnreadable
from sekisho.adapters.configurations.read import VENDORS, read_configuration, without_secrets
from sekisho.adapters.configurations.table.writer import template
from sekisho.adapters.network.reconfigured import Tie, with_configurations
from sekisho.apps.network import actions, queries
from sekisho.apps.network.analysis import AcceptedBefore, analysis_of
from sekisho.apps.network.models import DeviceConfigurationFile, NetworkPlan, UnparsedConfigurationLine
from sekisho.domain.network.configuration import DeviceConfiguration, UnparsedLine
from sekisho.domain.network.model import Network
from sekisho.foundation.accounts.models import User
from sekisho.foundation.audit.actions import record
from sekisho.foundation.files.actions import content_of, store
from sekisho.foundation.files.sniffing import PLAIN, FileRefused, SniffedFile
from sekisho.foundation.jobs import actions as jobs
from sekisho.foundation.jobs.models import Job
from sekisho.foundation.tenancy.models import Hospital

JOB_KIND = "network.configurations"
_SHOWN = 500
_LARGEST_NAME = 200


class TickedMeanwhile(Exception):
    """Somebody else has looked at this line since the page was opened. Nothing was written."""


class RemarkMissing(Exception):
    """A line is ticked off with a word on what was found."""


class NothingChosen(Exception):
    """No configuration was given a device."""


# --- Taking in ---------------------------------------------------------------------------------------------------------
def take_in(hospital: Hospital, *, name: str, content: bytes, by: User | None) -> tuple[DeviceConfigurationFile, bool]:
    """Store a configuration without its secrets; it waits to be read. Return it, and whether it is new.

    The very same file of the same name is kept once. An earlier file of the name that belongs to no device goes.

    Raises:
        FileRefused: it is no text, empty, or too large; the message says what to send instead.
    """
    try:
        clean = without_secrets(content)
    except ConfigurationUnreadable as error:
        raise FileRefused(error.text) from None
    presentable = _presentable(name)
    with transaction.atomic():
        file = store(hospital=hospital, file=SniffedFile(presentable, PLAIN, clean.text.encode()), by=by)
        mine = DeviceConfigurationFile.objects.filter(hospital=hospital, name=presentable, replaced_at__isnull=True)
        same = mine.filter(file__sha256=file.sha256).first()
        if same is not None:
            return same, False
        mine.filter(device="").update(replaced_at=timezone.now())
        added = DeviceConfigurationFile.objects.create(
            hospital=hospital, name=presentable, file=file, redacted=clean.count, uploaded_by=by
        )
        record("network.configuration.added", added, by=by, changes={"redacted": [None, clean.count]})
    return added, True


def _presentable(name: str) -> str:
    plain = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable())
    return plain[-_LARGEST_NAME:].strip() or "config.txt"


# --- Reading -----------------------------------------------------------------------------------------------------------
def start_reading(hospital: Hospital, configurations: Iterable[DeviceConfigurationFile], *, by: User) -> Job:
    """Queue the reading of configurations and return the job."""
    ids = [str(configuration.pk) for configuration in configurations]
    return jobs.start(
        hospital=hospital, kind=JOB_KIND, title=_("装置の設定を読む"), by=by, arguments={"configurations": ids}
    )


@jobs.runs(JOB_KIND)
def run_reading(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Read the configurations one after the other; the job's page then leads to their list."""
    ids = [uuid.UUID(one) for one in job.arguments.get("configurations", ())]
    for done, one in enumerate(ids):
        configuration = DeviceConfigurationFile.objects.select_related("file", "hospital").get(pk=one)
        progress.report(done, len(ids), configuration.name)
        read_one(configuration, by=job.created_by)
    return {"url": f"/h/{job.hospital.code}/network/configurations/"}


def read_one(configuration: DeviceConfigurationFile, *, by: User | None) -> None:
    """Read one configuration and keep what was understood of it, and every line that was not."""
    try:
        read = read_configuration(content_of(configuration.file), name=configuration.name)
    except ConfigurationUnreadable as error:
        with transaction.atomic():
            configuration.state = DeviceConfigurationFile.State.FAILED
            configuration.failure = error.text.as_dict()
            configuration.save(update_fields=["state", "failure"])
            record("network.configuration.failed", configuration, by=by)
        return
    with transaction.atomic():
        _keep(configuration, read)
        covered = f"{configuration.understood}/{configuration.lines}"
        record("network.configuration.read", configuration, by=by, changes={"understood": [None, covered]})


def _keep(configuration: DeviceConfigurationFile, read: DeviceConfiguration) -> None:
    configuration.state = DeviceConfigurationFile.State.READ
    configuration.vendor, configuration.model = read.vendor, read.model[:100]
    configuration.hostname = read.hostname[:100]
    configuration.understood, configuration.unparsed = read.understood, len(read.unparsed)
    configuration.rules = sum(len(ruleset.rules) for ruleset in read.rulesets)
    configuration.addresses = [one.address for one in read.interfaces if one.address is not None]
    configuration.notices = [
        {"line": notice.line, "rule": notice.rule, "message": notice.message.as_dict()} for notice in read.notices
    ]
    configuration.save()
    first_of_line: dict[int, UnparsedLine] = {}
    for line in read.unparsed:
        first_of_line.setdefault(line.line, line)
    UnparsedConfigurationLine.objects.filter(configuration=configuration).delete()
    UnparsedConfigurationLine.objects.bulk_create(
        UnparsedConfigurationLine(
            hospital_id=configuration.hospital_id,
            configuration=configuration,
            line=line.line,
            text=line.text[:_SHOWN],
            why=line.why.as_dict(),
            bearing=line.bearing.value,
        )
        for line in first_of_line.values()
    )


def empty_table(language: str) -> bytes:
    """Return the table of rules to be filled in by hand, as .xlsx."""
    return template("en" if language.startswith("en") else "ja")


def vendor_name(code: str) -> str:
    """Return what people call the devices of a vendor's code."""
    return VENDORS.get(code, code)


# --- Tying to devices --------------------------------------------------------------------------------------------------
def tie(
    hospital: Hospital,
    *,
    choices: Mapping[DeviceConfigurationFile, str],
    by: User | None,
    base: int | None,
    note: str = "",
    source: str = NetworkPlan.Source.CONFIGURATION,
) -> NetworkPlan | None:
    """Put configurations into the map as those of devices (`queries.Place.key`), and make a new version of it.

    An earlier configuration of the same device is replaced. Return None when the map says the same as before.

    Raises:
        NothingChosen: no configuration was given a device that exists.
        PlanMoved: another version came in since `base`.
    """
    network = _network_in_force(hospital)
    places = {place.key: place for place in queries.places_for(hospital, network)}
    chosen = {
        configuration: places[key]
        for configuration, key in choices.items()
        if key in places and configuration.state == DeviceConfigurationFile.State.READ
    }
    if not chosen:
        raise NothingChosen
    files = {configuration.name: content_of(configuration.file) for configuration in chosen}
    ties = {
        place.device: Tie(place.device, configuration.name, place.name, place.line_number)
        for configuration, place in chosen.items()
    }
    reading = with_configurations(network, ties, files, other_sources=AcceptedBefore())
    with transaction.atomic():
        try:
            plan = actions.add_plan(
                hospital,
                network=reading.network,
                source=source,
                by=by,
                base=base,
                note=note,
                problems=reading.problems,
            )
        except actions.NothingChanged:
            plan = None
        for configuration, place in chosen.items():
            _tie_one(configuration, place, by=by)
    return plan


def tie_as_suggested(
    hospital: Hospital, configurations: Iterable[DeviceConfigurationFile], *, by: User | None
) -> NetworkPlan | None:
    """Tie each configuration to the device that it names; None when none names one, or nothing changes."""
    network = _network_in_force(hospital)
    places = queries.places_for(hospital, network)
    choices = {configuration: queries.suggested(configuration, places, network) for configuration in configurations}
    try:
        return tie(hospital, choices=choices, by=by, base=None)
    except NothingChosen:
        return None


def _network_in_force(hospital: Hospital) -> Network:
    plan = queries.current_plan(hospital)
    return analysis_of(plan).network if plan is not None else Network()


def _tie_one(configuration: DeviceConfigurationFile, place: queries.Place, *, by: User | None) -> None:
    earlier = DeviceConfigurationFile.objects.filter(
        hospital_id=configuration.hospital_id, device=place.device, replaced_at__isnull=True
    ).exclude(pk=configuration.pk)
    earlier.update(replaced_at=timezone.now())
    before = configuration.device or None
    configuration.device, configuration.register_device = place.device, place.record
    configuration.version += 1
    configuration.save(update_fields=["device", "register_device", "version"])
    record("network.configuration.tied", configuration, by=by, changes={"device": [before, place.device]})


@transaction.atomic
def set_aside(configuration: DeviceConfigurationFile, *, by: User) -> bool:
    """Use a configuration no longer; the map keeps what it said. Return False when it was set aside before."""
    locked = DeviceConfigurationFile.objects.select_for_update(of=("self",)).get(pk=configuration.pk)
    if locked.replaced_at is not None:
        return False
    locked.replaced_at = timezone.now()
    locked.save(update_fields=["replaced_at"])
    record("network.configuration.set-aside", locked, by=by)
    return True


@transaction.atomic
def take_up(configuration: DeviceConfigurationFile, *, by: User) -> bool:
    """Use a configuration again that was set aside; False when it is in use."""
    locked = DeviceConfigurationFile.objects.select_for_update(of=("self",)).get(pk=configuration.pk)
    if locked.replaced_at is None:
        return False
    locked.replaced_at = None
    locked.save(update_fields=["replaced_at"])
    record("network.configuration.taken-up", locked, by=by)
    return True


# --- Lines that were not understood ------------------------------------------------------------------------------------
@transaction.atomic
def tick(line: UnparsedConfigurationLine, *, remark: str, version: int, by: User) -> UnparsedConfigurationLine:
    """Note that a person has looked at a line, and what it was. What is computed stays unknown there all the same.

    Raises:
        RemarkMissing: `remark` is blank.
        TickedMeanwhile: somebody else was faster.
    """
    if not remark.strip():
        raise RemarkMissing
    locked = _locked(line, version)
    locked.remark, locked.ticked_at, locked.ticked_by = remark.strip()[:300], timezone.now(), by
    locked.version += 1
    locked.save()
    record("network.line.ticked", locked, by=by, reason=locked.remark)
    return locked


@transaction.atomic
def untick(line: UnparsedConfigurationLine, *, version: int, by: User) -> UnparsedConfigurationLine:
    """Take the tick away; the remark stays for whoever looks next.

    Raises:
        TickedMeanwhile: see `tick`.
    """
    locked = _locked(line, version)
    locked.ticked_at = locked.ticked_by = None
    locked.version += 1
    locked.save()
    record("network.line.unticked", locked, by=by)
    return locked


def _locked(line: UnparsedConfigurationLine, version: int) -> UnparsedConfigurationLine:
    locked = UnparsedConfigurationLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    if locked.version != version:
        raise TickedMeanwhile
    return locked


# --- Showing -----------------------------------------------------------------------------------------------------------
def lines_around(configuration: DeviceConfigurationFile, line: int, *, margin: int = 25) -> list[tuple[int, str]]:
    """Return the lines of a stored configuration around one, with their numbers."""
    text = content_of(configuration.file).decode()
    first = max(1, line - margin)
    return list(enumerate(text.split("\n")[first - 1 : line + margin], first))
