"""An allow-list as a PowerShell script for the Windows Firewall of one host: block by default, allow what is listed.

The script may be run any number of times with the same result. Before it changes anything it writes down what was set
(default actions, which rules were on), and the second script puts exactly that back. `-WhatIf` only reports; run over
Remote Desktop or a remote session it stops unless told otherwise. The files are UTF-8 with a byte order mark and CRLF,
as PowerShell 5.1 takes text without one for the code page of the system.

Source: Microsoft, NetSecurity module (New-NetFirewallRule, Set-NetFirewallProfile; Windows 8 / Server 2012 and later),
about_Functions_CmdletBindingAttribute (SupportsShouldProcess). Kept on besides: the group "Core Networking" (DHCP, DNS,
neighbour discovery), without which a host loses its address.
"""

from collections.abc import Iterator

from sekisho.adapters.host_firewalls.allow_list import Allowed, AllowList, Way
from sekisho.adapters.host_firewalls.script import HostScript, flat
from sekisho.domain.network.addresses import address_text, prefixes_of
from sekisho.domain.network.ranges import Ranges
from sekisho.domain.network.services import ANY_SERVICE, ICMP, ICMP6, PORTS
from sekisho.domain.text import Text

GROUP = "Sekisho"
OLD_WINDOWS = Text(
    "このスクリプトは Windows 8／Windows Server 2012 より前では動きません。古い Windows は、手前のスイッチやルータの規則で守ってください。",
    "The script does not run on Windows before 8 or Server 2012. Guard such hosts by the switch or router before them.",
)
BY_POLICY = Text(
    "グループポリシーで配られた規則は、このスクリプトでは止まりません。配っている場合は、配る側の設定も合わせて見直してください。",
    "Rules that come by Group Policy are not switched off by the script. Review them where they are made.",
)
_PROTOCOLS = {6: "TCP", 17: "UDP", ICMP: "ICMPv4", ICMP6: "ICMPv6"}
_REPORTS = "-WhatIf:$WhatIfPreference"
"""Commands of a module do not see the caller's -WhatIf unless they are told."""
_STATE = "$env:ProgramData\\Sekisho\\firewall-before.json"


def windows_script(wanted: AllowList) -> HostScript:
    """Return the script that applies an allow-list, and the one that restores what was there before."""
    return HostScript(
        _bytes(_change(wanted)), _bytes(_rollback(wanted)), "ps1", (*wanted.notes, OLD_WINDOWS, BY_POLICY)
    )


