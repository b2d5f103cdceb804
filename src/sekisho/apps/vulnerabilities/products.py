"""Which products hospitals have: a table kept in step with the register and with what diagnoses saw.

`follow_the_register` writes a device's row when the device is saved; `keep_in_step` compares everything, for what was
written in another way.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.signals import post_save
from django.utils import timezone

from sekisho.apps.diagnosis.models import RunAddress
from sekisho.apps.register import queries as register
from sekisho.apps.vulnerabilities.knowledge import revision
from sekisho.apps.vulnerabilities.models import HospitalProduct, KnownProduct, KnownProductName
from sekisho.apps.vulnerabilities.plain import fingerprint, plain_product
from sekisho.catalogue.device_families import product_of_cpe, recognise_device
from sekisho.domain.vulnerabilities.products import Product
from sekisho.foundation.audit.kept_texts import as_kept
from sekisho.foundation.tenancy.models import Hospital

_FIELDS = ("device_id", "line_id", "line_label", "maker", "model", "version", "address")
Kind = HospitalProduct.Kind


@dataclass(frozen=True, slots=True)
class Seen:
    """A device or service as it is now, and the product that its words mean (None: they do not say)."""

    hospital_id: int
    subject: str
    kind: str
    product: Product | None
    seen_at: datetime
    device_id: uuid.UUID | None = None
    line_id: uuid.UUID | None = None
    line_label: str = ""
    maker: str = ""
    model: str = ""
    version: str = ""
    address: str | None = None


# --- Devices of the register -----------------------------------------------------------------------------------------------
def follow_the_register() -> None:
    """Write a device's row whenever the device, or the line it belongs to, is saved."""
    post_save.connect(_device_saved, sender="register.Device", weak=False, dispatch_uid="vulnerabilities.device")
    post_save.connect(_line_saved, sender="register.Line", weak=False, dispatch_uid="vulnerabilities.line")


def _device_saved(instance: Any, raw: bool = False, **_kwargs: Any) -> None:
    if raw:
        return
    if instance.retired_at is None and instance.line.retired_at is None:
        _write(_seen_device(instance))
    else:
        _mark_gone(HospitalProduct.objects.filter(device_id=instance.pk))


def _line_saved(instance: Any, raw: bool = False, created: bool = False, **_kwargs: Any) -> None:
    if raw or created:
        return
    if instance.retired_at is not None:
        _mark_gone(HospitalProduct.objects.filter(line_id=instance.pk, kind=Kind.DEVICE))
        return
    for device in register.devices_in_use().filter(line=instance):
        _write(_seen_device(device))


def _seen_device(device: Any) -> Seen:
    words = {"maker": device.maker or "", "model": device.model or "", "version": device.software_version or ""}
    return Seen(
        hospital_id=device.hospital_id,
        subject=f"device:{device.pk}",
        kind=Kind.DEVICE.value,
        product=recognise_device(words["maker"], words["model"], "", words["version"]),
        seen_at=timezone.now(),
        device_id=device.pk,
        line_id=device.line_id,
        line_label=as_kept(lambda: str(device.line)),
        **words,
    )


# --- Services that a diagnosis saw -----------------------------------------------------------------------------------------
def _services_of(row: RunAddress) -> Iterator[Seen]:
    """Yield the open ports of one address whose service says what it is."""
    for port in row.result.get("ports", ()):
        if port.get("state") != "open" or not (port.get("product") or port.get("cpes")):
            continue
        model, version = str(port.get("product", ""))[:200], str(port.get("version", ""))[:200]
        yield Seen(
            hospital_id=row.hospital_id,
            subject=f"service:{row.address}/{port['protocol']}/{port['port']}",
            kind=Kind.SERVICE.value,
            product=_product_of_port(port, model, version),
            seen_at=row.ended_at or row.updated_at,
            line_id=uuid.UUID(row.line_records[0]) if row.line_records else None,
            line_label=str(row.lines[0]) if row.lines else "",
            model=f"{model or port.get('service', '')} ({port['port']}/{port['protocol']})"[:200],
            version=version,
            address=row.address,
        )


def _product_of_port(port: dict[str, Any], model: str, version: str) -> Product | None:
    for cpe in port.get("cpes", ()):
        if (found := product_of_cpe(str(cpe), version, model)) is not None and found.names[0].part != "h":
            return found
    return recognise_device("", model, "", version)


def _newest_results(hospital: Hospital | None) -> list[RunAddress]:
    """Return, per address, the newest result that is not in the table yet."""
    rows = RunAddress.objects.filter(ended_at__isnull=False).exclude(result={})
    there = HospitalProduct.objects.filter(kind=Kind.SERVICE)
    if hospital is not None:
        rows, there = rows.filter(hospital=hospital), there.filter(hospital=hospital)
    written = dict(
        ((hospital_id, address), at)
        for hospital_id, address, at in there.order_by().values_list("hospital_id", "address").annotate(Max("seen_at"))
    )
    newest = rows.order_by().values_list("hospital_id", "address").annotate(Max("ended_at"))
    found = []
    for hospital_id, address, at in newest:
        if written.get((hospital_id, address), datetime.min.replace(tzinfo=at.tzinfo)) < at:
            found.append(rows.filter(hospital_id=hospital_id, address=address, ended_at=at).latest("pk"))
    return found


