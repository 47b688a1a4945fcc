"""Clean conversations and review decisions -> training rows -> a tuned, evaluated, promoted model."""
