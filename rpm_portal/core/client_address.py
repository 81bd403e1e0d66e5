"""The client's address behind trusted proxies (PORTAL_TRUSTED_PROXIES).

A proxy appends the address of its client to X-Forwarded-For. The client's address is the last one in that list that is
no trusted proxy; what is further left was sent by the client and may be anything.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

UNIX_SOCKET = "unix"
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")
TrustedProxies = tuple[str | IPv4Network | IPv6Network, ...]


def parse_proxies(texts: list[str], *, name: str = "PORTAL_TRUSTED_PROXIES") -> TrustedProxies:
    """Networks, and the word "unix" for a proxy that connects through a socket. Raises ImproperlyConfigured."""
    proxies: list[str | IPv4Network | IPv6Network] = []
    for text in filter(None, (text.strip() for text in texts)):
        if text == UNIX_SOCKET:
            proxies.append(text)
            continue
        try:
            network = ip_network(text)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must be networks like 10.0.0.5 or 10.0.0.0/24, or unix, not {text!r}."
            ) from None
        if network.prefixlen == 0:
            raise ImproperlyConfigured(f"{name} must not contain every address.")
        proxies.append(network)
    return tuple(proxies)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """A network address; ::ffff:10.0.0.5, as a server reports that listens on IPv6 and IPv4, is 10.0.0.5.

    None if the text is no address.
    """
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def is_loopback(address: str) -> bool:
    """Whether a client's address is of this machine; an empty one is a socket's."""
    parsed = parse_address(address)
    return not address or (parsed is not None and parsed.is_loopback)


def is_trusted(address: str, proxies: TrustedProxies) -> bool:
    """Whether an address (empty for a socket) belongs to a trusted proxy."""
    if not address:
        return UNIX_SOCKET in proxies
    parsed = parse_address(address)
    return parsed is not None and any(not isinstance(proxy, str) and parsed in proxy for proxy in proxies)


def client_address(remote: str, forwarded: str, proxies: TrustedProxies) -> str:
    """The client's address of a connection from `remote` with the header X-Forwarded-For.

    An entry that is no address ends the search, because no trusted proxy wrote it: the proxy that passed it on is the
    result.
    """
    client = remote
    for text in reversed(forwarded.split(",") if forwarded else []):
        if not is_trusted(client, proxies):
            break
        try:
            client = str(ip_address(text.strip()))
        except ValueError:
            break
    return client


class ClientAddressMiddleware:
    """Sets REMOTE_ADDR to the client's address, and removes forwarded headers that no trusted proxy sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Change the headers, then continue."""
        remote = request.META.get("REMOTE_ADDR", "")
        if is_trusted(remote, settings.TRUSTED_PROXIES):
            forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
            request.META["REMOTE_ADDR"] = client_address(remote, forwarded, settings.TRUSTED_PROXIES)
        else:
            for name in _FORWARDED:
                request.META.pop(name, None)
        return self.get_response(request)
