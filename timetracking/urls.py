"""URLs of time tracking."""

from django.urls import path

from timetracking.views import calls, days, productivity, rules, staff, threads, timer

app_name = "timetracking"
urlpatterns = [
    path("timer/", timer.timer, name="timer"),
    path("timer/activities/", timer.activities, name="activities"),
    path("timer/start/<slug:public_id>/", timer.start_timer, name="start_timer"),
    path("timer/stop/", timer.stop_timer, name="stop_timer"),
    path("timer/beat/", timer.beat, name="beat"),
    path("timer/idle/", timer.idle, name="idle"),
    path("timer/pause/", timer.pause, name="pause"),
    path("my-day/", days.my_day, name="my_day"),
    path("my-day/sign/", days.sign_day, name="sign_day"),
    path("staff-days/", staff.staff_days, name="staff_days"),
    path("staff-days/approve/", staff.approve_time, name="approve_time"),
    path("staff-days/productivity/", productivity.staff_productivity, name="productivity"),
    path("settings/time/", rules.rules, name="rules"),
    path("settings/time/<slug:public_id>/decide/", rules.decide_rules, name="decide_rules"),
    path("time/import/", staff.import_time, name="import_time"),
    path("time/<slug:public_id>/confirm/", days.confirm, name="confirm"),
    path("time/<slug:public_id>/activity/", days.settle_call_time, name="settle_call_time"),
    path("time/<slug:public_id>/void/", days.void, name="void"),
    path("time/<slug:public_id>/move/", days.move, name="move_entry"),
    path("enrollments/<slug:public_id>/time/new/", days.enter, name="enter"),
    path("patients/<slug:public_id>/visits/new/", calls.record_visit, name="record_visit"),
    path("enrollments/<slug:public_id>/calls/new/", calls.log_call, name="log_call"),
    path("enrollments/<slug:public_id>/calls/begin/", calls.begin_call, name="begin_call"),
    path("enrollments/<slug:public_id>/calls/hang-up/", calls.hang_up, name="hang_up"),
    path("calls/<slug:public_id>/", calls.call, name="call"),
    path("calls/<slug:public_id>/add/", calls.add_to_call, name="add_to_call"),
    path("calls/<slug:public_id>/void/", calls.void_call, name="void_call"),
    path("inbox/", threads.inbox, name="inbox"),
    path("settings/response-times/", threads.response_times, name="response_times"),
    path("enrollments/<slug:public_id>/threads/", threads.threads_of_patient, name="threads_of_patient"),
    path("enrollments/<slug:public_id>/threads/new/", threads.new_thread, name="new_thread"),
    path("threads/<slug:public_id>/", threads.thread, name="thread"),
    path("threads/<slug:public_id>/answer/", threads.answer_thread, name="answer_thread"),
    path("threads/<slug:public_id>/give/", threads.give_thread, name="give_thread"),
    path("threads/<slug:public_id>/snooze/", threads.snooze_thread, name="snooze_thread"),
    path("threads/<slug:public_id>/close/", threads.close_thread, name="close_thread"),
]
