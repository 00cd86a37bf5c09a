"""How good is a model? Metrics, features, scores, and curves through latent space"""
