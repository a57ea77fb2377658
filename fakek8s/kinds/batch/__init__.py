"""The behaviours of the batch group's resources."""
