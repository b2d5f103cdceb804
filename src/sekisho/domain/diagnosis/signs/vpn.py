"""Signs in the answers of IKE: aggressive mode, weak proposals, only the old version, and what the device is.

Source: RFC 8247 and NIST SP 800-77r1 for what counts as weak; RFC 9395 retires IKEv1.
"""

from collections.abc import Iterator

from sekisho.domain.diagnosis.findings import Certainty, Finding
from sekisho.domain.diagnosis.results import CheckState, ObservedPort, ScriptOutput
from sekisho.domain.diagnosis.signs.sight import Sight, answered

MODES = ("ike-main", "ike-aggressive", "ike-v2", "ike-nat-t")
"""Ids of the outputs, one for each way of asking."""

_WEAK: dict[str, dict[str, str]] = {
    "Enc": {"DES": "des", "3DES": "3des"},
    "Encr": {"DES": "des", "DES_IV64": "des", "3DES": "3des"},
    "Hash": {"MD5": "md5"},
    "Prf": {"HMAC_MD5": "md5"},
    "Integ": {"HMAC_MD5_96": "md5"},
    "Group": {"1": "group1", "2": "group2", "5": "group5"},
    "DH_Group": {"1": "group1", "2": "group2", "5": "group5"},
}
_PRODUCTS = (
    ("fortigate", "FortiGate"),
    ("fortinet", "FortiGate"),
    ("sonicwall", "SonicWall"),
    ("netscreen", "Juniper ScreenOS"),
    ("juniper", "Juniper"),
    ("cisco vpn concentrator", "Cisco VPN Concentrator"),
    ("checkpoint", "Check Point"),
    ("check point", "Check Point"),
    ("watchguard", "WatchGuard"),
    ("strongswan", "strongSwan"),
    ("openswan", "Openswan"),
    ("windows", "Windows"),
)


def ike(sight: Sight, port: ObservedPort) -> Iterator[Finding]:
    """Yield what the answers of ike-scan show."""
    said = {mode: script for mode in MODES if answered(script := port.script(mode)) and script is not None}
    if (aggressive := said.get("ike-aggressive")) and (aggressive.value("handshake") or aggressive.value("accepted")):
        certainty = Certainty.CONFIRMED if aggressive.value("handshake") else Certainty.ROUGH
        yield sight.finding("ike-aggressive", port, certainty=certainty, script=aggressive)
    yield from _weak_proposals(sight, port, said)
    if "ike-main" in said and "ike-v2" not in said and _was_silent(sight, port, "ike-v2"):
        yield sight.finding("ike-v1-only", port, certainty=Certainty.ROUGH, script=said["ike-main"])
    yield from _products(sight, port, said)


def _weak_proposals(sight: Sight, port: ObservedPort, said: dict[str, ScriptOutput]) -> Iterator[Finding]:
    told: set[str] = set()
    for script in said.values():
        for name, value in script.under("sa"):
            code = _WEAK.get(name, {}).get(value.split(":", 1)[0])
            if code and code not in told:
                told.add(code)
                yield sight.finding("ike-weak", port, subject=code, script=script, weakness=code)


def _was_silent(sight: Sight, port: ObservedPort, check: str) -> bool:
    return any(result.check == check and result.state is CheckState.SILENT for result in sight.checks_of(port))


def _products(sight: Sight, port: ObservedPort, said: dict[str, ScriptOutput]) -> Iterator[Finding]:
    names = [(script, value) for script in said.values() for _, value in script.under("vid")]
    script = port.script("ike-version")
    if script is not None and script.value("vendor_id"):
        names.append((script, script.value("vendor_id")))
    told: set[str] = set()
    for script, name in names:
        product = next((known for word, known in _PRODUCTS if word in name.casefold()), None)
        if product and product not in told and product.casefold() not in port.product.casefold():
            told.add(product)
            yield sight.finding(
                "product-seen",
                port,
                subject=product.casefold(),
                certainty=Certainty.STATED,
                script=script,
                said=name,
                product=product,
            )
