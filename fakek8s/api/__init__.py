"""The HTTP door: bytes and headers on one side, requests and answers of the chain on the other."""
