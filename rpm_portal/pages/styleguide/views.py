"""View: the style guide, with sample data only."""

from datetime import date, timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.review.code_status import Status
from enrollment.models import Patient
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow
from rpm_portal.pages.worklist.day_strip import cells_of
from rpm_portal.pages.worklist.sparklines import Spark, spark_data

TODAY = date(2026, 11, 21)
ICONS = (
    *("i-worklist", "i-patients", "i-alerts", "i-enroll", "i-devices", "i-day", "i-staff", "i-panel", "i-unmatched"),
    *("i-sources", "i-months", "i-policies", "i-audit", "i-export", "i-admin", "i-search", "i-claims", "i-sign"),
    *("i-dashboard", "i-preclose", "i-denials", "i-answers", "i-packets", "i-help", "i-more", "i-phone", "i-close"),
)
STATUSES = (
    Status("device", "Ready", "99454, Nov 21"),
    Status("device", "On track", "11 of 16 days, 6 left, ends 29 Nov"),
    Status("management", "Needs", "4:10 and a live call"),
    Status("device", "Cannot", "9 days, 3 left: 16 not reachable"),
    Status("program", "Blocked", "The order ended on 30 Oct. Sign a new one."),
    Status("device", "Waits", "for the 2027 rules; 12 days, ends 14 Jan"),
)


class _Sample(forms.Form):
    """A form with one field of each kind."""

    name = forms.CharField(help_text="As printed on the card.", max_length=80)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    choice = forms.ChoiceField(choices=[("a", "One"), ("b", "Another")])
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agreed = forms.BooleanField(required=False, label="Told what it costs")


@allow(Permission.SEE_PATIENTS)
@require_GET
def styleguide(request: PortalRequest) -> HttpResponse:
    """Type, colors, the status words, fields, tables, lists, states, and messages."""
    means = [(TODAY - timedelta(days=13 - n), 128.0 + (n * 7) % 31) for n in range(14) if n not in {4, 5}]
    context = {
        "people": [Patient(given_name="Miguel", family_name="Ortega"), Patient(given_name="Ada", family_name="Hall")],
        "words": STATUSES,
        "ICONS": ICONS,
        "form": _Sample(),
        "wrong": _Sample({"name": "", "day": "", "choice": "a"}),
        "cells": cells_of(TODAY - timedelta(days=16), "ssmssssxsstsssmss" + "f" * 13),
        "spark": spark_data(Spark("blood_pressure", None, 150.0, means), today=TODAY),
        "may_not": Permission.SEE_AUDIT,
    }
    return render(request, "styleguide/styleguide.html", context)
