"""Kinds of authorization.k8s.io: who may do what, asked and answered at once."""
