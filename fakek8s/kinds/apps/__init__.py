"""The behaviours of the apps group's resources."""
