"""Forms of the settings of a source."""

import ipaddress
import re

from django import forms
from django.core.exceptions import ValidationError

from monitoring.models import UNIT_CHOICES, Source

MAX_NETWORKS = 50
# The characters of an HTTP header's name (RFC 9110, section 5.1, a token).
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
# Headers that carry something else, or that a server sets itself.
_RESERVED_HEADERS = {"x-api-key", "authorization", "cookie", "host", "content-length", "content-type"}


class SourceSettingsForm(forms.Form):
    """Rate, unit, allowed networks and signature of a source."""

    per_minute = forms.IntegerField(
        label="Deliveries a minute",
        min_value=1,
        max_value=60_000,
        help_text="Further bodies are stored and processed in the background. More than ten times as many are refused.",
    )
    weight_unit = forms.ChoiceField(
        required=False,
        choices=[("", "none"), *UNIT_CHOICES["weight"]],
        label="Unit of weights that are sent without one",
    )
    temperature_unit = forms.ChoiceField(
        required=False,
        choices=[("", "none"), *UNIT_CHOICES["temperature"]],
        label="Unit of temperatures that are sent without one",
    )
    glucose_unit = forms.ChoiceField(
        required=False,
        choices=[("", "none"), *UNIT_CHOICES["glucose"]],
        label="Unit of glucose that is sent without one",
    )
    allowed_networks = forms.CharField(
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Allowed networks",
        help_text="One address or network (CIDR) a line, for example 203.0.113.0/24. Empty: any address.",
    )
    signature_algorithm = forms.ChoiceField(
        required=False, choices=[("", "not signed"), *Source.Algorithm.choices], label="Signature of each body"
    )
    signature_header = forms.CharField(
        required=False, max_length=60, label="Header of the signature", help_text="For example X-Signature."
    )
    signature_encoding = forms.ChoiceField(choices=Source.Encoding.choices, label="Encoding of the signature")
    secret = forms.CharField(
        required=False,
        max_length=200,
        min_length=16,
        label="Secret of the signature",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Empty: the present secret stays; if there is none, one is generated and shown once.",
    )

    def clean_allowed_networks(self) -> list[str]:
        """The networks as CIDR, without repetition."""
        networks: dict[str, None] = {}
        for line in self.cleaned_data["allowed_networks"].replace(",", "\n").split():
            try:
                networks[str(ipaddress.ip_network(line, strict=False))] = None
            except ValueError:
                raise ValidationError(f"{line[:50]} is no address or network. Write one like 203.0.113.0/24.") from None
        if len(networks) > MAX_NETWORKS:
            raise ValidationError(f"At most {MAX_NETWORKS} networks are possible. Combine them to larger ones.")
        return list(networks)

    def clean(self) -> dict[str, object]:
        """Require the header of a signature."""
        cleaned = super().clean() or {}
        header = cleaned.get("signature_header") or ""
        if cleaned.get("signature_algorithm") and not _HEADER.fullmatch(header):
            self.add_error("signature_header", "Enter the name of the header, letters, digits, and hyphens.")
        elif header.lower() in _RESERVED_HEADERS:
            self.add_error("signature_header", f"{header} has another meaning. Choose another header.")
        return cleaned
