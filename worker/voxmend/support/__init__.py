"""The bundle for someone who shall help: what they need, and nothing of whose machine it is."""
