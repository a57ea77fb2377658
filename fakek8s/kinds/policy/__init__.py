"""The behaviours of the policy group's resources."""
