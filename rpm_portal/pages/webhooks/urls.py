"""Addresses of callbacks; `core/outbox/channels/addresses.py` gives them to carriers."""

from django.urls import path

from rpm_portal.pages.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("api/hooks/<slug:account_id>/sms/<slug:row_id>/", views.receipt, name="receipt"),
    path("api/hooks/<slug:account_id>/inbound/", views.inbound, name="inbound"),
]
