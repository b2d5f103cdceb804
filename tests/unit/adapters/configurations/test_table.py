"""Tests of rules in tables, CSV and Excel, both ways."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.adapters.configurations.decoding import ConfigurationUnreadable
from sekisho.adapters.configurations.fortios import reader as fortios
from sekisho.adapters.configurations.nftables import reader as nftables
from sekisho.adapters.configurations.panos import reader as panos
from sekisho.adapters.configurations.table import reader as table
from sekisho.adapters.configurations.table.cells import CellUnreadable, addresses_of, services_of
from sekisho.domain.network.addresses import addresses_text
from sekisho.domain.network.configuration import DeviceConfiguration
from sekisho.domain.network.model import Action, AtInterface, Direction, Everywhere, Rule, RuleSet
from sekisho.domain.network.services import services_text
from tests.samples.configurations.clock import processor_seconds
from tests.samples.configurations.torn import shuffled, torn, words_mixed
from tests.samples.configurations.verdicts import case, wrong_facts
from tests.samples.configurations.zone_firewalls import differing, wrong_verdicts

SAMPLES = Path(__file__).parents[4] / "tests/samples/configurations"
FILES = sorted((SAMPLES / "table").glob("*.csv"))
TEXTS = [file.read_text(encoding="utf-8") for file in FILES]
FIREWALLS = [
    *((fortios, file) for file in sorted((SAMPLES / "fortios").glob("*.conf"))),
    *((panos, file) for file in sorted((SAMPLES / "panos").glob("*.xml"))),
    *((nftables, file) for file in sorted((SAMPLES / "nftables").glob("*.json"))),
]
CALM = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def workbook(rows: list[list[object]], title: str = "規則") -> bytes:
    """Return an Excel file with a cover sheet and a sheet of `rows`."""
    book = openpyxl.Workbook()
    book.active.title = "表紙"
    book.active["A1"] = "通信許可一覧"
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_samples_are_at_least_twelve():
    assert len(FILES) >= 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_read_gives_the_verdicts_derived_by_hand(file):
    configuration, expected = table.read(file.read_text(encoding="utf-8")), case(file.with_suffix(".yaml"))
    assert wrong_facts(configuration, expected) == []
    assert wrong_verdicts(configuration, expected) == []
    until = {rule.seq: rule.until for one in configuration.rulesets for rule in one.rules if rule.until}
    assert until == expected.get("until", {})


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_emit_reads_back_with_the_same_meaning(file, language):
    configuration = table.read(file.read_text(encoding="utf-8"))
    expected = case(file.with_suffix(".yaml"))
    assert wrong_verdicts(table.read(table.emit(configuration, language)), expected, by=False) == []
    from_workbook = table.read(table.as_text(table.emit_workbook(configuration, language)))
    assert wrong_verdicts(from_workbook, expected, by=False) == []


@pytest.mark.parametrize(("reader", "file"), FIREWALLS, ids=lambda one: getattr(one, "stem", ""))
def test_emit_writes_the_rules_of_other_vendors_without_loss(reader, file):
    configuration = reader.read(file.read_text(encoding="utf-8"))
    again = table.read(table.emit(configuration))
    assert differing(configuration, again, seed=len(file.name)) == []
    assert not again.unparsed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("１０．０．０．１", ["10.0.0.1"]),
        ("10.0.0.1〜10.0.0.3", ["10.0.0.1-10.0.0.3"]),
        ("10.0.0.1 ー 10.0.0.3", ["10.0.0.1-10.0.0.3"]),
        ("10.0.0.1-3", ["10.0.0.1-10.0.0.3"]),
        ("10.0.0.0/255.255.255.0", ["10.0.0.0/24"]),
        ("10.0.0.0 255.255.255.128", ["10.0.0.0/25"]),
        ("10.1.*.*", ["10.1.0.0/16"]),
        ("10.0.0.1、10.0.0.9\n10.0.0.5", ["10.0.0.1", "10.0.0.5", "10.0.0.9"]),
        ("2001:db8::1-2001:db8::4", ["2001:db8::1-2001:db8::4"]),
        ("2001:DB8::/32", ["2001:db8::/32"]),
        ("すべて", ["any"]),
        ("ＡＮＹ", ["any"]),
        ("*", ["any"]),
    ],
)
def test_addresses_of_reads_what_people_write(text, expected):
    assert addresses_text(addresses_of(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "　",
        "電子カルテ",
        "10.0.0.256",
        "10.0.0.1/33",
        "10.0.0.9-10.0.0.1",
        "10.0.0",
        "=1+1",
        "10.0.0.1-2001:db8::1",
    ],
)
def test_addresses_of_refuses_what_it_is_not_sure_of(text):
    with pytest.raises(CellUnreadable):
        addresses_of(text)


@pytest.mark.parametrize(
    ("text", "protocol", "expected"),
    [
        ("ＴＣＰ／４４３", "", ["tcp/443"]),
        ("443/tcp", "", ["tcp/443"]),
        ("tcp 443", "", ["tcp/443"]),
        ("tcp:443", "", ["tcp/443"]),
        ("HTTPS、ＳＳＨ", "", ["tcp/22", "tcp/443"]),
        ("1000〜1010", "udp", ["udp/1000-1010"]),
        ("80,443", "TCP", ["tcp/80", "tcp/443"]),
        ("", "ICMP", ["icmp"]),
        ("すべて", "tcp", ["tcp"]),
        ("-", "any", None),
        ("dns", "", ["tcp/53", "udp/53"]),
        ("リモートデスクトップ", "", ["tcp/3389"]),
        ("ip/200", "", ["ip/200"]),
        ("any", "", ["any"]),
        ("443", "tcp/udp", ["tcp/443", "udp/443"]),
        ("dicom", "", None),
        ("99999", "", None),
        ("", "", None),
    ],
)
def test_services_of_reads_what_people_write_and_nothing_else(text, protocol, expected):
    if expected is None:
        with pytest.raises(CellUnreadable):
            services_of(text, protocol)
    else:
        assert services_text(services_of(text, protocol)[0]) == expected


def test_likeness_knows_tables_of_rules():
    for file in FILES:
        found = table.likeness(file.read_text(encoding="utf-8"))
        assert found >= 0.7 if file.stem != "12-no-table" else found == 0
    for _, file in FIREWALLS:
        assert table.likeness(file.read_text(encoding="utf-8")) == 0, file


def test_as_text_finds_the_sheet_of_rules_and_keeps_its_rows():
    rows = [["通信一覧"], [], ["順番", "動作", "送信元", "宛先", "サービス", "期限"],
            [10.0, "許可", "10.0.0.1", "10.0.0.2", 443, "2027-03-31"], ["既定", "拒否", "すべて", "すべて", "すべて"]]  # fmt: skip
    text = table.as_text(workbook(rows))
    rule = table.read(text).rulesets[0].rules[0]
    assert (rule.seq, services_text(rule.service), rule.until.isoformat()) == (10, ["tcp/443", "udp/443"], "2027-03-31")
    assert rule.origin.line == 4


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04broken", b"a,b,c\n1,2,3\n", workbook([["名前", "電話"]])])
def test_as_text_refuses_other_files_and_says_why(raw):
    with pytest.raises(ConfigurationUnreadable) as refusal:
        table.as_text(raw)
    assert refusal.value.text.ja
    assert refusal.value.text.en


@pytest.mark.parametrize("language", ["ja", "en"])
def test_template_has_headings_pull_downs_and_no_rules(language):
    raw = table.template(language)
    book = openpyxl.load_workbook(io.BytesIO(raw))
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]][:10]
    assert headings == (
        ["装置", "場所", "向き", "順番", "動作", "送信元", "宛先", "サービス", "通信の状態", "備考"] if language == "ja"
        else ["device", "place", "direction", "seq", "action", "src", "dst", "service", "state", "comment"]
    )  # fmt: skip
    lists = {
        str(one.sqref).split(":")[0]: one.formula1
        for one in sheet.data_validations.dataValidation
        if one.type == "list"
    }
    assert lists["E2"] == ('"許可,拒否,不明"' if language == "ja" else '"permit,deny,unknown"')
    assert lists["C2"] == ('"入,出"' if language == "ja" else '"in,out"')
    assert table.read(table.as_text(raw)).rulesets == ()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_word_of_the_pull_downs_is_read(language):
    """What the template offers must be what the reader knows."""
    sheet = openpyxl.load_workbook(io.BytesIO(table.template(language))).worksheets[0]
    columns = {cell.column_letter: cell.value for cell in sheet[1]}
    for one in sheet.data_validations.dataValidation:
        if one.type != "list":
            continue
        column = columns[str(one.sqref)[0]]
        for word in one.formula1.strip('"').split(","):
            is_default = word in ("stateful", "stateless", "戻りは自動", "戻りも判定")
            row = {"場所": "lan", "place": "lan", "向き": "in", "direction": "in", "順番": "既定" if is_default else "10", "seq": "default" if is_default else "10",
                   "動作": "deny", "action": "deny", "送信元": "any", "src": "any", "宛先": "any", "dst": "any", "サービス": "any", "service": "any"}  # fmt: skip
            row[column] = word
            text = ",".join(columns.values()) + "\n" + ",".join(row.get(name, "") for name in columns.values())
            assert table.read(text).unparsed == (), (column, word)


DANGEROUS = ["=HYPERLINK(1)", "+1", "-1+2", "@SUM(A1)", "\tx", "＝1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_emit_writes_no_formula(text):
    rule = Rule(10, Action.PERMIT, name=text, schedule=text)
    ruleset = RuleSet(text, AtInterface(text, Direction.IN), Action.DENY, (rule,))
    configuration = DeviceConfiguration("table", hostname=text, rulesets=(ruleset,))
    cells = [cell.strip('"') for line in table.emit(configuration).split("\n") for cell in line.split(",")]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "＝"))]
    raw = table.emit_workbook(configuration)
    sheet = openpyxl.load_workbook(io.BytesIO(raw)).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_read_of_several_devices_keeps_their_names():
    text = "device,action,src,dst,service,seq\na,permit,any,any,any,10\nb,deny,any,any,any,10\n"
    assert [(one.device, one.at) for one in table.read(text).rulesets] == [("a", Everywhere()), ("b", Everywhere())]


@CALM
@given(st.one_of(torn(TEXTS), words_mixed(TEXTS), st.text(max_size=300)))
def test_read_never_raises_and_counts_lines(text):
    configuration = table.read(text)
    assert 0 <= configuration.coverage <= 1
    for rule in (rule for one in configuration.rulesets for rule in one.rules):
        assert rule.action is not Action.UNKNOWN or not rule.is_exact


@CALM
@given(torn([text for text in TEXTS if "a,in," not in text]))
def test_emit_keeps_the_meaning_of_torn_tables_too(text):
    configuration = table.read(text)
    again = table.read(table.emit(configuration))
    meaning = [
        [
            (
                str(one.at),
                one.default,
                one.stateful,
                rule.action,
                rule.src,
                rule.dst,
                rule.service,
                rule.state,
                rule.is_exact,
            )
            for rule in one.rules
            if rule.src and rule.dst and rule.service
        ]
        for each in (configuration, again)
        for one in each.rulesets
    ]
    assert meaning[: len(meaning) // 2] == meaning[len(meaning) // 2 :]


def test_read_takes_under_a_second_for_twenty_thousand_lines():
    rows = [
        f"wan,in,{at + 1},permit,10.{at % 250}.{at // 250}.0/24,10.0.0.{at % 250},tcp/{at % 65535}"
        for at in range(20_000)
    ]
    text = "place,direction,seq,action,src,dst,service\n" + "\n".join(rows)
    assert processor_seconds(lambda: table.read(text)) < 1.0
    assert len(table.read(text).rulesets[0].rules) == 20_000


@pytest.mark.parametrize(
    "line", ['"' * 100_000, "," * 100_000, "permit,any,any," + "1-" * 50_000, "action,src,dst", '"a\n']
)
def test_read_takes_no_longer_for_hostile_lines(line):
    assert processor_seconds(lambda: table.read("action,src,dst,service\n" + "\n".join([line] * 5))) < 1.0
    assert processor_seconds(lambda: table.read("action,src,dst,service\n" + "\n".join([line[:20]] * 10_000))) < 1.0


def test_a_shuffled_table_is_still_read():
    for seed, text in enumerate(TEXTS):
        assert table.read(shuffled(text, seed)).understood >= 0
