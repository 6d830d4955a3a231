"""One verb a module: plain functions with typed arguments that return data.

The only layer that joins pure parts and rim.
"""
