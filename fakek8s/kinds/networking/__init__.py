"""The networking group: ingresses, network policies, addresses and ranges."""
