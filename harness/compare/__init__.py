"""Two recordings → differences, intervals, verdicts.

Pure and free of pandas, numpy and pyarrow, so a stored comparison is quick.
"""
