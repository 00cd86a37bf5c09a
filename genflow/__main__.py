"""`python -m genflow`: the same as the `genflow` command."""

import sys

if not getattr(sys.flags, "safe_path", False):
    # the working folder: a random.py there is not the standard library's
    sys.path.append(sys.path.pop(0))

from genflow.command import main

main()
