"""The form pattern and the field whose answer may be "unknown"."""

import pytest
from django import forms
from django.http import QueryDict

from sekisho.domain.facts import Unknown
from sekisho.foundation.ui.forms import REASON_MAX_LENGTH, AnswerField


class Form(forms.Form):
    version = AnswerField(forms.CharField(max_length=5), label="版", help_text="画面の右上に出ます。")
    lines = AnswerField(forms.IntegerField(min_value=0), label="本数", required=False)
    contract = AnswerField(
        forms.ChoiceField(choices=[("yes", "はい"), ("no", "いいえ")], widget=forms.RadioSelect), required=False
    )
    systems = AnswerField(
        forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple), required=False
    )


def bound(query: str, **options: object) -> Form:
    return Form(QueryDict(query), **options)


def test_answer_field_gives_the_inner_value() -> None:
    form = bound("version=1.0&lines=12&contract=no&systems=a&systems=b")
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"version": "1.0", "lines": 12, "contract": "no", "systems": ["a", "b"]}


def test_answer_field_gives_unknown_with_its_reason() -> None:
    form = bound("version_unknown=1&version_reason=+確認中+&lines_unknown=on")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["version"] == Unknown("確認中")
    assert form.cleaned_data["lines"] == Unknown("")


def test_answer_field_zero_is_an_answer() -> None:
    form = bound("version=1&lines=0")
    assert form.is_valid()
    assert form.cleaned_data["lines"] == 0


def test_answer_field_without_answer_is_none_or_asks_for_one() -> None:
    form = bound("")
    assert not form.is_valid()
    assert form.errors.as_data().keys() == {"version"}
    assert form.errors.as_data()["version"][0].code == "required"
    assert form.cleaned_data["lines"] is None
    assert form.cleaned_data["systems"] is None


def test_a_reason_alone_is_no_answer() -> None:
    form = bound("version=1&lines_reason=確認中")
    assert form.is_valid()
    assert form.cleaned_data["lines"] is None


def test_value_and_unknown_together_are_refused_and_both_shown_again() -> None:
    form = bound("version=1.0&version_unknown=1&version_reason=どちらか")
    assert form.errors.as_data()["version"][0].code == "both"
    drawn = str(form["version"])
    assert 'value="1.0"' in drawn
    assert 'value="どちらか"' in drawn
    assert "checked" in drawn


@pytest.mark.parametrize(
    "query", ["version=123456", "version=1&lines=-1", "version=1&lines=x", "version=1&contract=maybe"]
)
def test_answer_field_refuses_what_the_inner_field_refuses(query: str) -> None:
    assert not bound(query).is_valid()


def test_answer_field_refuses_reasons_too_long_or_with_nul() -> None:
    assert not bound("version_unknown=1&version_reason=" + "あ" * (REASON_MAX_LENGTH + 1)).is_valid()
    assert not bound("version_unknown=1&version_reason=a%00b").is_valid()


def test_initial_unknown_is_drawn_and_kept_when_nothing_changes() -> None:
    initial = {"version": Unknown("確認中"), "lines": 3}
    drawn = str(Form(initial=initial)["version"])
    assert 'value="確認中"' in drawn
    form = bound("version_unknown=1&version_reason=確認中&lines=3", initial=initial)
    assert form.is_valid()
    assert form.changed_data == []
    assert bound("version=1.0&lines=3", initial=initial).changed_data == ["version"]
    assert bound("version_unknown=1&version_reason=別&lines_unknown=1", initial=initial).changed_data == [
        "version",
        "lines",
    ]


def test_hostile_values_are_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    form = Form({"version": hostile, "lines_unknown": "1", "lines_reason": hostile})
    form.is_valid()
    assert "<script>" not in form.render()


def test_two_forms_do_not_share_their_widgets() -> None:
    first, second = Form(), Form()
    first.fields["version"].inner.widget.attrs["x"] = "1"
    assert "x" not in second.fields["version"].widget.inner.attrs
    assert first.fields["version"].widget.inner is first.fields["version"].inner.widget


def test_field_carries_label_mark_help_and_errors_tied_to_the_input() -> None:
    drawn = bound("").render()
    assert '<label for="id_version">版</label>' in drawn
    assert "必須" in drawn
    assert "任意" in drawn
    assert 'aria-describedby="id_version_helptext id_version_error"' in drawn
    assert 'id="id_version_error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert "required" not in drawn.replace("mark--required", "")  # the browser would not take "unknown" for an answer


def test_error_summary_leads_to_each_field_and_is_absent_without_errors() -> None:
    assert 'href="#id_version"' in bound("").render()
    assert "error-summary" not in bound("version=1").render()
    assert "error-summary" not in Form().render()


def test_groups_are_fieldsets_with_a_legend() -> None:
    class Choice(forms.Form):
        owner = forms.ChoiceField(label="契約", choices=[("a", "病院")], widget=forms.RadioSelect)
        sure = forms.BooleanField(label="確かめた")

    drawn = Choice().render()
    assert '<legend class="field__label">契約' in drawn
    assert drawn.index('type="checkbox"') < drawn.index("確かめた")
