"""`python -m genflow`: the same as the `genflow` command."""
from genflow.command import main

main()
