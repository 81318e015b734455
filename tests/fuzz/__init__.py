"""Long runs of hostile input (make fuzz). The same targets run for a moment in tests/property."""
