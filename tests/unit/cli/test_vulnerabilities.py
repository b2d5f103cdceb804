"""`sekisho vulnerabilities match` and `sekisho feeds`: answers, exit statuses, and one clear line where there is none."""

import json
import shutil
from pathlib import Path

import pytest

from sekisho.cli.main import main

SAMPLES = Path(__file__).parents[2] / "samples" / "feeds"
FORTIGATE = {"vendor": "fortinet", "model": "FortiGate-60F", "os": "FortiOS", "version": "v7.2.5,build1517", "serial_present": True,
             "support": {"status": "ended", "until": "2026-09-30", "source": "x"}}  # fmt: skip


@pytest.fixture
def feeds(tmp_path):
    folder = tmp_path / "feeds"
    folder.mkdir()
    for name in ("nvd.json", "kev.json", "epss.csv", "jvn.rdf", "endoflife.json"):
        shutil.copy(SAMPLES / name, folder)
    return folder


@pytest.fixture
def say(tmp_path, capsys):
    def said(*words, lang="ja"):
        status = main([*map(str, words), "--lang", lang])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return said


@pytest.fixture
def matched(tmp_path, feeds, say):
    def run(device, *words):
        path = tmp_path / "device.json"
        path.write_text(device if isinstance(device, str) else json.dumps(device, ensure_ascii=False), encoding="utf-8")
        return say("vulnerabilities", "match", path, "--feeds", feeds, *words)

    return run


def test_match_prints_the_contract_as_one_json_document(matched):
    status, out, err = matched(FORTIGATE, "--json", "--on", "2026-11-21")
    document = json.loads(out)
    assert (status, err) == (1, "")
    (found,) = (one for one in document["matches"] if one["cve"] == "CVE-2024-21762")
    assert found["verdict"] == "affected"
    assert found["confidence"] == {"name": "exact", "percent": 100}
    assert found["kev"] == {"added": "2024-02-09", "due": "2024-02-16", "ransomware": True}
    assert found["epss"] == {
        "probability": 0.92345,
        "percentile": 0.99912,
        "model": "v2025.03.14",
        "date": "2026-11-20",
    }
    assert found["cvss"]["score"] == 9.8
    assert (found["priority"]["level"], found["fixed_in"]) == (1, ["7.2.7"])
    assert "7.2.0" in found["reason"]["ja"]
    assert "7.2.0" in found["reason"]["en"]
    assert (document["support"]["status"], document["support"]["until"]) == ("ended", "2026-09-30")
    assert document["counts"] == {"yes": 1, "no": 0, "unknown": 0}
    assert {one["source"] for one in document["feeds"]["sources"]} >= {"nvd", "kev", "epss", "jvn", "endoflife"}


def test_match_shows_what_does_not_affect_when_asked(matched):
    _, out, _ = matched(FORTIGATE, "--json", "--all")
    assert {one["cve"]: one["verdict"] for one in json.loads(out)["matches"]}["CVE-2023-10004"] == "not_affected"


def test_match_is_done_without_problems_for_a_supported_and_fixed_device(matched):
    status, out, _ = matched(FORTIGATE | {"version": "v7.4.8,build2795,250523 (GA.M)"}, "--on", "2026-11-21")
    assert status == 0
    assert "安全を保証するものではありません" in out


@pytest.mark.parametrize("version", ["", "7.2", "最新"])
def test_match_is_not_done_while_something_cannot_be_told(matched, version):
    status, out, _ = matched(FORTIGATE | {"version": version}, "--json")
    document = json.loads(out)
    assert status == 1
    assert {one["verdict"] for one in document["matches"] if one["cve"] == "CVE-2024-21762"} == {"cannot_tell"}


def test_match_judges_support_on_the_day_asked(matched):
    for day, status in (("2026-01-01", "supported"), ("2026-06-01", "ending"), ("2026-11-21", "ended")):
        _, out, _ = matched(FORTIGATE, "--json", "--on", day)
        assert json.loads(out)["support"]["status"] == status


def test_match_takes_a_list_and_the_words_of_the_register(matched):
    devices = [
        {
            "maker": "ヤマハ",
            "model": "RTX1210",
            "software_version": "Rev.14.01.34",
            "exposed": True,
            "reach": 30,
            "critical": 2,
        },
        {"maker": "富士通", "model": "Si-R G110B", "software_version": "不明"},
        {"maker": "謎", "model": "X"},
        {"cpe": "cpe:/a:openbsd:openssh:9.2p1", "version": "9.2p1"},
    ]
    status, out, _ = matched(devices, "--json")
    first, second, third, fourth = json.loads(out)["devices"]
    assert status == 1
    assert [one["cve"] for one in first["matches"]] == ["CVE-2023-10003"]
    assert any("2 台" in reason["ja"] for reason in first["matches"][0]["priority"]["reasons"])
    assert [(one["cve"], one["verdict"]) for one in second["matches"]] == [("JVNDB-2020-000009", "cannot_tell")]
    assert third["product"] is None
    assert third["support"]["status"] == "unknown"
    assert "銘板" in third["gaps"][0]["ja"]
    assert [(one["cve"], one["verdict"]) for one in fourth["matches"]] == [("CVE-2023-10002", "affected")]


