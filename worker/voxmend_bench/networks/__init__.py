"""Networks of the published shapes with random weights, of those no measured preset runs."""
