"""The form of an EHR link."""

from django import forms
from django.contrib.postgres.forms import SimpleArrayField

from rpm_portal.fhir.ehr.links import LinkSettings
from rpm_portal.fhir.ehr.models import EhrLink

_EMAIL_HELP = (
    "Separated by commas. People without an NPI are found by their e-mail address if it ends in one of these and the "
    "EHR says that it is verified."
)


class EhrLinkForm(forms.ModelForm):
    """Name and address only for a new link; everything else can be changed."""

    fhir_base = forms.URLField(
        max_length=200,
        assume_scheme="https",
        label="FHIR address (iss)",
        help_text="As the EHR states it, like https://fhir.harbor.example/r4. It cannot be changed later.",
    )
    client_secret = forms.CharField(
        required=False,
        max_length=300,
        label="Client secret",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Only if the EHR gave one.",
    )
    has_no_secret = forms.BooleanField(required=False, label="The EHR needs no client secret any more: delete it")
    email_domains = SimpleArrayField(
        forms.CharField(max_length=120), required=False, label="E-mail domains of the practice", help_text=_EMAIL_HELP
    )

    class Meta:
        model = EhrLink
        fields = (
            *("name", "fhir_base", "client_id", "client_secret", "has_no_secret", "scopes", "mrn_system"),
            *("npi_system", "email_domains", "vouches_for_factor", "is_on"),
        )
        labels = {"name": "Name of the EHR", "client_id": "Client ID", "is_on": "In use: people can launch the portal"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if self.instance.pk:
            for name in ("name", "fhir_base"):
                del self.fields[name]
            self.fields["client_secret"].help_text = "Empty: the present one stays."
        if not self.instance.client_secret:
            del self.fields["has_no_secret"]
        self.initial.pop("client_secret", None)

    @property
    def values(self) -> LinkSettings:
        """The settings of a valid form."""
        return LinkSettings(**{name: self.cleaned_data[name] for name in LinkSettings.__annotations__})  # type: ignore[typeddict-item]
