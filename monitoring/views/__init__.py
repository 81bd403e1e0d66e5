"""The readings API and the pages of monitoring that use no later app."""
