"""Where no namespace can be made: what counts as a plain connect scan of one address, and what does not."""

import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

import sekisho
from sekisho.adapters.gate.connect import NotPlain, plain_command
from sekisho.domain.diagnosis.grants import connect_rate

ADDRESS, OTHER = ip_address("203.0.113.10"), "198.51.100.1"
PLAIN = ["nmap", "-sT", "-n", "-Pn", "--max-rate", "100", "-p", "1-1000", "-oX", "block.xml", "203.0.113.10"]
CANARY = str(Path(sekisho.__file__).parent / "adapters/scanners/canary_probe.py")


def without(*words: str) -> list[str]:
    return [word for word in PLAIN if word not in words]


def test_a_connect_scan_of_the_address_runs_without_privilege() -> None:
    assert plain_command(PLAIN, ADDRESS, 400) == ["nmap", "--unprivileged", *PLAIN[1:]]


@pytest.mark.parametrize(
    "more",
    [
        ["-sV", "--version-intensity", "5"],
        ["--reason", "--max-retries", "2", "--min-rate", "10.5"],
        ["--initial-rtt-timeout", "1000ms", "--max-rtt-timeout", "1000ms", "--disable-arp-ping"],
        ["--script", "+rdp-ntlm-info,ssl-cert", "--script-timeout", "20s", "--script-args", "http.max-body-size=100"],
        ["-oN", "-sS"],  # a file called -sS: nmap reads it so as well
    ],
)
def test_what_only_asks_the_same_address_may_stand_beside(more: list[str]) -> None:
    assert plain_command([*PLAIN[:-1], *more, PLAIN[-1]], ADDRESS, 400)[-1] == "203.0.113.10"


def test_the_same_in_ipv6() -> None:
    address = ip_address("2001:db8::10")
    assert plain_command([*PLAIN[:-1], "-6", "2001:db8:0::10"], address, 400)


def test_the_canary_asks_the_granted_address_and_no_other() -> None:
    canary = [sys.executable, "-I", "-S", CANARY, "203.0.113.10", "connect"]
    assert plain_command(canary, ADDRESS, 400) == canary
    for changed in (
        [*canary[:-1], "raw"],
        [*canary[:-2], OTHER, "connect"],
        [*canary, "x"],
        [*canary[:3], "/tmp/x.py"],
    ):
        with pytest.raises(NotPlain):
            plain_command(changed, ADDRESS, 400)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["masscan", "-p1-1000", "--rate", "100", "203.0.113.10"],
        ["nping", "--tcp", "203.0.113.10"],
        ["bash", "-c", "nmap 203.0.113.10"],
        ["nmap"],
        *(
            [*PLAIN[:-1], *more, PLAIN[-1]]
            for more in (
                *(["-sS"], ["-sU"], ["-sA"], ["-sTU"], ["-O"], ["-A"], ["-sn"], ["-PE"], ["-PS80"], ["--traceroute"]),
                *(
                    ["--send-eth"],
                    ["--privileged"],
                    ["-f"],
                    ["-D", OTHER],
                    ["-S", OTHER],
                    ["-sI", OTHER],
                    ["-e", "eth0"],
                ),
                *(["-b", "ftp.example.jp"], ["--proxies", f"socks4://{OTHER}:1080"], ["--dns-servers", OTHER], ["-R"]),
                *(
                    ["-iL", "targets.txt"],
                    ["-iR", "10"],
                    ["--exclude", OTHER],
                    ["--resume", "x"],
                    ["--datadir", "/tmp"],
                ),
                *(["-sC"], ["--script=vuln"], ["--script", "vuln"], ["--script", "all"], ["--script", "/tmp/evil.nse"]),
                *(
                    ["--script", "broadcast-ping"],
                    ["--script", "ssl-*"],
                    ["--script", "not ssl-cert"],
                    ["--script", ""],
                ),
                *(["--max-rate=100000"], ["--min-hostgroup", "5"], ["-T5"], ["-T", "insane"], ["--stylesheet", "x"]),
                *(
                    ["--maxrate", "100000"],
                    ["--unpriv"],
                    ["-oA", "all"],
                    ["-p", "U:53"],
                    ["-pS:1"],
                    ["--scanflags", "SYN"],
                ),
                *([OTHER], ["203.0.113.10/24"], ["203.0.113.10-20"], ["203.0.113.1,2"], ["router.example.jp"], ["-"]),
                *(["203.0.113.10"], ["0xcb00710a"], ["203.0.113.010"], ["@targets"]),
            )
        ),
        without("-sT"),
        without("-n"),
        without("-Pn"),
        without("--max-rate", "100"),
        without("203.0.113.10"),
        [*PLAIN[:-1], OTHER],
        [*PLAIN[:-1], "203.0.113.10/24"],
        [*without("--max-rate", "100"), "--max-rate"],
        [*PLAIN, "--max-rate", "100000"],
        [*PLAIN, "--max-rate", "1e9"],
        [*PLAIN, "--max-rate", "0"],
        [*PLAIN, "--max-rate", "１００"],
    ],
    ids=" ".join,
)
def test_anything_more_is_refused_and_says_what_is_in_the_way(argv: list[str]) -> None:
    with pytest.raises(NotPlain) as refused:
        plain_command(argv, ADDRESS, 400)
    assert refused.value.reason.ja.endswith("。")
    assert refused.value.reason.en.endswith(".")


def test_the_rate_leaves_room_for_what_the_kernel_sends_by_itself() -> None:
    most = connect_rate(400)
    assert plain_command([*PLAIN, "--max-rate", str(most)], ADDRESS, 400)
    with pytest.raises(NotPlain, match=str(most)):
        plain_command([*PLAIN, "--max-rate", str(most + 1)], ADDRESS, 400)
