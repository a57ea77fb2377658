"""Which server serves which API."""
