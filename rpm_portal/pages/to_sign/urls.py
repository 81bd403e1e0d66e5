"""URLs of what waits for a provider."""

from django.urls import path

from rpm_portal.pages.to_sign import views

app_name = "to_sign"
urlpatterns = [
    path("to-sign/", views.inbox, name="inbox"),
    path("to-sign/<slug:public_id>/sign/", views.sign, name="sign"),
    path("to-sign/<slug:public_id>/withdraw/", views.withdraw, name="withdraw"),
]