def test_match_never_says_nothing_of_a_maker_that_feeds_do_not_name(matched):
    status, out, _ = matched({"vendor": "nec_ix", "model": "IX2215", "version": "10.7.18"})
    assert status == 1
    assert "安全という意味ではありません" in out
    assert "不明" in out or "確かめられていません" in out


@pytest.mark.parametrize(
    "device",
    ["", "{", "[]", "null", "3", '"x"', "{}", '[{"model": ""}]', "[[1]]", '{"version": "7.2"}', "[" * 100_000, "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_match_refuses_what_is_no_device_in_one_line(tmp_path, feeds, say, device, lang):
    path = tmp_path / "device.json"
    path.write_text(device, encoding="utf-8")
    status, out, err = say("vulnerabilities", "match", path, "--feeds", feeds, lang=lang)
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_match_refuses_missing_places_in_one_line(tmp_path, feeds, say):
    device = tmp_path / "d.json"
    device.write_text(json.dumps(FORTIGATE))
    for words in (
        (tmp_path / "no.json", "--feeds", feeds),
        (device, "--feeds", tmp_path / "no"),
        (device,),
        (tmp_path, "--feeds", feeds),
    ):
        status, out, err = say("vulnerabilities", "match", *words)
        assert (status, out, err.count("\n")) == (2, "", 1)


def test_match_shows_no_control_characters_of_others(matched, feeds):
    raw = (feeds / "kev.json").read_text().replace("Fortinet FortiOS Out-of-Bound", "\\u001b[31m\\u202eFortinet")
    (feeds / "kev.json").write_text(raw)
    _, out, _ = matched(FORTIGATE | {"model": "FortiGate\x1b[2J"})
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_match_tells_what_is_old_and_what_could_not_be_read(matched, feeds):
    (feeds / "nvd.json").write_bytes((SAMPLES / "nvd.json").read_bytes()[:900])
    status, out, _ = matched(FORTIGATE)
    assert status == 1
    assert "nvd.json：ファイルが途中で切れています" in out
    assert "NVD の情報がありません" in out


def test_status_shows_dates_and_is_a_problem_when_something_is_missing(feeds, say):
    _, out, _ = say("feeds", "status", feeds)
    assert "kev\t2026-11-19\t3" in out
    (feeds / "epss.csv").unlink()
    status, out, _ = say("feeds", "status", feeds, "--json")
    assert status == 1
    assert any("EPSS" in one["ja"] for one in json.loads(out)["warnings"])


def test_feeds_go_into_a_closed_network_signed(tmp_path, feeds, say):
    secret, public, bundle, inside = (tmp_path / name for name in ("key", "key.pub", "feeds.zip", "inside"))
    assert say("feeds", "key", secret, public)[0] == 0
    assert say("feeds", "export", feeds, bundle, "--key", secret)[0] == 0
    status, out, _ = say("feeds", "import", bundle, inside, "--public-key", public, "--json")
    assert (status, json.loads(out)["files"]) == (0, 5)
    assert (inside / "nvd.json").read_bytes() == (feeds / "nvd.json").read_bytes()


def test_wrong_keys_and_cut_bundles_are_refused_in_one_line_and_change_nothing(tmp_path, feeds, say):
    secret, public, other, other_public = (tmp_path / name for name in ("key", "key.pub", "other", "other.pub"))
    bundle, cut, inside = (tmp_path / name for name in ("feeds.zip", "cut.zip", "inside"))
    say("feeds", "key", secret, public)
    say("feeds", "key", other, other_public)
    say("feeds", "export", feeds, bundle, "--key", secret)
    cut.write_bytes(bundle.read_bytes()[:-2_000])
    cases = [
        ("import", bundle, inside, "--public-key", other_public),
        ("import", cut, inside, "--public-key", public),
        ("import", bundle, inside, "--public-key", secret),
        ("import", tmp_path / "none.zip", inside, "--public-key", public),
        ("export", feeds, tmp_path / "x.zip", "--key", public),
        ("export", tmp_path, tmp_path / "x.zip", "--key", tmp_path / "none"),
        ("key", secret, tmp_path / "new.pub"),
        ("fetch", "nvd", inside, "--from", "http://nvd.example/"),
    ]
    for words in cases:
        status, out, err = say("feeds", *words)
        assert (status, out, err.count("\n")) == (2, "", 1), words
    assert not inside.exists()
    assert not (tmp_path / "x.zip").exists()


def test_the_secret_key_is_never_shown(tmp_path, say):
    _, out, err = say("feeds", "key", tmp_path / "key", tmp_path / "pub", "--json")
    secret = (tmp_path / "key").read_text().split()[-1]
    assert secret not in out + err
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
