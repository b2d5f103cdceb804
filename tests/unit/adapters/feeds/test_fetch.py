"""Fetching against a service on this computer: pages, limits, resuming, refusals. Nothing leaves it."""

import gzip
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from sekisho.adapters.feeds.fetch import (
    CannotFetch,
    Fetcher,
    TryAgain,
    check_address,
    get_over_http,
    jvn_query,
    nvd_query,
    windows_since,
)
from sekisho.adapters.feeds.folder import open_folder
from sekisho.adapters.feeds.recognise import Kind

SAMPLES = Path(__file__).parents[3] / "samples" / "feeds"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Service:
    """Answers as NVD (5,000 entries) and MyJVN (120 entries) do; `answers` are given first, one for each request."""

    def __init__(self):
        self.requests, self.headers, self.answers = [], [], []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                service.requests.append(self.path)
                service.headers.append(dict(self.headers))
                status, headers, body = service.answers.pop(0) if service.answers else service.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path):
        parts = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/nvd":
            return 200, {}, nvd_page(int(query["startIndex"]))
        if parts.path == "/jvn":
            return 200, {}, jvn_page(int(query["startItem"]))
        if parts.path == "/kev":
            body = gzip.compress((SAMPLES / "kev.json").read_bytes())
            return 200, {"Content-Encoding": "gzip", "Content-Length": str(len(body))}, body
        return 404, {}, b"no"


def nvd_page(start):
    entries = [{"cve": {"id": f"CVE-2025-{number:05}"}} for number in range(start, min(start + 2_000, 5_000))]
    page = {
        "resultsPerPage": len(entries),
        "startIndex": start,
        "totalResults": 5_000,
        "format": "NVD_CVE",
        "vulnerabilities": entries,
    }
    return json.dumps(page).encode()


def jvn_page(start):
    items = "".join(
        f"<item><title>題{number}</title><sec:identifier>JVNDB-2025-{number:06}</sec:identifier></item>"
        for number in range(start, min(start + 50, 121))
    )
    head = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:sec="jvn" xmlns:status="s">'
    return f'{head}{items}<status:Status retCd="0" totalRes="120"/></rdf:RDF>'.encode()


@pytest.fixture
def service():
    made = Service()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def fetcher(tmp_path, waits):
    return lambda: Fetcher(tmp_path / "feeds", get=get_over_http, wait=waits.append)


def test_all_pages_of_nvd_become_files_at_its_pace(service, fetcher, waits, tmp_path):
    assert fetcher().nvd(f"{service.address}/nvd", now=NOW) == 3
    starts = [parse_qs(urlsplit(path).query)["startIndex"][0] for path in service.requests]
    assert starts == ["0", "2000", "4000"]
    assert waits == [6.0, 6.0]
    store, read = open_folder(tmp_path / "feeds", now=NOW)
    with store:
        assert (store.count("advisory"), read.problems) == (5_000, ())


def test_a_key_is_sent_as_a_header_and_allows_a_faster_pace(service, fetcher, waits):
    fetcher().nvd(f"{service.address}/nvd", now=NOW, key="SECRET")
    assert all(headers.get("apiKey") == "SECRET" or headers.get("Apikey") == "SECRET" for headers in service.headers)
    assert not any("SECRET" in path for path in service.requests)
    assert waits == [0.6, 0.6]


def test_a_run_that_was_cut_short_goes_on_behind_its_last_page(service, fetcher, tmp_path):
    service.answers = [(200, {}, nvd_page(0)), (404, {}, b"")]
    with pytest.raises(CannotFetch, match="404"):
        fetcher().nvd(f"{service.address}/nvd", now=NOW)
    assert fetcher().nvd(f"{service.address}/nvd", now=NOW + timedelta(hours=1)) == 2
    starts = [parse_qs(urlsplit(path).query)["startIndex"][0] for path in service.requests]
    assert starts == ["0", "2000", "2000", "4000"]


def test_the_next_run_asks_for_what_changed_since_in_spans_of_120_days(service, fetcher):
    fetcher().nvd(f"{service.address}/nvd", now=NOW)
    service.requests.clear()
    fetcher().nvd(f"{service.address}/nvd", now=NOW + timedelta(days=150))
    queries = [parse_qs(urlsplit(path).query) for path in service.requests]
    spans = list(dict.fromkeys((query["lastModStartDate"][0], query["lastModEndDate"][0]) for query in queries))
    assert spans == [
        ("2026-11-21T12:00:00.000Z", "2027-03-21T12:00:00.000Z"),
        ("2027-03-21T12:00:00.000Z", "2027-04-20T12:00:00.000Z"),
    ]


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_busy_service_is_asked_again_after_the_pause_it_names(service, fetcher, waits, status):
    service.answers = [(status, {"Retry-After": "30"}, b"")]
    assert fetcher().nvd(f"{service.address}/nvd", now=NOW) == 3
    assert waits[0] == 30.0


