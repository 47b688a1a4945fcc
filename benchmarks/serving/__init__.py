"""Servers of one model, side by side: how fast they answer one, four, sixteen and sixty-four at once."""
