"""Signs that a check names itself: CVEs that nmap's scripts tested for, known backdoors, products out of support."""

import re
from collections.abc import Iterator, Sequence

from sekisho.domain.diagnosis.findings import Certainty, Finding, Severity
from sekisho.domain.diagnosis.knowledge import WindowsRelease
from sekisho.domain.diagnosis.results import ObservedPort, ScriptOutput
from sekisho.domain.diagnosis.signs.sight import Sight, answered

_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b")
_BACKDOOR_SCRIPTS = {
    "smb-double-pulsar-backdoor": "DoublePulsar",
    "netbus-info": "NetBus",
    "backorifice-info": "Back Orifice",
}
_BACKDOORED = (
    (re.compile(r"vsftpd", re.IGNORECASE), "2.3.4", "vsftpd 2.3.4"),
    (re.compile(r"proftpd", re.IGNORECASE), "1.3.3c", "ProFTPD 1.3.3c"),
    (re.compile(r"unrealircd", re.IGNORECASE), "3.2.8.1", "UnrealIRCd 3.2.8.1"),
)
"""Releases that were published with a way in built into them. That the version runs does not prove that copy."""
_NTLM = ("rdp-ntlm-info", "http-ntlm-info", "ms-sql-ntlm-info", "smtp-ntlm-info", "imap-ntlm-info", "telnet-ntlm-info")


def tested_weaknesses(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield the CVEs that a script of nmap tested for and found (its `vulns` library: a table with a state)."""
    for script in port.scripts:
        for table in script.tables():
            state = script.value(f"{table}/state")
            if script.id in _BACKDOOR_SCRIPTS or not state.startswith(("VULNERABLE", "LIKELY VULNERABLE")):
                continue
            certainty = Certainty.ROUGH if state.startswith("LIKELY") else Certainty.CONFIRMED
            ids = _CVE.findall(" ".join([table, *(value for _, value in script.under(f"{table}/ids"))]))
            for cve in dict.fromkeys(ids):
                yield sight.finding(
                    "vulnerable-version",
                    port,
                    subject=cve,
                    certainty=certainty,
                    script=script,
                    cve=cve,
                    product=port.product or port.service,
                    version=port.version,
                )


def backdoors(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield signs of known backdoors: an answer that only they give, or a release that was published with one."""
    for name, called in _BACKDOOR_SCRIPTS.items():
        script = port.script(name) or next((s for s in sight.scan.scripts if s.id == name and port.port == 445), None)
        if script is not None and _is_found(script):
            yield sight.finding("known-backdoor", port, subject=called.casefold(), script=script, name=called)
    for product, version, called in _BACKDOORED:
        if product.search(port.product) and port.version == version:
            yield sight.finding(
                "known-backdoor", port, subject=called.casefold(), certainty=Certainty.ROUGH, said=called, name=called
            )


def _is_found(script: ScriptOutput) -> bool:
    if script.id == "smb-double-pulsar-backdoor":
        return bool(re.search(r"(?<!NOT )VULNERABLE", script.output))
    return answered(script)


def windows_support(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield whether the Windows behind the port is still supported. Its patch level is never told (see the module).

    `Product_Version` names the build, which several editions share: ended for all is ended, for some is not known.
    """
    for script, build in _builds(sight, port):
        releases = [release for release in sight.knowledge.windows if release.build == build]
        if releases:
            yield from _support(sight, port, script, releases)
            return


def _builds(sight: Sight, port: ObservedPort) -> Iterator[tuple[ScriptOutput, int]]:
    for name in _NTLM:
        script = port.script(name)
        if script is not None and (match := re.fullmatch(r"\d+\.\d+\.(\d{4,5})", script.value("Product_Version"))):
            yield script, int(match[1])
    old = next((script for script in sight.scan.scripts if script.id == "smb-os-discovery"), None)
    if old is not None and port.port in (139, 445) and (match := re.search(r"Windows.*?\b(\d{4,5})\b", old.output)):
        yield old, int(match[1])


def _support(
    sight: Sight, port: ObservedPort, script: ScriptOutput, releases: Sequence[WindowsRelease]
) -> Iterator[Finding]:
    ended = [release for release in releases if release.ends_on < sight.today]
    if not ended:
        return
    names = " / ".join(release.name for release in releases)
    until = max(release.ends_on for release in ended).isoformat()
    subject = f"windows-{releases[0].build}"
    if len(ended) < len(releases):
        yield sight.finding(
            "end-of-support-unclear",
            port,
            subject=subject,
            certainty=Certainty.UNKNOWN,
            script=script,
            product=names,
            until=until,
        )
        return
    extended = max((release.extended_until for release in ended if release.extended_until), default=None)
    is_bought_possible = extended is not None and extended >= sight.today
    yield sight.finding(
        "end-of-support",
        port,
        subject=subject,
        certainty=Certainty.STATED,
        severity=Severity.SOON if is_bought_possible else None,
        script=script,
        product=names,
        until=until,
        extended=extended.isoformat() if extended and is_bought_possible else "none",
    )
