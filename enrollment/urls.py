"""URLs of the enrollment app."""

from django.urls import path

from enrollment.views import devices, diagnosis_releases, panel_import, patients

app_name = "enrollment"
urlpatterns = [
    path("patients/", patients.patients, name="patients"),
    path("patients/<slug:public_id>/merge/", patients.merge, name="merge"),
    path("search/patients/", patients.find_patients, name="find_patients"),
    path("search/diagnoses/", patients.find_diagnoses, name="find_diagnoses"),
    path("search/devices/", patients.find_devices, name="find_devices"),
    path("orders/<slug:public_id>/", patients.order, name="order"),
    path("orders/<slug:public_id>/pdf/", patients.order_as_pdf, name="order_pdf"),
    path("papers/<slug:public_id>/", patients.paper, name="paper"),
    path("settings/diagnosis-codes/", diagnosis_releases.diagnosis_releases, name="diagnosis_releases"),
    path("panels/", panel_import.panels, name="panels"),
    path("panels/template/", panel_import.template, name="panel_template"),
    path("panels/<slug:public_id>/", panel_import.panel, name="panel"),
    path("panels/<slug:public_id>/commit/", panel_import.commit, name="commit_panel"),
    path("panels/<slug:public_id>/rejected/", panel_import.rejected, name="rejected"),
    path("devices/", devices.devices, name="devices"),
    path("devices/<slug:public_id>/", devices.device, name="device"),
    path("devices/<slug:public_id>/move/", devices.move_device, name="move_device"),
    path("devices/<slug:public_id>/share/", devices.share_device, name="share_device"),
]
