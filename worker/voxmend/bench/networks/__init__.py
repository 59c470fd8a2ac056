"""Networks of the published shapes with random weights: for parity and speed, never for quality."""
