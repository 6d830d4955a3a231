"""Log formats, one module each: bytes of a run → spans, events, metrics or timings. Pure; knows nothing of KPIs."""
