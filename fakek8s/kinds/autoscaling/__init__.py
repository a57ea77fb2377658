"""The behaviours of the autoscaling group's resources."""
