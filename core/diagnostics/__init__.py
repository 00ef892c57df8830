"""What is behind the scores of a model: likelihood, rate, what the latent tells, generation."""
