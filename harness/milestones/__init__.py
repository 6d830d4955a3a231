"""Milestones of an optimisation programme: what each asks for, what its documents say, whether they hold. Pure."""
