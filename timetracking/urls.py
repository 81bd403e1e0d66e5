"""Addresses of the time room."""

from django.urls import path

from timetracking import call_views, day_views, views

app_name = "timetracking"
urlpatterns = [
    path("timer/", views.timer, name="timer"),
    path("timer/activities/", views.activities, name="activities"),
    path("timer/start/<slug:public_id>/", views.start_timer, name="start_timer"),
    path("timer/stop/", views.stop_timer, name="stop_timer"),
    path("timer/beat/", views.beat, name="beat"),
    path("timer/idle/", views.idle, name="idle"),
    path("timer/pause/", views.pause, name="pause"),
    path("my-day/", day_views.my_day, name="my_day"),
    path("my-day/sign/", day_views.sign_day, name="sign_day"),
    path("staff-days/", day_views.staff_days, name="staff_days"),
    path("time/import/", day_views.import_time, name="import_time"),
    path("time/<slug:public_id>/confirm/", day_views.confirm, name="confirm"),
    path("time/<slug:public_id>/void/", day_views.void, name="void"),
    path("enrollments/<slug:public_id>/time/new/", day_views.enter, name="enter"),
    path("patients/<slug:public_id>/visits/new/", call_views.record_visit, name="record_visit"),
    path("enrollments/<slug:public_id>/calls/new/", call_views.log_call, name="log_call"),
    path("enrollments/<slug:public_id>/calls/begin/", call_views.begin_call, name="begin_call"),
    path("enrollments/<slug:public_id>/calls/hang-up/", call_views.hang_up, name="hang_up"),
    path("calls/<slug:public_id>/", call_views.call, name="call"),
    path("calls/<slug:public_id>/add/", call_views.add_to_call, name="add_to_call"),
    path("calls/<slug:public_id>/void/", call_views.void_call, name="void_call"),
]
