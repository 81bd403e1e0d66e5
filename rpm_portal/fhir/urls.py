"""Addresses of the FHIR server and its token endpoint. Each works with and without its last slash, never by a redirect:
a client would repeat a POST as a GET.
"""

from django.urls import path, re_path

from rpm_portal.fhir.views import clients, read, token, write

app_name = "fhir"
_TYPE = r"(?P<kind>[A-Z][A-Za-z]{1,40})"
_ID = r"(?P<own>[A-Za-z0-9.-]{1,64})"

urlpatterns = [
    re_path(r"^api/oauth/token/?$", token.token, name="token"),
    re_path(r"^api/fhir/?$", write.root, name="base"),
    re_path(r"^api/fhir/metadata/?$", read.metadata, name="metadata"),
    re_path(r"^api/fhir/\.well-known/smart-configuration/?$", read.smart, name="smart"),
    re_path(r"^api/fhir/async/(?P<number>[a-z0-9]{1,12})/?$", write.background, name="background"),
    re_path(rf"^api/fhir/{_TYPE}/?$", write.resource_type, name="type"),
    re_path(rf"^api/fhir/{_TYPE}/_search/?$", read.search_by_post, name="search"),
    re_path(rf"^api/fhir/{_TYPE}/{_ID}/?$", write.instance, name="instance"),
    re_path(rf"^api/fhir/{_TYPE}/{_ID}/_history/(?P<number>[A-Za-z0-9.-]{{1,64}})/?$", read.version, name="version"),
    re_path(r"^api/fhir/(?P<path>.*)$", read.unknown, name="unknown"),
    path("settings/integrations/", clients.clients, name="clients"),
    path("settings/integrations/<slug:public_id>/", clients.client, name="client"),
    path("settings/integrations/<slug:public_id>/revoke/", clients.revoke, name="revoke_client"),
]
