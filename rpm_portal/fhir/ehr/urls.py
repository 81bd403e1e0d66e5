"""Addresses of launches, and of the settings of EHR links."""

from django.urls import path

from rpm_portal.fhir.ehr.views import launch, links, patient

app_name = "ehr"

urlpatterns = [
    path("ehr/launch/<slug:public_id>/", launch.launch, name="launch"),
    path("ehr/start/<slug:public_id>/", launch.start, name="start"),
    path("ehr/back/<slug:public_id>/", launch.back, name="back"),
    path("ehr/person/<slug:public_id>/", launch.person, name="person"),
    path("ehr/open/<slug:public_id>/", patient.open_patient, name="open"),
    path("settings/ehr/", links.links, name="links"),
    path("settings/ehr/<slug:public_id>/", links.link, name="link"),
    path("settings/ehr/<slug:public_id>/accounts/", links.remove_account, name="remove_account"),
]
