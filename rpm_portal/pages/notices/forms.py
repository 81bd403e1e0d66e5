"""The form of an account of a channel."""

from django import forms
from django.conf import settings

from enrollment.services.contacts.addresses import plain_email, plain_number
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.channels.segments import is_gsm
from rpm_portal.core.refusals import Refused


class ChannelForm(forms.ModelForm):
    """An account; its secret is written and never shown."""

    new_secret = forms.CharField(
        max_length=200,
        required=False,
        label="Secret",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Token or password. Empty: the present one stays. The earlier one is accepted for a day.",
    )

    class Meta:
        model = ChannelAccount
        fields = [
            *("kind", "provider", "account_name", "new_secret", "host", "port", "sender", "outside_name", "help_phone"),
            *("per_day", "per_month_cents", "cents_per_part", "provider_answers_stop", "baa_signed_on", "is_on"),
        ]
        widgets = {"baa_signed_on": forms.DateInput(attrs={"type": "date"})}

    def __init__(self, data: object = None, *, instance: ChannelAccount | None = None) -> None:
        super().__init__(data, instance=instance)  # type: ignore[arg-type]
        if instance is not None and instance.pk:
            for name in ("kind", "provider"):
                del self.fields[name]
        elif not settings.LOCAL_CHANNELS:
            choices = [choice for choice in ChannelAccount.Provider.choices if choice[0] != "local"]
            self.fields["provider"].choices = choices  # type: ignore[attr-defined]

    def clean_outside_name(self) -> str:
        """A name that costs one segment: GSM characters."""
        name: str = self.cleaned_data["outside_name"]
        if not is_gsm(name):
            raise forms.ValidationError("Use letters without these accents: they would triple the price of each text.")
        return name

    def clean_sender(self) -> str:
        """The number or the e-mail address in its stored form."""
        sender = self.cleaned_data["sender"]
        kind = self.cleaned_data.get("kind") or self.instance.kind
        try:
            return plain_email(sender) if kind == ChannelAccount.Kind.MAIL else plain_number(sender)
        except Refused as refusal:
            raise forms.ValidationError(refusal.message) from None
