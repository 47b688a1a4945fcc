"""A source -> conversations: one module a source, each yielding conversations, skipped records and failures."""
