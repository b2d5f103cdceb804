"""The workbook catalogue: edition 1.0 is sound, and every slip in such a file stops at once and names its place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sekisho.catalogue import workbooks
from sekisho.catalogue.errors import CatalogueError
from sekisho.catalogue.workbooks import compiled_edition, edition_names, load_edition, parse_edition
from sekisho.domain.workbook.schema import Demand, Kind, Need

FOLDER = Path(workbooks.__file__).parent / "workbook"
SOURCE = (FOLDER / "betten2-1_1.0.yaml").read_text(encoding="utf-8")
DOCUMENT = yaml.safe_load(SOURCE)


def test_current_edition_is_the_one_that_was_issued():
    edition = load_edition()
    assert (edition.name, edition.issued_on) == ("1.0", "2024-05-09")
    assert load_edition("1.0") is edition
    assert "1.0" in edition_names()


@pytest.mark.parametrize("name", ["9.9", "", "../level/level_1", "1.0.yaml"])
def test_edition_that_does_not_exist_is_refused(name):
    with pytest.raises(CatalogueError, match="no such edition"):
        load_edition(name)


def test_sheets_are_those_of_the_printed_form():
    assert [(sheet.key, sheet.title.ja) for sheet in load_edition().sheets] == [
        ("basic", "基本情報記入シート"),
        ("lines", "回線・機器情報記入シート"),
        ("terminals", "調査端末情報記入シート"),
        ("places", "設置場所記入シート"),
    ]


def test_required_columns_are_those_marked_in_the_printed_form():
    def required(key: str) -> set[str]:
        return {column.key for column in load_edition().sheet(key).columns if column.need is Need.REQUIRED}

    assert required("lines") == {
        "device_check_wanted", "scan_wanted", "ehr_connection", "purpose", "communication", "global_ip",
        "terminator_location",
    }  # fmt: skip
    assert required("terminals") == {"system_kind", "thin_client", "host_name", "address", "location"}
    assert required("basic") == {
        "consent", "name", "name_kana", "postal_code", "address", "address_kana", "beds", "confirmed_by",
    }  # fmt: skip


def test_option_codes_that_other_parts_rely_on_are_there():
    lines = load_edition().sheet("lines")
    codes = {key: [option.code for option in lines.column(key).options] for key in (
        "scan_wanted", "ehr_connection", "communication", "address_assignment", "scan_day_check", "contract_party",
    )}  # fmt: skip
    assert codes == {
        "scan_wanted": ["wanted", "not_wanted"],
        "ehr_connection": ["yes", "no"],
        "communication": ["internet_vpn", "internet", "ip_vpn", "leased_line", "closed_mobile", "other_closed"],
        "address_assignment": ["fixed", "dynamic"],
        "scan_day_check": ["not_needed", "confirmed", "unconfirmed"],
        "contract_party": ["hospital", "vendor", "other"],
    }
    assert [o.code for o in load_edition().sheet("basic").column("consent").options] == ["agreed"]


def test_every_text_speaks_both_languages():
    edition = load_edition()
    texts = [edition.title]
    for sheet in edition.sheets:
        texts.append(sheet.title)
        for column in (*sheet.columns, *sheet.group):
            texts += [column.heading, column.help, *(option.label for option in column.options)]
        for rule in sheet.rules:
            texts += [rule.instruction, rule.message]
    assert all(text.ja.strip() and text.en.strip() for text in texts)
    kana = [
        text
        for text in texts
        if any("\u3040" <= letter <= "\u30ff" for letter in text.en.replace("（保守会社に確認中）", ""))
    ]
    assert kana == []


def test_every_rule_id_is_stable_kebab_case_and_names_its_source():
    for sheet in load_edition().sheets:
        for rule in sheet.rules:
            assert rule.id == rule.id.lower().replace("_", "-").replace(" ", "-")
            assert rule.source


def test_every_column_has_help_and_an_example_or_a_reason_to_have_none():
    without = {c.key for s in load_edition().sheets for c in (*s.columns, *s.group) if not c.example}
    assert without == {"control_number", "scan_day_address", "virtual_host_name", "virtual_address"}


def test_credential_list_is_no_sheet_of_the_form():
    edition = load_edition()
    assert "アカウント（ログインID）・パスワードリスト" in edition.credential_titles
    assert not any("パスワード" in sheet.title.ja for sheet in edition.sheets)


# Slips

Slip = Callable[[dict[str, Any]], Any]


def sheet(document: dict[str, Any], key: str) -> dict[str, Any]:
    return next(sheet for sheet in document["sheets"] if sheet["key"] == key)


def column(document: dict[str, Any], sheet_key: str, key: str) -> dict[str, Any]:
    found = sheet(document, sheet_key)
    return next(c for c in (*found["columns"], *found.get("group", [])) if c["key"] == key)


def rule(document: dict[str, Any], key: str) -> dict[str, Any]:
    return next(r for s in document["sheets"] for r in s.get("rules", []) if r["id"] == key)


SLIPS: dict[str, tuple[Slip, str]] = {
    "unknown key of a column": (lambda d: column(d, "lines", "purpose").update(colour="red"), r"lines\.purpose.*colour"),
    "column that no record has": (lambda d: column(d, "lines", "purpose").update(key="goal"), r"lines\.goal: Line has no such field"),
    "column left out": (lambda d: sheet(d, "lines")["columns"].pop(), "the field remarks of Line is not asked"),
    "device column left out": (lambda d: sheet(d, "lines")["group"].pop(), "the field ports of Device is not asked"),
    "column twice": (lambda d: sheet(d, "lines")["columns"].append(column(d, "lines", "fqdn")), r"lines\.fqdn: stands twice"),
    "heading of two columns": (lambda d: column(d, "lines", "provider").setdefault("headings", []).append("回線 ID"), "means two columns"),
    "band that reads as a heading": (lambda d: column(d, "lines", "purpose").update(band={"ja": "用途", "en": "Use"}), "is also a heading"),
    "text in one language": (lambda d: column(d, "lines", "purpose").update(help={"ja": "用途です", "en": ""}), r"lines\.purpose.*both languages"),
    "no such kind": (lambda d: column(d, "lines", "purpose").update(kind="colour"), r"lines\.purpose.*colour"),
    "no such need": (lambda d: column(d, "lines", "purpose").update(need="maybe"), r"lines\.purpose.*maybe"),
    "no such list": (lambda d: column(d, "lines", "purpose").update(options="colours"), r"lines\.purpose.*colours"),
    "list for a text": (lambda d: column(d, "lines", "remarks").update(options="purpose"), "kind text and options do not fit"),
    "choice without list": (lambda d: column(d, "lines", "purpose").pop("options"), "kind open_choice and options do not fit"),
    "bounds of a text": (lambda d: column(d, "lines", "remarks").update(minimum=1), "takes no bounds"),
    "option twice": (lambda d: d["option_lists"]["existence"].append(d["option_lists"]["existence"][0]), "stands twice"),
    "spelling of two options": (lambda d: d["option_lists"]["existence"][0]["spellings"].append("無 し"), "means two options"),
    "spelling that is a lone sign": (lambda d: d["option_lists"]["existence"][0]["spellings"].append("—"), "lone sign"),
    "bare yes in a list": (lambda d: d["option_lists"]["existence"][0]["spellings"].append(True), "quotes"),
    "rule for no column": (lambda d: rule(d, "optical-needs-circuit-id").update(column="circuit"), "optical-needs-circuit-id: there is no column circuit"),
    "condition on no column": (lambda d: rule(d, "optical-needs-circuit-id")["when"][0].update(column="kind"), "there is no column kind"),
    "condition on a device": (lambda d: rule(d, "optical-needs-circuit-id")["when"][0].update(column="maker"), "outside the group"),
    "condition on no option": (lambda d: rule(d, "optical-needs-circuit-id")["when"][0].update(values=["glass"]), "line_kind has no option 'glass'"),
    "demand of no option": (lambda d: rule(d, "closed-line-not-scanned").update(values=["never"]), "scan_wanted has no option 'never'"),
    "values that nothing asks for": (lambda d: rule(d, "optical-needs-circuit-id").update(values=["x"]), "demand filled and values do not fit"),
    "one of nothing": (lambda d: rule(d, "closed-line-not-scanned").update(values=[]), "demand one_of and values do not fit"),
    "always asked, not marked": (lambda d: column(d, "basic", "consent").update(need="optional"), "not marked required"),
    "place that nobody fills": (lambda d: rule(d, "optical-needs-circuit-id").update(message={"ja": "{color}", "en": "x"}), "wrong place"),
    "unknown key of a rule": (lambda d: rule(d, "optical-needs-circuit-id").update(colour="red"), "colour"),
    "rule twice": (lambda d: sheet(d, "lines")["rules"].append(rule(d, "optical-needs-circuit-id")), "the rule optical-needs-circuit-id stands twice"),
    "waiver of no option": (lambda d: sheet(d, "lines")["waived_when"][0].update(values=["never"]), "lines waived_when"),
    "sheet left out": (lambda d: d["sheets"].pop(1), "the sheet lines is missing"),
    "sheet twice": (lambda d: d["sheets"].append(sheet(d, "places")), "the sheet places stands twice"),
    "title of two sheets": (lambda d: sheet(d, "places")["titles"].append("基本 情報"), "means two sheets"),
    "title of the credentials": (lambda d: sheet(d, "places")["titles"].append("パスワード一覧"), "means two sheets"),
    "layout": (lambda d: sheet(d, "places").update(layout="poem"), "neither form nor table"),
    "word with two meanings": (lambda d: d["blank_words"].append("不 明"), "means two things"),
    "group without title": (lambda d: d["group_titles"].pop("lines"), "group_titles"),
    "no sheets": (lambda d: d.pop("sheets"), "sheets"),
    "empty": (lambda d: d.clear(), "edition"),
}  # fmt: skip


@pytest.mark.parametrize(("slip", "said"), SLIPS.values(), ids=SLIPS.keys())
def test_slip_stops_at_once_and_names_its_place(slip, said):
    document = yaml.safe_load(SOURCE)
    slip(document)
    with pytest.raises(CatalogueError, match=said) as caught:
        parse_edition(yaml.safe_dump(document, allow_unicode=True), "edition.yaml")
    assert str(caught.value).startswith("edition.yaml: ")


@pytest.mark.parametrize("document", ["", "[]", "a: [", "just words", "sheets: 3"])
def test_what_is_no_catalogue_is_refused(document):
    with pytest.raises(CatalogueError):
        parse_edition(document, "edition.yaml")


def test_kinds_and_demands_are_all_in_use():
    columns = [c for s in load_edition().sheets for c in (*s.columns, *s.group)]
    assert {c.kind for c in columns} == set(Kind)
    assert {r.demand for s in load_edition().sheets for r in s.rules} == set(Demand)


# The compiled form


@pytest.mark.parametrize("name", edition_names())
def test_compiled_form_is_fresh(name):
    written = (FOLDER / f"betten2-1_{name}.json").read_text(encoding="utf-8")
    assert written == compiled_edition(name), "run scripts/compile_workbook.py"


@pytest.mark.parametrize("name", edition_names())
def test_compiled_form_says_what_the_source_says(name):
    assert load_edition(name) == parse_edition((FOLDER / f"betten2-1_{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("stale", [None, "", "{", '{"crc32": 1, "document": {}}', "{}"])
def test_missing_or_stale_compiled_form_is_not_believed(stale, tmp_path, monkeypatch):
    changed = SOURCE.replace('issued_on: "2024-05-09"', 'issued_on: "2025-01-01"')
    (tmp_path / "betten2-1_1.0.yaml").write_text(changed, encoding="utf-8")
    if stale is not None:
        (tmp_path / "betten2-1_1.0.json").write_text(stale, encoding="utf-8")
    monkeypatch.setattr(workbooks, "_FOLDER", tmp_path)
    workbooks._loaded.cache_clear()
    try:
        assert load_edition("1.0").issued_on == "2025-01-01"
    finally:
        workbooks._loaded.cache_clear()
