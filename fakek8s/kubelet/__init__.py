"""Emulated nodes: what a kubelet does, with programs in place of containers."""
