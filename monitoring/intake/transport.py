"""Transport of a delivery: size, compression, chunks, the sender's network address, and its signature.

No database access. Everything is bounded by `MAX_BODY` bytes, before and after decompression.
"""

import base64
import binascii
import hmac
import zlib
from ipaddress import ip_network
from typing import IO

from django.http import HttpRequest

from monitoring.models import Source
from rpm_portal.core.client_address import parse_address

MAX_BODY = 2 * 1024 * 1024
_GZIP = {"gzip", "x-gzip"}
# zlib's window bits for a gzip header.
_GZIP_WINDOW = 31


class TransportError(Exception):
    """A body that cannot be read as it was sent: the HTTP status, a title, and what the sender has to change."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail = status, title, detail


def _too_large() -> TransportError:
    return TransportError(
        413, "Too large", f"A body has at most {MAX_BODY} bytes, also after decompression; send the rest in another."
    )


def read_body(request: HttpRequest) -> tuple[bytes, bytes]:
    """The body as sent (which a signature covers) and decompressed. Raises TransportError.

    Content-Encoding may be gzip. A chunked body is read if the web server marks its end (`wsgi.input_terminated`).
    """
    if "xml" in request.headers.get("Content-Type", "").lower():
        raise TransportError(415, "Unsupported media type", "Send JSON: XML is not read. Nothing of this was stored.")
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _GZIP | {"", "identity"}:
        raise TransportError(
            415, "Unsupported encoding", "Content-Encoding must be gzip or absent. Nothing of this was stored."
        )
    raw = _read(request)
    return raw, decompress(raw) if encoding in _GZIP else raw


def _read(request: HttpRequest) -> bytes:
    stream: IO[bytes] | HttpRequest = request
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        # Django reads no more than Content-Length, which a chunked body does not have.
        if not request.META.get("wsgi.input_terminated"):
            raise TransportError(411, "Length required", "Send the body with a Content-Length, not in chunks.")
        stream = request.META["wsgi.input"]
    else:
        try:
            length = int(request.headers.get("Content-Length") or 0)
        except ValueError:
            length = 0
        if length > MAX_BODY:
            raise _too_large()
    try:
        raw = bytes(stream.read(MAX_BODY + 1))
    except OSError:
        raise TransportError(400, "Incomplete", "The body ended before it was complete; send it again.") from None
    if len(raw) > MAX_BODY:
        raise _too_large()
    return raw


def decompress(raw: bytes) -> bytes:
    """A gzip body decompressed, up to `MAX_BODY` bytes: the rest of a larger one is never produced.

    Raises TransportError.
    """
    body = b""
    while raw:
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            body += member.decompress(raw, MAX_BODY + 1 - len(body))
        except zlib.error:
            raise TransportError(400, "Not gzip", "Content-Encoding is gzip, but the body is not gzip.") from None
        if len(body) > MAX_BODY:
            raise _too_large()
        if not member.eof:
            raise TransportError(400, "Incomplete", "The gzip body ended before it was complete; send it again.")
        raw = member.unused_data
    return body


def client_address(request: HttpRequest) -> str:
    """The network address of the sender, behind trusted proxies too (`rpm_portal.core.client_address`)."""
    return str(request.META.get("REMOTE_ADDR", ""))


def is_allowed_address(source: Source, address: str) -> bool:
    """Whether the source may send from this address: its list of networks is empty or contains it."""
    if not source.allowed_networks:
        return True
    sender = parse_address(address)
    return sender is not None and any(sender in ip_network(network) for network in source.allowed_networks)


def has_valid_signature(source: Source, sent: str, raw: bytes) -> bool:
    """Whether a header contains the HMAC of the body as sent, by the source's algorithm, secret and encoding.

    The name of the algorithm and an equals sign before the signature (sha256=...) are allowed.
    """
    text = sent.strip().removeprefix(f"{source.signature_algorithm}=")
    try:
        if source.signature_encoding == Source.Encoding.HEX:
            signature = bytes.fromhex(text)
        else:
            signature = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (ValueError, binascii.Error):
        return False
    expected = hmac.new(source.signature_secret.encode(), raw, source.signature_algorithm).digest()
    return hmac.compare_digest(signature, expected)
