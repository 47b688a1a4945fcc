"""Migrations of the store, in order; applied whenever a store is opened."""
