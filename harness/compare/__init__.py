"""Two recordings → differences, intervals, verdicts.

Pure and free of pandas, numpy and pyarrow, so a stored comparison is quick; only what lays span trees side by side
(`--explain`) works in numpy's columns.
"""
