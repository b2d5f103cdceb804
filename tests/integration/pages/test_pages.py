"""Every page of a hospital, with nothing in it and with something in it, in both languages."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from sekisho.apps.register import actions, queries
from sekisho.domain.facts import Unknown
from sekisho.foundation.tenancy.scope import hospital_scope
from sekisho.foundation.ui.list_query import FILTER_PREFIX
from tests.cast import VENDOR, Cast, signed_in

PAGES = [
    "hospital:home",
    "hospital:history",
    "register:line_list",
    "register:device_list",
    "register:terminal_list",
    "register:place_list",
    "register:vendor_list",
    "register:contract_list",
    "register:terminator_list",
    "register:question_list",
    "register:retired_list",
    "register:line_add",
    "register:terminal_add",
    "register:vendor_add",
    "register:contract_add",
    "programme:basics",
    "programme:basics_edit",
    "programme:terms",
    "judgement:level",
    "judgement:facts",
    "judgement:risk",
    "overview:page",
    "network:start",
    "network:why",
    "network:entry_cut",
    "network:matrix",
    "network:backups",
    "network:what_if",
    "network:changes",
    "network:sheets",
    "network:configurations",
    "network:plan",
    "diagnosis:start",
    "diagnosis:consents",
    "diagnosis:consent_add",
    "diagnosis:consents_sign",
    "reports:list",
    "members:list",
    "workbooks:start",
]


def fill(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        line = actions.add_line(
            cast.hospital,
            answers={
                "circuit_id": "CAF00001",
                "communication": "internet_vpn",
                "ehr_connection": "yes",
                "purpose": "<script>alert(1)</script>",
                "carrier": Unknown("総務に確認中"),
                "vendor_name": VENDOR,
                "terminator_location": "本館 2F サーバ室",
            },
            devices={1: {"maker": "YAMAHA", "model": "RTX1210"}},
            by=cast.alice,
        )
        actions.add_terminal(cast.hospital, answers={"host_name": "PC0001"}, by=cast.alice)
        actions.add_contract(cast.hospital, title="保守契約", line=line, by=cast.alice)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
def test_page_opens(cast: Cast, name: str, filled: bool, language: str) -> None:
    if filled:
        fill(cast)
    client = signed_in(cast.alice)
    client.cookies["django_language"] = language
    answer = client.get(reverse(name, kwargs={"hospital_code": cast.hospital.code}))
    body = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in body
    assert "<script>alert" not in body
    assert not re.search(r'\sstyle="', body), "the security policy forbids inline styles"
    assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", body)


def test_the_secretariats_pages_open(cast: Cast) -> None:
    fill(cast)
    client = signed_in(cast.sumi)
    for name in ("portal:hospital_list", "portal:hospital_add", "report_templates:list", "report_templates:built_in"):
        assert client.get(reverse(name)).status_code == 200, name
    body = client.get(reverse("portal:hospital_list")).content.decode()
    assert "みなと病院" in body
    assert "丘の上病院" in body


def test_everybody_is_led_to_where_they_work(cast: Cast) -> None:
    assert signed_in(cast.alice).get("/").headers["Location"] == "/h/MINATO/"
    assert signed_in(cast.sumi).get("/").headers["Location"] == "/hospitals/"
    assert signed_in(cast.sam).get("/h/MINATO/").headers["Location"] == "/h/MINATO/register/own/"
    for person in (cast.mina, cast.ada, cast.nobody):
        assert signed_in(person).get("/").status_code == 200
    assert Client().get("/").status_code == 302


def test_a_vendor_sees_its_own_lines_and_nothing_else(cast: Cast) -> None:
    fill(cast)
    with hospital_scope(cast.hospital):
        actions.add_line(cast.hospital, answers={"circuit_id": "CAF00002", "vendor_name": "別の会社"}, by=cast.alice)
    body = signed_in(cast.sam).get("/h/MINATO/register/own/").content.decode()
    assert "CAF00001" in body
    assert "CAF00002" not in body
    assert signed_in(cast.sam).get("/h/MINATO/register/").status_code == 403


def test_what_is_filtered_is_what_is_exported(cast: Cast) -> None:
    fill(cast)
    with hospital_scope(cast.hospital):
        actions.add_line(
            cast.hospital, answers={"circuit_id": "=HYPERLINK(1)", "communication": "ip_vpn"}, by=cast.alice
        )
    client = signed_in(cast.alice)
    everything = client.get("/h/MINATO/register/export.csv").content.decode("utf-8-sig")
    filtered = client.get(f"/h/MINATO/register/export.csv?{FILTER_PREFIX}communication=ip_vpn").content.decode(
        "utf-8-sig"
    )
    assert "CAF00001" in everything
    assert "不明（総務に確認中）" in client.get("/h/MINATO/register/export.csv?cols=carrier").content.decode(
        "utf-8-sig"
    )
    assert "CAF00001" not in filtered
    assert "'=HYPERLINK(1)" in filtered
    assert client.get("/h/MINATO/register/export.xlsx").content[:2] == b"PK"
    assert client.get("/h/MINATO/register/export.exe").status_code == 404


def test_second_editor_is_shown_both_values_and_decides(cast: Cast) -> None:
    fill(cast)
    with hospital_scope(cast.hospital):
        line = cast_line(cast)
        url = reverse("register:line_edit", kwargs={"hospital_code": "MINATO", "record_id": line.pk})
    alice = signed_in(cast.alice)
    page = alice.get(url).content.decode()
    base = html.unescape(re.search(r'name="base" value="([^"]*)"', page).group(1))
    with hospital_scope(cast.hospital):
        actions.change_answers(cast_line(cast), answers={"provider": "ぷらら"}, by=cast.sumi)
    sent = {"provider": "架空プロバイダ", "base": base, "circuit_id": "CAF00001", "communication": "internet_vpn"}
    answer = alice.post(url, sent)
    body = answer.content.decode()
    assert answer.status_code == 409
    assert "ぷらら" in body
    assert "架空プロバイダ" in body
    new_base = html.unescape(re.search(r'name="base" value="([^"]*)"', body).group(1))
    assert alice.post(url, {**sent, "base": new_base}).status_code == 302
    with hospital_scope(cast.hospital):
        assert cast_line(cast).provider == "架空プロバイダ"


def cast_line(cast: Cast):
    return queries.lines_in_use().get(number=1)


def test_a_lines_page_says_what_is_unknown_unanswered_or_wrong(cast: Cast) -> None:
    fill(cast)
    with hospital_scope(cast.hospital):
        line = cast_line(cast)
        actions.change_answers(line, answers={"global_ip": "yes", "address_assignment": "fixed"}, by=cast.alice)
        device = line.devices.get()
        actions.change_answers(device, answers={"software_version": Unknown("業者の持ち物")}, by=cast.alice)
        url = reverse("register:line_detail", kwargs={"hospital_code": "MINATO", "record_id": line.pk})
    body = signed_in(cast.alice).get(url).content.decode()
    assert "総務に確認中" in body, "the line's own unknown"
    assert "YAMAHA RTX1210：" in body, "its device's unknown"
    assert f"/{line.pk}/edit/#id_global_address" in body, "a fixed address that nobody has given"
    assert f"/{device.pk}/edit/#id_software_version" in body