def test_a_service_that_stays_busy_is_left_alone_with_a_word_on_how_to_go_on(service, fetcher, tmp_path):
    service.answers = [(503, {}, b"")] * 9
    with pytest.raises(CannotFetch) as error:
        fetcher().nvd(f"{service.address}/nvd", now=NOW)
    assert len(service.requests) == 5
    assert "続きから" in error.value.text.ja
    assert list((tmp_path / "feeds").rglob("*.gz")) == []


@pytest.mark.parametrize(
    "body", [b"<html>maintenance</html>", b"{}", nvd_page(0)[:-40], b'{"format": "NVD_CVE", "vulnerabilities": [}']
)
def test_an_answer_of_another_kind_or_cut_is_no_page(service, fetcher, tmp_path, body):
    service.answers = [(200, {}, body)]
    with pytest.raises(CannotFetch):
        fetcher().nvd(f"{service.address}/nvd", now=NOW)
    assert list((tmp_path / "feeds").rglob("*.json.gz")) == []


def test_an_answer_shorter_than_announced_is_asked_again(service, fetcher):
    service.answers = [(200, {"Content-Length": "99999"}, nvd_page(0)[:100])]
    assert fetcher().nvd(f"{service.address}/nvd", now=NOW) == 3


def test_redirects_are_not_followed(service, fetcher):
    service.answers = [(302, {"Location": f"{service.address}/kev"}, b"")]
    with pytest.raises(CannotFetch, match="302"):
        fetcher().nvd(f"{service.address}/nvd", now=NOW, key="SECRET")
    assert len(service.requests) == 1


def test_myjvn_is_asked_for_everything_page_by_page(service, fetcher, waits, tmp_path):
    assert fetcher().jvn(f"{service.address}/jvn", now=NOW) == 3
    queries = [parse_qs(urlsplit(path).query) for path in service.requests]
    assert [query["startItem"][0] for query in queries] == ["1", "51", "101"]
    # Each of the three ranges would mean the past week if it were left out.
    assert all(
        query[key] == ["n"]
        for query in queries
        for key in ("rangeDatePublic", "rangeDatePublished", "rangeDateFirstPublished")
    )
    assert waits == [2.0, 2.0]
    store, _ = open_folder(tmp_path / "feeds", now=NOW)
    with store:
        assert store.count("advisory") == 120


def test_a_single_file_is_fetched_packed_or_not(service, fetcher, tmp_path):
    fetcher().one(f"{service.address}/kev", "kev.json", Kind.KEV)
    store, read = open_folder(tmp_path / "feeds", now=NOW)
    with store:
        assert (store.count("exploited"), read.problems) == (3, ())
    with pytest.raises(CannotFetch):
        fetcher().one(f"{service.address}/kev", "epss.csv.gz", Kind.EPSS)


def test_a_service_that_cannot_be_reached_is_told(tmp_path):
    def nobody(url, headers):
        raise TryAgain

    with pytest.raises(CannotFetch):
        Fetcher(tmp_path, get=nobody, wait=lambda seconds: None).nvd("https://nvd.example/x", now=NOW)


@pytest.mark.parametrize(
    "address", ["http://nvd.example/x", "ftp://nvd.example", "file:///etc/passwd", "nvd.example", "https://", ""]
)
def test_only_encrypted_addresses_are_asked(address):
    with pytest.raises(CannotFetch):
        check_address(address)


def test_an_address_is_taken_without_its_query():
    assert check_address("https://nvd.example/rest?apiKey=x") == "https://nvd.example/rest"
    assert check_address("http://127.0.0.1:8080/x") == "http://127.0.0.1:8080/x"


def test_queries_hold_both_ends_of_a_span_or_none():
    (everything,) = windows_since(None, NOW)
    assert "lastMod" not in nvd_query(everything, 0)
    assert all(
        "lastModStartDate" in nvd_query(span, 0) and "lastModEndDate" in nvd_query(span, 0)
        for span in windows_since(NOW - timedelta(days=300), NOW)
    )
    assert list(windows_since(NOW, NOW)) == []
    assert "datePublishedStartY=2026" in jvn_query(1, NOW)
