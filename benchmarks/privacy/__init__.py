"""Labelled texts and made-up conversations -> how well and how fast the gate finds personal data, beside Presidio."""
