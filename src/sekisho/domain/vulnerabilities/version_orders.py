"""The version orders of the makers. A table with its readers: longer than a module usually is, because each maker counts
differently and the readers are best compared side by side.

Forms of device output are those of the devices themselves (show version, get system status ...); forms in CPE names are
those of NVD's dictionary. Every order reads both. Letters may be of either case.
"""

import re
from collections.abc import Mapping

from sekisho.domain.vulnerabilities.versions import (
    END,
    TOP,
    Item,
    Key,
    Version,
    VersionOrder,
    before_release,
    number,
    of_numbers,
    whole,
    word,
)

_STAGES = {
    "dev": 0, "snapshot": 0, "nightly": 0, "alpha": 1, "beta": 2, "eft": 2, "preview": 3, "prerelease": 3, "pre": 3, "rc": 4, "cr": 4,
}  # fmt: skip
_TOKEN = re.compile(r"(\d+)|([a-z]+)")
_LEADING_WORD = re.compile(r"^(?:version|ver|rev|release|firmware|v|r)[.:\s]*(?=\d)", re.IGNORECASE)
_MOST_DIGITS = 18


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", text))


def _letters(text: str) -> Item:
    """Return letters that follow a number, the end when there are none."""
    return word(text.lower()) if text else END


def _pattern(expression: str) -> re.Pattern[str]:
    # \d would take digits of every script; versions are folded to ASCII before they are read.
    return re.compile(expression, re.IGNORECASE | re.ASCII)


def _generic(text: str) -> Version | None:
    """Numbers and letters in turn: letters after a number are later, names of pre-releases earlier, zeros at the end nothing."""
    bare = _LEADING_WORD.sub("", text.lower())
    if not re.match(r"\d", bare, re.ASCII) or not re.fullmatch(r"[a-z0-9._+\-()\[\],:/ ~]+", bare):
        return None
    # Words in brackets or after a blank or comma are remarks: "9.2p1 Debian 2", "v7.2.5 (GA)"; CPE's update is joined by "-".
    bare = re.split(r"[ ,(/~+]", bare, maxsplit=1)[0]
    key: list[Item] = []
    for digits, letters in _TOKEN.findall(bare):
        if digits:
            if len(digits) > _MOST_DIGITS:
                return None
            key.append(number(int(digits)))
            continue
        _drop_zeros(key)
        key.append(before_release(_STAGES[letters]) if letters in _STAGES else word(letters))
    _drop_zeros(key)
    return whole((*key, END))


def _drop_zeros(key: list[Item]) -> None:
    """Take zeros off the end of the last run of numbers: 16.9.0 is 16.9; the first number stays."""
    while len(key) > 1 and key[-1] == number(0):
        key.pop()


_IOS_TRAIN = _pattern(r"(\d+)\.(\d+)([a-z]+)(\d*)")
_IOS = _pattern(r"(\d+)\.(\d+)(?:\((\d+)(?:\.(\d+))?([a-z])?\)([a-z]*?)(\d*)([a-z]*)(?:[,;\s].*)?)?")
_IOS_MAIN_LINE = {"": "", "T": "T", "M": "T"}


def _ios(text: str) -> Version | None:
    """`15.8(3)M2`: release, maintenance, train, rebuild. Trains of technology (T) and maintenance (M) are one line; others
    have their own, which compare with nothing but themselves."""
    if found := _IOS_TRAIN.fullmatch(text):
        # "12.2ya": all of a train, as old advisories name it.
        items: Key = (number(int(found[1])), number(int(found[2])))
        return Version((*items, END), (*items, TOP), f"train {found[3].upper()}", found[4])
    found = _IOS.fullmatch(text)
    if not found:
        return None
    major, minor, maintenance, interim, paren, train, rebuild, suffix = found.groups()
    era = (int(major), int(minor))
    head: Key = (number(era[0]), number(era[1]))
    if maintenance is None:
        # Of which train it is was not said: it compares with nothing.
        return Version((*head, END), (*head, TOP), "?")
    if not rebuild and len(train) == 0 and suffix:
        # "15.2(4)e": the shortest match left the train to the suffix.
        train, suffix = suffix, ""
    train = train.upper()
    if train in _IOS_MAIN_LINE:
        family, line = "main", _IOS_MAIN_LINE[train]
    else:
        family, line = f"train {train}", ""
    tail: Key = (number(int(maintenance)), number(int(interim or 0)), _letters(paren or ""))
    return whole((*head, *tail, number(int(rebuild or 0)), _letters(suffix)), family, line, era)


_IOS_XE = _pattern(r"(\d+)\.(\d+)(?:\.(\d+)(?:\.(\d+))?)?([a-z]*)(\d*)(?:[,;\s].*)?")


