"""A block counts only when nmap's XML is whole, about this address, and speaks of every port that was asked."""

from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.scanners.nmap import NotWhole, block_command, read_block, service_command
from sekisho.adapters.scanners.tools import Tool

NMAP = Tool("nmap", "/usr/bin/nmap", "7.93")
ADDRESS = ip_address("203.0.113.10")
PORTS = (*range(1, 31), 443, 8443)
XML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="nmap" start="1795283258" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="32" services="1-30,443,8443"/>
<host starttime="1795283258" endtime="1795283263"><status state="up" reason="user-set" reason_ttl="0"/>
<address addr="203.0.113.10" addrtype="ipv4"/>
<ports><extraports state="closed" count="20"><extrareasons reason="reset" count="20" proto="tcp" ports="1-20"/></extraports>
<extraports state="filtered" count="10"><extrareasons reason="no-response" count="6" proto="tcp" ports="21-26"/>
<extrareasons reason="admin-prohibited" count="4" proto="tcp" ports="27-30"/></extraports>
<port protocol="tcp" portid="443"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="https" method="table" conf="3"/></port>
<port protocol="tcp" portid="8443"><state state="filtered" reason="no-response" reason_ttl="0"/></port>
</ports></host>
<runstats><finished time="1795283263" elapsed="5.18" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
</nmaprun>
"""


def test_every_port_of_a_block_has_its_answer() -> None:
    answers = read_block(XML.encode(), ADDRESS, "tcp", PORTS)
    assert answers.opened == {443}
    assert answers.closed == set(range(1, 21))
    assert answers.refused == set(range(27, 31))


@given(st.integers(0, len(XML) - 1))
def test_xml_cut_at_any_byte_is_no_result(at: int) -> None:
    if not XML[at:].strip():
        return
    with pytest.raises(NotWhole):
        read_block(XML[:at].encode(), ADDRESS, "tcp", PORTS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('exit="success"', 'exit="error"'),
        ('starttime="1795283258" endtime', 'timedout="true" starttime="1795283258" endtime'),
        ('addr="203.0.113.10"', 'addr="203.0.113.11"'),
        ('ports="1-20"', 'ports="1-19"'),
        ('ports="1-20"', 'ports="1-21474836470"'),
        (' ports="1-20"', ""),
        ("<finished", "<unfinished"),
        ('portid="443"', 'portid="444"'),
        ('protocol="tcp" portid="443"', 'protocol="udp" portid="443"'),
        ("<!DOCTYPE nmaprun>", '<!DOCTYPE nmaprun [<!ENTITY a "b">]>'),
        ("</ports></host>", "</ports></host><host><address addr='203.0.113.10'/></host>"),
        ("<nmaprun ", "<masscan "),
        ('<state state="open" reason="syn-ack" reason_ttl="64"/>', ""),
    ],
)
def test_what_is_not_a_whole_result_of_this_block_is_none(old: str, new: str) -> None:
    assert old in XML
    with pytest.raises(NotWhole):
        read_block(XML.replace(old, new, 1).encode(), ADDRESS, "tcp", PORTS)


def test_more_bytes_than_any_block_has_are_not_read() -> None:
    with pytest.raises(NotWhole):
        read_block(b" " * 16_000_001, ADDRESS, "tcp", PORTS)


def test_a_block_is_asked_at_a_fixed_rate_without_names_pings_or_repeats() -> None:
    argv = block_command(NMAP, ADDRESS, "tcp", (1, 2, 3, 443), 371.4, Path("x.xml"))
    assert argv[argv.index("--min-rate") + 1] == argv[argv.index("--max-rate") + 1] == "371.4"
    assert argv[argv.index("--max-retries") + 1] == "0"
    assert {"-n", "-Pn", "-sS"} <= set(argv)
    assert argv[-3:] == ["-p", "1-3,443", "203.0.113.10"]
    assert "-6" in block_command(NMAP, ip_address("2001:db8::1"), "udp", (53,), 5, Path("x"))
    assert "-sT" in block_command(NMAP, ADDRESS, "tcp", (1,), 5, Path("x"), raw=False)


def test_services_are_asked_of_both_protocols_few_at_a_time() -> None:
    argv = service_command(NMAP, ADDRESS, [("tcp", 22), ("udp", 53), ("tcp", 443)], Path("x.xml"))
    assert argv[argv.index("-p") + 1] == "T:22,443,U:53"
    assert {"-sS", "-sU", "-sV"} <= set(argv)
    assert int(argv[argv.index("--max-parallelism") + 1]) <= 4
