"""What the lab's services share. Empty on purpose: the health probe must start quickly."""
