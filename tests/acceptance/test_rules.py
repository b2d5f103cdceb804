"""Each rule of the form: a wrong answer is told at its own cell, with its weight, in both languages, with a way out."""

import re
from collections import defaultdict

import pytest

from tests.acceptance.running import check
from tests.acceptance.workbooks import BASICS, filled, line, place, terminal

WANTED, SCAN = "調査希望: 装置バージョン確認", "調査希望: 脆弱性診断"
EHR, KIND, GLOBAL = "電子カルテシステムが属するネットワークとの接続", "通信形態", "グローバルIP利用"
ASSIGNED, ADDRESS = "固定IP/動的IP", "グローバルIPアドレス"
CHECKED, DAY = "診断当日: グローバルIP確認", "診断当日: グローバルIPアドレス"
MAKER, MODEL, VERSION = "装置①メーカー", "装置①機種名", "装置①ソフトウェアバージョン"
NO_GLOBAL = {GLOBAL: "なし", ASSIGNED: None, ADDRESS: None, CHECKED: None, SCAN: "調査希望なし"}
DYNAMIC = {ASSIGNED: "動的IP", ADDRESS: None, CHECKED: None}

E, W = "error", "warning"
WRONG_LINES = [
    # what is written, where it must be told, how gravely
    ({**NO_GLOBAL, ASSIGNED: "固定IP"}, ASSIGNED, E),
    ({**NO_GLOBAL, ADDRESS: "121.119.9.1"}, ADDRESS, E),
    ({**NO_GLOBAL, SCAN: "調査希望あり"}, SCAN, W),
    *(({**NO_GLOBAL, KIND: closed, SCAN: "調査希望あり"}, SCAN, E) for closed in ("IP-VPN", "専用線", "閉域モバイル")),
    *(
        ({ADDRESS: address}, ADDRESS, E)
        for address in (
            "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "0.0.0.0", "127.0.0.1",
            "169.254.1.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "fd00::1", "fe80::1", "::", "::1",
            "121.119.249.256", "121.119.249", "121.119.010.001", "vpn.example.jp", "121.119.9.2-9",
            "１９２．１６８．１．１", "121.119.9.3、121.119.9.4",
        )
    ),
    *(({ADDRESS: address}, ADDRESS, W) for address in ("192.0.2.1", "198.51.100.7", "203.0.113.7", "2001:db8::1")),
    ({ADDRESS: "121.119.9.5/29"}, ADDRESS, W),
    ({ADDRESS: None}, ADDRESS, E),
    ({ASSIGNED: None}, ASSIGNED, E),
    ({**DYNAMIC, ADDRESS: "121.119.9.6"}, ADDRESS, E),
    ({**DYNAMIC, CHECKED: "確認済み"}, DAY, E),
    ({**DYNAMIC, CHECKED: "確認済み", DAY: "192.168.9.9"}, DAY, E),
    ({**DYNAMIC, CHECKED: "入力不要"}, CHECKED, W),
    ({**DYNAMIC, CHECKED: "未確認", DAY: "121.119.9.7"}, DAY, W),
    ({CHECKED: "確認済み"}, CHECKED, W),
    ({MAKER: None}, MAKER, E),
    ({MODEL: None}, MODEL, E),
    ({VERSION: None}, VERSION, E),
    ({VERSION: "不明"}, VERSION, W),
    ({EHR: "なし"}, EHR, W),
    ({"回線ID": None}, "回線ID", W),
    ({KIND: "いんたーねっと"}, KIND, E),
    ({"FQDN": "121.119.9.8"}, "FQDN", E),
    *(({required: None}, required, E) for required in (WANTED, SCAN, EHR, "用途・システム名", KIND, GLOBAL, "回線終端装置設置場所")),
]  # fmt: skip
RIGHT_LINES = [
    NO_GLOBAL,
    {**NO_GLOBAL, KIND: "IP-VPN"},
    DYNAMIC,
    {**DYNAMIC, CHECKED: "未確認"},
    {**DYNAMIC, CHECKED: "確認済み", DAY: "121.119.8.1"},
    {ADDRESS: "2400:4050:1234::1"},
    {VERSION: "不明（保守会社に確認中）"},
    {WANTED: "調査希望なし", MAKER: None, MODEL: None, VERSION: None},
    {EHR: "不明", KIND: "不明"},
    {"回線種別": "ADSL", "回線サービス名": None, "回線ID": None},
    {"FQDN": "—"},
]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "book.xlsx"
    cases = [*(changes for changes, _, _ in WRONG_LINES), *RIGHT_LINES]
    filled([line(number, **changes) for number, changes in enumerate(cases, start=1)]).save(path)
    by_row = defaultdict(list)
    for problem in check(path)["problems"]:
        by_row[problem["row"]].append(problem)
    return by_row


