"""The training loop: state, steps, callbacks, what it finds out about the machine"""
