"""The generic engine: every verb, once, over the `Kind` record; it never asks which kind it has."""
