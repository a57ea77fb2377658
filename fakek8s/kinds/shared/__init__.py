"""What several kinds declare alike."""
