from .comparison.reproduce import reproduce
from .comparison.sweep import compare, sweep
from .contracts import Flow, Game, GenerativeModel, Prior
from .data.images import ImageData, Images
from .data.sources import load_dataset
from .evaluation.features import feature_extractor
from .evaluation.latent import interpolate
from .evaluation.metrics import (
    Moments,
    frechet_distance,
    kernel_distance,
    precision_recall,
)
from .evaluation.scores import draw_samples, evaluate_model
from .explore.plots import image_grid, plot_history
from .models.flows import make_flow
from .models.gan import GAN
from .models.priors import FlowPrior
from .models.vae import VAE, log_likelihood
from .registry import component, make
from .runs.evaluate import evaluate
from .runs.hub import from_pretrained, push_to_hub, save_pretrained
from .runs.recipes import GANRecipe, Recipe, VAERecipe, find_recipe, register
from .runs.run import Run, load, pretrained
from .runs.train import train
from .settings import Training
from .training.loop import fit

__version__: str

__all__ = [
    "GAN",
    "VAE",
    "Flow",
    "FlowPrior",
    "GANRecipe",
    "Game",
    "GenerativeModel",
    "ImageData",
    "Images",
    "Moments",
    "Prior",
    "Recipe",
    "Run",
    "Training",
    "VAERecipe",
    "compare",
    "component",
    "draw_samples",
    "evaluate",
    "evaluate_model",
    "feature_extractor",
    "find_recipe",
    "fit",
    "frechet_distance",
    "from_pretrained",
    "image_grid",
    "interpolate",
    "kernel_distance",
    "load",
    "load_dataset",
    "log_likelihood",
    "make",
    "make_flow",
    "plot_history",
    "precision_recall",
    "pretrained",
    "push_to_hub",
    "register",
    "reproduce",
    "save_pretrained",
    "sweep",
    "train",
]

def leave_out_flagged(lines: list[str]) -> list[str]: ...
def load_ipython_extension(shell: object) -> None: ...
