"""Signs in TLS: old versions, weak ciphers, the distance to "high security", and the certificate.

Source: RFC 8996 (TLS 1.0, 1.1), RFC 7465 (RC4), RFC 7568 (SSL 3); for "high security" CRYPTREC's guideline for TLS
settings, 3rd edition, as guideline 6.0 of the ministry asks for it (G-06).
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sekisho.domain.diagnosis.findings import Certainty, Finding, Severity
from sekisho.domain.diagnosis.results import ObservedPort, ScriptOutput
from sekisho.domain.diagnosis.signs.sight import Sight

OLD = ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1")
SOON_DAYS = 30
SHORT_RSA_BITS, SHORT_EC_BITS = 2048, 224

_WEAKNESSES = (
    ("null", re.compile(r"_WITH_NULL_")),
    ("anonymous", re.compile(r"_anon_", re.IGNORECASE)),
    ("export", re.compile(r"EXPORT")),
    ("rc4", re.compile(r"_RC4_")),
    ("3des", re.compile(r"_3DES_")),
    ("des", re.compile(r"_WITH_DES_")),
    ("md5", re.compile(r"_MD5$")),
)
_RECOMMENDED = re.compile(r"^TLS_(ECDHE|DHE)_\w+_WITH_\w*(GCM|CCM|POLY1305)")
_SHORT_DH = re.compile(r"\bdh (\d+)\b")


def tls(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield versions and ciphers that should not be accepted, each once for the port."""
    script = port.script("ssl-enum-ciphers")
    ciphers = _ciphers(script) if script is not None else {}
    yield from _old_versions(sight, port, script, ciphers)
    if script is None or not ciphers:
        return
    yield from _weak_ciphers(sight, port, script, ciphers)
    if gaps := _gaps(ciphers):
        yield sight.finding(
            "tls-below-high-security", port, script=script, said=", ".join(ciphers), gaps="+".join(gaps)
        )


def _ciphers(script: ScriptOutput) -> dict[str, list[tuple[str, str]]]:
    """Return cipher and key exchange (nmap's `kex_info`) by version of TLS."""
    found: dict[str, list[tuple[str, str]]] = {}
    for version in script.tables():
        if not version.startswith(("TLSv", "SSLv")):
            continue
        places = script.tables(f"{version}/ciphers")
        pairs = [(f"{version}/ciphers/{place}/name", f"{version}/ciphers/{place}/kex_info") for place in places]
        found[version] = [(script.value(name), script.value(kex)) for name, kex in pairs]
    return found


def _old_versions(
    sight: Sight, port: ObservedPort, script: ScriptOutput | None, ciphers: dict[str, list[tuple[str, str]]]
) -> Iterator[Finding]:
    for version in OLD:
        if version in ciphers:
            yield sight.finding(
                "tls-old-protocol", port, subject=version, script=script, said=version, protocol=_spoken(version)
            )
    oldest = port.script("sslv2")
    if oldest is not None and "supported" in oldest.output and "SSLv2" not in ciphers:
        yield sight.finding("tls-old-protocol", port, subject="SSLv2", script=oldest, protocol="SSL 2.0")


def _spoken(version: str) -> str:
    return {"SSLv2": "SSL 2.0", "SSLv3": "SSL 3.0"}.get(version, version.replace("TLSv", "TLS "))


def _weak_ciphers(
    sight: Sight, port: ObservedPort, script: ScriptOutput, ciphers: dict[str, list[tuple[str, str]]]
) -> Iterator[Finding]:
    offered = list(dict.fromkeys(pair for pairs in ciphers.values() for pair in pairs))
    for code, pattern in _WEAKNESSES:
        if names := list(dict.fromkeys(name for name, _ in offered if pattern.search(name))):
            yield _weak(sight, port, script, code, names)
    short = [name for name, kex in offered if (bits := _SHORT_DH.search(kex)) and int(bits[1]) < SHORT_RSA_BITS]
    if short:
        yield _weak(sight, port, script, "short-dh", short)


def _weak(sight: Sight, port: ObservedPort, script: ScriptOutput, code: str, names: list[str]) -> Finding:
    said = ", ".join(names[:3])
    return sight.finding("tls-weak-cipher", port, subject=code, script=script, said=said, weakness=code, ciphers=said)


