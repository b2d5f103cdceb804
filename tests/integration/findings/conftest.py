"""A hospital with a line, and what was found on it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sekisho.apps.findings.models import Finding
from sekisho.apps.findings.runs import keep_run
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import VENDOR, Cast
from tests.factories.diagnosis import make_line
from tests.factories.findings import HTTPS, IKE, RDP, a_result, a_run, a_scan

NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def line(cast: Cast) -> Any:
    with hospital_scope(cast.hospital):
        return make_line(
            cast.hospital, cast.alice, circuit_id="CAF0000001", purpose="画像の遠隔読影", vendor_name=VENDOR
        )


@pytest.fixture
def found(cast: Cast, line: Any) -> dict[int, Finding]:
    """Return what a run found on the line, by port; the first run ten days ago, the second yesterday."""
    with hospital_scope(cast.hospital):
        keep_run(a_run(cast.hospital, line), a_result(a_scan(RDP, HTTPS, at=NOW - timedelta(days=10))))
        keep_run(a_run(cast.hospital, line), a_result(a_scan(RDP, IKE, at=NOW - timedelta(days=1))))
        return {one.port: one for one in Finding.objects.filter(kind="open-port")}
