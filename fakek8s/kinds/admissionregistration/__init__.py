"""What admission asks beside its own plugins: webhooks and policies."""
