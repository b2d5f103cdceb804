"""Signs in web pages: SSL-VPN and management pages, passwords without encryption, the date of a FortiGate's build."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from sekisho.domain.diagnosis.findings import Certainty, Finding
from sekisho.domain.diagnosis.results import ObservedPort, ScriptOutput
from sekisho.domain.diagnosis.signs.sight import Sight
from sekisho.domain.diagnosis.signs.tls import factory_product

_SCRIPTS = ("http-title", "http-headers", "http-server-header", "http-auth", "http-cisco-anyconnect")
"""Not the certificate: it names the device, but not which of its pages stands there (see `tls.certificate`)."""
_ETAG = re.compile(r'^\s*etag:\s*(?:W/)?"?[\w:.-]*?-?([0-9a-f]{8})"?\s*$', re.IGNORECASE | re.MULTILINE)
_FIRST_BUILD = date(2005, 1, 1)


def web_product(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield what the page belongs to, and for a FortiGate about when its software was built."""
    said = _said(port)
    for sign in sight.knowledge.pages if said else ():
        script = next((port.script(name) for name in _SCRIPTS if sign.pattern.search(said.get(name, ""))), None)
        if script is None and not sign.pattern.search(said.get("product", "")):
            continue
        yield sight.finding(
            sign.kind,
            port,
            subject=sign.product.casefold(),
            certainty=Certainty.STATED,
            script=script,
            product=sign.product,
        )


def build_date(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield about when a FortiGate's software was built.

    The last eight hexadecimal digits of its ETag are the seconds since 1970 of the build. Other devices have such digits
    by chance, so page or certificate must name the product.
    """
    certificate = port.script("ssl-cert")
    named = [output for output in (*_said(port).values(), port.product) if _FORTIGATE.search(output)]
    if named or (certificate is not None and factory_product(certificate) == "FortiGate"):
        for script in (output for output in port.scripts if output.id == "http-headers"):
            yield from _built(sight, port, script)


_FORTIGATE = re.compile(r"FortiGate|/remote/login|Server: xxxxxxxx-xxxxx")


def _said(port: ObservedPort) -> dict[str, str]:
    said = {name: script.output for name in _SCRIPTS if (script := port.script(name)) is not None}
    return said | ({"product": port.product} if port.product else {})


def _built(sight: Sight, port: ObservedPort, headers: ScriptOutput) -> Iterator[Finding]:
    if (match := _ETAG.search(headers.output)) is None:
        return
    built = datetime.fromtimestamp(int(match[1], 16), tz=UTC).date()
    if _FIRST_BUILD <= built <= sight.today:
        yield sight.finding(
            "build-date",
            port,
            subject="fortigate",
            certainty=Certainty.ROUGH,
            script=headers,
            said=match[0].strip(),
            product="FortiGate",
            date=built.isoformat(),
        )


def login_in_clear(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield a request for a password outside TLS: what a browser then sends can be read by anybody on the way."""
    script = port.script("http-auth")
    if script is None or port.service.startswith("ssl/") or port.service in {"https", "https-alt"}:
        return
    if re.search(r"\bbasic\b", script.output, re.IGNORECASE):
        yield sight.finding("login-in-clear", port, subject="basic", script=script)
