"""Kinds of authentication.k8s.io: who somebody is, asked and answered at once."""
