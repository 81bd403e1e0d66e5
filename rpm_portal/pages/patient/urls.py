"""URLs of the patient's page, and of the links that staff make."""

from django.urls import path

from rpm_portal.pages.patient.views import link_pages, visit_pages

app_name = "patient"
urlpatterns = [
    path("m/<slug:selector>/", visit_pages.open_link, name="open_link"),
    path("patients/<slug:public_id>/link/", link_pages.patient_link, name="link"),
    path("p/", visit_pages.home, name="home"),
    path("p/new/", visit_pages.new_message, name="new_message"),
    path("p/threads/<slug:public_id>/", visit_pages.thread, name="thread"),
    path("p/preferences/", visit_pages.preferences, name="preferences"),
    path("p/device/", visit_pages.device_help, name="device_help"),
    path("p/done/", visit_pages.done, name="done"),
]
