"""The request as a guarded view gets it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from sekisho.foundation.accounts.models import User
from sekisho.foundation.tenancy.models import Hospital


class SignedInRequest(HttpRequest):
    """A request of a person who is signed in. Only for annotations: `requires` and `signed_in` make it true."""

    user: User
    htmx: HtmxDetails


class HospitalRequest(SignedInRequest):
    """A request under `/h/<hospital_code>/`: the hospital is in scope and exists for the person."""

    hospital: Hospital
