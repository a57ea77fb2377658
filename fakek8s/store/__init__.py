"""The multi-version store: one revision line, the current state, and the log that explains it.

It knows keys, objects and revisions, and refuses to know kinds, users and HTTP.
"""
