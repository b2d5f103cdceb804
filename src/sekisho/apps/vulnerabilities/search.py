"""Which hospitals have it: the list of all products of all hospitals, and those that one CVE affects or may.

A CVE is matched against the distinct products that carry one of its names, a few thousand at most in the whole country,
with the advisories of this one CVE: that takes milliseconds, and needs no table of results that could be stale.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.apps.vulnerabilities import knowledge, products
from sekisho.apps.vulnerabilities.models import (
    ExploitedEntry,
    HospitalProduct,
    KnownProduct,
    LikelihoodEntry,
    WatchNotice,
)
from sekisho.apps.vulnerabilities.pages import notice_title
from sekisho.apps.vulnerabilities.plain import product_of
from sekisho.apps.vulnerabilities.words import SUPPORT
from sekisho.domain.text import Text
from sekisho.domain.tri import Tri
from sekisho.domain.vulnerabilities.advisories import Advisory, Exploited, Likelihood, Score, Source
from sekisho.domain.vulnerabilities.knowledge import KnowledgeBase
from sekisho.domain.vulnerabilities.matching import Matcher
from sekisho.foundation.audit.kept_texts import retold
from sekisho.foundation.ui.lists import Column, Filter, ListPattern
from sekisho.foundation.ui.texts import speak

_CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)


def cve_in(text: str) -> str:
    """Return the CVE number that `text` is, "" when it is none."""
    # Typed with a Japanese keyboard, hyphens come in many forms.
    written = re.sub(r"[^\x00-\x7f]", "-", unicodedata.normalize("NFKC", text).strip().upper())
    return written if _CVE.fullmatch(written) else ""


# --- One CVE ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Weakness:
    """What is known of one CVE. Without advisories it is in no feed, which does not say that it does not exist."""

    cve: str
    advisories: tuple[Advisory, ...]
    exploited: Exploited | None
    likelihood: Likelihood | None

    @property
    def title(self) -> str:
        """Return JVN's words, else the catalogue's, else the beginning of a summary."""
        japanese = next((one.title for one in self.advisories if one.source is Source.JVN and one.title), "")
        english = self.exploited.title if self.exploited else ""
        english = english or next((one.title or one.summary for one in self.advisories if one.title or one.summary), "")
        return speak(Text(japanese or english, english or japanese))

    @property
    def percent(self) -> str:
        """Return EPSS's estimate in percent, "" without one."""
        return f"{self.likelihood.probability * 100:.1f}" if self.likelihood else ""

    @property
    def score(self) -> Score | None:
        """Return the score of the newest CVSS."""
        scores = [score for one in self.advisories for score in one.scores]
        return max(scores, key=lambda score: score.version, default=None)

    @property
    def is_withdrawn(self) -> bool:
        """Return True when every source that speaks of it says that it was withdrawn."""
        return bool(self.advisories) and all(one.is_withdrawn for one in self.advisories)


def weakness(cve: str) -> Weakness:
    """Return what is known of `cve`."""
    entry = ExploitedEntry.objects.filter(cve=cve).first()
    chance = LikelihoodEntry.objects.filter(cve=cve).first()
    return Weakness(
        cve,
        tuple(knowledge.advisories_about(cve)),
        knowledge.exploited_of(entry) if entry else None,
        Likelihood(cve, chance.probability, chance.percentile, chance.model) if chance else None,
    )


def products_with(one: Weakness) -> dict[Tri, list[int]]:
    """Return the products that a CVE affects (YES) or may (UNKNOWN)."""
    base = KnowledgeBase(
        one.advisories,
        exploited=[one.exploited] if one.exploited else (),
        likelihoods=[one.likelihood] if one.likelihood else (),
    )
    matcher, today = Matcher(base), timezone.localdate()
    named = KnownProduct.objects.filter(names__key__in=knowledge.products_named(one.cve)).distinct().order_by("pk")
    found: dict[Tri, list[int]] = {Tri.YES: [], Tri.UNKNOWN: []}
    for pk, plain, label in named.values_list("pk", "plain", "label"):
        for match in matcher.match(product_of(plain, label), today=today):
            found[match.verdict].append(pk)
    return found


def uses_with(found: dict[Tri, list[int]]) -> QuerySet[HospitalProduct]:
    """Return the products of hospitals that are among `found`, each with `is_sure`."""
    rows: QuerySet[HospitalProduct] = products.in_use().filter(product_id__in=[*found[Tri.YES], *found[Tri.UNKNOWN]])
    sure = When(product_id__in=found[Tri.YES], then=Value(True))
    return rows.annotate(is_sure=Case(sure, default=Value(False), output_field=BooleanField()))


# --- The lists --------------------------------------------------------------------------------------------------------------
def _url(use: HospitalProduct) -> str:
    return reverse("vulnerabilities:product", kwargs={"hospital_code": use.hospital.code, "product_id": use.pk})


def _support(values: Sequence[str]) -> Q:
    return Q(product__support__in=values) | (Q(product__isnull=True) if "unknown" in values else Q(pk__in=[]))


_NOTHING = Q(product__affected=0, product__unclear=0)
_STANDS = {
    "exploited": Q(product__exploited__gt=0),
    "exploited-unclear": Q(product__exploited_unclear__gt=0),
    "affected": Q(product__affected__gt=0),
    "unclear": Q(product__unclear__gt=0),
    "none": _NOTHING & Q(product__gaps=[]),
    "unrecognised": Q(product__isnull=True) | (_NOTHING & ~Q(product__gaps=[])),
}


def _stands(values: Sequence[str]) -> Q:
    found = Q(pk__in=[])
    for value in values:
        found |= _STANDS[value]
    return found


