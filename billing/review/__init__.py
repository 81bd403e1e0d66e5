"""The review of a month: its lines, overrides, lost revenue, forecast and the practice's dashboard."""
