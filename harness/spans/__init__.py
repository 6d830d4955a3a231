"""Log text → spans, events and the facts a log states about its run. Pure; knows nothing of KPIs or statistics."""
