"""Which published weaknesses concern a device: answers worked out by hand from the makers' notices."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.feeds import any_of, cve, epss, folder, kev, span, spans
from tests.acceptance.running import is_refusal, run

FORTIOS, PANOS, VEEAM = "o:fortinet:fortios", "o:paloaltonetworks:pan-os", "a:veeam:veeam_backup_\\&_replication"
PAN_HOTFIXES = ["10.2.9:-", "10.2.8:-", "10.2.7:-", "10.2.7:h1", "10.2.7:h3", "10.2.0:-", "10.2.0:h1", "10.2.0:h2",
                "11.0.4:-", "11.1.2:-", "11.1.2:h1"]  # fmt: skip
ASA = "a:cisco:adaptive_security_appliance_software"
BUILDS = (
    ("windows_10_1809", "10.0.17763.5122"),
    ("windows_10_22h2", "10.0.19045.3693"),
    ("windows_server_2019", "10.0.17763.5122"),
)

PUBLISHED = [
    cve("CVE-2018-13379", spans(FORTIOS, ">=5.4.6 <5.4.13", ">=5.6.3 <5.6.8", ">=6.0.0 <6.0.5")),
    cve("CVE-2022-42475", spans(FORTIOS, ">=5.0.0 <=5.0.14", ">=5.2.0 <=5.2.15", ">=5.4.0 <=5.4.13", ">=5.6.0 <=5.6.14",
        ">=6.0.0 <=6.0.15", ">=6.2.0 <6.2.12", ">=6.4.0 <6.4.11", ">=7.0.0 <7.0.9", ">=7.2.0 <7.2.3")),
    cve("CVE-2024-21762", spans(FORTIOS, ">=6.0.0 <6.2.16", ">=6.4.0 <6.4.15", ">=7.0.0 <7.0.14", ">=7.2.0 <7.2.7",
        ">=7.4.0 <7.4.3")),
    cve("CVE-2024-3400", [{"nodes": [any_of(*(
        span(f"cpe:2.3:o:paloaltonetworks:pan-os:{one}:*:*:*:*:*:*") for one in PAN_HOTFIXES))]}]),
    cve("CVE-2020-2021", spans(PANOS, ">=8.0.0 <=8.0.20", ">=8.1.0 <8.1.15", ">=9.0.0 <9.0.9", ">=9.1.0 <9.1.3")),
    cve("CVE-2024-9474", spans(PANOS, ">=10.1.0 <10.1.14", ">=10.2.0 <10.2.12", ">=11.0.0 <11.0.6")),
    cve("CVE-2023-20198", spans("o:cisco:ios_xe", ">=16.12 <16.12.10a", ">=17.3 <17.3.8a", ">=17.6 <17.6.6a",
        ">=17.9 <17.9.4a")),
    cve("CVE-2017-6736", [{"nodes": [any_of(*(span(f"cpe:2.3:o:cisco:ios:{one}:*:*:*:*:*:*:*") for one in (
        "12.4\\(6\\)t2", "15.1\\(4\\)m12", "15.8\\(3\\)m2")))]}]),
    cve("CVE-2020-3580", spans(ASA, "<9.6.4.45", ">=9.8 <9.8.4.34", ">=9.12 <9.12.4.13", ">=9.14 <9.14.2.8")),
    cve("CVE-2023-27532", spans(VEEAM, "<11.0.1.1261")),
    cve("CVE-2022-26500", [{"nodes": [any_of(*(span(f"cpe:2.3:{VEEAM}:{one}:*:*:*:*:*:*") for one in (
        "11.0.1.1261:-", "11.0.1.1261:p20211123", "11.0.1.1261:p20211211")))]}]),
    cve("CVE-2024-40711", spans(VEEAM, ">=12.0.0.1420 <12.2.0.334")),
    cve("CVE-2023-36033", [{"nodes": [any_of(*(
        span(f"cpe:2.3:o:microsoft:{name}:*:*:*:*:*:*:*:*", f"<{build}") for name, build in BUILDS))]}]),
    cve("CVE-2019-0708", [{"nodes": [any_of(
        span("cpe:2.3:o:microsoft:windows_7:-:sp1:*:*:*:*:*:*"), span("cpe:2.3:o:microsoft:windows_xp:-:sp3:*:*:*:*:x86:*"),
        span("cpe:2.3:o:microsoft:windows_server_2008:r2:sp1:*:*:*:*:x64:*"))]}]),
    cve("CVE-2023-38408", spans("a:openbsd:openssh", "<9.3")),
    cve("CVE-2024-6387", spans("a:openbsd:openssh", "<4.4", ">=8.6 <9.8")),
    cve("CVE-2021-44142", spans("o:vendor:nothing", "<1")),
]  # fmt: skip


def fortigate(version: str) -> dict[str, str]:
    return {"vendor": "fortinet", "model": "FortiGate-60F", "os": "FortiOS", "version": version}


def palo_alto(version: str) -> dict[str, str]:
    return {"vendor": "paloalto", "model": "PA-220", "os": "PAN-OS", "version": version}


def cisco(version: str, os: str = "IOS XE", model: str = "C1111-8P") -> dict[str, str]:
    return {"vendor": "cisco", "model": model, "os": os, "version": version}


def veeam(version: str) -> dict[str, str]:
    return {"vendor": "Veeam", "model": "Backup & Replication", "os": "", "version": version}


def windows(name: str, version: str) -> dict[str, str]:
    return {"vendor": "Microsoft", "model": name, "os": "Windows", "version": version}


def openssh(version: str) -> dict[str, str]:
    return {"cpe": "cpe:/a:openbsd:openssh", "version": version}


YES, NO, UNKNOWN = "affected", "not_affected", "cannot_tell"
ANSWERS: list[tuple[dict[str, str], str, str]] = [
    # Handa Hospital's way in: 5.4.6-5.4.12, 5.6.3-5.6.7, 6.0.0-6.0.4
    (fortigate("v6.0.4,build0231,190107 (GA)"), "CVE-2018-13379", YES),
    (fortigate("v6.0.5,build0268"), "CVE-2018-13379", NO),
    (fortigate("5.4.6"), "CVE-2018-13379", YES),
    (fortigate("5.4.5"), "CVE-2018-13379", NO),
    (fortigate("5.4.12"), "CVE-2018-13379", YES),
    (fortigate("v5.4.13"), "CVE-2018-13379", NO),
    (fortigate("5.6.2"), "CVE-2018-13379", NO),
    (fortigate("5.6.7"), "CVE-2018-13379", YES),
    (fortigate("6.2.0"), "CVE-2018-13379", NO),
    (fortigate("7.4.8"), "CVE-2018-13379", NO),
    (fortigate("v7.2.2,build1255,220930 (GA.F)"), "CVE-2022-42475", YES),
    (fortigate("v7.2.3,build1262,221109 (GA.F)"), "CVE-2022-42475", NO),
    (fortigate("7.0.8"), "CVE-2022-42475", YES),
    (fortigate("7.0.9"), "CVE-2022-42475", NO),
    (fortigate("7.0.10"), "CVE-2022-42475", NO),
    (fortigate("6.0.15"), "CVE-2022-42475", YES),
    (fortigate("6.0.16"), "CVE-2022-42475", NO),
    (fortigate("6.4.10"), "CVE-2022-42475", YES),
    (fortigate("6.4.11"), "CVE-2022-42475", NO),
    (fortigate("v7.2.6"), "CVE-2024-21762", YES),
    (fortigate("v7.2.7"), "CVE-2024-21762", NO),
    (fortigate("v7.2.10"), "CVE-2024-21762", NO),
    (fortigate("7.4.2"), "CVE-2024-21762", YES),
    (fortigate("7.4.3"), "CVE-2024-21762", NO),
    (fortigate("6.0.17"), "CVE-2024-21762", YES),
    (fortigate("6.2.15"), "CVE-2024-21762", YES),
    (fortigate("6.4.14"), "CVE-2024-21762", YES),
    (fortigate("8.0.0"), "CVE-2024-21762", NO),
    (fortigate("7.4"), "CVE-2024-21762", UNKNOWN),
    (fortigate("不明"), "CVE-2024-21762", UNKNOWN),
    (fortigate(""), "CVE-2024-21762", UNKNOWN),
    (fortigate("最新"), "CVE-2024-21762", UNKNOWN),
    # hotfixes: NVD lists each release that is affected
    (palo_alto("10.2.9"), "CVE-2024-3400", YES),
    (palo_alto("10.2.9-h1"), "CVE-2024-3400", NO),
    (palo_alto("10.2.7-h3"), "CVE-2024-3400", YES),
    (palo_alto("10.2.7-h8"), "CVE-2024-3400", NO),
    (palo_alto("10.2.0-h2"), "CVE-2024-3400", YES),
    (palo_alto("10.2.0-h3"), "CVE-2024-3400", NO),
    (palo_alto("11.1.2"), "CVE-2024-3400", YES),
    (palo_alto("11.1.2-h1"), "CVE-2024-3400", YES),
    (palo_alto("11.1.2-h3"), "CVE-2024-3400", NO),
    (palo_alto("10.1.14"), "CVE-2024-3400", NO),
    (palo_alto("8.1.14-h2"), "CVE-2020-2021", YES),
    (palo_alto("8.1.15"), "CVE-2020-2021", NO),
    (palo_alto("9.0.8"), "CVE-2020-2021", YES),
    (palo_alto("9.1.3"), "CVE-2020-2021", NO),
    (palo_alto("10.2.11-h13"), "CVE-2024-9474", YES),
    (palo_alto("10.2.18-h9"), "CVE-2024-9474", NO),
    # IOS XE: leading zeros as the device prints them, rebuild letters
    (cisco("17.09.04"), "CVE-2023-20198", YES),
    (cisco("17.9.4"), "CVE-2023-20198", YES),
    (cisco("17.09.04a"), "CVE-2023-20198", NO),
    (cisco("17.9.5"), "CVE-2023-20198", NO),
    (cisco("16.12.10"), "CVE-2023-20198", YES),
    (cisco("16.12.10a"), "CVE-2023-20198", NO),
    (cisco("16.09.03"), "CVE-2023-20198", NO),
    (cisco("17.03.08"), "CVE-2023-20198", YES),
    (cisco("17.12.1"), "CVE-2023-20198", NO),
    (cisco("15.8(3)M2", "IOS", "C921-4P"), "CVE-2017-6736", YES),
    (cisco("15.8(3)M3", "IOS", "C921-4P"), "CVE-2017-6736", NO),
    (cisco("12.4(6)T2", "IOS", "1841"), "CVE-2017-6736", YES),
    (cisco("12.4(6)T11", "IOS", "1841"), "CVE-2017-6736", NO),
    # ASA prints 9.8(4)33, NVD writes 9.8.4.33
    (cisco("9.8(4)33", "ASA", "ASA5506"), "CVE-2020-3580", YES),
    (cisco("9.8(4)34", "ASA", "ASA5506"), "CVE-2020-3580", NO),
    (cisco("9.14(2)8", "ASA", "ASA5516"), "CVE-2020-3580", NO),
    (cisco("9.14(2)4", "ASA", "ASA5516"), "CVE-2020-3580", YES),
    (cisco("9.12(4)", "ASA", "ASA5516"), "CVE-2020-3580", YES),
    (cisco("9.1(7)32", "ASA", "ASA5505"), "CVE-2020-3580", YES),
    (veeam("11.0.0.837"), "CVE-2023-27532", YES),
    (veeam("11.0.1.1261"), "CVE-2023-27532", NO),
    (veeam("9.5.4.2866"), "CVE-2023-27532", YES),
    (veeam("12.1.2.172"), "CVE-2024-40711", YES),
    (veeam("12.2.0.334"), "CVE-2024-40711", NO),
    (veeam("11.0.1.1261"), "CVE-2024-40711", NO),
    (veeam("12"), "CVE-2024-40711", UNKNOWN),
    (veeam("12.1"), "CVE-2024-40711", YES),
    (veeam("11a"), "CVE-2023-27532", UNKNOWN),
    (veeam("11.0.1.1261 P20220302"), "CVE-2022-26500", NO),
    (veeam("11.0.1.1261 P20211123"), "CVE-2022-26500", YES),
    (veeam("11.0.1.1261"), "CVE-2022-26500", YES),
    (veeam("10.0.1.4854"), "CVE-2022-26500", NO),
    (windows("Windows 10 1809", "10.0.17763.5000"), "CVE-2023-36033", YES),
    (windows("Windows 10 1809", "10.0.17763.5122"), "CVE-2023-36033", NO),
    (windows("Windows Server 2019", "10.0.17763.4974"), "CVE-2023-36033", YES),
    (windows("Windows Server 2019", "10.0.17763.5329"), "CVE-2023-36033", NO),
    (windows("Windows 10 22H2", "10.0.19045.3570"), "CVE-2023-36033", YES),
    (windows("Windows 10 22H2", "10.0.19045.4170"), "CVE-2023-36033", NO),
    (windows("Windows 10 22H2", "19045"), "CVE-2023-36033", UNKNOWN),
    (windows("Windows Server 2019", "不明"), "CVE-2023-36033", UNKNOWN),
    (openssh("7.4"), "CVE-2023-38408", YES),
    (openssh("9.3"), "CVE-2023-38408", NO),
    (openssh("9.3p1"), "CVE-2024-6387", YES),
    (openssh("9.8p1"), "CVE-2024-6387", NO),
    (openssh("8.5p1"), "CVE-2024-6387", NO),
    (openssh("4.3p2"), "CVE-2024-6387", YES),
    (openssh("10.0p1"), "CVE-2024-6387", NO),
]


def ask(device: Any, feeds: Path, *more: str, on: str = "2026-11-21") -> dict[str, Any]:
    path = feeds.parent / "device.json"
    path.write_text(json.dumps(device, ensure_ascii=False), encoding="utf-8")
    done = run("vulnerabilities", "match", path, "--feeds", feeds, "--json", "--on", on, *more)
    assert done.stderr == ""
    document: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode in {0, 1}
    return document | {"status": done.returncode}


def only(answer: dict[str, Any], at: int = 0) -> dict[str, Any]:
    """Return what was answered about one device: of a list, the one at that place."""
    found: dict[str, Any] = answer["devices"][at] if "devices" in answer else answer
    return found


def told(answer: dict[str, Any], at: int = 0) -> dict[str, str]:
    return {match["cve"]: match["verdict"] for match in only(answer, at)["matches"]}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    feeds = folder(tmp_path_factory.mktemp("published") / "feeds", *PUBLISHED)
    return ask([device for device, _, _ in ANSWERS], feeds, "--all")


@pytest.mark.parametrize("at", range(len(ANSWERS)), ids=[f"{d['version']}-{c}-{v}" for d, c, v in ANSWERS])
def test_the_published_ranges_are_kept(answers, at):
    device, name, verdict = ANSWERS[at]
    found = told(answers, at)
    assert found.get(name) == verdict, (device, answers["devices"][at]["product"], found)


def test_no_other_product_is_ever_named(answers):
    for (device, _, _), answer in zip(ANSWERS, answers["devices"], strict=True):
        names = {match["cve"] for match in answer["matches"]}
        assert "CVE-2021-44142" not in names
        if device.get("os") == "FortiOS":
            assert names == {"CVE-2018-13379", "CVE-2022-42475", "CVE-2024-21762"}
        if device.get("os") == "IOS XE":
            assert names == {"CVE-2023-20198"}


@pytest.mark.parametrize(
    ("version", "name"), [("7601", "Windows 7"), ("6.1.7601", "Windows 7 SP1"), ("2600", "Windows XP SP3")]
)
def test_a_windows_without_versions_in_the_feed_is_never_called_safe(tmp_path, version, name):
    """NVD writes "-" where Microsoft gives a monthly patch and no number: only the patch level decides."""
    answer = ask(windows(name, version), folder(tmp_path / "f", *PUBLISHED), "--all")
    assert told(answer).get("CVE-2019-0708", "absent") != NO
    assert only(answer)["gaps"] or told(answer)["CVE-2019-0708"] in {YES, UNKNOWN}


JAPANESE = [
    {"maker": "ヤマハ", "model": "RTX1210", "software_version": "Rev.14.01.40"},
    {"vendor": "yamaha", "model": "RTX830", "os": "", "version": "Rev.15.02.31"},
    {"maker": "NEC", "model": "UNIVERGE IX2215", "software_version": "10.7.18"},
    {"maker": "日本電気", "model": "ＩＸ２１０６", "software_version": "Ver.10.2.42"},
    {"maker": "富士通", "model": "Si-R220C", "software_version": "V35.03 NY0028"},
    {"maker": "富士通", "model": "Si-R G110B", "software_version": "不明"},
    {"maker": "古河電工", "model": "FITELnet F220 EX", "software_version": "T10.02(00)[0]00.00.0"},
    {"maker": "アライドテレシス", "model": "AR3050S", "software_version": "5.5.3-0.1"},
    {"maker": "アライドテレシス", "model": "CentreCOM AR415S", "software_version": "2.9.2-14"},
    {"maker": "バッファロー", "model": "VR-S1000", "software_version": "2.37"},
    {"maker": "聞いたことのない会社", "model": "謎の箱", "software_version": "1"},
]


@pytest.mark.parametrize("device", JAPANESE, ids=[one["model"] for one in JAPANESE])
def test_a_router_that_no_feed_names_is_never_called_safe(tmp_path, device):
    feeds = folder(tmp_path / "f", *PUBLISHED, kev__json=kev("CVE-2024-21762"), epss__csv=epss(CVE_2024_21762=0.9))
    answer = ask(device, feeds)
    assert answer["status"] == 1
    (gap, *_) = only(answer)["gaps"]
    assert gap["ja"]
    assert gap["en"]
    assert only(answer)["support"]["status"] != "supported"
    spoken = run("vulnerabilities", "match", feeds.parent / "device.json", "--feeds", feeds)
    assert "安全という意味ではありません" in spoken.stdout or "分かりません" in spoken.stdout


def test_a_japanese_routers_own_entry_is_matched_by_its_own_versions(tmp_path):
    own = cve("CVE-2021-20844", spans("o:yamaha:rtx830_firmware", "<=15.02.17"))
    older = {"maker": "ヤマハ株式会社", "model": "ＲＴＸ８３０", "software_version": "Rev.15.02.09 (Tue May 14 2019)"}
    newer = {"maker": "YAMAHA", "model": "RTX830", "software_version": "Rev.15.02.22"}
    other = {"maker": "YAMAHA", "model": "RTX1210", "software_version": "Rev.14.01.09"}
    answer = ask([older, newer, other], folder(tmp_path / "f", own), "--all")
    assert [told(answer, at).get("CVE-2021-20844") for at in range(3)] == [YES, NO, None]


OLD_WINDOWS = [
    ("Windows Server 2019", "10.0.17763.1098", "windows_server_2019:-", UNKNOWN),  # ZeroLogon, as NVD wrote in 2020
    ("Windows Server 2008 R2", "6.1.7601", "windows_server_2008:r2:sp1", UNKNOWN),
    ("Windows 10 22H2", "10.0.19045.3570", "windows_10:22h2", UNKNOWN),
    ("Windows 10 22H2", "10.0.19045.3570", "windows_10:1809", NO),
    ("Windows 10 1809", "10.0.17763.5000", "windows_10:1809", UNKNOWN),
    ("Windows 10 22H2", "10.0.19045.3570", "windows_10:-", UNKNOWN),
    ("Windows 11 23H2", "10.0.22631.3000", "windows_10:-", None),
    ("Windows Server 2022", "10.0.20348.2000", "windows_server_2019:-", None),
]


@pytest.mark.parametrize(
    ("name", "version", "named", "verdict"), OLD_WINDOWS, ids=[f"{n} {w}" for n, _, w, _ in OLD_WINDOWS]
)
def test_a_windows_that_is_named_without_builds_is_open_and_another_one_is_not_meant(
    tmp_path, name, version, named, verdict
):
    fields = [*named.split(":"), *"******"][:7] if named.count(":") == 1 else [*named.split(":"), *"******"][:8]
    criteria = "cpe:2.3:o:microsoft:" + ":".join((fields + ["*"] * 8)[:9])
    answer = ask(
        windows(name, version),
        folder(tmp_path / "f", cve("CVE-2020-1472", [{"nodes": [any_of(span(criteria))]}])),
        "--all",
    )
    assert told(answer).get("CVE-2020-1472") == verdict
    for match in only(answer)["matches"]:
        assert verdict is NO or match["confidence"]["percent"] < 100


def router(version: str) -> dict[str, str]:
    return {"cpe": "cpe:2.3:o:acme:rt-1_firmware:*:*:*:*:*:*:*:*", "version": version}


FIRMWARE, BOX = "cpe:2.3:o:acme:rt-1_firmware:{}:*:*:*:*:*:*:*", "cpe:2.3:h:acme:rt-1:{}:*:*:*:*:*:*:*"


def conf(*nodes: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"nodes": list(nodes), **more}]


SHAPES = {
    "open below": (conf(any_of(span(FIRMWARE.format("*"), "<2.0"))), {"0.1": YES, "1.99": YES, "2.0": NO}),
    "open above": (conf(any_of(span(FIRMWARE.format("*"), ">=2.0"))), {"1.9": NO, "2.0": YES, "99.1": YES}),
    "both excluded": (conf(any_of(span(FIRMWARE.format("*"), ">1.0 <2.0"))), {"1.0": NO, "1.0.1": YES, "2.0": NO}),
    "both included": (conf(any_of(span(FIRMWARE.format("*"), ">=1.0 <=2.0"))), {"1.0": YES, "2.0": YES, "2.0.1": NO}),
    "one version": (conf(any_of(span(FIRMWARE.format("1.5")))), {"1.5": YES, "1.4": NO, "1.50": NO}),
    "numbers, not letters": (conf(any_of(span(FIRMWARE.format("*"), "<1.10"))), {"1.9": YES, "1.10": NO, "1.2": YES}),
    "all versions": (conf(any_of(span(FIRMWARE.format("*")))), {"1.0": "maybe"}),
    "not applicable": (conf(any_of(span(FIRMWARE.format("-")))), {"1.0": "not yes"}),
    "firmware on its hardware": (
        conf(any_of(span(FIRMWARE.format("*"), "<2.0")), any_of(span(BOX.format("-"), vulnerable=False)), operator="AND"),
        {"1.0": "maybe", "2.0": NO},
    ),
    "running on something else": (
        conf(
            any_of(span(FIRMWARE.format("*"), "<2.0")),
            any_of(span("cpe:2.3:h:acme:rt-9:-:*:*:*:*:*:*:*", vulnerable=False)),
            operator="AND",
        ),
        {"1.0": "maybe", "2.0": NO},
    ),
    "only the surroundings": (
        conf(
            any_of(span("cpe:2.3:a:other:program:*:*:*:*:*:*:*:*")),
            any_of(span(FIRMWARE.format("*"), vulnerable=False)),
            operator="AND",
        ),
        {"1.0": "not yes"},
    ),
    "two configurations": (
        conf(any_of(span(FIRMWARE.format("1.0")))) + conf(any_of(span(FIRMWARE.format("3.0")))),
        {"1.0": YES, "2.0": NO, "3.0": YES},
    ),
    "negated": (conf(any_of(span(FIRMWARE.format("*"), "<2.0"), negate=True)), {"1.0": "not yes"}),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_configuration_is_read_as_nvd_means_it(tmp_path, shape):
    configurations, expected = SHAPES[shape]
    answer = ask(
        [router(version) for version in expected], folder(tmp_path / "f", cve("CVE-2025-0001", configurations)), "--all"
    )
    for at, (version, verdict) in enumerate(expected.items()):
        found = told(answer, at).get("CVE-2025-0001")
        if verdict == "maybe":
            assert found in {YES, UNKNOWN}, version
            (match,) = answer["devices"][at]["matches"]
            assert match["confidence"]["percent"] < 100
        elif verdict == "not yes":
            assert found != YES, version
        else:
            assert found == verdict, version


def test_what_was_withdrawn_is_never_told(tmp_path):
    entry = cve("CVE-2025-0001", spans("o:acme:rt-1_firmware", "<2"), vulnStatus="Rejected")
    assert told(ask(router("1"), folder(tmp_path / "f", entry))) == {}


def test_exploitation_and_likelihood_are_joined_by_number_alone(tmp_path):
    entries = [cve(f"CVE-2025-000{at}", spans("o:acme:rt-1_firmware", "<2")) for at in (1, 2, 3, 4)]
    catalogue = kev("CVE-2025-0002")
    catalogue["vulnerabilities"] += kev("CVE-2025-0003", ransomware=False)["vulnerabilities"]
    scores = epss(CVE_2025_0001=0.001, CVE_2025_0004=0.97)
    feeds = folder(tmp_path / "f", *entries, k__json=catalogue | {"count": 2}, e__csv=scores)
    matches = {one["cve"]: one for one in only(ask(router("1") | {"exposed": True}, feeds))["matches"]}
    assert matches["CVE-2025-0002"]["kev"]["ransomware"] is True
    assert matches["CVE-2025-0003"]["kev"]["ransomware"] is False
    assert matches["CVE-2025-0001"]["kev"] is None
    assert matches["CVE-2025-0004"]["epss"]["probability"] == 0.97
    assert matches["CVE-2025-0004"]["epss"]["date"] == "2026-11-20"
    assert matches["CVE-2025-0002"]["epss"] is None
    assert next(iter(matches)) == "CVE-2025-0002"
    assert matches["CVE-2025-0002"]["priority"]["level"] <= matches["CVE-2025-0001"]["priority"]["level"]


def test_missing_and_old_feeds_are_told_and_never_read_as_nothing_found(tmp_path):
    answer = ask(router("3"), folder(tmp_path / "f", cve("CVE-2025-0001", spans("o:acme:rt-1_firmware", "<2"))))
    warnings = " ".join(one["en"] for one in answer["feeds"]["warnings"])
    assert "KEV" in warnings
    assert "EPSS" in warnings
    later = ask(router("3"), tmp_path / "f", on="2027-11-21")
    assert len(later["feeds"]["warnings"]) > len(answer["feeds"]["warnings"])
    assert any("366 days" in one["en"] for one in later["feeds"]["warnings"])


@pytest.mark.parametrize(
    "device",
    [
        {"vendor": "fortinet", "model": "FortiGate-60F", "os": "FortiOS", "version": "7.2.5", "serial_present": True,
         "support": {"status": "supported", "until": "2026-09-30", "source": "x"}},
        {"maker": "フォーティネット", "model": "FortiGate 60F", "software_version": "v7.2.5"},
        {"maker": "Fortinet", "model": "ＦｏｒｔｉＧａｔｅ－６０Ｆ", "software_version": "ｖ７．２．５"},
        {"maker": "FORTINET", "model": "fortigate60f", "software_version": "FortiOS 7.2.5 build1517"},
        {"maker": "フォーティネットジャパン", "model": "FG-60F", "software_version": "7.2.5"},
    ],
    ids=["identified", "register", "full width", "small letters", "short name"],
)  # fmt: skip
def test_a_device_is_known_however_a_person_writes_it(tmp_path, device):
    answer = ask(device, folder(tmp_path / "f", *PUBLISHED))
    assert told(answer) == {"CVE-2024-21762": YES}


def test_the_answer_is_spoken_in_both_languages(tmp_path):
    feeds = folder(tmp_path / "f", *PUBLISHED)
    ask(fortigate("7.2.5"), feeds)
    words = ("vulnerabilities", "match", tmp_path / "device.json", "--feeds", feeds, "--on", "2026-11-21")
    japanese, english = run(*words, "--lang", "ja").stdout, run(*words, "--lang", "en").stdout
    assert "お使いの版" in japanese
    assert "is among those affected" in english
    assert not any("぀" <= letter <= "ヿ" for letter in english)


BAD_DEVICES = {
    "nothing": b"", "not JSON": b"RTX1210", "a number": b"7", "null": b"null", "an empty list": b"[]",
    "a list of words": b'["RTX1210"]', "empty": b"{}",
    "half": b'{"vendor": "fortinet", "model": "Forti', "a list in a list": b"[[{}]]",
    "not text": b'{"vendor": "\xff\xfe", "model": "x"}', "deep": b"[" * 100_000 + b"]" * 100_000,
    "NaN": b'{"vendor": NaN, "model": "x"}',
    "twice": b'{"vendor": "fortinet", "vendor": "yamaha", "model": "FortiGate"}',
}  # fmt: skip


@pytest.mark.parametrize("content", BAD_DEVICES.values(), ids=list(BAD_DEVICES))
def test_a_file_that_names_no_device_is_refused_in_one_line(tmp_path, content):
    feeds = folder(tmp_path / "f", *PUBLISHED)
    (tmp_path / "device.json").write_bytes(content)
    for language in ("ja", "en"):
        done = run("vulnerabilities", "match", tmp_path / "device.json", "--feeds", feeds, "--lang", language, "--json")
        assert is_refusal(done), (done.stdout[:300], done.stderr)


@pytest.mark.parametrize(
    "device", [{"vendor": "fortinet"}, {"vendor": 7, "model": {"a": 1}, "version": []}, {"cpe": "cpe:2.3:x", "version": "1"}],
    ids=str,
)  # fmt: skip
def test_words_that_mean_no_product_are_told_and_not_called_safe(tmp_path, device):
    answer = ask([device, fortigate("7.2.5")], folder(tmp_path / "f", *PUBLISHED))
    assert answer["status"] == 1
    assert only(answer)["product"] is None
    assert "安全という意味ではありません" in only(answer)["gaps"][0]["ja"]
    assert told(answer, 1) == {"CVE-2024-21762": YES}


def test_a_mark_of_byte_order_is_no_obstacle(tmp_path):
    feeds = folder(tmp_path / "f", *PUBLISHED)
    (tmp_path / "device.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(fortigate("7.2.5")).encode())
    done = run("vulnerabilities", "match", tmp_path / "device.json", "--feeds", feeds, "--json")
    assert done.returncode == 1
    assert told(json.loads(done.stdout)) == {"CVE-2024-21762": YES}


def test_where_feeds_are_missing_it_is_refused_in_one_line(tmp_path):
    ask(fortigate("1"), folder(tmp_path / "f", *PUBLISHED))
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for feeds in ("absent", "file"):
        done = run("vulnerabilities", "match", tmp_path / "device.json", "--feeds", tmp_path / feeds)
        assert is_refusal(done), feeds
    done = run("vulnerabilities", "match", tmp_path / "device.json", "--feeds", tmp_path / "empty", "--json")
    assert done.returncode in {1, 2}
    assert is_refusal(done) or json.loads(done.stdout)["feeds"]["warnings"]


def test_a_folder_that_cannot_be_written_still_answers(tmp_path):
    feeds = folder(tmp_path / "f", *PUBLISHED)
    (feeds / ".sekisho-feeds.sqlite3").mkdir()
    assert told(ask(fortigate("7.2.5"), feeds)) == {"CVE-2024-21762": YES}


def test_a_store_that_was_spoilt_is_read_again(tmp_path):
    feeds = folder(tmp_path / "f", *PUBLISHED)
    ask(fortigate("7.2.5"), feeds)
    store = feeds / ".sekisho-feeds.sqlite3"
    for content in (b"", b"not a database", store.read_bytes()[:5000]):
        store.write_bytes(content)
        assert told(ask(fortigate("7.2.5"), feeds)) == {"CVE-2024-21762": YES}
