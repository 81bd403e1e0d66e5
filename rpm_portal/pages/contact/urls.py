"""URLs of contact points."""

from django.urls import path

from rpm_portal.pages.contact import views

app_name = "contact"
urlpatterns = [
    path("patients/<slug:public_id>/contact/", views.page, name="page"),
    path("patients/<slug:public_id>/contact/add/", views.add_point, name="add_point"),
    path("patients/<slug:public_id>/caregivers/", views.allow_caregiver, name="allow_caregiver"),
    path("contact-points/<slug:public_id>/", views.change_point, name="change_point"),
    path("contact-points/<slug:public_id>/consent/", views.record_consent, name="record_consent"),
    path("caregivers/<slug:public_id>/end/", views.end_caregiver, name="end_caregiver"),
    path("stop-requests/", views.stop_requests, name="stop_requests"),
    path("stop-requests/<slug:public_id>/", views.decide, name="decide"),
]
