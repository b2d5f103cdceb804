"""masscan's second look: what it is asked, and what of its answers is believed."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from sekisho.adapters.scanners.masscan import look_command, read_look
from sekisho.adapters.scanners.nmap import NotWhole
from sekisho.adapters.scanners.tools import Tool

ADDRESS = IPv4Address("203.0.113.10")
XML = """<?xml version="1.0"?>
<!-- masscan v1.0 scan -->
<nmaprun scanner="masscan" start="1795283258" version="1.0-BETA" xmloutputversion="1.03">
<scaninfo type="syn" protocol="tcp" />
<host endtime="1795283258"><address addr="203.0.113.10" addrtype="ipv4"/><ports><port protocol="tcp" portid="443"><state state="open" reason="syn-ack" reason_ttl="63"/></port></ports></host>
<host endtime="1795283259"><address addr="203.0.113.10" addrtype="ipv4"/><ports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="63"/></port></ports></host>
<runstats><finished time="1795283270" timestr="x" elapsed="12" /><hosts up="2" down="0" total="2" /></runstats>
</nmaprun>
"""


def test_ports_that_answered_are_read() -> None:
    assert read_look(XML.encode(), ADDRESS, range(1, 1000)) == {22, 443}


def test_an_empty_file_is_what_masscan_writes_when_nothing_answered() -> None:
    assert read_look(b"", ADDRESS, range(1, 1000)) == frozenset()


@pytest.mark.parametrize(
    "raw",
    [
        XML[:-60],
        XML.replace('addr="203.0.113.10"', 'addr="203.0.113.11"', 1),
        XML.replace("443", "4430"),
        "<html/>",
        " " * 16_000_001 + "x",
    ],
    ids=["cut", "another address", "a port not asked", "no scan", "too large"],
)
def test_what_is_not_about_this_look_is_not_believed(raw: str) -> None:
    with pytest.raises(NotWhole):
        read_look(raw.encode(), ADDRESS, range(1, 1000))


def test_every_port_is_asked_once_at_the_given_rate() -> None:
    argv = look_command(Tool("masscan", "/usr/bin/masscan", "1.3.2"), ADDRESS, range(1, 65536), 370.6, Path("x.xml"))
    assert argv[1:4] == ["203.0.113.10", "-p", "1-65535"]
    assert argv[argv.index("--rate") + 1] == "371"
    assert argv[argv.index("--retries") + 1] == "0"
    assert "--noreset" in argv
