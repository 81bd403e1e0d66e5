"""What proves a claim: packets, mock audits, the seal's summary and the letter for the patient."""
