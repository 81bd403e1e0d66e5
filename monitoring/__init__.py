"""What the devices say and who has looked."""