def _ios_xe(text: str) -> Version | None:
    """`16.09.03` is `16.9.3`; letters name rebuilds (16.3.5b), in 3.x the train (3.16.5S, 03.06.05E)."""
    found = _IOS_XE.fullmatch(text)
    if not found:
        return None
    major, minor, rebuild, fourth, letters, after = found.groups()
    numbers = tuple(int(one) for one in (major, minor, rebuild, fourth) if one is not None)
    if numbers[0] > 3:
        return of_numbers(numbers[:3], 3, (number(numbers[3] if len(numbers) > 3 else 0), _letters(letters + after)))
    # 3.x: all of it lies before 16.x, but its trains (S, E, SG, XO ...) do not compare with each other.
    made = of_numbers(numbers[:3], 3, (number(numbers[3] if len(numbers) > 3 else 0), END))
    return Version(made.low, made.high, "", letters.upper()[:2].rstrip("AB") or "?", (0,))


_ASA = _pattern(r"(\d+)\.(\d+)(?:\((\d+)(?:\.(\d+))?\)(\d+)?|\.(\d+)(?:\.(\d+))?)?(?:[,;\s].*)?")


def _asa(text: str) -> Version | None:
    """`9.16(4)19` and CPE's `9.16.4.19` are the same."""
    found = _ASA.fullmatch(text)
    if not found:
        return None
    major, minor, maintenance, interim, rebuild, dotted, last = found.groups()
    third, fourth = maintenance or dotted, rebuild or interim or last or "0"
    numbers = tuple(int(one) for one in (major, minor, third) if one is not None)
    return of_numbers(numbers, 3, (number(int(fourth)), END))


_PAN_OS = _pattern(r"(\d+)\.(\d+)(?:\.(\d+))?(?:[-.:](h|b|c|f|xfr)[-.]?(\d+)?(?:\.(\d+))?)?(?:[,;\s].*)?")


def _pan_os(text: str) -> Version | None:
    """`10.2.18-h9`: a hotfix is later than its release; `-b` is a beta. Other endings (-c, -f, .xfr) have no known order."""
    found = _PAN_OS.fullmatch(text)
    if not found:
        return None
    major, minor, patch, kind, step, sub = found.groups()
    numbers = tuple(int(one) for one in (major, minor, patch) if one is not None)
    kind = (kind or "").lower()
    if kind and (patch is None or kind not in ("h", "b")):
        return None
    if kind == "b":
        return of_numbers(numbers, 3, (before_release(2), number(int(step or 0)), END))
    return of_numbers(numbers, 3, (number(int(step or 0)) if kind else number(0), number(int(sub or 0)), END))


_FORTIOS = _pattern(
    r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:\s*[,-]?\s*build\s*(\d+)|[-_.]?(beta|rc|interim)\W*(\d*))?(?:[,;:\s(].*)?"
)


def _fortios(text: str) -> Version | None:
    """`v7.2.5,build1517,230606 (GA.F)` and CPE's `7.2.5`; the build adds nothing once all three numbers are known."""
    text = re.sub(r"^Forti[\w-]+\s+", "", text, flags=re.IGNORECASE)
    found = _FORTIOS.fullmatch(text)
    if not found:
        return None
    major, minor, patch, _, stage, step = found.groups()
    numbers = tuple(int(one) for one in (major, minor, patch) if one is not None)
    if stage:
        return of_numbers(
            numbers, len(numbers), (before_release(_STAGES.get(stage.lower(), 4)), number(int(step or 0)))
        )
    return of_numbers(numbers, 3)


_YAMAHA = _pattern(
    r"(?:(?:RTX|NVR|FWX|RTV|SRT|RT|UTX|SWX|WLX)\w*\s+)?(?:Rev\.?\s*)?(\d+)\.(\d+)(?:\.(\d+))?(?:[\s(,].*)?"
)


def _yamaha(text: str) -> Version | None:
    """`Rev.14.01.40`: the first two numbers are the family of models, and families have no common order."""
    found = _YAMAHA.fullmatch(text)
    if not found:
        return None
    numbers = tuple(int(one) for one in found.groups() if one is not None)
    return of_numbers(numbers, 3, family=f"{numbers[0]}.{numbers[1]}")


_SI_R = _pattern(r"(?:Si-R\S*\s+)?V?(\d+)\.(\d+)(?:\s*[-:_]?\s*NY0*(\d+))?(?:[\s,].*)?")


def _si_r(text: str) -> Version | None:
    """`V35.03 NY0028`: version, then the number of the correction."""
    found = _SI_R.fullmatch(text)
    return of_numbers(tuple(int(one) for one in found.groups() if one is not None), 3) if found else None


