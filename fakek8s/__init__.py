"""fakek8s: a Kubernetes API server for tests, in one process, ready in a fraction of a second.

`fakek8s.cluster.Cluster` is the way in from Python, `fakek8s serve` the one from a shell.
"""

__version__ = "0.1.0"
