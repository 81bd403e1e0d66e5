"""The client's address behind trusted proxies: forwarded headers count only if a trusted proxy wrote them."""

import pytest
from axes.models import AccessAttempt
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from rpm_portal.core.client_address import client_address, parse_proxies
from tests.builders import PASSWORD

PROXIES = parse_proxies(["10.0.0.5", "10.1.0.0/24", "unix", "fd00::/64"])


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        pytest.param("203.0.113.9", "", "203.0.113.9", id="no proxy"),
        pytest.param("203.0.113.9", "198.51.100.1", "203.0.113.9", id="a client that forges the header"),
        pytest.param("10.0.0.5", "198.51.100.1", "198.51.100.1", id="one proxy"),
        pytest.param("10.0.0.6", "198.51.100.1", "10.0.0.6", id="a neighbor of the proxy is not trusted"),
        pytest.param("10.1.0.255", "198.51.100.1", "198.51.100.1", id="the last address of a network"),
        pytest.param("10.1.1.0", "198.51.100.1", "10.1.1.0", id="the first address after a network"),
        pytest.param("10.0.0.5", "192.0.2.7, 198.51.100.1", "198.51.100.1", id="a forged entry before the proxy's own"),
        pytest.param("10.0.0.5", "192.0.2.7, 198.51.100.1, 10.1.0.9", "198.51.100.1", id="two proxies"),
        pytest.param("", "198.51.100.1", "198.51.100.1", id="a proxy on a socket"),
        pytest.param("::ffff:10.0.0.5", "198.51.100.1", "198.51.100.1", id="IPv4 on an IPv6 socket"),
        pytest.param("fd00::5", "2001:db8::1", "2001:db8::1", id="IPv6"),
        pytest.param("10.0.0.5", "not an address", "10.0.0.5", id="no address"),
        pytest.param("10.0.0.5", "", "10.0.0.5", id="a proxy that sends no header"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_trusted_proxy(remote, forwarded, client):
    assert client_address(remote, forwarded, PROXIES) == client


@pytest.mark.parametrize("text", ["proxy", "10.0.0.5/8", "0.0.0.0/0", "::/0", "10.0.0"])
def test_a_wrong_or_unlimited_proxy_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="PORTAL_TRUSTED_PROXIES"):
        parse_proxies([text])


def fail(user, remote, **headers):
    return Client().post("/accounts/login/", {"login": user.email, "password": "wrong"}, REMOTE_ADDR=remote, **headers)


def test_failures_are_counted_for_the_client_behind_a_trusted_proxy(world, settings):
    """Behind one proxy, five wrong passwords of a stranger do not lock out the person at another address."""
    settings.TRUSTED_PROXIES = PROXIES
    nurse = world.user("clinical_staff")
    for _ in range(5):
        fail(nurse, "10.0.0.5", HTTP_X_FORWARDED_FOR="203.0.113.66")
    assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {"203.0.113.66"}
    fields = {"login": nurse.email, "password": PASSWORD}
    stranger = Client().post("/accounts/login/", fields, REMOTE_ADDR="10.0.0.5", HTTP_X_FORWARDED_FOR="203.0.113.66")
    person = Client().post("/accounts/login/", fields, REMOTE_ADDR="10.0.0.5", HTTP_X_FORWARDED_FOR="198.51.100.7")
    assert (stranger.status_code, person.status_code) == (429, 302)


def test_a_forged_header_of_a_client_without_proxy_changes_nothing(world, settings):
    settings.TRUSTED_PROXIES = PROXIES
    nurse = world.user("clinical_staff")
    for number in range(5):
        fail(nurse, "203.0.113.66", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert fail(nurse, "203.0.113.66", HTTP_X_FORWARDED_FOR="198.51.100.99").status_code == 429


def test_the_forwarded_scheme_is_believed_only_from_a_trusted_proxy(world, settings):
    settings.TRUSTED_PROXIES = PROXIES
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for remote, is_secure in (("10.0.0.5", True), ("203.0.113.66", False)):
        page = Client().get("/accounts/login/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_PROTO="https")
        assert page.wsgi_request.is_secure() is is_secure, remote
