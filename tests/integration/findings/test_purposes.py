"""What a line is for is said in words, never by the code that the register keeps."""

import pytest

from sekisho.apps.findings.outside import outside_of
from sekisho.apps.findings.places import context_of
from sekisho.foundation.tenancy.scope import hospital_scope
from tests.cast import Cast
from tests.factories.diagnosis import make_line

pytestmark = pytest.mark.django_db


def test_purpose_of_a_line_is_told_in_both_languages(cast: Cast) -> None:
    with hospital_scope(cast.hospital):
        told = context_of(make_line(cast.hospital, cast.alice, purpose="catering")).purpose
        free = context_of(make_line(cast.hospital, cast.alice, purpose="透析の保守")).purpose
        shown = {line.purpose for line in outside_of(cast.hospital).lines}
    assert told is not None
    assert free is not None
    assert (told.ja, free.ja) == ("給食", "透析の保守")
    assert told.en != "給食"
    assert shown == {"給食", "透析の保守"}
