"""Quota: what objects use of which resources, and what that makes of a ResourceQuota."""
