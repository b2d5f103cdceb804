"""What other people's scans say: nmap's many shapes, masscan, Nessus, Greenbone, and files that mean harm."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import is_refusal, run

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n'
START = (
    '<nmaprun scanner="nmap" args="nmap -sS -sV -p- {address}" start="1763700000" version="7.93" '
    'xmloutputversion="1.05"><scaninfo type="syn" protocol="tcp" numservices="65535" services="1-65535"/>'
)
UDP = '<scaninfo type="udp" protocol="udp" numservices="3" services="53,161,500"/>'
END = (
    '<runstats><finished time="1763700300" timestr="x" elapsed="300" summary="" exit="success"/>'
    '<hosts up="1" down="0" total="1"/></runstats></nmaprun>'
)
ADDRESS = "203.0.113.10"


def port(number: int, state: str = "open", inner: str = "", protocol: str = "tcp", reason: str = "syn-ack") -> str:
    return (
        f'<port protocol="{protocol}" portid="{number}"><state state="{state}" reason="{reason}" reason_ttl="64"/>'
        f"{inner}</port>"
    )


def host(*ports: str, address: str = ADDRESS, kind: str = "ipv4", more: str = "") -> str:
    rest = '<extraports state="closed" count="65000"><extrareasons reason="reset" count="65000"/></extraports>'
    return (
        f'<host starttime="1763700000" endtime="1763700300"><status state="up" reason="user-set" reason_ttl="0"/>'
        f'<address addr="{address}" addrtype="{kind}"/>{more}<hostnames/><ports>{rest}{"".join(ports)}</ports></host>'
    )


def scan(*hosts: str, start: str = START, end: str = END) -> str:
    return HEAD + start + "".join(hosts) + end


def service(name: str, **words: str) -> str:
    return (
        f'<service name="{name}" method="probed" conf="10" ' + " ".join(f'{k}="{v}"' for k, v in words.items()) + "/>"
    )


def read(tmp_path: Path, *files: str, more: tuple[object, ...] = ()) -> dict[str, Any]:
    paths = []
    for at, text in enumerate(files):
        paths.append(tmp_path / f"scan{at}.xml")
        paths[-1].write_text(text, encoding="utf-8")
    done = run("diagnose", "read", "--json", *paths, *more)
    assert done.stderr == ""
    document: dict[str, Any] = json.loads(done.stdout)
    is_open = any(one["change"] != "fixed" for one in document.get("comparison", ()))
    assert done.returncode == (1 if document["findings"] or is_open else 0)
    return document


def ports_of(document: dict[str, Any], address: str = ADDRESS) -> set[str]:
    return {one for scan in document["scans"] if scan["address"] == address for one in scan["open_ports"]}


def told(document: dict[str, Any], kind: str) -> set[tuple[str, str, int]]:
    return {(one["address"], one["protocol"], one["port"]) for one in document["findings"] if one["kind"] == kind}


def test_an_open_remote_desktop_is_todays_work_in_a_clerks_words(tmp_path):
    document = read(tmp_path, scan(host(port(3389, inner=service("ms-wbt-server")))))
    (finding,) = [one for one in document["findings"] if one["kind"] == "open-port"]
    assert finding["severity"] == "urgent"
    assert set(finding["text"]) >= {"title", "what", "why", "action", "who", "check"}
    for words in finding["text"].values():
        assert words["ja"]
        assert words["en"]
        assert "{" not in words["ja"] + words["en"]


@pytest.mark.parametrize("state", ["closed", "filtered", "unfiltered", "open|filtered", "closed|filtered"])
def test_only_what_answers_is_open(tmp_path, state):
    document = read(tmp_path, scan(host(port(443, state, reason="no-response"))))
    assert ports_of(document) == set()
    assert told(document, "open-port") == set()


def test_udp_that_keeps_silent_is_not_open_and_what_answers_is(tmp_path):
    text = scan(
        host(
            port(500, "open|filtered", protocol="udp", reason="no-response"),
            port(161, "open", service("snmp", product="net-snmp"), protocol="udp", reason="udp-response"),
            port(53, "closed", protocol="udp", reason="port-unreach"),
        ),
        start=START + UDP,
    )
    document = read(tmp_path, text)
    assert ports_of(document) == {"161/udp"}
    assert (ADDRESS, "udp", 161) in told(document, "open-port")


def test_the_same_number_of_both_protocols_is_two_doors(tmp_path):
    both = scan(host(port(53), port(53, protocol="udp", reason="udp-response")), start=START + UDP)
    assert ports_of(read(tmp_path, both)) == {"53/tcp", "53/udp"}


@pytest.mark.parametrize(
    "inner", ['<service name="tcpwrapped" method="probed" conf="8"/>', ""], ids=["wrapped", "nameless"]
)
def test_a_door_that_says_nothing_is_not_called_harmless(tmp_path, inner):
    document = read(tmp_path, scan(host(port(40123, inner=inner))))
    assert ports_of(document) == {"40123/tcp"}
    assert document["findings"]


def test_sixth_generation_addresses_and_hardware_addresses_are_told_apart(tmp_path):
    card = '<address addr="00:11:22:33:44:55" addrtype="mac" vendor="Acme"/>'
    six = host(port(22, inner=service("ssh")), address="2001:db8::10", kind="ipv6", more=card)
    document = read(tmp_path, scan(six))
    assert [one["address"] for one in document["scans"]] == ["2001:db8::10"]
    assert (("2001:db8::10", "tcp", 22)) in told(document, "open-port")


def test_many_hosts_of_one_file_stay_apart(tmp_path):
    hosts = [host(port(20 + at), address=f"203.0.113.{at}") for at in range(1, 30)]
    document = read(tmp_path, scan(*hosts))
    for at in range(1, 30):
        assert ports_of(document, f"203.0.113.{at}") == {f"{20 + at}/tcp"}


def test_a_host_that_was_down_brings_no_finding_and_no_praise(tmp_path):
    down = f'<host><status state="down" reason="no-response"/><address addr="{ADDRESS}" addrtype="ipv4"/></host>'
    document = read(tmp_path, scan(down))
    assert ports_of(document) == set()
    assert all(not one["is_up"] for one in document["scans"])


def test_masscan_writes_nmaps_format_with_a_host_for_each_port(tmp_path):
    one = '<host endtime="1763700000"><address addr="{}" addrtype="ipv4"/><ports>{}</ports></host>'
    text = (
        '<?xml version="1.0"?>\n<!-- masscan v1.0 scan -->\n<nmaprun scanner="masscan" start="1763700000" '
        'version="1.0-BETA"  xmloutputversion="1.03">\n<scaninfo type="syn" protocol="tcp" />\n'
        + "".join(one.format(ADDRESS, port(number)) for number in (443, 22, 8080))
        + '<runstats>\n<finished time="1763700300" timestr="x" elapsed="3" />\n<hosts up="3" down="0" total="3" />\n'
        "</runstats>\n</nmaprun>\n"
    )
    document = read(tmp_path, text)
    assert ports_of(document) == {"22/tcp", "443/tcp", "8080/tcp"}
    assert len([one for one in document["findings"] if one["kind"] == "open-port"]) == 3


def test_findings_of_two_files_about_one_door_are_one_finding_with_both_as_evidence(tmp_path):
    first = scan(host(port(3389, inner=service("ms-wbt-server"))))
    second = first.replace("1763700000", "1763800000").replace("1763700300", "1763800300")
    document = read(tmp_path, first, second)
    (finding,) = [one for one in document["findings"] if one["kind"] == "open-port"]
    assert {one["file"] for one in finding["evidence"]} == {"scan0.xml", "scan1.xml"}


def test_answers_of_scripts_become_facts(tmp_path):
    certificate = (
        '<script id="ssl-cert" output="Subject: commonName=fw"><table key="validity">'
        '<elem key="notBefore">2019-01-01T00:00:00</elem><elem key="notAfter">2021-01-01T00:00:00</elem></table></script>'
    )
    anonymous = '<script id="ftp-anon" output="Anonymous FTP login allowed (FTP code 230)"/>'
    document = read(
        tmp_path,
        scan(
            host(
                port(443, inner=service("https", tunnel="ssl") + certificate),
                port(21, inner=service("ftp") + anonymous),
            )
        ),
    )
    kinds = {one["kind"] for one in document["findings"] if one["kind"] != "open-port"}
    assert "ftp-anonymous" in kinds
    assert any("certificate" in kind or "cert" in kind for kind in kinds)


@pytest.mark.parametrize(
    ("product", "kinds"),
    [
        ("Fortinet FortiGate SSL VPN", {"ssl-vpn-page"}),
        ("Fortinet FortiGate-5001 SSL VPN remote http login", {"ssl-vpn-page"}),
        ("Fortinet FortiGate firewall http config", {"management-page"}),
        ("FortiGate Web Filtering Service", set()),
    ],
)
def test_a_way_in_for_people_is_not_taken_for_the_page_of_settings(tmp_path, product, kinds):
    """The words are those that nmap has for the pages of one maker; what to do about them differs."""
    document = read(tmp_path, scan(host(port(443, inner=service("https", product=product, tunnel="ssl")))))
    pages = {"ssl-vpn-page", "management-page"}
    assert {one["kind"] for one in document["findings"]} & pages == kinds


NESSUS = """<?xml version="1.0" ?><NessusClientData_v2><Policy><policyName>p</policyName><Preferences><ServerPreferences>
<preference><name>smb_password</name><value>Gehe1m-secret</value></preference></ServerPreferences></Preferences></Policy>
<Report name="r"><ReportHost name="fw.example.jp"><HostProperties><tag name="host-ip">203.0.113.10</tag>
<tag name="HOST_START">Fri Nov 21 09:00:00 2025</tag><tag name="HOST_END">Fri Nov 21 09:30:00 2025</tag></HostProperties>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="4" pluginID="123" pluginName="FortiOS SSL-VPN overflow"
 pluginFamily="Firewalls"><cve>CVE-2024-21762</cve><cvss3_base_score>9.8</cvss3_base_score><risk_factor>Critical</risk_factor>
