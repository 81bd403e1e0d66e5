"""Addresses of the monitoring room."""

from django.urls import path

from monitoring import note_views, reading_views, source_views, views

app_name = "monitoring"
urlpatterns = [
    path("enrollments/<slug:public_id>/reviewed/", views.mark_reviewed, name="mark_reviewed"),
    path("enrollments/<slug:public_id>/readings/", reading_views.readings, name="readings"),
    path("enrollments/<slug:public_id>/readings/enter/", reading_views.enter_reading, name="enter_reading"),
    path("enrollments/<slug:public_id>/readings/correct/", reading_views.correct_reading, name="correct_reading"),
    path("enrollments/<slug:public_id>/readings/file/", reading_views.bring_file, name="bring_file"),
    path("enrollments/<slug:public_id>/rules/", reading_views.add_rule, name="add_rule"),
    path("enrollments/<slug:public_id>/notes/", note_views.write_note, name="write_note"),
    path("notes/<slug:public_id>/strike/", note_views.strike_note, name="strike_note"),
    path("rules/<slug:public_id>/end/", reading_views.end_rule, name="end_rule"),
    path("readings/unmatched/", source_views.unmatched, name="unmatched"),
    path("readings/unmatched/<slug:public_id>/aside/", source_views.set_aside, name="set_aside"),
    path("deliveries/again/", source_views.play_all_again, name="play_all_again"),
    path("deliveries/<slug:public_id>/again/", source_views.play_again, name="play_again"),
    path("sources/", source_views.sources, name="sources"),
    path("sources/<slug:public_id>/", source_views.move_source, name="move_source"),
]
