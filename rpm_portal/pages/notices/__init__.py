"""Pages about messages that leave the portal: accounts of channels, what did not go out, and caught messages."""
