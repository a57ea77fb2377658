"""The node group: runtime classes."""