def _take_over_services(row: RunAddress) -> None:
    seen = {one.subject: one for one in _services_of(row)}
    for one in seen.values():
        _write(one)
    if row.state == RunAddress.State.COMPLETE:
        # Only a complete run shows that a service is gone; where one of the protocols was not asked, it shows nothing.
        asked = tuple(row.result.get("protocols", ()))
        of_address = HospitalProduct.objects.filter(
            hospital_id=row.hospital_id, kind=Kind.SERVICE, address=row.address, gone_at__isnull=True
        ).exclude(subject__in=seen)
        gone = [one.pk for one in of_address if one.subject.split("/")[-2] in asked]
        _mark_gone(HospitalProduct.objects.filter(pk__in=gone))


# --- The table ---------------------------------------------------------------------------------------------------------------
def keep_in_step(hospital: Hospital | None = None) -> None:
    """Compare the table with the register and the diagnoses of `hospital`, or of all in scope, and mend what differs."""
    devices, there = register.devices_in_use(), HospitalProduct.objects.filter(kind=Kind.DEVICE)
    if hospital is not None:
        devices, there = devices.filter(hospital=hospital), there.filter(hospital=hospital)
    rows = {row.subject: row for row in there.select_related("product")}
    in_use, new = set(), []
    for device in devices.iterator(2_000):
        seen = _seen_device(device)
        in_use.add(seen.subject)
        row = rows.get(seen.subject)
        if row is None:
            new.append(seen)
        elif row.gone_at is not None or _differs(row, seen):
            _write(seen)
    _write_new(new)
    gone = [row.pk for subject, row in rows.items() if subject not in in_use and row.gone_at is None]
    for start in range(0, len(gone), 500):
        _mark_gone(HospitalProduct.objects.filter(pk__in=gone[start : start + 500]))
    for result in _newest_results(hospital):
        _take_over_services(result)


def _write_new(new: list[Seen]) -> None:
    """Write many rows at once: a register that came in by another way, or from before there was this table."""
    known: dict[Product, KnownProduct] = {}
    number = revision()
    for start in range(0, len(new), 1_000):
        part = new[start : start + 1_000]
        for seen in part:
            if seen.product is not None and seen.product not in known:
                known[seen.product] = _known(seen.product)
        rows = [
            HospitalProduct(
                hospital_id=seen.hospital_id,
                subject=seen.subject,
                kind=seen.kind,
                product=known[seen.product] if seen.product is not None else None,
                since=number,
                seen_at=seen.seen_at,
                **{name: getattr(seen, name) for name in _FIELDS},
            )
            for seen in part
        ]
        # Somebody may have saved one of them meanwhile; that row is as new as this one.
        HospitalProduct.objects.bulk_create(rows, ignore_conflicts=True)


def _differs(row: HospitalProduct, seen: Seen) -> bool:
    if any(getattr(row, name) != getattr(seen, name) for name in _FIELDS):
        return True
    wanted = fingerprint(plain_product(seen.product)) if seen.product else ""
    return wanted != (row.product.fingerprint if row.product else "")


@transaction.atomic
def _write(seen: Seen) -> None:
    """Write one row; a device that became another product begins anew for the watch."""
    known = _known(seen.product) if seen.product else None
    row, created = HospitalProduct.objects.get_or_create(
        hospital_id=seen.hospital_id,
        subject=seen.subject,
        defaults={"kind": seen.kind, "product": known, "since": revision(), "seen_at": seen.seen_at}
        | {name: getattr(seen, name) for name in _FIELDS},
    )
    if created:
        return
    if row.product_id != (known.pk if known else None) or row.gone_at is not None:
        row.product, row.since, row.told_until, row.gone_at = known, revision(), None, None
    for name in _FIELDS:
        setattr(row, name, getattr(seen, name))
    row.seen_at = seen.seen_at
    row.save()


def _known(product: Product) -> KnownProduct:
    plain = plain_product(product)
    row, created = KnownProduct.objects.get_or_create(
        fingerprint=fingerprint(plain), defaults={"plain": plain, "label": product.label[:300]}
    )
    if created:
        names = [KnownProductName(product=row, key=key[:300]) for key in dict.fromkeys(product.keys)]
        KnownProductName.objects.bulk_create(names, ignore_conflicts=True)
    return row


def _mark_gone(rows: Any) -> None:
    rows.filter(gone_at__isnull=True).update(gone_at=timezone.now())


def in_use(hospital: Hospital | None = None) -> Any:
    """Return what is in use in `hospital`, or in all in scope, with the product of each."""
    rows = HospitalProduct.objects.filter(gone_at__isnull=True).select_related("hospital", "product", "device", "line")
    return rows if hospital is None else rows.filter(hospital=hospital)
