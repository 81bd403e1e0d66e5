"""Addresses of the enrollment room."""

from django.urls import path

from enrollment import device_views, panel_views, views

app_name = "enrollment"
urlpatterns = [
    path("patients/", views.patients, name="patients"),
    path("patients/<slug:public_id>/merge/", views.merge, name="merge"),
    path("search/patients/", views.find_patients, name="find_patients"),
    path("search/diagnoses/", views.find_diagnoses, name="find_diagnoses"),
    path("search/devices/", views.find_devices, name="find_devices"),
    path("orders/<slug:public_id>/", views.order, name="order"),
    path("orders/<slug:public_id>/pdf/", views.order_as_pdf, name="order_pdf"),
    path("papers/<slug:public_id>/", views.paper, name="paper"),
    path("panels/", panel_views.panels, name="panels"),
    path("panels/template/", panel_views.template, name="panel_template"),
    path("panels/<slug:public_id>/", panel_views.panel, name="panel"),
    path("panels/<slug:public_id>/commit/", panel_views.commit, name="commit_panel"),
    path("panels/<slug:public_id>/rejected/", panel_views.rejected, name="rejected"),
    path("devices/", device_views.devices, name="devices"),
    path("devices/<slug:public_id>/", device_views.device, name="device"),
    path("devices/<slug:public_id>/move/", device_views.move_device, name="move_device"),
]
