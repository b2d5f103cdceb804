"""From an uploaded file to an upload, with every refusal as a message for the page."""

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from sekisho.adapters.workbooks.refusals import UnreadableWorkbook
from sekisho.apps.workbooks import actions
from sekisho.apps.workbooks.models import Upload
from sekisho.domain.text import Text
from sekisho.foundation.accounts.models import User
from sekisho.foundation.files.sniffing import FileRefused
from sekisho.foundation.tenancy.models import Hospital


def take_in(hospital: Hospital, *, upload: UploadedFile[bytes], by: User) -> Upload:
    """Read and check an uploaded workbook.

    Raises:
        FileRefused: too large, not ours, unreadable, or another hospital's.
    """
    if (upload.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        raise FileRefused(_TOO_LARGE.filled(limit=settings.UPLOAD_LIMIT_BYTES // 2**20))
    try:
        return actions.take_in(hospital, name=upload.name or "", content=upload.read(), by=by)
    except UnreadableWorkbook as unreadable:
        raise FileRefused(unreadable.text) from None
    except actions.OfAnotherHospital:
        raise FileRefused(_OF_ANOTHER) from None


_TOO_LARGE = Text(
    "ファイルが大きすぎます。{limit} MB までにしてください。貼り付けた写真を小さくすると送れることがあります。",
    "The file is too large: the limit is {limit} MB. Making the pasted pictures smaller may help.",
)
_OF_ANOTHER = Text(
    "このファイルは、別の医療機関のために書き出されたものです。この医療機関のページから「今の台帳を書き出す」を選び、そのファイルに書いてください。",
    "This file was exported for another hospital. Export this hospital's register and fill in that file.",
)
