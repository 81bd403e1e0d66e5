"""The evidence of claims: packets, mock audits, the seal's summary and the patient letter."""
