"""Signs in file services: SMB dialects and signing, anonymous FTP, lists of shares."""

import re
from collections.abc import Iterator

from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.results import ObservedPort
from sekisho.domain.diagnosis.signs.sight import Sight, answered

_NAMES = re.compile(r"^\s*(\S+)", re.MULTILINE)


def smb(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield the oldest dialect and missing signatures. nmap writes these scripts about the host: any SMB port shows them."""
    if port.port not in (139, 445) and port.service not in {"microsoft-ds", "netbios-ssn"}:
        return
    scripts = {script.id: script for script in (*sight.scan.scripts, *port.scripts)}
    protocols = scripts.get("smb-protocols")
    if protocols is not None and (
        "smbv1" in protocols.output.casefold() or "nt lm 0.12" in protocols.output.casefold()
    ):
        yield sight.finding("smb-v1", port, script=protocols)
    for name in ("smb2-security-mode", "smb-security-mode"):
        script = scripts.get(name)
        if script is not None and _is_unsigned(script.output, script.value("message_signing")):
            yield sight.finding("smb-signing", port, script=script)
            return


def _is_unsigned(output: str, old: str) -> bool:
    said = output.casefold()
    return "not required" in said or "signing is disabled" in said or old in {"disabled", "supported"}


def ftp(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield that anybody may come in without a name."""
    script = port.script("ftp-anon")
    if script is not None and "anonymous ftp login allowed" in script.output.casefold():
        # The listing that may follow names files of the hospital: evidence in the raw file, not in what is shown.
        yield sight.finding("ftp-anonymous", port, script=script, said=script.output.strip().split("\n", 1)[0])


def shared_folders(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield lists of shares that were given without a password (NFS exports, rsync modules)."""
    for name in ("nfs-showmount", "rsync-list-modules"):
        script = port.script(name)
        if script is None or not answered(script) or not (names := _NAMES.findall(script.output)):
            continue
        yield sight.finding("shared-folder-listed", port, subject=name, script=script, names=", ".join(names[:5]))
