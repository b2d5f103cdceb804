"""No secret of a configuration survives: whichever vendor, however its line is written, folded or over several lines."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.redaction import MASK, redact
from tests.samples.configurations.secrets import SECRET_LINES

PLANTED = (
    "hunter2!",
    "Str0ng#Pass",
    "0x1a2b3c4d5e",
    "7f8e9d0c1b2a",
    "$1$abcd$XyZ0123456789",
    "Byouin-2024",
    "p@ss;word,1",
    "ｶﾝｺﾞ2024",
)
LINES = [(vendor, line) for vendor, lines in SECRET_LINES.items() for line in lines if "{s}" in line]


@pytest.mark.parametrize(("vendor", "line"), LINES)
def test_no_planted_secret_survives_in_any_line_of_any_vendor(vendor, line):
    for secret in PLANTED:
        written = line.format(s=secret)
        clean = redact(written)
        assert secret not in clean.text, written
        assert clean.count >= 1
        assert MASK in clean.text


def test_there_are_at_least_forty_lines_for_each_vendor_that_keeps_secrets():
    assert {vendor: len(lines) for vendor, lines in SECRET_LINES.items() if len(lines) < 40} == {"table": 9}


SECRETS = st.text("ABCDEFGHKLMNPQRSTUVWXYZ23456789", min_size=9, max_size=24).map(lambda text: "Zq" + text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LINES), SECRETS), min_size=1, max_size=12))
def test_no_secret_survives_in_whole_files(drawn):
    text = "\n".join(line.format(s=secret) for (_, line), secret in drawn)
    clean = redact(text)
    assert [secret for _, secret in drawn if secret in clean.text] == []
    assert len(clean.text.split("\n")) == len(text.split("\n"))


def test_commands_of_one_length_that_look_like_a_folded_one_lose_every_secret():
    line = "snmpv3 usm user 1 kanri group 3 sha Zq222222222 aes128-cfb Zq333333333"
    clean = redact("\n".join([line, line, line])).text
    assert "Zq" not in clean
    assert clean.count("\n") == 2


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SECRET_LINES["yamaha"]), SECRETS, st.integers(0, 70))
def test_no_part_of_a_secret_survives_where_a_console_broke_the_line(line, secret, shift):
    if "{s}" not in line or not line.isascii():
        return
    command = line.strip().replace('description pp "', 'description pp "' + "x" * shift)
    whole = command.format(s=secret) if "description" in command else f"{command.format(s=secret)}"
    width = max(60, min(len(whole) - 3, 80))
    if len(whole) <= width:
        return
    pieces = [whole[at : at + width] for at in range(0, len(whole), width)]
    clean = redact("\n".join(["ip filter 1 pass * *", "x" * width, *pieces, "ip filter 2 pass * *"])).text
    for at in range(len(secret) - 5):
        assert secret[at : at + 6] not in clean
    assert clean.split("\n")[-1] == "ip filter 2 pass * *"


PEM = """crypto pki certificate chain TP-1
 certificate self-signed 01
  30820330 30820218 A0030201 02020101 300D0609 2A864886 F70D0101 05050030
  31312F30 2D060355 04031326 494F532D 53656C66 2D536967 6E65642D 43657274
  0A1B2C
  \tquit
set private-key "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABDk6DQ1qK
Xx0QzPlantedQ==
-----END OPENSSH PRIVATE KEY-----"
ip ssh pubkey-chain
   AAAAB3NzaC1yc2EAAAADAQABAAABAQC7pLantedKeyLine0123456789abcdefghij
   Abc0PlantedTail==
interface lan1
"""


def test_keys_and_certificates_over_several_lines_are_taken_out_line_by_line():
    clean = redact(PEM)
    lines = clean.text.split("\n")
    assert len(lines) == len(PEM.split("\n"))
    assert "lanted" not in clean.text
    assert "30820330" not in clean.text
    assert "0A1B2C" not in clean.text
    assert "b3BlbnNz" not in clean.text
    assert lines[5].strip() == "quit"
    assert lines[-2] == "interface lan1"
    assert lines[0] == "crypto pki certificate chain TP-1"


KEPT = (
    "ip filter 1010 pass 172.31.20.0/24 * established * *",
    "ip lan2 secure filter in 1010 1020 dynamic 100",
    "ip route default gateway pp 1",
    "access-list 101 permit tcp any host 10.0.0.1 eq 443",
    "access-list secret extended permit tcp any any eq 22",
    "ip access-list extended password",
    " permit tcp any any eq 80",
    " 10 permit ip host 10.0.0.1 any",
    "ip access-group key in",
    "object-group network token-servers",
    "object network community",
    '        set srcaddr "key" "password"',
    '        set member "secret" "web"',
    '    edit "password"',
    "config user password-policy",
    "remote 0 ip filter 0 pass 10.0.0.0/8 any any any tcp yes",
    "lan 0 ip filter 1 reject any any any any any any",
    "ipsec sa policy 101 1 esp aes-cbc sha-hmac",
    "ip ssh version 2",
    "crypto key generate rsa",
    "service password-encryption",
    "key chain OSPF",
    " ip ospf 1 area 0",
    "interface Tunnel0",
    "nat descriptor masquerade static 1 1 10.10.20.254 udp 500",
    "hostname rt-kanri",
    "login password encrypted *",
    "aaa authentication login default group radius",
    '<entry name="web"><from><member>trust</member></from></entry>',
    "snmp-server enable traps",
)


@pytest.mark.parametrize("line", KEPT)
def test_lines_without_a_secret_stay_as_they_are(line):
    assert redact(line).text == line
    assert redact(line).count == 0


def test_a_secret_of_stars_is_not_counted():
    assert redact("administrator password *\nlogin password encrypted *****").count == 0


def test_what_is_redacted_once_stays_as_it_is():
    text = "\n".join(line.format(s="hunter2!") for _, line in LINES)
    once = redact(text).text
    twice = redact(once)
    assert twice.text == once
    assert twice.count == 0


@pytest.mark.parametrize(
    "text",
    [
        "key " * 500_000,
        "password" * 300_000,
        "a" * 2_000_000 + " key",
        '"' * 1_000_000,
        "ppp auth send " * 100_000,
        "snmpv3 usm user " + "md5 " * 500_000,
        "<key " * 300_000,
        "# " + "password " * 300_000,
        "key 7 x " * 200_000,
        "ip filter 1 pass * *\n" * 100_000,
        "-----BEGIN RSA PRIVATE KEY-----\n" + "A\n" * 500_000,
        "ipsec " * 300_000 + "auth text x",
        "パスワード" * 200_000,
        ("x" * 80 + "\n") * 20_000,
    ],
)
def test_hostile_text_takes_linear_time(text):
    started = time.perf_counter()
    redact(text)
    # About 1 MB each; a quadratic pattern would take minutes.
    assert time.perf_counter() - started < 8


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_keeps_its_lines(text):
    clean = redact(text)
    assert clean.text.count("\n") == text.count("\n")
    assert clean.count >= 0
    assert re.sub(r"\*+", "", clean.text).count("\0") <= text.count("\0")
