"""The certificates group: signing requests and trust bundles."""
