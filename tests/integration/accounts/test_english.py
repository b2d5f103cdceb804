"""The pages of accounts and members speak English to who wants it: no Japanese is left but names and the switch."""

import re
from typing import Any

import pytest
from django.test import Client

from sekisho.foundation.tenancy.models import Assignment
from tests.cast import Cast, give_totp, signed_in

pytestmark = pytest.mark.django_db
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]+")
PAGES = [
    ("/accounts/login/", None),
    ("/accounts/password/reset/", None),
    ("/accounts/password/reset/sent/", None),
    ("/accounts/password/reset/key/1-nonsense/", None),
    ("/accounts/inactive/", None),
    ("/invitations/accept/", None),
    ("/accounts/", "alice"),
    ("/accounts/logout/", "alice"),
    ("/accounts/password/change/", "alice"),
    ("/accounts/reauthenticate/", "alice"),
    ("/accounts/second-factor/", "alice"),
    ("/accounts/second-factor/keys/", "alice"),
    ("/accounts/second-factor/reauthenticate/", "alice"),
    ("/h/MINATO/members/", "alice"),
    ("/h/MINATO/members/invite/", "alice"),
    ("/h/MINATO/members/{sam}/end/", "alice"),
    ("/invitations/staff/", "ada"),
    ("/invitations/staff/invite/", "ada"),
]


def _shown(html: str) -> str:
    main = html.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"<script.*?</script>|<[^>]+>", " ", main, flags=re.DOTALL)


@pytest.mark.parametrize(("path", "who"), PAGES)
def test_page_in_english_holds_no_japanese(cast: Cast, path: str, who: str | None) -> None:
    give_totp(cast.alice)
    client: Any = signed_in(getattr(cast, who)) if who else Client()
    client.cookies["django_language"] = "en"
    page = client.get(path.format(sam=Assignment.objects.get(user=cast.sam).pk))
    assert page.status_code in {200, 404}
    names = "|".join(re.escape(str(value)) for value in vars(cast).values()) + "|みなとメディカル株式会社|日本語"
    text = re.sub(names, "", _shown(page.content.decode()))
    assert JAPANESE.findall(text) == []
