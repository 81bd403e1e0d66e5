"""The alerts inbox: alerts beside time, outreach, and proposals (wiring: it reads and writes two rooms)."""
