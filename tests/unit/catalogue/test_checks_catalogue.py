"""What the second stage may run: nothing that calls third parties, breaks, guesses or opens; each with its reason."""

import re
import shutil
from pathlib import Path

import pytest

from sekisho.catalogue.checks import load_checks, parse_checks
from sekisho.catalogue.errors import CatalogueError

FORBIDDEN = {"external", "dos", "brute", "fuzzer", "exploit", "broadcast"}
DATABASE = Path("/usr/share/nmap/scripts/script.db")
LISTED = load_checks()


def categories() -> dict[str, set[str]]:
    """Return the categories of every script of the installed nmap."""
    assert shutil.which("nmap"), "nmap must be installed"
    entries = re.findall(r'filename = "([\w-]+)\.nse", categories = \{(.*?)\}', DATABASE.read_text(encoding="utf-8"))
    return {name: set(re.findall(r'"(\w+)"', said)) for name, said in entries}


def test_every_script_exists_and_is_of_no_forbidden_category() -> None:
    known = categories()
    used = {script for check in LISTED.checks for script in check.scripts}
    assert used <= set(known)
    assert {name: known[name] & FORBIDDEN for name in used if known[name] & FORBIDDEN} == {}


def test_every_script_says_why_it_is_safe_in_both_languages() -> None:
    for check in LISTED.checks:
        assert all(LISTED.script_safety[script].ja and LISTED.script_safety[script].en for script in check.scripts)
        assert check.safety.ja and check.safety.en and check.what.ja and check.what.en  # noqa: PT018


def test_what_is_never_used_is_not_used() -> None:
    used = {script for check in LISTED.checks for script in check.scripts}
    assert used & LISTED.never.keys() == set()
    assert {"ssl-heartbleed", "ftp-vsftpd-backdoor", "http-default-accounts"} <= LISTED.never.keys()


def test_only_default_accounts_try_a_login_and_at_most_twice() -> None:
    assert {check.id: check.tries for check in LISTED.checks if check.tries} == {"default-accounts": 2}


def test_every_check_names_its_packets_and_comes_to_an_end() -> None:
    assert all(0 < check.packets <= 2500 and 0 < check.timeout_s <= 300 for check in LISTED.checks)


def test_no_check_is_asked_of_a_printers_port() -> None:
    assert not {name for check in LISTED.checks for name in check.ports} & {
        f"{n}/tcp" for n in (515, *range(9100, 9108))
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tool: ike-scan", "tool: hammer"),
        ("- id: ike-v2", "- id: ike-main"),
        ("  ssl-heartbleed:", "  ssl-cert:"),
        ("packets: 8", "packets: many"),
        ("ja: 証明書を読みます。", "jp: 証明書を読みます。"),
    ],
)
def test_a_slip_in_the_file_stops_at_once(old: str, new: str) -> None:
    text = (Path(__file__).parents[3] / "src/sekisho/catalogue/diagnosis/checks.yaml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(CatalogueError):
        parse_checks(text.replace(old, new, 1))
