"""What payers answer: 999, 277CA and 835 files, and the denials they leave to work on."""
