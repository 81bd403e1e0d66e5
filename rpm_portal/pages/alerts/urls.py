"""URLs of the alerts inbox."""

from django.urls import path

from rpm_portal.pages.alerts import views

app_name = "alerts"
urlpatterns = [
    path("alerts/", views.alerts, name="inbox"),
    path("alerts/heading/", views.heading, name="heading"),
    path("alerts/news/", views.new_alerts, name="news"),
    path("alerts/months/<str:month>/", views.month, name="month"),
    path("alerts/<slug:public_id>/close/", views.close, name="close"),
    path("alerts/<slug:public_id>/take/", views.take, name="take"),
    path("alerts/<slug:public_id>/hand/", views.hand, name="hand"),
    path("alerts/<slug:public_id>/outreach/", views.ask_outreach, name="ask_outreach"),
    path("outreach/<slug:public_id>/", views.finish_outreach, name="finish_outreach"),
    path("limits/<slug:public_id>/decide/", views.decide, name="decide"),
    path("enrollments/<slug:public_id>/follow/", views.follow, name="follow"),
    path("enrollments/<slug:public_id>/looked-after/", views.look_after, name="look_after"),
]
