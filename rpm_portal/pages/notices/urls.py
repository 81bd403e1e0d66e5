"""URLs of channels and of messages that did not go out."""

from django.urls import path

from rpm_portal.pages.notices import views

app_name = "notices"
urlpatterns = [
    path("settings/channels/", views.channels, name="channels"),
    path("settings/channels/<slug:public_id>/", views.channel, name="channel"),
    path("messages/not-sent/", views.not_sent, name="not_sent"),
    path("messages/not-sent/<slug:public_id>/", views.act, name="act"),
    path("messages/caught/", views.caught, name="caught"),
]
