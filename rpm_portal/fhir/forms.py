"""Forms of the page of clients."""

from django import forms

from enrollment.models import Clinic
from rpm_portal.accounts.models import Membership
from rpm_portal.core.access import Role
from rpm_portal.fhir.key_sets import MAX_LENGTH
from rpm_portal.fhir.models import FhirClient
from rpm_portal.fhir.registry import registry


def scope_choices(by: Membership) -> list[tuple[str, str]]:
    """The scopes that a member may give, with their labels."""
    choices = []
    for kind in registry().values():
        if kind.scope_of or (kind.is_restricted and by.role != Role.ADMIN):
            continue
        letters, words = ("rs", "read and search") if kind.is_searched else ("r", "read")
        choices.append((f"system/{kind.name}.{letters}", f"{kind.name}: {words}"))
        if kind.is_created:
            choices.append((f"system/{kind.name}.cu", f"{kind.name}: create and update"))
    return choices


class FhirClientForm(forms.Form):
    """Scopes, clinics, rate and public keys of a client; the name only for a new one."""

    name = forms.CharField(max_length=60, label="Name of the program or company")
    scopes = forms.MultipleChoiceField(label="What it may do", widget=forms.CheckboxSelectMultiple)
    clinics = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        label="Only patients of these clinics",
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all patients of the practice.",
    )
    per_minute = forms.IntegerField(label="Requests a minute", min_value=1, max_value=60_000, initial=600)
    jwks = forms.CharField(
        max_length=MAX_LENGTH,
        label="Public keys (JSON Web Key Set)",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Public keys for ES384 or RS384, from the person who runs the program. Never a private key.",
    )

    def __init__(self, data: object = None, *, by: Membership, client: FhirClient | None = None) -> None:
        initial: dict[str, object] = {}
        if client is not None:
            initial = {"scopes": client.scopes, "clinics": client.clinics, "per_minute": client.per_minute}
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self.fields["scopes"].choices = scope_choices(by)  # type: ignore[attr-defined]
        clinics = Clinic.objects.for_practice(by.practice_id)
        self.fields["clinics"].choices = [(row.pk, str(row)) for row in clinics]  # type: ignore[attr-defined]
        if not clinics:
            del self.fields["clinics"]
        if client is not None:
            del self.fields["name"]
            self.fields["jwks"].required = False
            self.fields["jwks"].help_text = "Empty: the present keys stay."
