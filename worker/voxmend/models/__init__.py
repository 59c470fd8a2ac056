"""The networks' weights: what there is, where it lies, how it gets here."""
