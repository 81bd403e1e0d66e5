"""Views of launches and of the settings of EHR links."""
