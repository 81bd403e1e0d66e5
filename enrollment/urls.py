"""Addresses of the enrollment room."""

from django.urls import path

from enrollment import views

app_name = "enrollment"
urlpatterns = [path("patients/", views.patients, name="patients")]
