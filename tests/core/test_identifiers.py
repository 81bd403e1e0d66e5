"""The provider of a practice's own sign-in: the portal requests its address, so it must be a public host."""

import pytest
from django.core.exceptions import ValidationError

from rpm_portal.core.identifiers import validate_issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.harbor.example",
        "https://login.harbor.example/tenant",
        "http://127.0.0.1:8080",
        "http://localhost:9",
    ],
)
def test_a_public_host_and_the_loopback_address_of_a_trial_are_accepted(issuer):
    validate_issuer(issuer)


@pytest.mark.parametrize(
    "issuer",
    [
        "https://localhost", "https://127.0.0.1", "https://10.0.0.7", "https://169.254.169.254", "https://[::1]",
        "https://[fd00::1]:8443", "https://vault", "https://vault.internal", "https://vault.internal.", "https://a.local",
        "https://x.home.arpa", "https://2130706433", "http://login.harbor.example", "https://user@login.harbor.example",
        "https://login.harbor.example/?x=1",
    ],
)  # fmt: skip
def test_an_internal_or_numeric_host_is_refused(issuer):
    with pytest.raises(ValidationError):
        validate_issuer(issuer)
