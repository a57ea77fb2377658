"""Requests to write stored objects anew."""
