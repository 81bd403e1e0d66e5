"""The readings API and the pages of monitoring that need no other app."""
