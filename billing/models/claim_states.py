"""The state of a sent claim or line, and what one answer makes of it."""

from django.db import models


class Level(models.IntegerChoices):
    """Who answered. A higher level outranks a lower one, whichever was received first."""

    INTERCHANGE = 1, "TA1"
    FILE = 2, "999"
    CLAIM = 3, "277CA"
    PAYMENT = 4, "835"


class ClaimState(models.TextChoices):
    """What became of a version of a claim. The first three are ours; each other one is an answer."""

    WRITTEN = "written", "written, not delivered"
    WITHDRAWN = "withdrawn", "withdrawn"
    SENT = "sent", "sent"
    FILE_READ = "file_read", "delivered"
    FILE_REJECTED = "file_rejected", "rejected with its file"
    FILE_ACCEPTED = "file_accepted", "file accepted"
    FORWARDED = "forwarded", "forwarded"
    RECEIVED = "received", "received, not yet accepted"
    ACCEPTED = "accepted", "accepted"
    REJECTED = "rejected", "rejected"
    NOT_FOUND = "not_found", "rejected: not found"
    PROCESSED = "processed", "processed, no payment"
    PAID = "paid", "paid"
    PART_DENIED = "part_denied", "paid, in part denied"
    DENIED = "denied", "denied"
    UNPROCESSABLE = "unprocessable", "unprocessable"
    NOT_RECOGNIZED = "not_recognized", "patient not recognized"
    REVERSED = "reversed", "reversed"
    OTHER_PAYER = "other_payer", "with another payer"
    INFORMATION = "information", "information only"


# Never adjudicated: the claim is sent again as a new one, and there is no appeal.
REJECTED_STATES = (ClaimState.FILE_REJECTED, ClaimState.REJECTED, ClaimState.NOT_FOUND)
# Rejected, or not processed by the payer: MA130, or a patient that it does not know (CLP02 4). A new claim is due.
NEVER_ADJUDICATED = (*REJECTED_STATES, ClaimState.UNPROCESSABLE, ClaimState.NOT_RECOGNIZED)
ADJUDICATED = (ClaimState.PROCESSED, ClaimState.PAID, ClaimState.PART_DENIED, ClaimState.DENIED)
DENIED_STATES = (ClaimState.DENIED, ClaimState.PART_DENIED, ClaimState.UNPROCESSABLE, ClaimState.NOT_RECOGNIZED)
