"""Who may be monitored, on whose order, with which device."""
