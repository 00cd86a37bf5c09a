"""`python -m genflow`: the same as the `genflow` command."""
import sys

if not getattr(sys.flags, "safe_path", False):
    sys.path.append(sys.path.pop(0))  # the working folder: a random.py there is not the standard library's

from genflow.command import main

main()
