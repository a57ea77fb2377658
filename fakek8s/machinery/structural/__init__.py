"""Structural schemas: what a CustomResourceDefinition says about its objects, as pure functions.

`CompiledSchema` (schema.py) checks, prunes and defaults the objects of one version; `check_crd`
checks the definitions themselves; conditions, columns and publish say what a definition's status,
tables and OpenAPI documents hold. CEL comes from outside, through the protocols in rules.py.
"""