@pytest.mark.parametrize("index", range(len(WRONG_LINES)), ids=lambda i: f"{i}-{WRONG_LINES[i][1]}")
def test_a_wrong_answer_is_told_at_its_cell(index, told):
    _, column, severity = WRONG_LINES[index]
    found = [p for p in told[index + 1] if p["cell"] == place(column, index + 2)]
    assert severity in {problem["severity"] for problem in found}


@pytest.mark.parametrize("index", range(len(RIGHT_LINES)))
def test_a_right_answer_is_left_in_peace(index, told):
    assert told[len(WRONG_LINES) + index + 1] == []


def test_every_message_says_how_to_mend_it_in_two_languages(told):
    for problem in (problem for row in told.values() for problem in row):
        assert re.search(r"(ください|かまいません|ます|です)", problem["message"] + "。"), problem
        assert re.search(r"[ぁ-ん]", problem["message"])
        assert not re.search(r"[ぁ-んァ-ヶ]{4}", problem["message_en"].replace("しない", "")), problem
        assert "{" not in problem["message"] + problem["message_en"]


def told_of(tmp_path, **parts) -> set[tuple[str, str, str]]:
    path = tmp_path / "book.xlsx"
    filled(parts.pop("lines", [line(1)]), **parts).save(path)
    return {(p["cell"], p["rule"], p["severity"]) for p in check(path)["problems"]} - {("", "no-floor-plan", W)}


def test_two_lines_with_one_id_are_told_however_it_is_written(tmp_path):
    told = told_of(tmp_path, lines=[line(1), line(2, 回線ID="ＣＡＦ０００１ 0001"), line(3, 回線ID="CAF-00001")])
    assert ("H4", "duplicate-circuit-id", E) in told


@pytest.mark.parametrize("count", [0, 1, 4, 6, 9])
def test_other_than_five_pcs_is_told_once(count, tmp_path):
    told = told_of(tmp_path, terminals=[terminal(number) for number in range(1, count + 1)])
    assert told == {("", "terminal-count", W)}


def test_wrong_answers_about_pcs_are_told_at_their_cells(tmp_path):
    pcs = [
        terminal(1, IPアドレス="192.168.1.131/33"),
        terminal(2, IPアドレス="192.168.1.0/24"),
        terminal(3, シンクラ利用="はい"),
        terminal(4, 端末ホスト名="PC0001"),
        terminal(5, システム種別=None),
    ]
    told = told_of(tmp_path, terminals=pcs)
    assert {(cell, severity) for cell, _, severity in told} >= {
        ("E2", E), ("E3", E), ("G4", W), ("H4", W), ("D5", E), ("B6", E),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("label", "answer"),
    [
        ("本施策の同意確認", None),
        ("本施策の同意確認", "同意しない"),
        ("病床数", "たくさん"),
        ("病床数", -3),
        ("〒", "100"),
        ("確認者名(署名)", None),
        ("担当者1 姓", None),
        ("医療機関名", None),
    ],
)
def test_wrong_basics_are_told_at_their_cells(label, answer, tmp_path):
    told = told_of(tmp_path, basics={**BASICS, label: answer})
    assert (f"B{list(BASICS).index(label) + 1}", E) in {(cell, severity) for cell, _, severity in told}


@pytest.mark.parametrize("missing", [0, 1, 2, 3])
def test_each_of_the_four_sheets_is_asked_for(missing, tmp_path):
    path = tmp_path / "book.xlsx"
    book = filled([line(1)])
    del book[book.sheetnames[missing]]
    book.save(path)
    assert "missing-sheet" in {p["rule"] for p in check(path)["problems"] if p["severity"] == E}
