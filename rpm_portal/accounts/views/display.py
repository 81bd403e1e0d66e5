"""View: the units in which a practice's pages show weights and temperatures."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.unit_settings import set_units, unit_changes
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused
from rpm_portal.core.unit_systems import UnitSystem


class UnitsForm(forms.Form):
    """The units of a practice."""

    units = forms.ChoiceField(label="Units of weight and temperature", choices=UnitSystem, widget=forms.RadioSelect)


@allow(Permission.CHANGE_DISPLAY)
@require_http_methods(["GET", "POST"])
def display_settings(request: PortalRequest) -> HttpResponse:
    """The practice's units and their earlier changes, and a change of them."""
    practice, done = request.practice, ""
    form = UnitsForm(request.POST if request.method == "POST" else None, initial={"units": practice.units})
    if form.is_bound and form.is_valid():
        try:
            practice = set_units(units=form.cleaned_data["units"], by=request.membership, now=timezone.now())
        except Refused as refusal:
            form.add_error("units", refusal.message)
        else:
            done = f"Units saved: {practice.get_units_display()}."
    context = {"form": form, "changes": unit_changes(practice), "done": done}
    return render(request, "accounts/display.html", context, status=422 if form.errors else 200)
