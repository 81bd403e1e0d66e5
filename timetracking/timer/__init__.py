"""The timer as people see it: its bar, and what a press of "start" does. The services are in timers.py."""
