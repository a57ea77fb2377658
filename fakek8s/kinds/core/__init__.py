"""The behaviours of the core group's resources."""
