"""The alerts inbox: alerts, outreach tasks and limit proposals. It reads and writes monitoring and timetracking."""
