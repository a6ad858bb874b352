"""What several tests measure or start."""
