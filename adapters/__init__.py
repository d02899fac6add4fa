"""Chat platforms, one folder each. Nothing here but what they share."""
