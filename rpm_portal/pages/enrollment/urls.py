"""URLs of the enrollment pages."""

from django.urls import path

from rpm_portal.pages.enrollment import views
from rpm_portal.pages.enrollment.drafts.views import save_text

app_name = "enroll"
urlpatterns = [
    path("enrollments/", views.enrollments, name="in_progress"),
    path("enrollments/new/", views.start, name="start"),
    path("enrollments/<slug:public_id>/", views.page, name="page"),
    path("enrollments/<slug:public_id>/cards/<slug:card>/", views.save, name="keep"),
    path("enrollments/<slug:public_id>/drafts/<slug:card>/", views.autosave, name="autosave"),
    path("enrollments/<slug:public_id>/texts/<slug:kind>/", save_text, name="save_text"),
    path("enrollments/<slug:public_id>/move/", views.move, name="move"),
]
