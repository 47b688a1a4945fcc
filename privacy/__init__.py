"""Conversations -> clean conversations: the gate finds personal data and replaces it before anything is stored."""
