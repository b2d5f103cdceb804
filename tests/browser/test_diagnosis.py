"""From the consent to what was found: prepared, signed, scanned with real packets in a lab, stopped, and shown."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from playwright.sync_api import expect

from sekisho.apps.diagnosis import runs, stops
from sekisho.apps.diagnosis.models import DiagnosisRun, RunAddress, RunEvidence
from sekisho.apps.register import queries as register
from sekisho.domain.diagnosis.run_document import document_of
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.browser.test_every_page import faults_of
from tests.cast import Cast, make_cast
from tests.factories.diagnosis import address_result, agree_to_terms, make_line, prepared, run_result, signed
from tests.scan_lab import Host, lab

pytestmark = pytest.mark.django_db(transaction=True)
HOST, DYNAMIC = "203.0.113.10", "198.51.100.20"


@pytest.fixture
def cast(transactional_db: None, settings: Any, tmp_path: Path) -> Cast:
    # The worker is another process: it finds its folders by the environment.
    settings.DIAGNOSIS_DIR = tmp_path / "diagnosis"
    cast = make_cast()
    with hospital_scope(cast.hospital):
        agree_to_terms(cast.hospital, cast.alice)
        make_line(cast.hospital, cast.alice, HOST, circuit_id="CAF00001", purpose="リモート保守")
        make_line(cast.hospital, cast.alice, None, circuit_id="CAF00002", purpose="地域連携")
        make_line(cast.hospital, cast.alice, "192.168.0.1", circuit_id="CAF00003", purpose="医事会計")
        make_line(cast.hospital, cast.alice, "203.0.113.13", circuit_id="CAF00004", communication="ip_vpn")
    return cast


@contextmanager
def worker_in(it: Any) -> Iterator[None]:
    """Run `sekisho work` on the scanner's machine of a lab, with the test's database and files."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "SEKISHO_STATE_DIR": str(Path(django_settings.DIAGNOSIS_DIR).parent),
        "SEKISHO_TASKS_BACKEND": "django_tasks_db.DatabaseBackend",
    }
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "-m", "sekisho.cli.main", "work"]
        process = it.popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
            assert process.poll() is None, "the worker has died"
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-3000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def asks_little(hospital: Any) -> None:
    """Let the run that was just started ask a thousand ports: all of them take minutes."""
    with hospital_scope(hospital):
        DiagnosisRun.objects.filter(state="waiting").update(asked={"tcp": [[1, 1000]], "udp": [[500, 500]]})


def test_from_consent_to_what_was_found(cast: Cast, visit: Any, watch: Any, axe_violations: Any, picture: Any) -> None:
    watch.allow_statuses = {422}
    hosts = [Host(HOST, tcp=[22, 443], closed="reset"), Host(DYNAMIC, tcp=[80], closed="reset")]
    # The diagnostician prepares what the hospital is to sign.
    page = visit("/h/MINATO/diagnosis/consents/", user=cast.dai)
    expect(page.locator(".ledger")).to_contain_text("一つのアドレスではありません")
    assert axe_violations(page) == []
    picture(page, "diagnosis-consents-empty")
    page.get_by_role("link", name="同意を用意する").first.click()
    expect(page.locator("input[name=lines]")).to_have_count(2)
    page.get_by_label("診断してよい期間の始まり").fill("2020-01-01T00:00")
    page.get_by_label("診断を止めたいときの連絡先").fill("情報システム係 06-0000-0000")
    page.get_by_role("button", name="同意を用意する").click()
    expect(page.locator(".field__error").first).to_be_visible()
    picture(page, "diagnosis-prepare")
    now = page.evaluate("() => [-1, 8].map((h) => new Date(Date.now() + (h + 9) * 3600e3).toISOString().slice(0, 16))")
    page.get_by_label("診断してよい期間の始まり").fill(now[0])
    page.get_by_label("診断してよい期間の終わり").fill(now[1])
    page.get_by_label("一秒間に送る数（パケット）の上限").fill("500")
    page.get_by_role("button", name="同意を用意する").click()
    expect(page.locator("#messages")).to_contain_text("2件の同意を用意しました")

    # The director reads and signs.
    signing = visit("/h/MINATO/diagnosis/", user=cast.bob)
    signing.get_by_role("link", name="内容を読む").click()
    expect(signing.locator("main")).to_contain_text(HOST)
    signing.get_by_label("同意する方の氏名").fill("坊野 武")
    signing.get_by_label("上の内容を読み、診断に同意します").check()
    assert axe_violations(signing) == []
    picture(signing, "diagnosis-sign")
    signing.get_by_role("button", name="署名して同意する").click()
    expect(signing.locator("#messages")).to_contain_text("2件の同意に署名しました")

    # The clerk looks up the address that changes.
    clerk = visit("/h/MINATO/diagnosis/consents/", user=cast.alice)
    clerk.get_by_role("link", name="今日のアドレスを書く").click()
    clerk.get_by_label("今日のグローバルIPアドレス").fill("192.168.0.1")
    clerk.get_by_role("button", name="今日のアドレスとして記録する").click()
    expect(clerk.locator(".field__error")).to_contain_text("インターネットから届かない")
    clerk.get_by_label("今日のグローバルIPアドレス").fill(DYNAMIC)
    clerk.get_by_role("button", name="今日のアドレスとして記録する").click()
    expect(clerk.locator(".ledger")).to_contain_text("いま診断できます")
    assert axe_violations(clerk) == []
    picture(clerk, "diagnosis-consents")

    # One click; the page lives.
    page.goto(page.url.split("/h/")[0] + "/h/MINATO/diagnosis/runs/start/")
    expect(page.locator(".plan").first).to_contain_text(DYNAMIC)
    assert axe_violations(page) == []
    picture(page, "diagnosis-preview")
    page.get_by_role("button", name="この内容で診断を始める").click()
    expect(page.locator(".live")).to_contain_text("待っている")
    asks_little(cast.hospital)
    with lab(hosts=hosts) as it, worker_in(it):
        expect(page.locator(".live")).to_contain_text("診断中", timeout=30_000)
        assert axe_violations(page) == []
        picture(page, "diagnosis-live")
        expect(page.locator(".live .verdict").first).to_contain_text("終わった", timeout=180_000)
        assert it.counters().outside == {}
    picture(page, "diagnosis-done")
    with hospital_scope(cast.hospital):
        run = DiagnosisRun.objects.get()
        found = {row.address: row for row in RunAddress.objects.filter(run=run)}
        assert {row.state for row in found.values()} == {"complete"}, [row.why for row in found.values()]
        assert (run.gate, run.packets_outside) == ("namespace", 0)
        open_ports = {
            address: {port["port"] for port in row.result["ports"] if port["state"] == "open"}
            for address, row in found.items()
        }
        assert open_ports[HOST] >= {22, 443}
        assert open_ports[DYNAMIC] >= {80}
        assert RunEvidence.objects.filter(run=run).exists()
    page.get_by_role("link", name=HOST).first.click()
    expect(page.locator("main")).to_contain_text("443/tcp")
    assert axe_violations(page) == []
    picture(page, "diagnosis-address")
    with page.expect_download() as taken:
        page.locator("table a").first.click()
    assert taken.value.suggested_filename.startswith("MINATO_")


