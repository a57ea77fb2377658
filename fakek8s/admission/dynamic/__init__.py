"""Admission as the cluster's own objects say: webhooks and policies.

Loaded with the first such object; until then a write costs two comparisons.
"""
