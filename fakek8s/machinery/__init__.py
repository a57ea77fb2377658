"""Pure functions on JSON objects: what Kubernetes' apimachinery knows, without I/O.

Nothing here waits, reads a clock, keeps state or knows a kind. Inputs are never edited; results
share the parts they did not change.
"""