<solution>Upgrade</solution><plugin_output>password: Gehe1m-secret</plugin_output></ReportItem>
<ReportItem port="0" svc_name="general" protocol="tcp" severity="0" pluginID="19506" pluginName="Nessus Scan Information"
 pluginFamily="Settings"><plugin_output>Nessus version : 10.1</plugin_output></ReportItem></ReportHost></Report></NessusClientData_v2>
"""
GREENBONE = """<report id="a" format_id="b"><report id="a"><scan_start>2025-11-21T00:00:00Z</scan_start>
<scan_end>2025-11-21T01:00:00Z</scan_end><results start="1" max="10"><result id="r1"><name>FortiOS SSL-VPN overflow</name>
<host>203.0.113.10<asset asset_id="x"/><hostname>fw</hostname></host><port>443/tcp</port>
<nvt oid="1.3.6.1.4.1.25623.1.0.1"><type>nvt</type><name>FortiOS SSL-VPN overflow</name><family>x</family>
<cvss_base>9.8</cvss_base><refs><ref type="cve" id="CVE-2024-21762"/></refs><solution type="VendorFix">Upgrade</solution></nvt>
<threat>High</threat><severity>9.8</severity><qod><value>97</value><type>package</type></qod>
<description>password: Gehe1m-secret</description></result></results></report></report>
"""


@pytest.mark.parametrize("text", [NESSUS, GREENBONE], ids=["Nessus", "Greenbone"])
def test_other_scanners_are_read_and_what_plug_ins_printed_is_not_kept(tmp_path, text):
    document = read(tmp_path, text)
    assert "CVE-2024-21762" in json.dumps(document["findings"])
    assert {one["address"] for one in document["findings"]} == {ADDRESS}
    assert {(one["protocol"], one["port"]) for one in document["findings"]} >= {("tcp", 443)}
    assert "Gehe1m" not in json.dumps(document)


def test_two_scanners_that_say_the_same_make_one_finding(tmp_path):
    document = read(tmp_path, NESSUS, GREENBONE)
    (same,) = [one for one in document["findings"] if "CVE-2024-21762" in json.dumps(one["key"])]
    assert {one["file"] for one in same["evidence"]} == {"scan0.xml", "scan1.xml"}


def test_what_is_gone_is_fixed_only_when_it_was_asked_again(tmp_path):
    before = scan(host(port(3389, inner=service("ms-wbt-server"))))
    (tmp_path / "before.xml").write_text(before, encoding="utf-8")
    later = before.replace("1763700000", "1763900000").replace("1763700300", "1763900300")
    gone = later.replace(port(3389, inner=service("ms-wbt-server")), "")
    asked = read(tmp_path, gone.replace('count="65000"', 'count="65535"'), more=("--against", tmp_path / "before.xml"))
    fewer = gone.replace('services="1-65535"', 'services="1-1000"').replace('numservices="65535"', 'numservices="1000"')
    not_asked = read(
        tmp_path, fewer.replace('count="65000"', 'count="1000"'), more=("--against", tmp_path / "before.xml")
    )
    change = {one["change"] for one in asked["comparison"]}
    other = {one["change"] for one in not_asked["comparison"]}
    assert change == {"fixed"}
    assert "fixed" not in other
    assert other


WHOLE = scan(host(*(port(number) for number in range(1, 400))))
HOSTILE = {
    "empty": "", "not XML": "PORT STATE SERVICE\n22/tcp open ssh\n", "another document": "<html><body>x</body></html>",
    "an entity that grows": HEAD.replace("<!DOCTYPE nmaprun>", '<!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaaaa"><!ENTITY b '
    '"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>') + START + "&c;" + END,
    "a file from outside": HEAD.replace("<!DOCTYPE nmaprun>", '<!DOCTYPE nmaprun [<!ENTITY a SYSTEM "file:///etc/passwd">]>')
    + START + host(port(22, inner='<script id="x" output="&a;"/>')) + END,
    "deep": "<nmaprun>" + "<a>" * 100_000, "a zero byte": WHOLE.replace("syn-ack", "syn\x00ack", 1),
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_what_is_no_result_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "bad.xml").write_text(text, encoding="utf-8")
    for language in ("ja", "en"):
        done = run("diagnose", "read", tmp_path / "bad.xml", "--json", "--lang", language)
        assert is_refusal(done), (done.returncode, done.stdout[:300], done.stderr[:500])
        assert "root:" not in done.stderr


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_result_that_breaks_off_is_never_taken_for_a_whole_one(tmp_path, share):
    (tmp_path / "half.xml").write_text(WHOLE[: int(len(WHOLE) * share)], encoding="utf-8")
    done = run("diagnose", "read", tmp_path / "half.xml", "--json")
    if done.returncode == 2:
        assert is_refusal(done)
    else:
        assert all(not one["is_complete"] for one in json.loads(done.stdout)["scans"])


def test_a_run_that_was_stopped_is_no_result(tmp_path):
    text = scan(host(port(22)), end=END.replace('exit="success"', 'exit="error" errormsg="killed"'))
    (tmp_path / "x.xml").write_text(text, encoding="utf-8")
    assert is_refusal(run("diagnose", "read", tmp_path / "x.xml", "--json"))


@pytest.mark.parametrize(
    "bad",
    [port(70000), port(-1), '<port protocol="tcp" portid="x"><state state="open"/></port>', '<port protocol="tcp"/>',
     '<port portid="22"><state state="open"/></port>', '<port protocol="warp" portid="22"><state state="open"/></port>'],
    ids=["large", "negative", "no number", "nothing", "no protocol", "unknown protocol"],
)  # fmt: skip
def test_a_door_that_cannot_be_is_refused_or_passed_over(tmp_path, bad):
    (tmp_path / "x.xml").write_text(scan(host(port(443), bad)), encoding="utf-8")
    done = run("diagnose", "read", tmp_path / "x.xml", "--json")
    if done.returncode == 2:
        assert is_refusal(done)
    else:
        assert ports_of(json.loads(done.stdout)) == {"443/tcp"}


@pytest.mark.parametrize("address", ["999.1.1.1", "fw.example.jp", "203.0.113.0/24", "", "../../etc", "203.0.113.10\n"])
def test_an_address_that_is_none_is_refused_or_passed_over(tmp_path, address):
    (tmp_path / "x.xml").write_text(scan(host(port(443), address=address)), encoding="utf-8")
    done = run("diagnose", "read", tmp_path / "x.xml", "--json")
    if done.returncode == 2:
        assert is_refusal(done)
    else:
        assert {one["address"] for one in json.loads(done.stdout)["scans"]} <= {ADDRESS}


def test_what_a_service_says_never_reaches_the_screen_as_a_command(tmp_path):
    nasty = (
        "&#27;[2J&#27;]0;owned&#7;".replace("&#27;", "\\x1b").replace("&#7;", "\\x07")
        + "\u202eevil\u0085\u009b31m&#10;x"
    )
    text = scan(
        host(port(8080, inner=service("http", product=nasty, version=nasty, extrainfo=nasty)
                  + f'<script id="http-title" output="{nasty}"><elem key="title">{nasty}</elem></script>'))
    )  # fmt: skip
    (tmp_path / "x.xml").write_text(text, encoding="utf-8")
    for language in ("ja", "en"):
        done = run("diagnose", "read", tmp_path / "x.xml", "--lang", language)
        assert done.returncode == 1
        assert not {"\x1b", "\x07", "\x9b", "\u202e", "\x85"} & set(done.stdout + done.stderr)


def test_a_service_that_says_megabytes_is_cut_and_the_others_are_read(tmp_path):
    loud = service("http", product="A" * 3_000_000) + f'<script id="http-title" output="{"B" * 3_000_000}"/>'
    (tmp_path / "x.xml").write_text(
        scan(host(port(8080, inner=loud), port(22, inner=service("ssh")))), encoding="utf-8"
    )
    done = run("diagnose", "read", tmp_path / "x.xml", "--json")
    if done.returncode == 2:
        assert is_refusal(done)
    else:
        assert ports_of(json.loads(done.stdout)) == {"22/tcp", "8080/tcp"}
        assert len(done.stdout) < 200_000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "shift_jis"])
def test_the_encoding_of_a_file_changes_nothing_that_it_says(tmp_path, encoding):
    text = scan(host(port(443, inner=service("https", product="ヤマハ"))))
    named = {"utf-16": "UTF-16", "shift_jis": "Shift_JIS"}.get(encoding, "UTF-8")
    (tmp_path / "x.xml").write_bytes(text.replace("UTF-8", named, 1).encode(encoding))
    done = run("diagnose", "read", tmp_path / "x.xml", "--json")
    if done.returncode == 2:
        assert is_refusal(done)
    else:
        assert ports_of(json.loads(done.stdout)) == {"443/tcp"}


def test_one_bad_file_among_good_ones_is_named(tmp_path):
    (tmp_path / "good.xml").write_text(scan(host(port(443))), encoding="utf-8")
    (tmp_path / "bad.xml").write_text("<nmaprun>", encoding="utf-8")
    done = run("diagnose", "read", tmp_path / "good.xml", tmp_path / "bad.xml", "--json")
    assert is_refusal(done)
    assert "bad.xml" in done.stderr


def test_what_is_not_there_is_refused_in_one_line(tmp_path):
    for words in ([], [tmp_path / "無い.xml"], [tmp_path], ["--against"]):
        assert is_refusal(run("diagnose", "read", *words)), words
    for words in (["diagnose"], ["diagnose", "nonsense"], ["diagnose", "run"]):
        assert run(*words).returncode == 2, words


def test_nothing_open_is_status_nought_and_said_with_its_limits(tmp_path):
    (tmp_path / "x.xml").write_text(scan(host()), encoding="utf-8")
    done = run("diagnose", "read", tmp_path / "x.xml")
    assert (done.returncode, done.stderr) == (0, "")
    assert ADDRESS in done.stdout
