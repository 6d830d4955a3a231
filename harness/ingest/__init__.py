"""The text of runs → the parts of a recording: judged runs, KPI samples, rows. Pure but for the tables' files."""
