"""Fetching data that a vendor only announces, with the function that a setting names."""

import json
import os
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

# account, first and last second since 1970 -> the vendor's answer as received
Pull = Callable[[str, int, int], bytes]
WITHINGS = "https://wbsapi.withings.net/measure"
PULL_TIMEOUT_SECONDS = 5


class PullError(Exception):
    """Announced data could not be fetched; the message says why."""


def puller() -> Pull | None:
    """The function named by PORTAL_WITHINGS_PULL; None if it is not set."""
    name = settings.WITHINGS_PULL
    return import_string(name) if name else None


def with_token_file(account: str, start: int, end: int) -> bytes:
    """Fetch from Withings with the account's token, read each time from the file PORTAL_WITHINGS_TOKENS.

    The file is a JSON object of accounts and access tokens; the operator's own job refreshes it. Raises PullError.
    """
    try:
        token = json.loads(Path(os.environ["PORTAL_WITHINGS_TOKENS"]).read_text(encoding="utf-8"))[account]
    except (KeyError, OSError, ValueError):
        raise PullError("no token for this account in the file PORTAL_WITHINGS_TOKENS") from None
    query = urllib.parse.urlencode({"action": "getmeas", "startdate": start, "enddate": end}).encode()
    request = urllib.request.Request(WITHINGS, query, {"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=PULL_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the constant above
            return bytes(answer.read(2 * 1024 * 1024))
    except OSError as error:
        raise PullError(f"the vendor could not be asked ({type(error).__name__})") from None
