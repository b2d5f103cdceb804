"""From what services answered to findings: each sign alone, what is close to it and is none, and hostile answers."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.nmap.parse import parse_nmap_xml
from sekisho.catalogue.findings import load_finding_knowledge
from sekisho.domain.diagnosis.deriving import READERS, findings_of
from sekisho.domain.diagnosis.findings import Certainty, Finding, Severity
from sekisho.domain.diagnosis.knowledge import LineContext
from sekisho.domain.diagnosis.results import AddressScan, CheckResult, CheckState, Covered, ObservedPort, ScriptOutput
from sekisho.domain.text import Text

SAMPLES = Path(__file__).parents[3] / "samples" / "nmap"
KNOWN = load_finding_knowledge()
TODAY = date(2026, 11, 21)
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def opened(name: str, *scripts: ScriptOutput, service: str = "", **more: str) -> ObservedPort:
    number, protocol = name.split("/")
    basis = more.pop("basis", "probed" if service else "")
    return ObservedPort(protocol, int(number), "open", service, basis=basis, scripts=scripts, reason="syn-ack", **more)


def said(id_: str, output: str = "", **elements: str) -> ScriptOutput:
    return ScriptOutput(id_, output, tuple((name.replace("__", "/"), value) for name, value in elements.items()))


def found(*ports: ObservedPort, lines: tuple[LineContext, ...] = (), **more: object) -> tuple[Finding, ...]:
    scan = AddressScan("203.0.113.10", AT, True, ports, tool="nmap 7.93", **more)  # type: ignore[arg-type]
    return findings_of(scan, today=TODAY, knowledge=KNOWN, lines=lines)


def kinds(*ports: ObservedPort, **more: object) -> set[tuple[str, str]]:
    return {(one.kind, one.subject) for one in found(*ports, **more) if one.kind != "open-port"}  # type: ignore[arg-type]


def of_sample(name: str) -> set[tuple[str, str, str]]:
    (scan,) = parse_nmap_xml((SAMPLES / name).read_bytes(), evidence=name).scans
    return {(one.port_name, one.kind, one.subject) for one in findings_of(scan, today=TODAY, knowledge=KNOWN)}


def test_real_output_of_a_loose_web_service_becomes_findings() -> None:
    expected = {
        ("443/tcp", "build-date", "fortigate"),
        ("443/tcp", "cert-expiring", ""),
        ("443/tcp", "cert-factory", "fortigate"),
        ("443/tcp", "cert-self-signed", ""),
        ("443/tcp", "cert-weak", "old-signature"),
        ("443/tcp", "cert-weak", "short-key"),
        ("443/tcp", "open-port", ""),
        ("443/tcp", "product-seen", "nginx"),
        ("443/tcp", "tls-below-high-security", ""),
        ("443/tcp", "tls-old-protocol", "TLSv1.0"),
        ("443/tcp", "tls-old-protocol", "TLSv1.1"),
        ("443/tcp", "tls-weak-cipher", "anonymous"),
    }
    assert of_sample("checks_tls.xml") == expected


def test_real_output_of_other_services_becomes_findings() -> None:
    assert ("3389/tcp", "rdp-no-nla", "") in of_sample("checks_rdp.xml")
    misc = of_sample("checks_misc.xml")
    assert {("21/tcp", "ftp-anonymous", ""), ("6379/tcp", "database-no-password", "redis")} <= misc
    assert {("22/tcp", "ssh-weak", code) for code in ("kex", "cipher", "mac")} <= misc
    udp = of_sample("checks_udp.xml")
    assert {("161/udp", "snmp-public", ""), ("53/udp", "dns-open-resolver", "")} <= udp
    assert ("161/udp", "product-seen", "yamaha rtx830") in udp
    assert not {port for port, _, _ in udp} & {"69/udp", "500/udp", "4500/udp"}


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("checks_*.xml")))
def test_every_finding_of_real_output_can_be_spoken(name: str) -> None:
    (scan,) = parse_nmap_xml((SAMPLES / name).read_bytes()).scans
    for finding in findings_of(scan, today=TODAY, knowledge=KNOWN):
        text = KNOWN.spoken(finding)
        assert "不明" not in text.title.ja
        assert text.title.ja.isprintable()


# ---- remote desktop ----

_NLA = "Security layer\n    CredSSP (NLA): SUCCESS\n    {ssl}\n    Native RDP: FAILED (HYBRID_REQUIRED_BY_SERVER)\n"


@pytest.mark.parametrize(
    ("output", "is_found"),
    [
        (_NLA.format(ssl="SSL: FAILED (HYBRID_REQUIRED_BY_SERVER)"), False),
        (_NLA.format(ssl="SSL: SUCCESS"), True),
        ("  Security layer\n    CredSSP (NLA): SUCCESS\n    Native RDP: SUCCESS\n", True),
        ("  Security layer\n    CredSSP (NLA): SUCCESS\n", False),
        ("  Security layer\n    SSL: FAILED (SSL_NOT_ALLOWED_BY_SERVER)\n", False),
        ("", False),
        ("ERROR: Script execution failed", False),
        ("SSL: SUCCESS\x00", False),
    ],
)
def test_nla_required_is_told_from_supported(output: str, is_found: bool) -> None:
    port = opened("3389/tcp", said("rdp-enum-encryption", output), service="ms-wbt-server")
    assert (("rdp-no-nla", "") in kinds(port)) is is_found


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("6.1.7601", ("end-of-support", "windows-7601", Severity.URGENT)),
        ("10.0.17763", ("end-of-support-unclear", "windows-17763", Severity.UNKNOWN)),
        ("10.0.20348", None),
        ("10.0.19045", ("end-of-support", "windows-19045", Severity.SOON)),
        ("10.0.22631", ("end-of-support", "windows-22631", Severity.URGENT)),
        ("10.0.99999", None),
        ("10.0.17763.1; rm", None),
        ("", None),
    ],
)
def test_the_build_of_windows_tells_support_only_as_far_as_it_can(
    build: str, expected: tuple[str, str, Severity] | None
) -> None:
    port = opened("3389/tcp", said("rdp-ntlm-info", "x", Product_Version=build), service="ms-wbt-server")
    told = [(one.kind, one.subject, one.severity) for one in found(port) if one.kind.startswith("end-of-support")]
    assert told == ([expected] if expected else [])


def test_support_is_told_of_the_day_it_is_asked() -> None:
    port = opened("3389/tcp", said("rdp-ntlm-info", "x", Product_Version="10.0.22631"), service="ms-wbt-server")
    scan = AddressScan("203.0.113.10", AT, True, (port,))
    early = findings_of(scan, today=date(2026, 11, 10), knowledge=KNOWN)
    assert not [one for one in early if one.kind.startswith("end-of-support")]


# ---- VPN ----


def ike(mode: str, **elements: str) -> ScriptOutput:
    return said(f"ike-{mode}", "answer", **elements)


def test_aggressive_mode_is_found_by_a_handshake_and_roughly_by_one_that_stopped_at_the_key() -> None:
    sure = found(opened("500/udp", ike("aggressive", handshake="Aggressive Mode Handshake returned"), service="isakmp"))
    assert [one.certainty for one in sure if one.kind == "ike-aggressive"] == [Certainty.CONFIRMED]
    rough = found(opened("500/udp", ike("aggressive", accepted="Unexpected IKE payload"), service="isakmp"))
    assert [one.certainty for one in rough if one.kind == "ike-aggressive"] == [Certainty.ROUGH]
    refused = kinds(opened("500/udp", ike("aggressive", notify="NO-PROPOSAL-CHOSEN"), service="isakmp"))
    assert ("ike-aggressive", "") not in refused


@pytest.mark.parametrize(
    ("elements", "weak"),
    [
        ({"sa__Enc": "3DES", "sa__Hash": "MD5", "sa__Group": "2:modp1024"}, {"3des", "md5", "group2"}),
        ({"sa__Enc": "AES", "sa__Hash": "SHA2-256", "sa__Group": "14:modp2048"}, set()),
        ({"sa__Encr": "3DES", "sa__DH_Group": "5:modp1536"}, {"3des", "group5"}),
        ({"sa__Group": "25"}, set()),
        ({"sa__Enc": "AES/DES"}, set()),
    ],
)
def test_weak_proposals_are_told_one_by_one(elements: dict[str, str], weak: set[str]) -> None:
    port = opened("500/udp", ike("main", handshake="Main Mode Handshake returned", **elements), service="isakmp")
    assert {subject for kind, subject in kinds(port) if kind == "ike-weak"} == weak


def test_only_the_old_version_is_said_only_when_the_new_one_was_asked() -> None:
    port = opened("500/udp", ike("main", handshake="Main Mode Handshake returned"), service="isakmp")
    assert ("ike-v1-only", "") not in kinds(port)
    silent = CheckResult("ike-v2", "udp", 500, CheckState.SILENT, asks=("ike-v2",))
    failed = CheckResult("ike-v2", "udp", 500, CheckState.FAILED, asks=("ike-v2",), rule="timeout")
    assert ("ike-v1-only", "") in kinds(port, checks=(silent,))
    assert ("ike-v1-only", "") not in kinds(port, checks=(failed,))


def test_a_vpn_is_no_more_than_information_on_a_line_that_is_there_for_it() -> None:
    port = opened("500/udp", service="isakmp")
    (one,) = found(port, lines=(LineContext("CAF1", "internet_vpn"),))
    assert (one.severity, one.lines) == (Severity.NOTE, ("CAF1",))
    (one,) = found(port, lines=(LineContext("CAF1", "internet"),))
    assert one.severity is Severity.PLANNED


def test_vendor_ids_name_the_product_once() -> None:
    port = opened(
        "500/udp",
        ike("main", handshake="x", vid__0="XAUTH", vid__1="Fortinet FortiGate v5"),
        ike("v2", handshake="x", vid__0="FortiGate v5"),
        said("ike-version", "vendor_id: Fortinet", vendor_id="Fortinet FortiGate v5"),
        service="isakmp",
    )
    assert [one.subject for one in found(port) if one.kind == "product-seen"] == ["fortigate"]


# ---- pages ----


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            said("http-title", "Did not follow redirect to https://203.0.113.10/remote/login"),
            ("ssl-vpn-page", "fortigate"),
        ),
        (said("http-title", "GlobalProtect Portal"), ("ssl-vpn-page", "palo alto globalprotect")),
        (said("http-auth", "HTTP/1.1 401\n Basic realm=YAMAHA-RT"), ("management-page", "yamaha")),
        (said("http-title", "RTX830 かんたん設定"), ("management-page", "yamaha")),
        (said("http-title", "○○病院へようこそ"), None),
        (said("http-title", "Site doesn't have a title"), None),
    ],
)
def test_pages_are_known_by_their_words(script: ScriptOutput, expected: tuple[str, str] | None) -> None:
    pages = {one for one in kinds(opened("443/tcp", script, service="ssl/http")) if one[0].endswith("-page")}
    assert pages == ({expected} if expected else set())


@pytest.mark.parametrize(
    ("etag", "expected"),
    [
        ('ETag: "83c5-64b0a1f2"', "2023-07-14"),
        ('  etag: "4f274122"', "2012-01-31"),
        ('ETag: W/"64b0a1f2"', "2023-07-14"),
        ('ETag: "83c5-ffffffff"', None),
        ('ETag: "83c5-00000001"', None),
        ('ETag: "notahexvalue"', None),
        ("ETag: ", None),
    ],
)
def test_the_date_of_a_fortigates_build_is_read_roughly(etag: str, expected: str | None) -> None:
    headers = said("http-headers", f"Server: xxxxxxxx-xxxxx\n  {etag}\n")
    rough = [one for one in found(opened("443/tcp", headers, service="ssl/http")) if one.kind == "build-date"]
    assert [(one.facts["date"], one.certainty) for one in rough] == ([(expected, Certainty.ROUGH)] if expected else [])


def test_a_certificate_does_not_say_which_page_stands_there() -> None:
    shown = said("ssl-cert", "Subject: commonName=FortiGate", subject__commonName="FortiGate", issuer__commonName="x")
    told = kinds(opened("443/tcp", shown, service="ssl/http"))
    assert ("cert-factory", "fortigate") in told
    assert not [kind for kind, _ in told if kind.endswith("-page")]


def test_attention_is_for_what_asks_for_something() -> None:
    port = opened("500/udp", service="isakmp")
    (asked,) = found(port)
    (expected,) = found(port, lines=(LineContext("CAF1", "internet_vpn"),))
    assert KNOWN.is_attention(asked)
    assert not KNOWN.is_attention(expected)
    failed = CheckResult("ike-main", "udp", 500, CheckState.FAILED, rule="timeout")
    assert [KNOWN.is_attention(one) for one in found(port, checks=(failed,)) if one.kind == "check-not-done"] == [False]


def test_an_etag_of_any_other_server_dates_nothing() -> None:
    headers = said("http-headers", 'Server: nginx\n  ETag: "83c5-64b0a1f2"\n')
    assert ("build-date", "fortigate") not in kinds(opened("443/tcp", headers, service="ssl/http"))


def test_a_password_is_in_clear_only_outside_tls() -> None:
    asks = said("http-auth", "HTTP/1.1 401 Unauthorized\n  Basic realm=RTX830")
    assert ("login-in-clear", "basic") in kinds(opened("80/tcp", asks, service="http"))
    assert ("login-in-clear", "basic") not in kinds(opened("443/tcp", asks, service="ssl/http"))
    digest = said("http-auth", "HTTP/1.1 401 Unauthorized\n  Digest realm=x")
    assert ("login-in-clear", "basic") not in kinds(opened("80/tcp", digest, service="http"))


# ---- TLS ----


def ciphers(**versions: str) -> ScriptOutput:
    elements: list[tuple[str, str]] = []
    for version, names in versions.items():
        for place, name in enumerate(names.split()):
            cipher, _, kex = name.partition("|")
            start = f"{version.replace('_', '.')}/ciphers/{place}"
            elements += [(f"{start}/kex_info", kex.replace("-", " ")), (f"{start}/name", cipher)]
    return ScriptOutput("ssl-enum-ciphers", "", tuple(elements))


GOOD_12 = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384|secp256r1"
GOOD_13 = "TLS_AKE_WITH_AES_256_GCM_SHA384|ecdh_x25519"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (ciphers(TLSv1_2=GOOD_12, TLSv1_3=GOOD_13), set()),
        (ciphers(TLSv1_2=GOOD_12), {("tls-below-high-security", "")}),
        (ciphers(TLSv1_3=GOOD_13), set()),
        (
            ciphers(SSLv3="SSL_RSA_WITH_RC4_128_MD5", TLSv1_3=GOOD_13),
            {("tls-old-protocol", "SSLv3"), ("tls-weak-cipher", "rc4"), ("tls-weak-cipher", "md5"), ("tls-below-high-security", "")},
        ),
        (
            ciphers(TLSv1_2="TLS_RSA_WITH_3DES_EDE_CBC_SHA|rsa-2048", TLSv1_3=GOOD_13),
            {("tls-weak-cipher", "3des"), ("tls-below-high-security", "")},
        ),
        (
            ciphers(TLSv1_2="TLS_DHE_RSA_WITH_AES_256_GCM_SHA384|dh-1024", TLSv1_3=GOOD_13),
            {("tls-weak-cipher", "short-dh")},
        ),
        (ciphers(TLSv1_2="TLS_RSA_WITH_NULL_SHA"), {("tls-weak-cipher", "null"), ("tls-below-high-security", "")}),
        (ScriptOutput("ssl-enum-ciphers"), set()),
    ],
)  # fmt: skip
def test_tls_is_graded_by_versions_and_ciphers(script: ScriptOutput, expected: set[tuple[str, str]]) -> None:
    assert kinds(opened("443/tcp", script, service="ssl/http")) == expected


def certificate(
    until: str, since: str = "2020-01-01T00:00:00", *, bits: str = "2048", kind: str = "rsa"
) -> ScriptOutput:
    return said(
        "ssl-cert", "Subject: x", subject__commonName="vpn.hospital.example", issuer__commonName="Some CA",
        validity__notAfter=until, validity__notBefore=since, pubkey__type=kind, pubkey__bits=bits,
        sig_algo="sha256WithRSAEncryption",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (certificate("2027-11-21T00:00:00"), set()),
        (certificate("2026-11-20T00:00:00"), {("cert-expired", "")}),
        (certificate("2026-11-21T23:59:59"), {("cert-expiring", "")}),
        (certificate("2026-12-20T00:00:00"), {("cert-expiring", "")}),
        (certificate("2026-12-22T00:00:00"), set()),
        (certificate("2027-11-21T00:00:00", "2026-12-24T00:00:00"), {("cert-not-yet", "")}),
        (certificate("never"), set()),
        (certificate("2027-11-21T00:00:00", bits="1024"), {("cert-weak", "short-key")}),
        (certificate("2027-11-21T00:00:00", bits="256", kind="ec"), set()),
        (certificate("2027-11-21T00:00:00", bits="160", kind="ec"), {("cert-weak", "short-key")}),
        (certificate("2027-11-21T00:00:00", bits="１０２４"), set()),
    ],
)
def test_certificates_are_judged_by_their_dates_and_keys(script: ScriptOutput, expected: set[tuple[str, str]]) -> None:
    assert kinds(opened("443/tcp", script, service="ssl/http")) == expected


# ---- others ----


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (opened("445/tcp", said("smb-protocols", "dialects:\n NT LM 0.12 (SMBv1) [dangerous, but default]")), {("smb-v1", "")}),
        (opened("445/tcp", said("smb-protocols", "dialects:\n 202\n 311")), set()),
        (opened("445/tcp", said("smb2-security-mode", "3:1:1:\n Message signing enabled but not required")), {("smb-signing", "")}),
        (opened("445/tcp", said("smb2-security-mode", "3:1:1:\n Message signing enabled and required")), set()),
        (opened("445/tcp", said("smb-double-pulsar-backdoor", "State: VULNERABLE")), {("known-backdoor", "doublepulsar")}),
        (opened("445/tcp", said("smb-double-pulsar-backdoor", "State: NOT VULNERABLE")), set()),
        (opened("21/tcp", said("ftp-anon", "Anonymous FTP login allowed (FTP code 230)\n-rw patients.csv")), {("ftp-anonymous", "")}),
        (opened("21/tcp", said("ftp-anon", "got code 500")), set()),
        (opened("21/tcp", service="ftp", product="vsftpd", version="2.3.4"), {("known-backdoor", "vsftpd 2.3.4"), ("product-seen", "vsftpd")}),
        (opened("21/tcp", service="ftp", product="vsftpd", version="2.3.40"), {("product-seen", "vsftpd")}),
        (opened("2049/tcp", said("nfs-showmount", "  /export/dicom 10.0.0.0/8")), {("shared-folder-listed", "nfs-showmount")}),
        (opened("5900/tcp", said("vnc-info", "Protocol version: 3.8\n Security types:\n   None (1)")), {("remote-control-no-password", "vnc")}),
        (opened("5900/tcp", said("vnc-info", "Security types:\n   VNC Authentication (2)")), set()),
        (opened("161/udp", said("snmp-sysdescr", "ERROR: no reply")), set()),
        (opened("161/udp", said("snmp-info", "enterprise: net-snmp", enterprise="net-snmp")), set()),
        (opened("123/udp", said("ntp-info", "x", receive_time_stamp="1")), set()),
        (opened("123/udp", said("ntp-info", "x", version="4.2.8")), {("ntp-control", "")}),
        (opened("123/udp", said("ntp-monlist", "Target is synchronised")), {("ntp-monlist", "")}),
        (opened("6379/tcp", said("redis-info", "ERROR: Authentication required")), set()),
        (opened("6379/tcp", said("redis-info", "(-NOAUTH Authentication required.)", Version="x")), set()),
        (opened("1080/tcp", said("socks-auth-info", "No authentication")), {("open-proxy", "")}),
        (opened("1080/tcp", said("socks-auth-info", "Username and password")), set()),
        (opened("623/udp", said("ipmi-cipher-zero", "State: VULNERABLE")), {("ipmi-cipher-zero", "")}),
        (opened("69/udp", service="tftp"), {("tftp-answers", "")}),
        (opened("69/udp", service="tftp", basis="table"), set()),
        (opened("22/tcp", said("sshv1", "true")), {("ssh-v1", "")}),
        (opened("22/tcp", said("sshv1", "false")), set()),
        (opened("445/tcp", said("smb-vuln-ms17-010", "x", **{"CVE-2017-0143__state": "VULNERABLE", "CVE-2017-0143__ids__0": "CVE:CVE-2017-0143"})),
         {("vulnerable-version", "CVE-2017-0143")}),
        (opened("445/tcp", said("smb-vuln-ms17-010", "x", **{"CVE-2017-0143__state": "NOT VULNERABLE"})), set()),
    ],
)  # fmt: skip
def test_each_sign_makes_its_finding_and_nothing_close_to_it_does(
    port: ObservedPort, expected: set[tuple[str, str]]
) -> None:
    assert kinds(port) == expected


def test_what_an_anonymous_visitor_could_list_is_not_shown() -> None:
    port = opened("21/tcp", said("ftp-anon", "Anonymous FTP login allowed\n-rw 患者一覧_山田.csv"))
    shown = [piece.said for one in found(port) for piece in one.evidence]
    assert not [line for line in shown if "山田" in line]


def test_scripts_about_the_host_count_for_its_smb_port() -> None:
    scripts = (said("smb-protocols", "NT LM 0.12 (SMBv1)"),)
    assert ("smb-v1", "") in kinds(opened("445/tcp"), scripts=scripts)
    assert ("smb-v1", "") not in kinds(opened("80/tcp", service="http"), scripts=scripts)


# ---- the ports and the address ----


@pytest.mark.parametrize(
    ("port", "severity"),
    [
        (opened("3389/tcp"), Severity.URGENT),
        (opened("3390/tcp", service="ms-wbt-server"), Severity.URGENT),
        (opened("1433/tcp"), Severity.URGENT),
        (opened("500/udp"), Severity.PLANNED),
        (opened("40000/tcp"), Severity.SOON),
    ],
)
def test_every_open_port_is_a_finding(port: ObservedPort, severity: Severity) -> None:
    (one,) = [one for one in found(port) if one.kind == "open-port"]
    assert one.severity is severity
    assert KNOWN.spoken(one).action.ja


@pytest.mark.parametrize("state", ["closed", "filtered", "open|filtered", "unfiltered", ""])
def test_no_other_state_is_a_finding(state: str) -> None:
    assert found(ObservedPort("tcp", 3389, state)) == ()


def test_the_two_protocols_of_a_port_are_two_findings() -> None:
    keys = {one.key for one in found(opened("53/tcp"), opened("53/udp")) if one.kind == "open-port"}
    assert len(keys) == 2


def test_an_unknown_service_is_said_as_unknown_only_when_it_was_asked() -> None:
    nameless = opened("40000/tcp", service="unknown", basis="table")
    assert kinds(nameless, asked_services=True) == {("unknown-service", "")}
    assert kinds(nameless) == set()
    wrapped = opened("40000/tcp", service="tcpwrapped")
    assert kinds(wrapped, asked_services=True) == {("unknown-service", "")}
    assert kinds(opened("40000/tcp", service="http"), asked_services=True) == set()


def test_a_host_that_says_yes_to_everything_is_told_as_one_thing() -> None:
    ports = [opened(f"{number}/tcp") for number in range(1, 2001)]
    real = opened("443/tcp", service="ssl/http", product="nginx")
    everything = found(*[real if port.port == 443 else port for port in ports])
    assert [(one.kind, one.port) for one in everything if one.kind in {"everything-open", "open-port"}] == [
        ("open-port", 443),
        ("everything-open", 0),
    ]
    assert len(everything) == 3


def test_a_few_open_ports_of_many_asked_are_not_everything() -> None:
    ports = [opened(f"{number}/tcp") for number in (22, 80, 443)]
    assert len(found(*ports, covered=(Covered("tcp", ((1, 65535),)),))) == 3
    some = [opened(f"{number}/tcp") for number in range(1, 81)]
    kinds_of = {one.kind for one in found(*some, covered=(Covered("tcp", ((1, 100),)),))}
    assert kinds_of == {"everything-open"}


def test_a_scan_that_cannot_show_that_it_missed_nothing_says_so() -> None:
    scan = AddressScan("203.0.113.10", AT, True, (), is_complete=False)
    (one,) = findings_of(
        scan, today=TODAY, knowledge=KNOWN, missed="0.4", why_incomplete=Text("応答が失われます", "Answers get lost")
    )
    assert (one.kind, one.severity, one.port) == ("not-complete", Severity.UNKNOWN, 0)
    spoken = KNOWN.spoken(one).what
    assert "0.4" in spoken.ja
    assert "応答が失われます" in spoken.ja
    assert "Answers get lost" in spoken.en


def test_an_address_that_did_not_answer_is_not_clean() -> None:
    scan = AddressScan("203.0.113.10", AT, False, ())
    assert [one.kind for one in findings_of(scan, today=TODAY, knowledge=KNOWN)] == ["no-answer"]


def test_a_check_that_failed_is_told_and_one_that_nobody_consented_to_is_not() -> None:
    failed = CheckResult("rdp-security", "tcp", 3389, CheckState.FAILED, rule="timeout")
    skipped = CheckResult("default-accounts", "tcp", 3389, CheckState.SKIPPED, rule="no-login-consent")
    (one,) = [one for one in found(opened("3389/tcp"), checks=(failed, skipped)) if one.kind != "open-port"]
    assert (one.kind, one.subject, one.severity) == ("check-not-done", "rdp-security", Severity.UNKNOWN)
    assert "リモートデスクトップ" in KNOWN.spoken(one).title.ja


def test_evidence_names_the_check_its_file_and_hash() -> None:
    output = said("ftp-anon", "Anonymous FTP login allowed")
    check = CheckResult(
        "ftp", "tcp", 21, CheckState.DONE, (output,), evidence="203.0.113.10/check-ftp-tcp-21.xml", sha256="ab" * 32,
        tool="nmap 7.93", started_at=AT,
    )  # fmt: skip
    (one,) = [one for one in found(opened("21/tcp"), checks=(check,)) if one.kind == "ftp-anonymous"]
    (piece,) = one.evidence
    assert (piece.check, piece.file, piece.sha256, piece.seen_at) == ("ftp-anon", check.evidence, "ab" * 32, AT)


HOSTILE = st.text(max_size=60) | st.sampled_from(
    ["\x1b[2J" * 20, "{port}", "VULNERABLE", "SSL: SUCCESS", "a" * 5000, 'ETag: "x-ffffffff"', "\u202e", "None (1)"]
)
SCRIPT_IDS = st.sampled_from(
    [
        "rdp-enum-encryption", "ssl-cert", "ssl-enum-ciphers", "http-title", "http-headers", "ike-main", "ike-aggressive",
        "snmp-sysdescr", "smb-protocols", "ftp-anon", "ssh2-enum-algos", "redis-info", "upnp-info", "rdp-ntlm-info",
        "smb-vuln-ms17-010", "ntp-info", "vnc-info", "nfs-showmount", "http-auth", "smb2-security-mode",
    ]
)  # fmt: skip
PATHS = st.sampled_from(
    ["TLSv1.2/ciphers/0/name", "validity/notAfter", "subject/commonName", "sa/Enc", "vid/0", "handshake", "x/state", "x/ids/0",
     "Product_Version", "kex_algorithms/0", "pubkey/bits", "pubkey/type", "sig_algo", "version", ""]
)  # fmt: skip
SCRIPTS = st.builds(ScriptOutput, SCRIPT_IDS, HOSTILE, st.lists(st.tuples(PATHS, HOSTILE), max_size=6).map(tuple))
PORTS = st.builds(
    ObservedPort,
    st.sampled_from(["tcp", "udp"]),
    st.integers(0, 65535),
    st.just("open"),
    HOSTILE,
    HOSTILE,
    HOSTILE,
    basis=st.sampled_from(["probed", "table"]),
    scripts=st.lists(SCRIPTS, max_size=4).map(tuple),
)


@given(st.lists(PORTS, max_size=4))
def test_whatever_services_say_findings_are_made_and_can_be_spoken(ports: list[ObservedPort]) -> None:
    scan = AddressScan("203.0.113.10", AT, True, tuple(ports), asked_services=True)
    findings = findings_of(scan, today=TODAY, knowledge=KNOWN)
    for one in findings:
        text = KNOWN.spoken(one)
        for said_ in (text.title, text.what, text.why, text.action, text.check):
            assert said_.ja.isprintable()
            assert len(said_.ja) < 3000
        assert all(value.isprintable() for value in one.facts.values())
        assert all(piece.said.isprintable() for piece in one.evidence)
    assert {one.port_name for one in findings if one.kind == "open-port"} == {
        port.name for port in ports if port.port
    } | ({""} if any(not port.port for port in ports) else set())


def test_every_reader_is_asked() -> None:
    assert len(READERS) == len(set(READERS)) >= 25
