"""Spans → samples, and samples → is the contract met.

Pure; knows nothing of two sides or of statistics beyond a median.
"""