def _bytes(lines: Iterator[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def _change(wanted: AllowList) -> Iterator[str]:
    yield from _head(f"{wanted.name} の通信を、許可した相手だけに絞ります。")
    yield from _guard()
    yield "# --- 今の状態を控える（最初の1回だけ） ---"
    yield f'$StateFile = "{_STATE}"'
    yield "if (-not (Test-Path -LiteralPath $StateFile)) {"
    yield "    $Before = @{"
    yield "        Profiles = @(Get-NetFirewallProfile | ForEach-Object { @{ Name = $_.Name; Enabled = [string]$_.Enabled;"
    yield "            In = [string]$_.DefaultInboundAction; Out = [string]$_.DefaultOutboundAction } })"
    yield "        Rules = @(Get-NetFirewallRule -PolicyStore PersistentStore -Enabled True -Action Allow |"
    yield f"            Where-Object {{ $_.Group -ne {_quoted(GROUP)} }} | ForEach-Object {{ $_.Name }})"
    yield "    }"
    yield "    if ($PSCmdlet.ShouldProcess($StateFile, '今の設定を控える')) {"
    yield "        New-Item -ItemType Directory -Force -Path (Split-Path -Parent $StateFile) | Out-Null"
    yield "        $Before | ConvertTo-Json -Depth 4 | Set-Content -LiteralPath $StateFile -Encoding UTF8"
    yield "    }"
    yield "}"
    yield ""
    yield "# --- 許可する通信。空の RemoteAddress は、確かめたアドレスを入れるまで許可されません ---"
    yield "$Allowed = @("
    entries = [entry for one in wanted.allowed for entry in _entries(one)]
    for number, entry in enumerate(entries, 1):
        yield f"    @{{ Name = {_quoted(f'{GROUP}-{number:03d}')}; {entry} }}" + ("," if number < len(entries) else "")
    yield ")"
    yield from _apply()


def _apply() -> Iterator[str]:
    yield "foreach ($Rule in $Allowed) {"
    yield "    Get-NetFirewallRule -Name $Rule.Name -ErrorAction SilentlyContinue |"
    yield f"        Remove-NetFirewallRule {_REPORTS}"
    yield "    if (@($Rule.RemoteAddress).Count -eq 0) {"
    yield "        Write-Warning ('アドレスが入っていないため、まだ許可しません：' + $Rule.DisplayName)"
    yield "        continue"
    yield "    }"
    yield "    $Settings = @{ Name = $Rule.Name; DisplayName = $Rule.DisplayName; Direction = $Rule.Direction"
    yield f"        Group = {_quoted(GROUP)}; Action = 'Allow'; Profile = 'Any'; Enabled = 'True'; Protocol = $Rule.Protocol"
    yield "        RemoteAddress = $Rule.RemoteAddress }"
    yield "    if ($Rule.Port) {"
    yield "        if ($Rule.Direction -eq 'Inbound') { $Settings.LocalPort = $Rule.Port }"
    yield "        else { $Settings.RemotePort = $Rule.Port }"
    yield "    }"
    yield f"    New-NetFirewallRule @Settings {_REPORTS} | Out-Null"
    yield "}"
    yield "$Names = @($Allowed | ForEach-Object { $_.Name })"
    yield f"Get-NetFirewallRule -Group {_quoted(GROUP)} -ErrorAction SilentlyContinue |"
    yield f"    Where-Object {{ $Names -notcontains $_.Name }} | Remove-NetFirewallRule {_REPORTS}"
    yield ""
    yield "# --- ほかの許可を止め、書いていない通信を止める ---"
    yield "Get-NetFirewallRule -PolicyStore PersistentStore -Enabled True -Action Allow |"
    yield f"    Where-Object {{ $_.Group -ne {_quoted(GROUP)} -and $_.Group -ne '@FirewallAPI.dll,-25000' }} |"
    yield f"    Disable-NetFirewallRule {_REPORTS}"
    yield (
        "Set-NetFirewallProfile -Profile Domain,Private,Public -Enabled True"
        f" -DefaultInboundAction Block -DefaultOutboundAction Block {_REPORTS}"
    )
    yield "Write-Output '終わりました。必要な通信が使えることを確かめてください。困るときは戻すスクリプトを実行してください。'"


def _rollback(wanted: AllowList) -> Iterator[str]:
    yield from _head(f"{wanted.name} の通信の絞り込みをやめ、控えておいた状態に戻します。")
    yield f'$StateFile = "{_STATE}"'
    yield "if (-not (Test-Path -LiteralPath $StateFile)) { throw '元の設定の控えが見つかりません。' }"
    yield "$Before = Get-Content -LiteralPath $StateFile -Raw -Encoding UTF8 | ConvertFrom-Json"
    yield "foreach ($Rule in @($Before.Rules)) {"
    yield "    Get-NetFirewallRule -Name $Rule -ErrorAction SilentlyContinue |"
    yield f"        Enable-NetFirewallRule {_REPORTS}"
    yield "}"
    yield "foreach ($One in @($Before.Profiles)) {"
    yield "    Set-NetFirewallProfile -Name $One.Name -Enabled $One.Enabled -DefaultInboundAction $One.In `"
    yield f"        -DefaultOutboundAction $One.Out {_REPORTS}"
    yield "}"
    yield f"Get-NetFirewallRule -Group {_quoted(GROUP)} -ErrorAction SilentlyContinue |"
    yield f"    Remove-NetFirewallRule {_REPORTS}"
    yield "if ($PSCmdlet.ShouldProcess($StateFile, '控えを消す')) { Remove-Item -LiteralPath $StateFile }"
    yield "Write-Output '元の状態に戻しました。'"


def _head(what: str) -> Iterator[str]:
    yield "#requires -RunAsAdministrator"
    yield f"# 関所 Sekisho：{flat(what)}"
    yield "# 何が変わるかだけを見るには、末尾に -WhatIf を付けて実行してください。"
    yield "[CmdletBinding(SupportsShouldProcess = $true)]"
    yield "param([switch]$EvenIfRemote)"
    yield "Set-StrictMode -Version 2.0"
    yield "$ErrorActionPreference = 'Stop'"
    yield "if (-not (Get-Command New-NetFirewallRule -ErrorAction SilentlyContinue)) {"
    yield "    throw 'この Windows では使えません（Windows 8／Server 2012 以降が必要です）。'"
    yield "}"


def _guard() -> Iterator[str]:
    yield "$IsRemote = ($env:SESSIONNAME -like 'RDP-*') -or (Test-Path Variable:\\PSSenderInfo)"
    yield "if ($IsRemote -and -not $EvenIfRemote -and -not $WhatIfPreference) {"
    yield "    throw '遠隔で操作しています。締め出されることがあるため、機器の前で実行してください（それでも行う場合は -EvenIfRemote）。'"
    yield "}"


def _entries(one: Allowed) -> Iterator[str]:
    """Yield what a line of the allow-list says, once for each protocol."""
    direction = "Inbound" if one.way is Way.IN else "Outbound"
    shown = _quoted(f"関所：{flat(one.label)}（{flat(one.why)}）"[:200])
    peers = ", ".join(_quoted(text) for text in _addresses(one.peers))
    for protocol, ports in _services(one.services):
        port = f"; Port = @({', '.join(map(_quoted, ports))})" if ports else "; Port = $null"
        yield (
            f"DisplayName = {shown}; Direction = '{direction}'; Protocol = {_quoted(protocol)}{port}; RemoteAddress = @({peers})"
        )


def _services(services: Ranges) -> Iterator[tuple[str, list[str]]]:
    if services == ANY_SERVICE:
        yield "Any", []
        return
    for protocol in range(256):
        low = protocol * PORTS
        asked = services & Ranges(((low, low + PORTS - 1),))
        if not asked:
            continue
        name = _PROTOCOLS.get(protocol, str(protocol))
        if protocol not in (6, 17):
            if low in asked:
                yield name, []
        elif asked.size == PORTS:
            yield name, []
        else:
            yield name, [_port(first - low, last - low) for first, last in asked.spans]


def _port(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _addresses(peers: Ranges) -> Iterator[str]:
    for first, last in peers.spans:
        prefixes = prefixes_of((first, last))
        yield prefixes[0] if len(prefixes) == 1 else f"{address_text(first)}-{address_text(last)}"


def _quoted(text: str) -> str:
    """Return a literal string: nothing in it is run or filled in. PowerShell takes typographic quotes for quotes."""
    for quote in "'\u2018\u2019\u201a\u201b":
        text = text.replace(quote, quote * 2)
    return f"'{text}'"