def test_emergency_stop_ends_a_scan_that_is_under_way(
    cast: Cast, visit: Any, axe_violations: Any, picture: Any
) -> None:
    with hospital_scope(cast.hospital):
        line = register.lines_in_use().get(circuit_id="CAF00001")
    signed(cast.hospital, cast.alice, line, packets_per_second=50)
    page = visit("/h/MINATO/diagnosis/runs/start/", user=cast.dai)
    page.get_by_role("button", name="この内容で診断を始める").click()
    asks_little(cast.hospital)
    clerk = visit(page.url.replace("http://" + page.url.split("/")[2], ""), user=cast.alice, width=375)
    with lab(hosts=[Host(HOST, tcp=[22], closed="drop")]) as it, worker_in(it):
        expect(clerk.locator(".live")).to_contain_text("診断中", timeout=30_000)
        clerk.wait_for_timeout(3000)
        assert it.counters().packets(HOST) > 0
        assert axe_violations(clerk) == []
        picture(clerk, "diagnosis-phone")
        clerk.get_by_label("止める理由").select_option("装置が止まった、再起動した")
        clerk.get_by_role("button", name="この診断をすぐに止める").click()
        clerk.wait_for_timeout(2000)
        before = it.counters().packets(HOST)
        clerk.wait_for_timeout(1500)
        assert it.counters().packets(HOST) == before, "nothing is sent two seconds after the button"
        expect(clerk.locator(".live .verdict").first).to_contain_text("止めた", timeout=15_000)
    expect(clerk.locator(".live")).to_contain_text("装置が止まった、再起動した")
    picture(clerk, "diagnosis-stopped")

    # Lifting it is a deed of its own, and nothing goes on by itself.
    page.reload()
    page.get_by_text("緊急停止を解く").first.click()
    page.get_by_label("何を確かめたか（解く理由）").fill("停電だった")
    page.get_by_role("button", name="緊急停止を解く").click()
    expect(page.get_by_role("button", name="続きから再開")).to_be_visible()


def test_pages_about_one_thing_fit_every_width_in_both_languages(cast: Cast, visit: Any, axe_violations: Any) -> None:
    with hospital_scope(cast.hospital):
        fixed = register.lines_in_use().get(circuit_id="CAF00001")
        dynamic = register.lines_in_use().get(circuit_id="CAF00002")
    row = signed(cast.hospital, cast.alice, fixed, remarks="装置が古いので、ゆっくりお願いします。")
    signed(cast.hospital, cast.alice, fixed, packets_per_second=100)
    prepared(cast.hospital, cast.alice, dynamic)
    with hospital_scope(cast.hospital):
        run = runs.start_run(cast.hospital, by=cast.dai)
        address = RunAddress.objects.get(run=run)
        address.result = document_of(run_result(address_result(HOST)))["addresses"][0]
        address.state, address.expected_missed = "incomplete", None
        address.save()
    stops.press(hospital=None, reason="試験", by=cast.sumi)
    home = "/h/MINATO/diagnosis/"
    pages = [
        home,
        f"{home}consents/",
        f"{home}consents/{row.pk}/",
        f"{home}consents/sign/",
        f"{home}lines/{dynamic.pk}/confirm/",
        f"{home}lines/{dynamic.pk}/link/",
        f"{home}runs/{run.pk}/",
        f"{home}addresses/{address.pk}/",
    ]
    for width in (320, 1280):
        page = visit("/", user=cast.alice, width=width)
        assert faults_of(page, pages, axe_violations) == [], width
        page.context.close()
    office = visit("/", user=cast.sumi, width=768)
    may_not = ("/sign/", "/confirm/")  # the secretariat neither consents nor looks addresses up
    theirs = [address for address in pages if not address.endswith(may_not)]
    assert faults_of(office, [*theirs, f"{home}runs/start/", "/diagnosis/"], None) == []
    office.get_by_role("button", name="English").click()
    assert faults_of(office, [f"{home}consents/", "/diagnosis/"], axe_violations) == []
