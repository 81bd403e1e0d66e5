"""The support bundle: what a developer needs to know about an installation, without data of patients or secrets."""
