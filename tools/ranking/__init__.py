"""Scores that add up, so that the evidence is the score."""
