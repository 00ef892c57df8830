"""What a model is worth: BLEU-4, Gaussian score, conversion accuracy."""