def _gaps(ciphers: dict[str, list[tuple[str, str]]]) -> list[str]:
    newer = [name for name, _ in ciphers.get("TLSv1.2", ())]
    return [
        code
        for code, holds in (
            ("no-tls13", "TLSv1.3" not in ciphers),
            ("old-versions", any(version in ciphers for version in OLD)),
            ("other-ciphers", any(not _RECOMMENDED.match(name) for name in newer)),
        )
        if holds
    ]


def certificate(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield what is wrong with the certificate on the day of the scan; the day stands in for it when the scan has none."""
    script = port.script("ssl-cert")
    if script is None or not script.elements:
        return
    name = script.value("subject/commonName") or script.value("subject/organizationName")
    yield from _dates(sight, port, script, name)
    issuer, subject = script.under("issuer"), script.under("subject")
    if subject and sorted(issuer) == sorted(subject):
        yield sight.finding("cert-self-signed", port, script=script, name=name)
    yield from _weak_certificate(sight, port, script)
    product = factory_product(script)
    if product:
        yield sight.finding(
            "cert-factory", port, subject=product.casefold(), certainty=Certainty.STATED, script=script, product=product
        )


def _dates(sight: Sight, port: ObservedPort, script: ScriptOutput, name: str) -> Iterator[Finding]:
    seen_on = sight.scan.started_at.date() if sight.scan.started_at else sight.today
    until, since = _day(script.value("validity/notAfter")), _day(script.value("validity/notBefore"))
    if until is not None and until < seen_on:
        yield sight.finding("cert-expired", port, script=script, until=until.isoformat(), name=name)
    elif until is not None and until - seen_on < timedelta(days=SOON_DAYS):
        yield sight.finding("cert-expiring", port, script=script, until=until.isoformat(), name=name)
    if since is not None and since > seen_on + timedelta(days=1):
        yield sight.finding("cert-not-yet", port, script=script, name=name, since=since.isoformat())


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _weak_certificate(sight: Sight, port: ObservedPort, script: ScriptOutput) -> Iterator[Finding]:
    kind, bits, signature = (script.value(path) for path in ("pubkey/type", "pubkey/bits", "sig_algo"))
    shortest = SHORT_EC_BITS if kind == "ec" else SHORT_RSA_BITS
    if bits.isascii() and bits.isdigit() and 0 < int(bits) < shortest:
        detail = f"{kind} {bits}"
        severity = Severity.SOON if int(bits) <= 1024 else None
        yield sight.finding(
            "cert-weak",
            port,
            subject="short-key",
            severity=severity,
            script=script,
            weakness="short-key",
            detail=detail,
        )
    if re.search(r"md5|md2|sha1", signature, re.IGNORECASE):
        yield sight.finding(
            "cert-weak", port, subject="old-signature", script=script, weakness="old-signature", detail=signature
        )


def factory_product(script: ScriptOutput) -> str:
    """Return the product whose self-made certificate `script` (ssl-cert) shows, "" when it is none we know."""
    said = " ".join(value for path in ("subject", "issuer") for _, value in script.under(path))
    return next((product for pattern, product in _FACTORIES if re.search(pattern, said)), "")


_FACTORIES = (
    (r"\bFGT\w{2,}|\bFortiGate\b|\bFG[T0-9]\w{8,}", "FortiGate"),
    (r"\bFWF\w{6,}|\bFortiWiFi\b", "FortiWiFi"),
    (r"HTTPS Management Certificate for SonicWALL|\bSonicWall\b", "SonicWall"),
    (r"\bIOS-Self-Signed-Certificate", "Cisco IOS"),
    (r"\bASA Temporary Self Signed", "Cisco ASA"),
    (r"\bWatchGuard\b|\bFireware\b", "WatchGuard"),
    (r"\bYamaha\b|\bRTX\d{3,4}\b|\bNVR\d{3}\b", "YAMAHA"),
    (r"\bSynology\b", "Synology"),
    (r"\bQNAP\b", "QNAP"),
    (r"\bBUFFALO\b", "BUFFALO"),
)
"""Words of certificates that devices make for themselves, and what they stand for."""
