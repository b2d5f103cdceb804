"""ike-scan: its commands, and what it prints (as observed against strongSwan 5.9.8)."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.scanners.ike_scan import NotFinished, ike_commands, read_ike
from sekisho.adapters.scanners.tools import Tool

TOOL = Tool("ike-scan", "/usr/bin/ike-scan", "1.9.5")
START = "Starting ike-scan 1.9.5 with 1 hosts (tool page)\n"
END = "\nEnding ike-scan 1.9.5: 1 hosts scanned in 0.006 seconds (162.55 hosts/sec).  {} returned handshake; {} returned notify\n"
MAIN = """203.0.113.10\tMain Mode Handshake returned
\tHDR=(CKY-R=427048b2c206abec)
\tSA=(Enc=3DES Hash=MD5 Group=2:modp1024 Auth=PSK LifeType=Seconds LifeDuration=28800)
\tVID=09002689dfd6b712 (XAUTH)
\tVID=afcad71368a1f1c96b8696fc77570100 (Dead Peer Detection v1.0)
\tVID=8299031757a36082c6a621de00000000
"""


def test_a_handshake_is_read_with_proposal_and_vendor_ids() -> None:
    answer = read_ike(START + MAIN + END.format(1, 0), "main")
    assert answer.is_handshake
    assert answer.output is not None
    assert answer.output.id == "ike-main"
    assert answer.output.value("sa/Enc") == "3DES"
    assert answer.output.value("sa/Group") == "2:modp1024"
    assert [value for _, value in answer.output.under("vid")] == [
        "XAUTH",
        "Dead Peer Detection v1.0",
        "8299031757a36082c6a621de00000000",
    ]


def test_a_refusal_is_an_answer_and_no_handshake() -> None:
    text = (
        START
        + "203.0.113.10\tNotify message 14 (NO-PROPOSAL-CHOSEN)\n\tHDR=(CKY-R=9bfd, msgid=f7)\n"
        + END.format(0, 1)
    )
    answer = read_ike(text, "main")
    assert not answer.is_handshake
    assert answer.output is not None
    assert answer.output.value("notify") == "Notify message 14 (NO-PROPOSAL-CHOSEN)"


def test_aggressive_mode_that_stops_at_the_key_was_accepted() -> None:
    line = (
        "203.0.113.10\tUnexpected IKE payload returned: Hash\n\tNotification=(Type=INVALID-KEY-INFORMATION, SPI=e39)\n"
    )
    text = START + line + END.format(0, 0)
    accepted = read_ike(text, "aggressive")
    assert accepted.output is not None
    assert accepted.output.value("accepted")
    assert not accepted.is_handshake
    other = read_ike(text, "main")
    assert other.output is not None
    assert other.output.value("notify")


def test_silence_is_no_answer() -> None:
    assert read_ike(START + END.format(0, 0), "v2").output is None


@pytest.mark.parametrize("text", ["", START, START + MAIN, "command not found", START + MAIN + "Ending"])
def test_a_run_that_did_not_end_is_no_result(text: str) -> None:
    with pytest.raises(NotFinished):
        read_ike(text, "main")


def test_what_an_answer_holds_is_made_visible() -> None:
    text = START + "203.0.113.10\tMain Mode Handshake returned\n\tVID=41 (Evil\x1b[2J\u202ename)\n" + END.format(1, 0)
    output = read_ike(text, "main").output
    assert output is not None
    assert output.value("vid/0") == "Evil\\x1b[2J\\u202ename"
    assert output.output.replace("\n", "").isprintable()


@given(st.text(max_size=400))
def test_any_text_is_read_or_is_no_result(text: str) -> None:
    for whole in (text, START + text + END.format(0, 0)):
        try:
            answer = read_ike(whole, "main")
        except NotFinished:
            continue
        if answer.output is not None:
            assert all(value.isprintable() for _, value in answer.output.elements)


@pytest.mark.parametrize(("mode", "count"), [("main", 2), ("aggressive", 2), ("v2", 1), ("nat-t", 2)])
def test_commands_name_the_address_last_and_never_a_name_server(mode: str, count: int) -> None:
    commands = ike_commands(TOOL, ip_address("203.0.113.10"), mode, 500, rate=100)
    assert len(commands) == count
    for argv in commands:
        assert argv[0] == "/usr/bin/ike-scan"
        assert argv[-1] == "203.0.113.10"
        assert "--nodns" in argv
        assert argv[-2:-1] == ["--dport=500"]
        assert not [part for part in argv if "psk" in part.casefold()]


def test_commands_keep_to_the_rate() -> None:
    (argv, _) = ike_commands(TOOL, ip_address("203.0.113.10"), "main", 500, rate=10)
    assert "--interval=100" in argv
