"""URLs of monitoring."""

from django.urls import path

from monitoring.views import (
    apple_health,
    notes,
    readings,
    reference,
    reviewed,
    sources,
    unmatched,
    withings_accounts,
)

app_name = "monitoring"
urlpatterns = [
    path("enrollments/<slug:public_id>/reviewed/", reviewed.mark_reviewed, name="mark_reviewed"),
    path("enrollments/<slug:public_id>/readings/", readings.readings, name="readings"),
    path("enrollments/<slug:public_id>/readings/enter/", readings.enter_reading, name="enter_reading"),
    path("enrollments/<slug:public_id>/readings/correct/", readings.correct_reading, name="correct_reading"),
    path("enrollments/<slug:public_id>/readings/file/", readings.bring_file, name="bring_file"),
    path("enrollments/<slug:public_id>/readings/apple-health/", apple_health.import_apple_health, name="apple_health"),
    path("enrollments/<slug:public_id>/rules/", readings.add_rule, name="add_rule"),
    path("enrollments/<slug:public_id>/notes/", notes.write_note, name="write_note"),
    path("notes/<slug:public_id>/void/", notes.void_note, name="void_note"),
    path("rules/<slug:public_id>/end/", readings.end_rule, name="end_rule"),
    path("readings/unmatched/", unmatched.unmatched, name="unmatched"),
    path("readings/unmatched/<slug:public_id>/", unmatched.unmatched_reading, name="unmatched_reading"),
    path("readings/unmatched/<slug:public_id>/repair/", unmatched.repair_reading, name="repair_reading"),
    path("readings/unmatched/<slug:public_id>/aside/", unmatched.set_aside, name="set_aside"),
    path("readings/unmatched/<slug:public_id>/person/", unmatched.choose_person, name="choose_person"),
    path("deliveries/again/", unmatched.play_all_again, name="play_all_again"),
    path("deliveries/<slug:public_id>/", unmatched.delivery, name="delivery"),
    path("deliveries/<slug:public_id>/again/", unmatched.play_again, name="play_again"),
    path("sources/", sources.sources, name="sources"),
    path("sources/reference/", reference.reference, name="reference"),
    path("sources/withings/return/", withings_accounts.withings_return, name="withings_return"),
    path("sources/<slug:public_id>/withings/", withings_accounts.withings_accounts, name="withings_accounts"),
    path("sources/<slug:public_id>/withings/link/", withings_accounts.link_withings, name="link_withings"),
    path("sources/<slug:public_id>/withings/unlink/", withings_accounts.unlink_withings, name="unlink_withings"),
    path("sources/<slug:public_id>/settings/", sources.source_settings, name="source_settings"),
    path("sources/<slug:public_id>/deliveries/", sources.deliveries, name="deliveries"),
    path("sources/<slug:public_id>/", sources.move_source, name="move_source"),
]
