"""The app of the patient's page."""

from django.apps import AppConfig


class PatientPageConfig(AppConfig):
    """Links, failed checks and visits of patients. It reads the apps, and no app imports it."""

    name = "rpm_portal.pages.patient"
    label = "patient_page"
    verbose_name = "Patient page"

    def ready(self) -> None:
        """Announce each message of the care team to the patient, and put texts of patients into their threads."""
        from enrollment.events import TextReceived
        from enrollment.services.contacts.purposes import register_purpose
        from rpm_portal.core import events
        from rpm_portal.pages.patient.notices import NOTICE, announce_message
        from timetracking.threads.events import MessageWritten
        from timetracking.threads.inbound_texts import store_text

        register_purpose(NOTICE)
        events.register(MessageWritten, announce_message)
        events.register(TextReceived, store_text)
