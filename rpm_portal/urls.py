"""URLs of the portal."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from monitoring.views.api import api
from rpm_portal.accounts.views import display, email_change, emergency, people, security
from rpm_portal.accounts.views.account import admin_door, session, stay, switch_practice
from rpm_portal.ops import health
from rpm_portal.pages.audit.views import events, events_file
from rpm_portal.pages.chart import views as worklist
from rpm_portal.pages.chart.clinical_lists import views as list_views
from rpm_portal.pages.export.views import disclosures, export
from rpm_portal.pages.help import views as help_views
from rpm_portal.pages.navigation import views as navigation
from rpm_portal.pages.search import views as searching
from rpm_portal.pages.styleguide.views import styleguide
from rpm_portal.pages.worklist import views

handler500 = health.server_error

urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("worklist/counts/", views.counts, name="worklist_counts"),
    path("worklist/news/", views.arrived, name="worklist_news"),
    path("worklist/narrow/", views.narrow, name="worklist_narrow"),
    path("worklist/arrange/", views.arrange, name="worklist_arrange"),
    path("worklist/views/save/", views.save_view, name="worklist_save_view"),
    path("worklist/views/remove/", views.remove_view, name="worklist_remove_view"),
    path("patients/<slug:public_id>/", worklist.chart, name="chart"),
    path("patients/<slug:public_id>/disclosures/", disclosures, name="disclosures"),
    path("patients/<slug:public_id>/history/", worklist.patient_history, name="patient_history"),
    path("patients/<slug:public_id>/lists/", list_views.clinical_lists, name="clinical_lists"),
    path("patients/<slug:public_id>/lists/add/", list_views.add, name="add_clinical_item"),
    path("patients/<slug:public_id>/lists/<slug:item>/end/", list_views.end, name="end_clinical_item"),
    path("patients/<slug:public_id>/as-of/", worklist.as_of, name="chart_as_of"),
    path("patients/<slug:public_id>/months/<str:month>/", worklist.patient_month, name="patient_month"),
    path("enrollments/<slug:public_id>/watching/", worklist.watching, name="watching"),
    path("navigation/counts/", navigation.counts, name="navigation_counts"),
    path("help/", help_views.help_page, name="help"),
    path("help/definitions/", help_views.definitions, name="definitions"),
    path("help/first-day/", help_views.first_day, name="first_day"),
    path("styleguide/", styleguide, name="styleguide"),
    path("search/", searching.search, name="search"),
    path("search/found/", searching.found, name="found"),
    path("export/", export, name="export"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invitations/<slug:public_id>/approve/", people.approve_invitation, name="approve_invitation"),
    path("people/invitations/<slug:public_id>/withdraw/", people.withdraw_invitation, name="withdraw_invitation"),
    path("people/<slug:public_id>/end/", people.move_person, name="move_person"),
    path("people/<slug:public_id>/address/", email_change.change_email, name="change_email"),
    path(
        "people/address-changes/<slug:public_id>/withdraw/",
        email_change.withdraw_email_change,
        name="withdraw_email_change",
    ),
    path("sign-in-address/", email_change.confirm_email_change, name="confirm_email_change"),
    path(
        "sign-in-address/<slug:public_id>/<str:secret>/",
        email_change.open_email_change,
        name="open_email_change",
    ),
    path("settings/display/", display.display_settings, name="display_settings"),
    path("settings/security/", security.security, name="security"),
    path("settings/security/<slug:public_id>/decide/", security.decide_security, name="decide_security"),
    path("emergency/", emergency.break_glass, name="break_glass"),
    path("emergency/end/", emergency.end, name="end_emergency_access"),
    path("join/", people.join, name="join"),
    path("join/<slug:public_id>/<str:secret>/", people.open_invitation, name="open_invitation"),
    path("practice/switch/", switch_practice, name="switch_practice"),
    path("session/", session, name="session"),
    path("session/stay/", stay, name="stay"),
    path("audit/file/", events_file, name="audit_file"),
    path("audit/", events, name="audit"),
    # Before the readings API, which describes the addresses of FHIR writes too.
    path("", include("rpm_portal.fhir.urls")),
    path("", include("rpm_portal.pages.webhooks.urls")),
    path("", include("rpm_portal.fhir.ehr.urls")),
    path("api/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # The admin's own sign-in page would bypass allauth's second factor.
    path("admin/login/", admin_door),
    # Passwords are changed only on the portal's page, which records an audit event and sends a message.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/password_change/done/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("accounts/", include("rpm_portal.accounts.package_urls")),
    path("", include("rpm_portal.pages.alerts.urls")),
    path("", include("rpm_portal.pages.to_sign.urls")),
    path("", include("rpm_portal.pages.patient.urls")),
    path("", include("rpm_portal.pages.enrollment.urls")),
    path("", include("rpm_portal.pages.reports.urls")),
    path("", include("rpm_portal.pages.contact.urls")),
    path("", include("rpm_portal.pages.notices.urls")),
    path("", include("enrollment.urls")),
    path("", include("monitoring.urls")),
    path("", include("timetracking.urls")),
    path("", include("billing.urls")),
]
