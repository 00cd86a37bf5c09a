"""Deep generative models as a report that runs."""

__version__ = "0.1.0"


def __getattr__(name: str):
    "Make `genflow.load` and `genflow.pretrained` importable without loading PyTorch until one is used"
    if name in ("load", "pretrained"):
        from genflow import experiments

        return getattr(experiments, name)
    raise AttributeError(f"module 'genflow' has no attribute {name!r}")
