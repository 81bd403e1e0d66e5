"""The drop folder: files that senders put there, for example by SFTP, are stored as deliveries and then deleted.

Each CSV source has its own folder below `PORTAL_DROP_FOLDER`, named by its public id. A file is deleted only after its
delivery is stored, so an interruption repeats it, and a repeated reading is known. Names of files are not logged.
"""

import hashlib
import logging
from datetime import datetime
from pathlib import Path

from django.db import transaction

from monitoring.ingest import BadBody
from monitoring.ingest.vendors.csv_batch import VENDOR
from monitoring.intake import take_in
from monitoring.models import Delivery, DeliveryBody, DeliveryState, Source

log = logging.getLogger(__name__)
MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_FILES_AT_ONCE = 100
# A file that changed within this time may still be written.
SETTLED_SECONDS = 30
TOO_LARGE = "A file in the drop folder has more than 20 MB. It was moved to the folder refused; send it in parts."


def empty_folder(root: Path, *, now: datetime) -> list[int]:
    """Take in the complete files of all CSV sources; returns the deliveries that wait for the worker."""
    waiting: list[int] = []
    for source in Source.objects.filter(shape=VENDOR.shape, revoked_at__isnull=True).order_by("pk"):
        for path in _complete_files(root / source.public_id, now=now):
            kept_as = _take_file(source, path, now=now)
            waiting += [kept_as] if kept_as is not None else []
    return waiting


def _complete_files(folder: Path, *, now: datetime) -> list[Path]:
    """The oldest files first. Links and folders are not followed."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    found = [
        (path.stat().st_mtime, path)
        for path in folder.iterdir()
        if path.suffix.lower() == ".csv" and not path.name.startswith(".") and not path.is_symlink() and path.is_file()
    ]
    settled = [(changed, path) for changed, path in found if changed <= now.timestamp() - SETTLED_SECONDS]
    return [path for _, path in sorted(settled)[:MAX_FILES_AT_ONCE]]


def _take_file(source: Source, path: Path, *, now: datetime) -> int | None:
    """Store one file and delete it; returns its delivery if that waits for the worker."""
    if path.stat().st_size > MAX_FILE_BYTES:
        _refuse_large(source, path, now=now)
        return None
    body, kept_as = path.read_bytes(), None
    try:
        kept_as = take_in.take_in(source=source, body=body, now=now).kept_as
    except BadBody as error:
        # The body is stored with the refused deliveries, with this reason.
        log.warning("a file in the drop folder of source %s was refused: %s", source.pk, error)
    path.unlink(missing_ok=True)
    return kept_as


@transaction.atomic
def _refuse_large(source: Source, path: Path, *, now: datetime) -> None:
    """Move a file that is too large, and list it with the refused deliveries."""
    body = f"a file of {path.stat().st_size} bytes, changed {path.stat().st_mtime}".encode()
    delivery = Delivery.objects.create(
        practice_id=source.practice_id,
        source=source,
        received_at=now,
        state=DeliveryState.REFUSED,
        message=TOO_LARGE,
        body_digest=hashlib.sha256(body).hexdigest(),
    )
    DeliveryBody.objects.create(practice_id=source.practice_id, delivery=delivery, received_at=now, body=body)
    refused = path.parent / "refused"
    refused.mkdir(exist_ok=True)
    path.rename(refused / f"{delivery.public_id}.csv")
