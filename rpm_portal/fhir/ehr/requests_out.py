"""Requests to an EHR: with timeouts and a size limit, without redirects, to public addresses only."""

import ipaddress
import json
import socket
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from django.conf import settings

from rpm_portal.core.refusals import Refused

TIMEOUT_SECONDS = 5  # to connect, and between two parts of an answer
_LONGEST_SECONDS = 15  # for a whole answer
MAX_BYTES = 256 * 1024
_LOOPBACK = {"127.0.0.1", "localhost"}


class LaunchRefused(Refused):
    """A launch that is refused. `why` is a code for the audit; the message is for the person."""

    def __init__(self, message: str, *, why: str, status: int = 403) -> None:
        super().__init__(message)
        self.why, self.status = why, status


def _refusal(what: str, why: str) -> LaunchRefused:
    return LaunchRefused(f"{what} Nothing was opened. Try again, or ask your administrator.", why=why, status=502)


def check_address(url: str) -> None:
    """Raises LaunchRefused for an address that is not https. http is allowed to this machine in tests and trials."""
    parts = urlsplit(url)
    is_local = settings.EHR_ON_THIS_MACHINE and parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or parts.username or (parts.scheme != "https" and not is_local):
        raise _refusal("The EHR names an address that does not begin with https://.", "address")


def _check_public(url: str) -> None:
    """Raises LaunchRefused if the host resolves into an internal network and the operator does not list it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in settings.EHR_PRIVATE_HOSTS or (settings.EHR_ON_THIS_MACHINE and host in _LOOPBACK):
        return
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        raise _refusal(f"The EHR's host {host} was not found.", "no_answer") from None
    if not all(ipaddress.ip_address(str(row[4][0]).partition("%")[0]).is_global for row in found):
        raise _refusal(f"The EHR's host {host} is not a public address.", "address")


def request_json(
    url: str, *, token: str = "", form: Mapping[str, str] | None = None, client: tuple[str, str] | None = None
) -> dict[str, object]:
    """The JSON object at an address: by GET, or by POST of a form. Raises LaunchRefused with what was wrong."""
    check_address(url)
    _check_public(url)
    headers = {"Accept": "application/fhir+json, application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        with requests.Session() as session:
            session.trust_env = False  # neither a proxy nor a password file of the server's account
            with session.request(
                "GET" if form is None else "POST",
                url,
                data=form,
                auth=client,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return _object_of(answer)
    except requests.RequestException:
        # Its message may contain an address with a code, so it is not used.
        raise _refusal(f"The EHR at {urlsplit(url).hostname} did not answer in time.", "no_answer") from None


def _object_of(answer: requests.Response) -> dict[str, object]:
    if 300 <= answer.status_code < 400:
        raise _refusal("The EHR answered with a redirect, which the portal does not follow.", "redirect")
    if answer.status_code not in {200, 201}:
        raise _refusal(f"The EHR answered {answer.status_code}.", f"status_{answer.status_code}")
    try:
        value = json.loads(_body_of(answer))
    except (ValueError, RecursionError):
        raise _refusal("The EHR's answer is not JSON.", "not_json") from None
    if not isinstance(value, dict):
        raise _refusal("The EHR's answer is not a JSON object.", "not_json")
    return value


def _body_of(answer: requests.Response) -> bytes:
    body, until = b"", time.monotonic() + _LONGEST_SECONDS
    for part in answer.iter_content(8192):
        body += part
        if len(body) > MAX_BYTES:
            raise _refusal(f"The EHR's answer is larger than {MAX_BYTES // 1024} KB.", "too_large")
        if time.monotonic() > until:
            raise _refusal("The EHR did not answer in time.", "no_answer")
    return body
