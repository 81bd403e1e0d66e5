"""URLs of the enrollment pages."""

from django.urls import path

from rpm_portal.pages.enrollment import views
from rpm_portal.pages.enrollment.drafts.views import save_text
from rpm_portal.pages.enrollment.facts import views as fact_views

app_name = "enroll"
urlpatterns = [
    path("enrollments/", views.enrollments, name="in_progress"),
    path("enrollments/new/", views.start, name="start"),
    path("enrollments/<slug:public_id>/", views.page, name="page"),
    path("enrollments/<slug:public_id>/cards/<slug:card>/", views.save, name="keep"),
    path("enrollments/<slug:public_id>/drafts/<slug:card>/", views.autosave, name="autosave"),
    path("enrollments/<slug:public_id>/texts/<slug:kind>/", save_text, name="save_text"),
    path("enrollments/<slug:public_id>/move/", views.move, name="move"),
    path("enrollments/<slug:public_id>/facts/", fact_views.facts, name="facts"),
    path("enrollments/<slug:public_id>/facts/<slug:kind>/", fact_views.record_fact, name="record_fact"),
    path(
        "enrollments/<slug:public_id>/facts/<slug:kind>/<slug:fact_id>/withdraw/",
        fact_views.withdraw_fact,
        name="withdraw_fact",
    ),
    path("enrollments/<slug:public_id>/statuses/<slug:fact_id>/end/", fact_views.end_status, name="end_status"),
    path("enrollments/<slug:public_id>/take-over-letter/", fact_views.take_over, name="take_over"),
    path("visit-documents/<slug:public_id>/", fact_views.visit_document, name="visit_document"),
]
