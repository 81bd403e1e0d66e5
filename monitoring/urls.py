"""Addresses of the monitoring room."""

from django.urls import path

from monitoring import api, views

app_name = "monitoring"
urlpatterns = [
    path("alerts/<slug:public_id>/review/", views.review_alert, name="review_alert"),
    path("enrollments/<slug:public_id>/reviewed/", views.mark_reviewed, name="mark_reviewed"),
    path("readings/unmatched/", views.unmatched, name="unmatched"),
    path("api/readings/", api.readings, name="api_readings"),
]
