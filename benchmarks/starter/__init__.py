"""The starter model: how large and fast it is, what it has learnt, what it takes from its context."""
