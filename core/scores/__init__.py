"""Scores of a model: BLEU-4, Gaussian score, conversion accuracy."""
