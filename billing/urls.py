"""Addresses of the billing room."""

from django.urls import path

from billing import denial_views, draft_views, forecast_views, packet_views, policy_views, seal_views, send_views, views

app_name = "billing"
urlpatterns = [
    path("months/", views.months, name="months"),
    path("months/<str:month>/", views.month, name="month"),
    path("months/<str:month>/forecast/", forecast_views.forecast, name="forecast"),
    path("months/<str:month>/progress/", views.progress, name="progress"),
    path("months/<str:month>/compute/", views.compute_month, name="compute_month"),
    path("months/<str:month>/pause/", views.pause_month, name="pause_month"),
    path("months/<str:month>/approve/", views.approve_clean, name="approve_clean"),
    path("months/<str:month>/attest/", seal_views.attest, name="attest"),
    path("months/<str:month>/prepare/", seal_views.prepare_seal, name="prepare_seal"),
    path("months/<str:month>/take-back/", seal_views.take_back, name="take_back"),
    path("months/<str:month>/seal/", seal_views.seal_month, name="seal_month"),
    path("months/<str:month>/adjust/<slug:public_id>/", seal_views.adjust, name="adjust"),
    path("months/<str:month>/claims/", send_views.claims, name="claims"),
    path("months/<str:month>/claims/send/", send_views.send, name="send"),
    path("exports/<slug:public_id>/", send_views.export, name="export"),
    path("exports/<slug:public_id>/file/", send_views.export_file, name="export_file"),
    path("claims/<slug:public_id>/answer/", send_views.answer, name="answer"),
    path("claims/<slug:public_id>/packet/", send_views.packet, name="packet"),
    path("policies/", policy_views.policies, name="policies"),
    path("policies/drafts/", draft_views.start, name="start_draft"),
    path("policies/drafts/<slug:public_id>/", draft_views.draft, name="draft"),
    path("policies/drafts/<slug:public_id>/change/", draft_views.change, name="change_draft"),
    path("policies/drafts/<slug:public_id>/decide/", draft_views.decide, name="decide_draft"),
    path("denials/", denial_views.denials, name="denials"),
    path("denials/<slug:public_id>/", denial_views.step, name="denial_step"),
    path("packets/", packet_views.packets, name="packets"),
    path("packets/<slug:public_id>/", packet_views.packet_run, name="packet_run"),
    path("packets/<slug:public_id>/progress/", packet_views.progress, name="packet_progress"),
    path("packets/<slug:public_id>/file/", packet_views.packet_file, name="packet_file"),
    path("answers/", send_views.remittances, name="remittances"),
    path("months/<str:month>/verify/", seal_views.verify, name="verify"),
    path("months/<str:month>/lines/<slug:shape>/", views.lines_file, name="lines_file"),
    path("months/<str:month>/reopen/", seal_views.reopen_month, name="reopen_month"),
    path("enrollments/<slug:public_id>/next/", views.next_code, name="next_code"),
    path("lines/<slug:public_id>/", views.line, name="line"),
    path("lines/<slug:public_id>/move/", views.move_line, name="move_line"),
]
