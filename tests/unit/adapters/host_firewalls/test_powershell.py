"""The script for the Windows Firewall, by its structure: quoting, idempotence, report only, and the way back."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.host_firewalls.allow_list import Allowed, AllowList, Way
from sekisho.adapters.host_firewalls.powershell import windows_script
from sekisho.domain.network.addresses import parse_addresses
from sekisho.domain.network.ranges import EMPTY
from sekisho.domain.network.services import parse_services

CHANGING = (
    "New-NetFirewallRule",
    "Remove-NetFirewallRule",
    "Disable-NetFirewallRule",
    "Enable-NetFirewallRule",
    "Set-NetFirewallProfile",
)
QUOTES = "'\u2018\u2019\u201a\u201b"


def one(
    service: str = "tcp/104",
    peers: str = "10.0.2.10-10.0.2.13",
    label: str = "PACS",
    why: str = "放射線科",
    way=Way.OUT,
) -> Allowed:
    addresses = parse_addresses(peers) if peers else EMPTY
    return Allowed(way, addresses, parse_services(service), label, why, date(2027, 3, 31))


def script(*allowed: Allowed, name: str = "CT") -> tuple[str, str]:
    made = windows_script(AllowList("ct", name, allowed, ()))
    return made.change.decode("utf-8-sig"), made.rollback.decode("utf-8-sig")


def without_strings(text: str) -> str:
    """Return a script with its literal strings emptied and its comments taken off, as PowerShell reads it."""
    left = []
    for line in text.split("\r\n"):
        out, at = "", 0
        while at < len(line):
            if line[at] in QUOTES:
                at += 1
                while at < len(line):
                    if line[at] in QUOTES and at + 1 < len(line) and line[at + 1] in QUOTES:
                        at += 2
                    elif line[at] in QUOTES:
                        break
                    else:
                        at += 1
                assert at < len(line), f"a string stays open: {line}"
                out += "''"
            elif line[at] == "#":
                break
            else:
                out += line[at]
            at += 1
        left.append(out)
    return "\n".join(left)


def test_files_are_what_old_powershell_reads_rightly():
    made = windows_script(AllowList("ct", "CT", (one(),), ()))
    for raw in (made.change, made.rollback):
        assert raw.startswith(b"\xef\xbb\xbf")
        assert b"\n" not in raw.replace(b"\r\n", b"")
    assert made.suffix == "ps1"


def test_everything_is_blocked_but_what_is_listed():
    change, _ = script(one())
    assert "-DefaultInboundAction Block -DefaultOutboundAction Block" in change
    assert "-Profile Domain,Private,Public" in change
    assert change.count("Name = 'Sekisho-") == 1
    assert "RemoteAddress = @('10.0.2.10-10.0.2.13')" in change
    assert "Direction = 'Outbound'; Protocol = 'TCP'; Port = @('104')" in change
    assert "Disable-NetFirewallRule" in change


@pytest.mark.parametrize("text", script(one()))
def test_every_changing_command_only_reports_with_whatif(text):
    assert "[CmdletBinding(SupportsShouldProcess = $true)]" in text
    joined = text.replace("`\r\n", " ")
    for line in without_strings(joined).split("\n"):
        for command in CHANGING:
            if f"{command} " in line and "Get-Command" not in line:
                assert "-WhatIf:$WhatIfPreference" in line, line
    for line in text.split("\r\n"):
        if "Set-Content" in line or "Remove-Item" in line or "New-Item" in line:
            before = text[: text.index(line) + len(line)]
            assert "ShouldProcess(" in before[-400:]


@pytest.mark.parametrize("text", script(one(), one(label="院内の'サーバ'", peers="")))
def test_brackets_are_closed_where_they_were_opened(text):
    code = without_strings(text)
    pairs = {")": "(", "}": "{", "]": "["}
    open_ones: list[str] = []
    for character in code:
        if character in "({[":
            open_ones.append(character)
        elif character in pairs:
            assert open_ones, code
            assert open_ones.pop() == pairs[character]
    assert open_ones == []


def test_applying_twice_is_applying_once():
    change, _ = script(one())
    assert change.index("Remove-NetFirewallRule") < change.index("New-NetFirewallRule @Settings")
    assert "-notcontains $_.Name" in change  # rules of an earlier list go
    assert "if (-not (Test-Path -LiteralPath $StateFile))" in change  # what was there first is kept


def test_the_way_back_restores_what_was_written_down():
    change, back = script(one())
    for name in ("Profiles", "Rules"):
        assert f"{name} = @(" in change
        assert f"$Before.{name}" in back
    assert re.search(r"firewall-before\.json", change).group() == re.search(r"firewall-before\.json", back).group()
    assert "Remove-NetFirewallRule" in back
    assert back.index("Enable-NetFirewallRule") < back.index("Remove-NetFirewallRule")
    assert "New-NetFirewallRule @" not in back


def test_a_place_without_addresses_is_not_allowed_until_somebody_enters_them():
    change, _ = script(one(peers="", label="*.activeupdate.trendmicro.com"))
    assert "RemoteAddress = @()" in change
    assert "if (@($Rule.RemoteAddress).Count -eq 0)" in change
    assert "Any'" not in re.findall(r"RemoteAddress = (.*)", change)[0]


def test_who_works_over_the_network_is_stopped_first():
    change, _ = script(one())
    assert change.index("$IsRemote") < change.index("New-NetFirewallRule @")
    assert "-EvenIfRemote" in change


def test_protocols_without_ports_and_spans_of_ports():
    change, _ = script(one("icmp"), one("tcp/5000-5003"), one("udp"), one("esp"), one("any"))
    assert "Protocol = 'ICMPv4'; Port = $null" in change
    assert "Port = @('5000-5003')" in change
    assert "Protocol = 'UDP'; Port = $null" in change
    assert "Protocol = '50'; Port = $null" in change
    assert "Protocol = 'Any'; Port = $null" in change


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_name_of_the_hospital_can_run_as_code(label, why):
    marked, reason = f"{label}'; Remove-Item C:\\ -Recurse #", f"{why}\u2019)}}\r\nStop-Computer"
    change, back = script(one(label=marked, why=reason), name=label + "\n Restart-Computer")
    code = without_strings(change) + without_strings(back)
    for word in ("C:\\", "Stop-Computer", "Restart-Computer"):
        assert word not in code
