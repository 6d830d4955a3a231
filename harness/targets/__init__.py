"""Targets: what can be measured, where its checkout lies, how a revision of it is built.

Starts git and cargo, nothing else.
"""
