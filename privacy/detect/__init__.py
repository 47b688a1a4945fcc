"""Detectors: a text -> the spans of personal data in it, each with the reason it was taken."""
