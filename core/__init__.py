"""Everything that is true without a screen: corpus, model, training, runs, scores, inference."""
