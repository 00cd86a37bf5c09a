"""Deep generative models as a report that runs."""

import lazy_loader

__version__ = "0.1.0"

# What people import stands in `__init__.pyi`, where editors and type checkers read it;
# each name is imported on first use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def leave_out_flagged(lines: list[str]) -> list[str]:
    """Source of a cell, replaced by a message if it is long, or for a GPU, or for data
    that are not at hand"""
    import os

    flag = (
        lines[0].removeprefix("#| ").split()[0]
        if lines and lines[0].startswith("#| ")
        else ""
    )
    needs_data = flag in ("mnist", "svhn") and "GENFLOW_DATA" not in os.environ
    skip = flag in ("slow", "cuda") or needs_data
    return (
        [f'print("left out; to run it: nbdev_test --flags {flag}")\n']
        if skip
        else lines
    )


def load_ipython_extension(shell) -> None:
    """`%load_ext genflow`: let *Run all* leave out flagged cells where a person runs a
    notebook of this package"""
    import os

    if (
        "IN_TEST" not in os.environ
        and leave_out_flagged not in shell.input_transformers_cleanup
    ):
        shell.input_transformers_cleanup.append(leave_out_flagged)
