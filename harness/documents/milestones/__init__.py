"""Milestone documents: the parts that the harness writes into them, and what its verbs print."""
