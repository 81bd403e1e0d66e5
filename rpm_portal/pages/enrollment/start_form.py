"""The form that starts an enrollment: the program, the billing provider, and who the patient is assigned to."""

from datetime import date

from django import forms
from django.db.models import QuerySet

from enrollment.forms import EnrollForm
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.access import Permission, Role, may


def care_team(practice: Practice, today: date) -> QuerySet[Membership]:
    """Memberships that review readings on a day: a patient can be assigned to them."""
    roles = [role for role in Role if may(role, Permission.REVIEW_READINGS)]
    rows = Membership.objects.for_practice(practice).in_force(today).filter(role__in=roles)
    return rows.select_related("user").order_by("user__family_name", "pk")


class StartForm(EnrollForm):
    """Program, billing provider, and the care team member who gets the patient's alerts first."""

    looked_after_by = forms.ModelChoiceField(
        queryset=Membership.objects.none(),
        required=False,
        empty_label="Unassigned",
        label="Assigned to",
        help_text="New alerts go to this person first. An unassigned patient is in everybody's list.",
    )

    def set_choices(self) -> None:
        """The practice's providers and care team."""
        super().set_choices()
        self.fields["looked_after_by"].queryset = care_team(self.practice, self.today)  # type: ignore[attr-defined]