_IX = _pattern(r"(?:Ver(?:sion|\.)?\s*)?(\d+)\.(\d+)(?:\.(\d+)|\((\d+)\))?([a-z]?)(?:[\s,].*)?")


def _nec_ix(text: str) -> Version | None:
    """`10.7.18`, `8.9.17B`; the image's own spelling `10.7(18)` is the same."""
    found = _IX.fullmatch(text)
    if not found:
        return None
    major, minor, dotted, paren, letter = found.groups()
    build = dotted or paren
    numbers = tuple(int(one) for one in (major, minor, build) if one is not None)
    return of_numbers(numbers, 3, (_letters(letter), END)) if build or not letter else None


_AW_PLUS = _pattern(r"(?:[A-Za-z]\w*-)?v?(\d+)\.(\d+)\.(\d+)(?:[-:](\d+)(?:\.(\d+))?)?(?:\.rel)?(?:[\s,].*)?")


def _alliedware_plus(text: str) -> Version | None:
    """`5.5.3-0.1`, in file names `AR3050S-5.5.3-0.1.rel`; of older CentreCOM `2.9.2-18`."""
    found = _AW_PLUS.fullmatch(text)
    if not found:
        return None
    numbers = tuple(int(one) for one in found.groups()[:4] if one is not None)
    return of_numbers(numbers, 4, (number(int(found[5] or 0)), END))


_FITELNET = _pattern(r"([TV])0*(\d+)\.(\d+)(?:\((\d+)\))?(?:\[(\d+)\])?([\d.]*)(?:\s+\[.*)?(?:\s.*)?")


def _fitelnet(text: str) -> Version | None:
    """`V01.12(00)`, `T10.02(00)[0]00.00.0`: V and T count apart. The numbers behind the brackets are of the build."""
    found = _FITELNET.fullmatch(text)
    if not found:
        return None
    kind, *numbers, build = found.groups()
    known = tuple(int(one) for one in numbers[:3] if one is not None)
    tail = tuple(number(one) for one in (int(numbers[3] or 0), *_numbers(build)))
    return of_numbers(known, 3, (*tail, END), family=kind.upper())


_JUNOS = _pattern(r"(?:Junos:?\s*)?(\d+)\.(\d+)(?:[-:]?([RXBIF])(\d+)(?:[-:.]?([SD])(\d+))?(?:\.(\d+))?)?(?:[\s,].*)?")


def _junos(text: str) -> Version | None:
    """`21.4R3-S5.4`: release 3, service release 5; the last number is a respin of the same. `12.1X46-D65` counts apart."""
    found = _JUNOS.fullmatch(text)
    if not found:
        return None
    major, minor, kind, release, _, service, _ = found.groups()
    era = (int(major), int(minor))
    head: Key = (number(era[0]), number(era[1]))
    kind = (kind or "R").upper()
    if release is None:
        return Version((*head, END), (*head, TOP), "", "R", era)
    line = f"X{release}" if kind == "X" else "R"
    if kind in ("B", "I", "F"):
        return whole((*head, before_release(2), number(int(release)), END), "", line, era)
    steps = (int(service or 0),) if kind == "X" else (int(release), int(service or 0))
    return whole((*head, *(number(one) for one in steps), END), "", line, era)


_OPENSSL = _pattern(
    r"(?:OpenSSL[\s/]*)?(\d+)\.(\d+)(?:\.(\d+))?([a-z]{0,2})(?:-?(alpha|beta|pre|dev)(\d*))?(?:-fips)?(?:[\s,+~-].*)?"
)


def _openssl(text: str) -> Version | None:
    """`1.1.1l`, `1.0.2zg`, `3.0.7`; letters count on (z, za, zb)."""
    found = _OPENSSL.fullmatch(text)
    if not found:
        return None
    *numbers, letters, stage, step = found.groups()
    known = tuple(int(one) for one in numbers if one is not None)
    if stage:
        return of_numbers(known, len(known), (before_release(_STAGES[stage.lower()]), number(int(step or 0))))
    return of_numbers(known, 3, (_letters(letters), END))


_OPENSSH = _pattern(
    r"(?:OpenSSH[_\s/]*)?(?:for_Windows_)?(\d+)\.(\d+)(?:\.(\d+))?(?:[-:]?p(\d+))?(?:[-:]?(rc|beta)(\d*))?(?:[\s,+~-].*)?"
)


