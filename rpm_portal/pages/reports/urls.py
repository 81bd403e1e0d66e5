"""URLs of reports."""

from django.urls import path

from rpm_portal.pages.reports import views

app_name = "reports"
urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/view/", views.report, name="report"),
    path("reports/save/", views.save, name="save"),
    path("reports/make/", views.make, name="make"),
    path("reports/file/<slug:shape>/", views.file, name="file"),
    path("reports/runs/<slug:public_id>/", views.run, name="run"),
    path("reports/runs/<slug:public_id>/file/", views.run_file, name="run_file"),
    path("reports/saved/<slug:public_id>/", views.saved_report, name="saved_report"),
    path("reports/saved/<slug:public_id>/remove/", views.remove, name="remove"),
]
