"""Retrieval, measured: what is found, and how fast."""
