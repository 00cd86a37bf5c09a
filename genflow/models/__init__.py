"""The models of the report: distributions, networks, VAEs, flows, priors, GANs"""
