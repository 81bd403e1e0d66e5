"""Tests of `billing/ledger`."""
