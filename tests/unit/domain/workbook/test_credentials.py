"""Sentences that give a password away, and those that only speak about one."""

import pytest

from sekisho.domain.workbook.credentials import CredentialFinder, holds_credentials

FINDER = CredentialFinder(
    ["アカウント（ログインID）・パスワードリスト", "アカウント"],
    ["アカウント", "アカウント/ログインID", "パスワード", "特権（enable）パスワード", "password", "ID/PW"],
    ["メーカー", "機種名", "端末ホスト名", "IPアドレス", "備考"],
)


@pytest.mark.parametrize(
    "text",
    [
        "ID: admin / PW: xxxx",
        "ID：admin　ＰＷ：ｈｏｇｅ１",
        "PW:hoge",
        "pw=hoge",
        "PASS＝ab12",
        "Password: cisco",
        "passwd : cisco",
        "パスワード：さくら2024",
        "パスワード\nabc123",
        "パスワードは hogehoge です",
        "パスワード(admin123)",
        "pwは1234です",
        "暗証番号　1234",
        "ログインID admin パスワード pass",
        "ID/PW admin/admin",
        "ID・パスワード：admin／pass",
        "ID/PW: root, toor",
        "enable: cisco",
        "enable secret: cisco",
        "enable password = cisco",
        "http://admin:pass@192.0.2.1/",
        "VPNの共有鍵=abc123",
        "事前共有鍵：abcdef",
        "PSK: abcdef",
        "SNMP community public",
        "Wi-Fi key: abcd1234",
        "管理画面 pass hoge123!",
        "ID:root PASS:toor",
        "P\u200bW: hoge",
        "admin / P@ssw0rd",
        "admin/P@ssw0rd",
        "Administrator　Hosp!2024a",
        "ログインは admin、abc123",
        "root:toor99",
        "ssh admin:Ab!cd12@10.0.0.1",
        "hoshu / Hosp$2024",
        "PW；hoge1",
        "Ｐ Ｗ：hoge1",
        "PWhoge!234",
        "password is hoge123",
        "初期パスワード「hoge1」",
        "パスワード「hoge」",
        "ぱすわーど hoge1",
        "パスワ－ド：hoge1",
        "パス：hoge1",
        "Wi-Fiキー abcd1234",
        "SSID: clinic  KEY: abcd1234",
        "username admin privilege 15 password 0 hoge1",
        "password 7 0822455D0A16",
        "ipsec ike pre-shared-key 1 text hogehoge",
        "pp auth myname user@isp hoge",
        "snmp-server community hoge ro",
    ],
)
def test_a_sentence_with_a_password_is_found(text):
    assert holds_credentials(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "操作可能時間 12:00-13:00",
        "パスワードは別途連絡",
        "パスワード: 別途",
        "パスワード：不明",
        "パスワード不明",
        "PW 無し",
        "PW:未設定",
        "パスワード：****",
        "パスワードは定期的に変更している",
        "アカウント・パスワードリストは提出不要です",
        "※ ID・パスワードは書かないでください",
        "キーパーソン：山田",
        "バイパス：あり",
        "bypass: port1",
        "compass: x1",
        "パス: 未定",
        "Passwordless 認証",
        "https://vpn.example.jp/login",
        "joho@example.jp",
        "LAN2→ONU、LAN1→院内スイッチ",
        "password policy is reviewed",
        "パスワード：富士通に確認",
        "パスワード：NTTに確認",
        "PW:12文字以上",
        "パスワードは変更済み",
        "キー：本館1階で保管",
        "パス：C:\\Users\\joho1",
        "ID：CAF0001",
        "お客さまID: CAF1234567890",
        "admin / 総務課",
        "管理者 / 保守会社(24h)",
        "NEC / IX2215",
        "RTX1220 / Rev.15.04.06",
        "Windows / 10Pro22H2",
        "info / joho1@example.jp",
        "administrator権限あり",
        "保守用アカウントは admin です",
    ],
)
def test_a_sentence_about_passwords_is_no_password(text):
    assert not holds_credentials(text)


def places(*rows: list) -> list[tuple[int, int]]:
    return list(FINDER.places([list(row) for row in rows]))


def test_values_below_a_heading_are_found():
    rows = (["メーカー", "アカウント", "パスワード"], ["Cisco", "admin", "cisco"], ["NEC", "", 1234])
    assert places(*rows) == [(1, 1), (1, 2), (2, 2)]


def test_an_empty_list_has_nothing_to_find():
    assert (
        places(["メーカー", "アカウント/ログインID（＊）", "パスワード", "備考"], ["Cisco", "", ""], ["", "-", "不要"])
        == []
    )


def test_a_heading_with_a_number_and_marks_is_known():
    assert places(["※パスワード１"], ["abc"]) == [(1, 0)]


@pytest.mark.parametrize(
    "heading", ["管理者PW", "装置①パスワード", "ログイン用パスワード（管理画面）", "ルータの password", "PASS\nWORD2"]
)
def test_a_heading_in_words_of_its_own_is_known(heading):
    assert places(["機種名", heading], ["RTX1220", "abc"]) == [(1, 1)]


@pytest.mark.parametrize("text", ["ワンタイムパスワード", "認証：ID・パスワード", "二要素認証あり（ID+パスワード）"])
def test_a_way_of_signing_in_is_no_heading(text):
    assert places(["備考"], [text], ["12:00-13:00"]) == []


def test_a_sheet_of_accounts_with_one_row_and_no_heading_is_filled():
    assert FINDER.is_filled_without_headings([["ルータ", "admin", "Zx9!kQ7w#"]])
    assert not FINDER.is_filled_without_headings([["本シートは提出不要です"], ["備考"]])


def test_a_value_beside_a_label_is_found():
    assert places(["機種名", "ISR 921"], ["パスワード", "cisco"]) == [(1, 1)]


def test_a_heading_beside_a_heading_is_no_value():
    assert places(["アカウント", "パスワード", "備考"]) == []
    assert places(["パスワード", "備考"]) == []


def test_a_sentence_in_any_cell_is_found():
    assert places(["備考"], ["x"], ["ID: admin / PW: xxxx"]) == [(2, 0)]


def test_masks_are_no_values():
    assert places(["パスワード"], ["****"], ["●●●"], ["記入不要"]) == []


@pytest.mark.parametrize(
    "title",
    ["アカウント(ログインID)・パスワードリスト", "アカウント（ログインID）・パスワードリスト (2)", " アカウント "],
)
def test_a_sheet_of_accounts_is_known_by_its_name(title):
    assert FINDER.is_credential_sheet(title)


def test_other_sheets_are_no_sheets_of_accounts():
    assert not FINDER.is_credential_sheet("基本情報記入シート")


def test_what_was_seen_beside_cells_is_looked_at_anew_in_cells():
    """「パスワード」 alone in a comment gives nothing away; the same word over a column does, also afterwards."""
    assert not FINDER.gives_away("パスワード")
    assert places(["パスワード"], ["abc"]) == [(1, 0)]


def test_a_text_that_was_clean_once_is_still_found_when_it_is_not():
    assert places(["備考"], ["admin"]) == []
    assert places(["アカウント"], ["admin"]) == [(1, 0)]
