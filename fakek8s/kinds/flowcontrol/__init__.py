"""API priority and fairness: who is served before whom."""
