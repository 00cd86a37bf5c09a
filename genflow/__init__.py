"""Deep generative models as a report that runs."""

__version__ = "0.1.0"


def __getattr__(name: str):
    "Make `genflow.load` importable without loading PyTorch until it is used"
    if name == "load":
        from genflow.experiments import load

        return load
    raise AttributeError(f"module 'genflow' has no attribute {name!r}")