def _openssh(text: str) -> Version | None:
    """`9.2p1`. The first portable release is the release itself: 9.2 and 9.2p1 are the same."""
    found = _OPENSSH.fullmatch(text)
    if not found:
        return None
    major, minor, patch, portable, stage, step = found.groups()
    key: Key = (number(int(major)), number(int(minor)), number(int(patch or 0)))
    if stage:
        return whole((*key, before_release(_STAGES[stage.lower()]), number(int(step or 0))))
    return whole((*key, number(int(portable or 1)), END))


_WINDOWS = _pattern(r"(?:(\d{1,2})\.(\d)\.)?(\d{4,5})(?:\.(\d+))?(?:[\s,].*)?")


def _windows(text: str) -> Version | None:
    """`10.0.17763.5329`; the build alone (`17763`) leaves the month's update open."""
    found = _WINDOWS.fullmatch(text)
    if not found:
        return None
    major, minor, build, revision = found.groups()
    if major is None:
        # Builds count on through all versions: 10240 began with "10.0", those before it say so themselves.
        major, minor = ("10", "0") if int(build) >= 10240 else ("6", {"9600": "3", "9200": "2"}.get(build, "1"))
    numbers = (int(major), int(minor), int(build), *((int(revision),) if revision else ()))
    return of_numbers(numbers, 4)


_VEEAM = _pattern(r"v?(\d+(?:\.\d+){0,3})(?:[- ]?p(\d+))?(?: .*)?")


def _veeam(text: str) -> Version | None:
    """`12.1.2.172 P20240909`: the build is the version, a P and a day its patches. "12" may be any build of 12."""
    found = _VEEAM.fullmatch(text)
    return of_numbers(_numbers(found[1]), 4, (number(int(found[2] or 0)),)) if found else None


def _dashed(version: str, update: str) -> str:
    return f"{version}-{update}"


def _glued(version: str, update: str) -> str:
    return f"{version}{update}"


def _spaced(version: str, update: str) -> str:
    return f"{version} {update}"


_PATCHED = re.compile(r"[-: ]?p\d+$", re.IGNORECASE)
_HOTFIX = re.compile(r"-h\d+(?:\.\d+)?$", re.IGNORECASE)
_PORTABLE = re.compile(r"[-:]?p\d+.*$", re.IGNORECASE)
_JUNOS_UPDATE = re.compile(r"(?<=\d)[-:]?[RXBIF]\d+.*$", re.IGNORECASE)
_UPDATE = re.compile(r"(?<=\d)[-._ ]?(?:p|patch|sp|u|update|h|rc|beta|alpha|r)[-._]?\d[\d.]*$", re.IGNORECASE)


ORDERS: Mapping[str, VersionOrder] = {
    order.name: order
    for order in (
        VersionOrder(
            "generic", _generic, _dashed, "numbers, letters, names of pre-releases in turn", "assumed", _UPDATE
        ),
        VersionOrder("ios", _ios, _glued, "show version: 15.8(3)M2; trains as in Cisco's release names", "documented"),
        VersionOrder("ios_xe", _ios_xe, _glued, "show version: 16.09.03", "documented"),
        VersionOrder("asa", _asa, _dashed, "show version: 9.16(4)19; CPE 9.16.4.19", "documented"),
        VersionOrder("pan_os", _pan_os, _dashed, "show system info: 10.2.18-h9; CPE 10.2.18:h9", "documented", _HOTFIX),
        VersionOrder("fortios", _fortios, _dashed, "get system status: v7.2.5,build1517,230606 (GA.F)", "documented"),
        VersionOrder("yamaha", _yamaha, _dashed, "show environment: Rev.14.01.40; family and number"),
        VersionOrder("si_r", _si_r, _spaced, "show system information: V35.03 NY0028"),
        VersionOrder("nec_ix", _nec_ix, _glued, "show version: 10.7.18, 8.9.17B"),
        VersionOrder("alliedware_plus", _alliedware_plus, _dashed, "show system: 5.5.3-0.1"),
        VersionOrder("fitelnet", _fitelnet, _glued, "show version: T10.02(00)[0]00.00.0", "assumed"),
        VersionOrder("junos", _junos, _glued, "show version: 21.4R3-S5.4; CPE 21.4:r3-s5", "documented", _JUNOS_UPDATE),
        VersionOrder("openssl", _openssl, _dashed, "openssl version: 1.1.1l", "documented"),
        VersionOrder("openssh", _openssh, _glued, "banner: OpenSSH_9.2p1; CPE 9.2:p1", "documented", _PORTABLE),
        VersionOrder(
            "veeam", _veeam, _dashed, "Help, About: 12.1.2.172; CPE 11.0.1.1261:p20220302", "documented", _PATCHED
        ),
        VersionOrder("windows", _windows, _dashed, "CurrentBuild and UBR: 10.0.17763.5329", "documented"),
    )
}
"""By its name, every order."""
