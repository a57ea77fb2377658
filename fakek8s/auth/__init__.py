"""Who is asking, and whether they may: authentication and authorization, no HTTP."""
