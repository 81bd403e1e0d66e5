"""HTTP to carriers: short time-outs, no redirects, no proxy from the environment, and small answers."""

from typing import NamedTuple

import requests
from requests.exceptions import ConnectionError as LostConnection
from requests.exceptions import ConnectTimeout, RequestException
from urllib3.exceptions import HTTPError, NewConnectionError

TIMEOUT = (3, 10)  # seconds to connect and to answer
MAX_ANSWER = 64 * 1024
_session = requests.Session()
_session.trust_env = False


class NotSent(Exception):
    """No connection was made: the request surely did not arrive."""


class NotKnown(Exception):
    """The connection broke or timed out after the request began: it may have arrived."""


class CarrierAnswer(NamedTuple):
    """The status, the first 64 KiB of the body, and the delay that the carrier asks for, in seconds."""

    status: int
    body: bytes
    retry_after: int


def call(method: str, address: str, *, fields: dict[str, str], auth: tuple[str, str] | None = None) -> CarrierAnswer:
    """Send a request, with the fields as a form or as a query. Raises NotSent or NotKnown, without the address."""
    form, query = (fields, None) if method == "POST" else (None, fields)
    try:
        with _session.request(
            method, address, auth=auth, timeout=TIMEOUT, allow_redirects=False, stream=True, data=form, params=query
        ) as answer:
            body = answer.raw.read(MAX_ANSWER, decode_content=True)
    except RequestException as error:
        raise (NotSent if _is_before_connection(error) else NotKnown)(type(error).__name__) from None
    except HTTPError as error:
        raise NotKnown(type(error).__name__) from None
    delay = answer.headers.get("Retry-After", "")
    return CarrierAnswer(answer.status_code, body, int(delay) if delay.isdigit() else 0)


def _is_before_connection(error: RequestException) -> bool:
    """Whether no connection was made: refused, no such name, or a time-out while connecting."""
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, LostConnection) and error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)
