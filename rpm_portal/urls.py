"""Every address of the portal."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic.base import RedirectView

from monitoring.api import api
from rpm_portal import health
from rpm_portal.accounts.views import switch_practice
from rpm_portal.audit.views import events
from rpm_portal.exporting.views import export
from rpm_portal.worklist import views as worklist

admin.site.site_header = admin.site.site_title = "RPM Portal administration"

urlpatterns = [
    path("", worklist.worklist, name="worklist"),
    path("patients/<slug:public_id>/", worklist.chart, name="chart"),
    path("patients/<slug:public_id>/history/", worklist.patient_history, name="patient_history"),
    path("patients/<slug:public_id>/months/<str:month>/", worklist.patient_month, name="patient_month"),
    path("export/", export, name="export"),
    path("practice/switch/", switch_practice, name="switch_practice"),
    path("audit/", events, name="audit"),
    path("api/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # One door in: the admin's own sign-in page would pass allauth's second factor by.
    path("admin/login/", login_not_required(RedirectView.as_view(pattern_name="account_login", query_string=True))),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("rpm_portal.alerting.urls")),
    path("", include("rpm_portal.enrolling.urls")),
    path("", include("enrollment.urls")),
    path("", include("monitoring.urls")),
    path("", include("timetracking.urls")),
    path("", include("billing.urls")),
]
