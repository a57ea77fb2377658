"""Dynamic resource allocation: devices, claims to them and classes of them."""
