"""Give stored files to people who may see them."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from sekisho.foundation.accounts.permissions import Permission
from sekisho.foundation.files import actions
from sekisho.foundation.files.models import StoredFile
from sekisho.foundation.files.serving import file_response
from sekisho.foundation.tenancy.guard import requires
from sekisho.foundation.tenancy.requests import HospitalRequest


@requires(Permission.REGISTER_VIEW)
@require_GET
def download(request: HospitalRequest, file_id: uuid.UUID) -> HttpResponse:
    """Answer with the file; a picture may be shown in the page with `?inline=1`."""
    stored = get_object_or_404(StoredFile.objects.all(), pk=file_id)
    content = actions.content_of(stored)
    inline = "inline" in request.GET and stored.is_picture
    if not inline:
        actions.record_download(stored, by=request.user)
    return file_response(content, name=stored.name, content_type=stored.content_type, inline=inline)
