"""The in-process client: the API for components that live in the server's own process."""
