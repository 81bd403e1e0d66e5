"""Addresses of the time room."""

from django.urls import path

from timetracking import views

app_name = "timetracking"
urlpatterns = [
    path("timer/", views.timer, name="timer"),
    path("timer/start/<slug:public_id>/", views.start_timer, name="start_timer"),
    path("timer/stop/", views.stop_timer, name="stop_timer"),
    path("patients/<slug:public_id>/visits/new/", views.record_visit, name="record_visit"),
    path("enrollments/<slug:public_id>/calls/new/", views.log_call, name="log_call"),
]
