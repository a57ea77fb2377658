"""The scheduling group: priority classes."""
