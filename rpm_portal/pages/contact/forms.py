"""Forms of the page of contact points."""

from django import forms

from enrollment.models import Caregiver, ConsentAct, ContactChannel, ContactPoint, Patient
from enrollment.services.contacts.send_times import CLOSES, OPENS

_HOURS = [(hour, f"{hour}:00") for hour in range(OPENS, CLOSES + 1)]
_DAY = forms.DateInput(attrs={"type": "date"})


class PointForm(forms.Form):
    """A new number or address."""

    caregiver = forms.ModelChoiceField(Caregiver.objects.none(), required=False, label="Of", empty_label="the patient")
    kind = forms.ChoiceField(label="What it is", choices=ContactPoint.Kind)
    value = forms.CharField(max_length=120, label="Number or e-mail address")
    language = forms.ChoiceField(choices=[("en", "English"), ("es", "Spanish")])
    opens = forms.TypedChoiceField(
        coerce=int, choices=_HOURS[:-1], initial=OPENS, label="Automated messages not before"
    )
    closes = forms.TypedChoiceField(coerce=int, choices=_HOURS[1:], initial=CLOSES, label="Not after")
    weekends = forms.BooleanField(required=False, initial=True, label="Also on weekends")

    def __init__(self, data: object = None, *, patient: Patient) -> None:
        super().__init__(data, initial={"language": patient.language})  # type: ignore[arg-type]
        own = Caregiver.objects.for_practice(patient.practice_id).filter(patient=patient)
        self.fields["caregiver"].queryset = own  # type: ignore[attr-defined]


class ChannelConsentForm(forms.Form):
    """What the person said about a channel."""

    channel = forms.ChoiceField(choices=ContactChannel)
    act = forms.ChoiceField(
        label="The person",
        choices=[(ConsentAct.GIVEN, "agreed"), (ConsentAct.WITHDRAWN, "asked to stop")],
    )
    how = forms.ChoiceField(
        choices=[("spoken", "in a conversation"), ("form", "on a form"), ("letter", "by letter"), ("page", "by e-mail")]
    )
    text = forms.CharField(max_length=1000, required=False, label="In the person's words")
    whole_person = forms.BooleanField(required=False, label="For all numbers and addresses of this person")


class CaregiverForm(forms.Form):
    """A caregiver with days and rights."""

    name = forms.CharField(max_length=120)
    relation = forms.CharField(max_length=40, help_text="Daughter, neighbor, guardian.")
    since = forms.DateField(widget=_DAY, label="May hear about the patient from")
    until = forms.DateField(widget=_DAY, required=False, label="Until", help_text="Empty: no last day.")
    basis = forms.ChoiceField(choices=Caregiver._meta.get_field("basis").choices or [], label="Because")
    document = forms.CharField(max_length=120, required=False, label="Document of a legal representative")
    may_answer = forms.BooleanField(required=False, label="May write for the patient")
    may_sign = forms.BooleanField(required=False, label="May sign for the patient")
