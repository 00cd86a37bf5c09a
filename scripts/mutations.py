"""Changes written down by hand, changes that nothing can notice, and code that only flagged cells reach"""

BY_HAND = []
EQUIVALENT = []
OUT_OF_REACH = [("22_steps", "CapturedStepper", "needs a CUDA device")]
