"""Signs in remote desktops and other remote control: sign-in before the screen, old encryption, no password at all.

The security layers stand in the output of rdp-enum-encryption, a line each: "SSL: SUCCESS" or "SSL: FAILED
(HYBRID_REQUIRED_BY_SERVER)". The latter, printed only with debugging on, is what tells "NLA required" from "supported".
"""

import re
from collections.abc import Iterator

from sekisho.domain.diagnosis.findings import Finding
from sekisho.domain.diagnosis.results import ObservedPort, ScriptOutput
from sekisho.domain.diagnosis.signs.sight import Sight, answered

_LAYER = re.compile(r"^\s*(?P<name>[\w() /-]+?): (?P<result>SUCCESS|FAILED)(?: \((?P<why>\w+)\))?\s*$", re.MULTILINE)


def layers(script: ScriptOutput) -> dict[str, str]:
    """Return what became of each security layer: SUCCESS, FAILED, or the reason of the failure."""
    return {match["name"]: match["why"] or match["result"] for match in _LAYER.finditer(script.output)}


def remote_desktop(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield what a remote desktop lets happen before sign-in."""
    script = port.script("rdp-enum-encryption")
    if script is None:
        return
    found = layers(script)
    open_layers = [name for name in ("SSL", "Native RDP") if found.get(name) == "SUCCESS"]
    if open_layers and found.get("SSL") != "HYBRID_REQUIRED_BY_SERVER":
        yield sight.finding("rdp-no-nla", port, script=script, said="; ".join(f"{n}: SUCCESS" for n in open_layers))
    if found.get("Native RDP") == "SUCCESS":
        weak = [name for name, result in found.items() if "RC4" in name and result == "SUCCESS"]
        yield sight.finding(
            "rdp-old-encryption", port, subject="native", script=script, method=", ".join(["Native RDP", *weak])
        )


def remote_control(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield screens that anybody can work: VNC without authentication, X11 with access for all."""
    vnc, x11 = port.script("vnc-info"), port.script("x11-access")
    if vnc is not None and re.search(r"\bNone \(1\)", vnc.output):
        yield sight.finding(
            "remote-control-no-password", port, subject="vnc", script=vnc, product=port.product or "VNC"
        )
    if x11 is not None and "access is granted" in x11.output.casefold():
        yield sight.finding("remote-control-no-password", port, subject="x11", script=x11, product="X11")


def proxy(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield a SOCKS relay that asks nobody who they are."""
    script = port.script("socks-auth-info")
    if script is not None and answered(script) and "no authentication" in _everything(script):
        yield sight.finding("open-proxy", port, script=script)


def _everything(script: ScriptOutput) -> str:
    return " ".join([script.output, *(value for _, value in script.elements)]).casefold()
