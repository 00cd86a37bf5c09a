"""The training loop: state, steps, callbacks, and what it finds out about the
machine"""
