"""Why a CVE affects a product, does not, or cannot be told, in words."""

from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.advisories import Advisory, Claim, Source
from sekisho.domain.vulnerabilities.claims import Installed, is_release_word
from sekisho.domain.vulnerabilities.products import ANY
from sekisho.domain.vulnerabilities.verdicts import Ground

SOURCES = {
    Source.FORTINET: Text("Fortinet の公表情報", "Fortinet's advisory"),
    Source.MSRC: Text("Microsoft の公表情報", "Microsoft's advisory"),
    Source.NVD: Text("NVD", "NVD"),
    Source.CVE: Text("CVE の登録情報", "the CVE record"),
    Source.JVN: Text("JVN iPedia", "JVN iPedia"),
    Source.KEV: Text("悪用が確認された脆弱性の一覧", "the catalogue of exploited vulnerabilities"),
}


def reason_of(advisory: Advisory, ground: Ground, own: Installed | None) -> Text:
    """Return the reason for the verdict of `ground`; `own` is the version, wanted where the verdict is UNKNOWN."""
    return _template(advisory, ground, own).filled(
        source=SOURCES[advisory.source],
        version=own.text[:60] if own else "",
        ranges=_listed([said_range(claim) for claim in ground.claims]),
        conditions=_listed([_said_condition(claim) for claim in ground.conditions]),
    )


def _template(advisory: Advisory, ground: Ground, own: Installed | None) -> Text:
    if ground.verdict is Tri.NO:
        return _OUTSIDE
    names_only = bool(ground.claims) and all(one.version == ANY and not one.has_bounds for one in ground.claims)
    if ground.verdict is Tri.YES:
        return _ALL_VERSIONS if names_only else _INSIDE
    if not advisory.source.gives_versions:
        return _NAMED_ONLY
    if ground.conditions:
        return _DEPENDS
    if own is not None and any(is_release_word(claim, own.order) for claim in ground.claims):
        return _BY_MONTH
    if own is None or not own.text:
        return _NO_VERSION
    if own.version is None:
        return _UNREADABLE
    return _MENDED if own.is_mended_in_place else _NO_ORDER


def said_range(claim: Claim) -> Text:
    """Return "7.2.0 以上 7.2.5 未満" of a claim."""
    if claim.version != ANY:
        update = "" if claim.update in (ANY, "-") else f" {claim.update}"
        return Text(f"{claim.version}{update}", f"{claim.version}{update}")
    parts = []
    if claim.low:
        parts.append((_FROM if claim.low_included else _ABOVE).filled(version=claim.low))
    if claim.high:
        parts.append((_TO if claim.high_included else _BELOW).filled(version=claim.high))
    if not parts:
        return _ALL
    return Text(" ".join(part.ja for part in parts), " ".join(part.en for part in parts))


def _said_condition(claim: Claim) -> Text:
    name = f"{claim.name.vendor} {claim.name.product}".replace("_", " ")
    if claim.is_vulnerable and claim.on_software != ANY:
        return Text(f"{name}（{claim.on_software} 版）", f"{name} for {claim.on_software}")
    return Text(name, name)


def _listed(said: list[Text], most: int = 3) -> Text:
    unique = list(dict.fromkeys(said))
    more = len(unique) - most
    ja, en = "、".join(one.ja for one in unique[:most]), ", ".join(one.en for one in unique[:most])
    return Text(f"{ja} ほか{more}件", f"{en} and {more} more") if more > 0 else Text(ja, en)


_FROM = Text("{version} 以上", "from {version}")
_ABOVE = Text("{version} より後", "after {version}")
_TO = Text("{version} 以下", "up to {version}")
_BELOW = Text("{version} 未満", "before {version}")
_ALL = Text("すべての版", "all versions")
_INSIDE = Text(
    "お使いの版は、影響を受ける版（{ranges}）に当たります（出典：{source}）。",
    "This version is among those affected ({ranges}; {source}).",
)
_OUTSIDE = Text(
    "{source}では、お使いの版は影響を受ける版に入っていません。",
    "By {source}, this version is not among those affected.",
)
_ALL_VERSIONS = Text(
    "{source}は版を区切らず、この製品のすべての版が影響を受けるとしています。対策済みの版がないか、メーカーの情報も確かめてください。",
    "{source} names every version of this product, without bounds. Check with the maker whether a fixed version exists.",
)
_NAMED_ONLY = Text(
    "{source}にこの製品の名前がありますが、どの版かが分からないため判断できません。メーカーの情報で版を確かめてください。",
    "{source} names this product, but not in which versions. Compare your version with the maker's notice.",
)
_DEPENDS = Text(
    "版は影響を受けるものに当たる可能性がありますが、{conditions} との組み合わせかどうかが分からないため判断できません（出典：{source}）。",
    "The version may be affected, but only together with {conditions}, which is not known to be there ({source}).",
)
_NO_VERSION = Text(
    "版が分からないため判断できません。影響を受けるのは {ranges} です（出典：{source}）。",
    "The version is unknown. Affected are: {ranges} ({source}).",
)
_UNREADABLE = Text(
    "版「{version}」の書き方を読み取れないため判断できません。影響を受けるのは {ranges} です（出典：{source}）。",
    "The version “{version}” cannot be read. Affected are: {ranges} ({source}).",
)
_BY_MONTH = Text(
    "この Windows は影響を受ける製品に挙がっていますが、直ったかどうかは毎月の更新で決まり、版の番号からは判断できません。"
    "最近の更新プログラムが入っているかを確かめてください（出典：{source}）。",
    "This Windows is named as affected. Whether it is mended depends on the monthly updates, not on the version: "
    "check that recent updates are installed ({source}).",
)
_MENDED = Text(
    "版 {version} は配布元が番号を変えずに修正していることがあるため、番号だけでは判断できません。影響を受けるのは {ranges} です（出典：{source}）。",
    "Version {version} comes from a distribution that mends without changing the number. Affected are: {ranges} ({source}).",
)
_NO_ORDER = Text(
    "版 {version} が影響を受ける版（{ranges}）に入るかどうか、書かれた番号だけでは比べられません（出典：{source}）。",
    "Whether version {version} is among {ranges} cannot be told from these numbers ({source}).",
)