_HOSPITAL = (
    Column("code", _("施設コード"), value="hospital__code", order=("hospital__code",), fixed=True),
    Column("hospital", _("医療機関名"), value=lambda use: use.hospital.name, order=("hospital__name",), link=_url, fixed=True),
)  # fmt: skip
_DEVICE = (
    Column("maker", _("メーカー"), order=("maker",)),
    Column("model", _("型番"), order=("model",)),
    Column("version", _("版"), order=("version",)),
    Column("line_label", _("回線"), value=lambda use: retold(use.line_label), order=("line_label",)),
    Column("kind", _("種類"), value=lambda use: use.get_kind_display(), shown=False),
)
_SEARCHED = ("maker", "model", "version", "hospital__name", "hospital__code", "product__label", "line_label")
_KIND = Filter(
    "kind", _("種類"), choices=HospitalProduct.Kind.choices, condition=lambda values: Q(kind__in=values)
)  # fmt: skip


def _number(name: str) -> Any:
    """Return what gives a number; of a product that cannot be judged there is none, and 0 would read as safe."""

    def of(use: HospitalProduct) -> Any:
        product = use.product
        if product is None or (product.gaps and not product.affected and not product.unclear):
            return "?"
        return getattr(product, name)

    return of


PRODUCTS = ListPattern(
    name="vulnerabilities.products",
    noun=_("機器とサービス"),
    columns=[
        *_HOSPITAL,
        *_DEVICE,
        Column(
            "exploited",
            _("攻撃に使われている"),
            value=_number("exploited"),
            order=("-product__exploited", "-product__exploited_unclear"),
            numeric=True,
        ),
        Column("affected", _("当てはまる"), value=_number("affected"), order=("-product__affected",), numeric=True),
        Column("unclear", _("分からない"), value=_number("unclear"), order=("-product__unclear",), numeric=True),
        Column(
            "support",
            _("サポート"),
            value=lambda use: SUPPORT[use.product.support if use.product else "unknown"][1],
            order=("product__support_until",),
        ),
        Column(
            "support_until",
            _("サポートの終わり"),
            value=lambda use: (use.product.support_until if use.product else None) or "",
            order=("product__support_until",),
            shown=False,
        ),
    ],
    filters=[
        Filter(
            "stands",
            _("弱点"),
            choices=[
                ("exploited", _("攻撃に使われている")),
                ("exploited-unclear", _("攻撃に使われているか分からない")),
                ("affected", _("当てはまる")),
                ("unclear", _("分からない")),
                ("none", _("いまの情報では見つからない")),
                ("unrecognised", _("照らし合わせられない")),
            ],
            condition=_stands,
        ),
        Filter("support", _("サポート"), choices=[(k, word) for k, (_s, word) in SUPPORT.items()], condition=_support),
        _KIND,
    ],
    search_fields=_SEARCHED,
    search_hint=_("型番、メーカー、版、病院の名前など。例：FortiGate 7.2"),
    default_order=("-product__exploited", "-product__exploited_unclear", "-product__affected", "hospital__code"),
)


def _sure(values: Sequence[str]) -> Q:
    return Q() if len(values) != 1 else Q(is_sure="yes" in values)


HAVING = ListPattern(
    name="vulnerabilities.having",
    noun=_("この弱点がある機器"),
    columns=[
        *_HOSPITAL,
        Column(
            "is_sure",
            _("判定"),
            value=lambda use: _t("当てはまる") if use.is_sure else _t("分からない"),
            order=("-is_sure",),
            fixed=True,
        ),
        *_DEVICE,
    ],
    filters=[
        Filter("sure", _("判定"), choices=[("yes", _("当てはまる")), ("unknown", _("分からない"))], condition=_sure),
        _KIND,
    ],
    search_fields=_SEARCHED,
    search_hint=_("型番、メーカー、版、病院の名前など"),
    default_order=("-is_sure", "hospital__code"),
)

NOTICES = ListPattern(
    name="vulnerabilities.notices",
    noun=_("弱点のお知らせ"),
    columns=[
        Column("code", _("施設コード"), value="hospital__code", order=("hospital__code",), fixed=True),
        Column(
            "hospital",
            _("医療機関名"),
            value=lambda notice: notice.hospital.name,
            order=("hospital__name",),
            link=lambda notice: reverse("vulnerabilities:start", kwargs={"hospital_code": notice.hospital.code}),
            fixed=True,
        ),
        Column("subject", _("機器"), value=lambda notice: str(notice.subject)),
        Column("title", _("内容"), value=notice_title),
        Column("kind", _("理由"), value=lambda notice: notice.get_kind_display(), shown=False),
        Column("raised_at", _("知らせた日"), value=lambda n: timezone.localdate(n.raised_at), order=("-raised_at",)),
        Column("state", _("状態"), value=lambda notice: notice.get_state_display(), order=("state",)),
        Column("reason", _("書き添え"), shown=False),
    ],
    filters=[
        Filter("state", _("状態"), choices=WatchNotice.State.choices, condition=lambda v: Q(state__in=v)),
        Filter("kind", _("理由"), choices=WatchNotice.Kind.choices, condition=lambda v: Q(kind__in=v)),
        Filter(
            "urgent",
            _("急ぎ"),
            choices=[("yes", pgettext_lazy("urgent", "急ぎ")), ("no", pgettext_lazy("urgent", "それ以外"))],
            condition=lambda values: Q() if len(values) != 1 else Q(is_urgent="yes" in values),
        ),
    ],
    search_fields=("cve", "hospital__name", "hospital__code", "subject__maker", "subject__model", "reason"),
    search_hint=_("CVE、病院、機器など"),
    default_order=("-is_urgent", "-raised_at"),
)


def all_notices() -> QuerySet[WatchNotice]:
    """Return every notice in scope with what the list shows."""
    return WatchNotice.objects.select_related("hospital", "subject")
