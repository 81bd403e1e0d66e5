"""Tests of `enrollment/panel_import`."""
