"""The page on which a patient's numbers, addresses, caregivers and consents by channel are recorded."""
