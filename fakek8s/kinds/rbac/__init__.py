"""RBAC: roles and who has them."""
