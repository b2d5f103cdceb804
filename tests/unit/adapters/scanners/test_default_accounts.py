"""Trying the maker's account: at most twice, never on, never recorded; against a real server on this machine."""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.adapters.scanners import account_probe
from sekisho.adapters.scanners.default_accounts import (
    NoOutcome,
    accounts_command,
    accounts_input,
    accounts_tool,
    read_accounts,
)
from sekisho.catalogue.default_accounts import load_default_accounts

ACCOUNTS = [
    {"product": "Maker", "realm": "MODEL-1", "user": "admin", "password": "printed"},
    {"product": "Maker", "realm": "MODEL-1", "user": "admin", "password": "second"},
    {"product": "Maker", "realm": "MODEL-1", "user": "root", "password": ""},
    {"product": "Maker", "realm": "MODEL-1", "user": "guest", "password": "guest"},
    {"product": "Other", "realm": "OTHER", "user": "x", "password": "y"},
]


class Device(BaseHTTPRequestHandler):
    """A device's first page. The server object says how it asks and whom it lets in."""

    def do_GET(self) -> None:
        server: Server = self.server  # type: ignore[assignment]
        sent = self.headers.get("Authorization")
        pair = base64.b64decode(sent.split()[1]).decode() if sent else None
        server.seen.append(pair)
        status = server.statuses.get(pair, 401 if server.question else 200)
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", server.question)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


class Server(HTTPServer):
    question = 'Basic realm="MODEL-1"'

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Device)
        self.seen: list[str | None] = []
        self.statuses: dict[str | None, int] = {}


@pytest.fixture
def device() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def tried(server: Server) -> dict[str, object]:
    return account_probe.tried("127.0.0.1", server.server_address[1], False, ACCOUNTS, 0)


def test_the_printed_account_that_works_is_told_by_product_alone(device: Server) -> None:
    device.statuses["admin:printed"] = 200
    outcome = tried(device)
    assert (outcome["accepted"], outcome["tried"]) == ("Maker", 1)
    assert device.seen == [None, "admin:printed"]
    assert "printed" not in json.dumps(outcome)


def test_at_most_two_names_are_tried_and_each_once(device: Server) -> None:
    outcome = tried(device)
    assert device.seen == [None, "admin:printed", "root:"]
    assert (outcome["accepted"], outcome["tried"], outcome["ended"]) == (None, 2, "refused")


@pytest.mark.parametrize("status", [403, 423, 429, 500, 503])
def test_a_device_that_begins_to_lock_out_is_left_alone(device: Server, status: int) -> None:
    device.statuses["admin:printed"] = status
    outcome = tried(device)
    assert device.seen == [None, "admin:printed"]
    assert (outcome["accepted"], outcome["ended"]) == (None, "stopped")


@pytest.mark.parametrize(
    ("question", "ended"),
    [("", "no-question"), ('Digest realm="MODEL-1"', "no-question"), ('Basic realm="something else"', "not-known")],
)
def test_nothing_is_tried_where_the_page_does_not_name_the_device(device: Server, question: str, ended: str) -> None:
    device.question = question
    outcome = tried(device)
    assert (outcome["ended"], outcome["tried"]) == (ended, 0)
    assert device.seen == [None]


def test_a_silent_port_is_no_outcome() -> None:
    outcome = account_probe.tried("127.0.0.1", 1, False, ACCOUNTS, 0)
    assert outcome["ended"] == "no-answer"
    with pytest.raises(NoOutcome):
        read_accounts(json.dumps(outcome))


def test_the_program_tells_no_account_in_command_output_or_record(device: Server) -> None:
    device.question = 'Basic realm="RTX830"'
    device.statuses[":"] = 200
    argv = accounts_command(accounts_tool(), ip_address("127.0.0.1"), device.server_address[1], is_tls=False)
    done = subprocess.run(argv, input=accounts_input(), capture_output=True, timeout=60, check=True)
    output = read_accounts(done.stdout.decode())
    assert output is not None
    assert output.value("accepted") == "YAMAHA"
    secrets = {one.password for one in load_default_accounts().accounts if len(one.password) > 5}
    for text in (" ".join(argv), done.stdout.decode(), done.stderr.decode(), repr(output)):
        assert not [secret for secret in secrets if secret in text]


def test_accounts_are_not_shown_when_somebody_prints_them() -> None:
    assert "friend" not in repr(load_default_accounts())


def test_the_input_fits_into_a_pipe() -> None:
    assert len(accounts_input()) < 16_384


def test_every_product_is_tried_at_most_twice() -> None:
    products = [one.product for one in load_default_accounts().accounts]
    assert max(products.count(product) for product in products) <= 2


@given(st.text(max_size=80) | st.sampled_from(["{}", "[]", '{"ended": 1}', '{"ended":"refused","tried":"x"}', "null"]))
def test_any_other_text_is_no_outcome(text: str) -> None:
    with pytest.raises(NoOutcome):
        read_accounts(text)


def test_the_probe_stands_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({str(Path(account_probe.__file__))!r})"],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
