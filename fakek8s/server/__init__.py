"""The chain both doors share: one request from authentication's result to an answer, no HTTP."""
