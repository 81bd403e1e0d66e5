"""Channels: the accounts through which messages leave, and the adapters of carriers and mail servers."""
