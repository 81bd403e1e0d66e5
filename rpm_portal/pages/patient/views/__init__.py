"""Views of the patient's page, and of the links that staff make."""
