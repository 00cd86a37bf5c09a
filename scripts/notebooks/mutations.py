"""Changes by hand about no equation (`wrong_ideas.py` has those), what nothing can
notice, and code that only flagged cells reach"""

# notebook, text that stands once in one exported cell, what replaces it, what went
# wrong
BY_HAND = [
    (
        "data/00_images",
        "check_bytes(images).float().div_(255)",
        "check_bytes(images).float().div_(256)",
        "256 levels, not 255 steps",
    ),
    (
        "data/00_images",
        "images.mul(255).round_()",
        "images.mul(255).floor_()",
        "truncation in place of rounding",
    ),
    (
        "data/00_images",
        "images.subset(order[n:]), images.subset(order[:n])",
        "images.subset(order[:-n]), images.subset(order[-n:])",
        "wrong split",
    ),
    (
        "data/00_images",
        "seed=0)\n    return images.subset",
        "seed=1)\n    return images.subset",
        "wrong seed",
    ),
    (
        "data/00_images",
        "self.seed * 1_000_003 + epoch",
        "self.seed + epoch",
        "epochs of neighbouring seeds coincide",
    ),
    (
        "data/00_images",
        "len(split) // self.batch_size",
        "-(-len(split) // self.batch_size)",
        "a torn last batch",
    ),
    (
        "data/00_images",
        "INPUTS[inputs], labelled",
        "INPUTS['grey'], labelled",
        "conversion ignored",
    ),
    (
        "data/01_sources",
        ".float().div(16)",
        ".float().div(15)",
        "digits have 17 grey levels",
    ),
    (
        "data/01_sources",
        "train, validation = split_off(train, 180)",
        "train, validation = split_off(everything, 180)",
        "validation overlaps test",
    ),
    (
        "data/01_sources",
        'splits["train"], splits["test"], 10_000',
        'splits["train"], splits["train"], 10_000',
        "test is training",
    ),
    (
        "data/01_sources",
        "        height, width = size\n",
        "        width, height = size\n",
        "height and width exchanged",
    ),
    (
        "data/01_sources",
        "return stored[:kept], validation",
        "return stored, validation",
        "validation images stay in training",
    ),
    (
        "data/01_sources",
        "image if turn is None else image.transpose(turn)",
        "image",
        "EXIF orientation ignored",
    ),
    (
        "data/01_sources",
        "in (5, 6, 7, 8) else",
        ">= 5 else",
        "an orientation that means nothing turns the size",
    ),
    (
        "data/01_sources",
        'path.name.startswith(".") or path.name',
        "path.name",
        "hidden files are pictures",
    ),
    (
        "data/01_sources",
        'image.format == "PNG" and ";16" in',
        'image.format == "PNG" and ";32" in',
        "colour of 16 bits is halved",
    ),
    ("data/01_sources", "(int(match[1]), i)", "(match[1], i)", "pixel10 before pixel2"),
    (
        "data/01_sources",
        "places = [here] if is_path else [root / name, here]",
        "places = [root / name, here]",
        "a path is taken for a name",
    ),
    (
        "data/00_images",
        "permutation(len(images), seed)[:n]",
        "torch.arange(n)",
        "a part is the first of a sorted set",
    ),
    (
        "05_testing",
        "dtype=torch.float64) + 0.5)",
        "dtype=torch.float64))",
        "corners in place of midpoints",
    ),
    ("04_contracts", "enabled=False", "enabled=True", "autocast stays on"),
    (
        "05_testing",
        "(log_det + opposite).abs()",
        "(log_det - opposite).abs()",
        "log-determinants compared with the wrong sign",
    ),
    (
        "models/02_vae",
        "(self.steps_taken / self.warmup_steps).clamp(max=1)",
        "(self.warmup_steps / self.steps_taken).clamp(max=1)",
        "warm-up inverted",
    ),
    (
        "models/02_vae",
        "if not (self.training and self.warmup_steps)",
        "if not self.warmup_steps",
        "warm-up in evaluation too",
    ),
    (
        "models/02_vae",
        "z = q.sample((min(chunk, k - start),))",
        "z = q.sample((chunk,))",
        "more samples than k",
    ),
    (
        "models/03_flows",
        (
            "return torch.addcmul(self.shift, z, self.log_scale.exp()), "
            "self.log_scale.sum().expand(len(z))"
        ),
        (
            "return torch.addcmul(self.shift, z, self.log_scale.exp()), "
            "(len(self.shift) * self.log_scale.sum()).expand(len(z))"
        ),
        "log-determinant counted L times",
    ),
    (
        "models/03_flows",
        "self.order.argsort()",
        "self.order",
        "a permutation for its inverse",
    ),
    (
        "models/04_continuous_flows",
        "torch.cat([angles.cos(), angles.sin()], -1)",
        "torch.cat([angles.cos(), angles.cos()], -1)",
        "no sines of the time",
    ),
    (
        "models/04_continuous_flows",
        "torch.arange(1, frequencies + 1)",
        "torch.arange(frequencies)",
        "frequencies from 0",
    ),
    (
        "models/04_continuous_flows",
        "(a + 2 * b + 2 * c + d)",
        "(a + b + c + 3 * d)",
        "weights of another method",
    ),
    (
        "models/04_continuous_flows",
        "state + h / 2 * b",
        "state + h / 2 * a",
        "the second midpoint from the first slope",
    ),
    (
        "models/05_priors",
        "return self.flow.way(u)[-1]",
        "return self.flow.way(u)[0]",
        "draws that stay in the base",
    ),
    (
        "report/01_second_stage",
        "4 * flow.steps)",
        "flow.steps)",
        "the solver compared with itself",
    ),
    (
        "report/01_second_stage",
        "seconds_each((steps // 5, steps), seconds[1:])",
        "seconds_each((0, steps), (0, seconds[2]))",
        "the start counted as steps",
    ),
    (
        "report/01_second_stage",
        'step_seconds["flow"] / step_seconds["flow-matching"]',
        'step_seconds["flow-matching"] / step_seconds["flow"]',
        "the shorter for the longer time",
    ),
    (
        "models/07_gan",
        "math.ceil(share * len(batch))",
        "int(share * len(batch))",
        "no image bears a penalty in a small batch",
    ),
    (
        "training/00_state",
        "torch._foreach_lerp_(mine, theirs, 1 - min(self.decay, young))",
        "torch._foreach_lerp_(mine, theirs, min(self.decay, young))",
        "decay exchanged",
    ),
    (
        "training/00_state",
        "young = (1 + step) / (10 + step)",
        "young = self.decay",
        "no warm-up of the average",
    ),
    (
        "training/00_state",
        "mine.copy_(theirs)",
        "pass",
        "average with the first buffers",
    ),
    (
        "02_settings",
        "(0.5 + 0.5 * (math.cos",
        "(0.5 - 0.5 * (math.cos",
        "a rate that rises from zero",
    ),
    (
        "02_settings",
        "math.pi * step / self.steps",
        "2 * math.pi * step / self.steps",
        "cosine down and up again",
    ),
    (
        "training/00_state",
        '"rows": json.dumps(history.rows)',
        '"rows": json.dumps(history.rows[:-1])',
        "last row lost",
    ),
    ("training/01_steps", "optimiser.zero_grad()", "pass", "gradients pile up"),
    (
        "training/01_steps",
        "training.gradient_clip, norm)",
        "2 * training.gradient_clip, norm)",
        "clipped at twice the norm",
    ),
    (
        "training/01_steps",
        'group["lr"] = training.rate(player, step)',
        'group["lr"] = training.rate(player, 0)',
        "schedule ignored",
    ),
    (
        "training/01_steps",
        "betas=training.betas",
        "betas=training.betas[::-1]",
        "momenta exchanged",
    ),
    (
        "training/02_loop",
        "model.eval()\n    sums",
        "sums",
        "validation in training mode",
    ),
    (
        "training/02_loop",
        "value.double() * len(images)",
        "value.double()",
        "a short last batch weighs like a full one",
    ),
    (
        "training/02_loop",
        "with seeded(rank(), split.device):",
        "with seeded(training.seed, split.device):",
        "noise of validation depends on the run's seed",
    ),
    (
        "training/02_loop",
        "model.load_state_dict(state.weights())",
        "pass",
        "the average is thrown away",
    ),
    (
        "training/02_loop",
        "_log(state, data.validation, training,",
        "_log(state, data.test, training,",
        "test images in training",
    ),
    (
        "training/00_state",
        "self.ema.model if self.ema else self.model",
        "self.model",
        "last weights judged in place of the average",
    ),
    (
        "evaluation/00_metrics",
        "in small.split(",
        "in small[:0].split(",
        "copies at a distance",
    ),
    (
        "evaluation/00_metrics",
        "features.detach().double()",
        "features.double()",
        "moments keep a graph",
    ),
    (
        "evaluation/01_classifier",
        "accuracy(stored, data.test)",
        "accuracy(stored, data.train)",
        "accuracy on the training split",
    ),
    (
        "evaluation/01_classifier",
        "jitter(images) if self.training else images",
        "jitter(images)",
        "distorted in evaluation too",
    ),
    (
        "evaluation/02_features",
        "self.scale * x - 1",
        "self.scale * x",
        "range of the network",
    ),
    (
        "evaluation/02_features",
        "count_include_pad=False",
        "count_include_pad=True",
        "torchvision's pooling",
    ),
    (
        "evaluation/02_features",
        "(images.shape[dim] / length)",
        "((images.shape[dim] - 1) / (length - 1))",
        "corners aligned",
    ),
    (
        "evaluation/03_scores",
        "generated.covariance.trace() / spread).sqrt()",
        "generated.covariance.trace() / spread)",
        "square root missing",
    ),
    (
        "evaluation/03_scores",
        "floor.subset(order)",
        "floor.subset(slice(0, len(y)))",
        "floor on the first images",
    ),
    (
        "evaluation/03_scores",
        'images["test"], seed)\n',
        'images["validation"], seed)\n',
        "bound on validation images",
    ),
    (
        "evaluation/03_scores",
        "random_part(data.test, n)",
        "random_part(data.train, n)",
        "distances to training images",
    ),
    (
        "evaluation/03_scores",
        "random_part(data.test, n)",
        "data.test.subset(slice(0, n))",
        "distances to the first images",
    ),
    (
        "evaluation/03_scores",
        "random_part(images, most)",
        "images[:most]",
        "the first images stand for all",
    ),
    (
        "evaluation/03_scores",
        "            state = images[name].state_after()\n",
        "",
        "every split with the same draws",
    ),
    (
        "evaluation/03_scores",
        "real_features(data.validation, features)",
        "real_features(data.test, features)",
        "test images steer training",
    ),
    (
        "explore/02_export",
        "v.is_floating_point() and v.ndim > 1",
        "v.is_floating_point()",
        "vectors lose precision too",
    ),
    (
        "explore/02_export",
        '"reverse": flow.reverse',
        '"reverse": not flow.reverse',
        "the wrong half moves",
    ),
    (
        "explore/02_export",
        "(double.inverse(unit)[0] - start).T",
        "(double.inverse(unit)[0] - start)",
        "a matrix for its transpose",
    ),
    (
        "explore/02_export",
        "reversed(flow.flows if",
        "list(flow.flows if",
        "inverse in the order of the forward way",
    ),
    (
        "explore/02_export",
        "mean.tolist(),",
        "deviation.tolist(),",
        "mean and deviation exchanged",
    ),
    (
        "explore/02_export",
        '"steps": flow.steps',
        '"steps": 2 * flow.steps',
        "twice as many steps in the browser",
    ),
    (
        "explore/03_web",
        '.replace("<", "\\\\u003c")',
        "",
        "a name can end the script that it stands in",
    ),
    (
        "explore/03_web",
        "nonzero()[:each, 0]",
        "nonzero()[:1, 0]",
        "one image of a label",
    ),
    (
        "explore/03_web",
        "beside=bool(home)",
        "beside=not home",
        "weights beside the page that stands alone",
    ),
    (
        "runs/00_recipes",
        "return inputs in getattr(likelihood",
        "return inputs not in getattr(likelihood",
        "a likelihood of grey images (erratum 4)",
    ),
    (
        "models/01_networks",
        "MLPDecoder(outputs, latent_dim, hidden[::-1], gated)",
        "MLPDecoder(outputs, latent_dim, hidden, gated)",
        "decoder does not mirror the encoder",
    ),
    ("runs/00_recipes", "every * ratio", "every", "a checkpoint at every row"),
    (
        "explore/01_pictures",
        "save_samples(run, seed=seed, device=device)",
        "save_samples(run, device=device)",
        "seed ignored",
    ),
    (
        "runs/03_evaluate",
        "isinstance(model, HasLikelihood) and run.recipe.has_likelihood",
        "isinstance(model, HasLikelihood)",
        "a likelihood that is none",
    ),
    (
        "runs/03_evaluate",
        "place, weights = device_of(model), run.loaded",
        "place, weights = device_of(model), run.weights",
        "scores of weights that were not read",
    ),
    (
        "runs/01_run",
        'metrics["weights"]["sha256"] == (now := self.weights)["sha256"]',
        'metrics["weights"]["step"] == (now := self.weights)["step"]',
        "scores of other weights of the same step",
    ),
    (
        "runs/03_evaluate",
        (
            "evaluate_model(model, data, extractors, training.inputs, likelihood, n, "
            "k, seed, progress)"
        ),
        (
            'evaluate_model(model, data, extractors, "grey", likelihood, n, k, seed, '
            "progress)"
        ),
        "evaluated on other inputs than trained on",
    ),
    (
        "explore/01_pictures",
        "run.data().validation, seed)",
        "run.data().test, seed)",
        "test images in the pictures",
    ),
    (
        "runs/01_run",
        'load_dataset(source, image_size=self.dataset["image_size"])',
        "load_dataset(source)",
        "size of the images forgotten",
    ),
    (
        "explore/03_web",
        "model.posterior(part[:]).sample()",
        "model.posterior(part[:]).mean",
        "codes without their spread",
    ),
]
# notebook, line before (with its place in front where the line stands in several), line
# after, why nothing can notice
EQUIVALENT = [
    (
        "00_files",
        (
            "alone = {name: tensor.detach().cpu().contiguous().clone() for name, "
            "tensor in tensors.items()}"
        ),
        (
            "alone = {name: tensor.cpu().contiguous().clone() for name, tensor in "
            "tensors.items()}"
        ),
        "only the values are written",
    ),
    (
        "00_files",
        "os.fsync(file.fileno())",
        "pass",
        "noticed only when the machine loses power",
    ),
    (
        "00_files",
        "torn.unlink(missing_ok=True)",
        "torn.unlink(missing_ok=False)",
        "needs a race with a process that does not ask for the lock",
    ),
    (
        "05_testing",
        (
            'assert_close(half.decode(z), images, rtol=0, atol=1e-3, msg="the decoder '
            'makes other images")'
        ),
        (
            'assert_close(images, half.decode(z), rtol=0, atol=1e-3, msg="the decoder '
            'makes other images")'
        ),
        "without a relative tolerance it is symmetric",
    ),
    (
        "05_testing",
        (
            'assert p_value > 1e-5, f"the samples do not follow the density: p-value '
            '{p_value:.0e} of the χ² test"'
        ),
        (
            'assert p_value >= 1e-5, f"the samples do not follow the density: p-value '
            '{p_value:.0e} of the χ² test"'
        ),
        "differs only for a p-value of 1e-5 to the last bit",
    ),
    (
        "05_testing",
        (
            "axes = [a + h * (torch.arange(points, dtype=torch.float64) + 0.5) for a, "
            "h in zip(lower, steps, strict=True)]"
        ),
        (
            "axes = [a + h * (torch.arange(points, dtype=torch.float64) + 0.5) for a, "
            "h in zip(lower, steps, strict=False)]"
        ),
        "the steps are as many as the ends, which were compared before",
    ),
    (
        "05_testing",
        (
            'assert error < 5, f"the terms of the KL miss E[log q - log p] by '
            '{error:.1f} standard errors"'
        ),
        (
            'assert error <= 5, f"the terms of the KL miss E[log q - log p] by '
            '{error:.1f} standard errors"'
        ),
        "differs only for an error of 5 to the last bit",
    ),
    (
        "05_testing",
        (
            'assert_close(prior.kl(posterior, drawn), sum(terms.values()), msg="kl is '
            'not the sum of kl_terms")'
        ),
        (
            'assert_close(sum(terms.values()), prior.kl(posterior, drawn), msg="kl is '
            'not the sum of kl_terms")'
        ),
        "each is compared with the other",
    ),
    (
        "05_testing",
        "loaded = perturbed(flow, seed=1)",
        "loaded = perturbed(flow, seed=2)",
        "any other parameters do",
    ),
    (
        "models/00_distributions",
        "above = torch.where(value > 1 - self.half_bin, 0.0, F.logsigmoid(upper))",
        "above = torch.where(value >= 1 - self.half_bin, 0.0, F.logsigmoid(upper))",
        "no level lies on the border between two",
    ),
    (
        "models/00_distributions",
        "below = torch.where(value < self.half_bin, 0.0, F.logsigmoid(-lower))",
        "below = torch.where(value <= self.half_bin, 0.0, F.logsigmoid(-lower))",
        "no level lies on the border between two",
    ),
    (
        "models/00_distributions",
        "edge = (value < self.half_bin) | (value > 1 - self.half_bin)",
        "edge = (value < self.half_bin) | (value >= 1 - self.half_bin)",
        "no level lies on the border between two",
    ),
    (
        "models/00_distributions",
        "edge = (value < self.half_bin) | (value > 1 - self.half_bin)",
        "edge = (value <= self.half_bin) | (value > 1 - self.half_bin)",
        "no level lies on the border between two",
    ),
    (
        "models/00_distributions",
        "levels = (self.location + self.log_scale.exp() * u.logit()) * 255",
        "levels = (self.location - self.log_scale.exp() * u.logit()) * 255",
        "a logistic distribution is symmetric about its location",
    ),
    (
        "models/03_flows",
        "ActNorm.inverse: @full_precision",
        "",
        "its parameters lift what it is given",
    ),
    (
        "evaluation/00_metrics",
        "if len(rows) > rows.shape[1] or rows.shape[1] != len(real.mean):",
        "if len(rows) >= rows.shape[1] or rows.shape[1] != len(real.mean):",
        "both ways solve the same problem, of N = D",
    ),
    (
        "evaluation/00_metrics",
        "if not failed:\n        return cholesky",
        "pass",
        "the other way gives a factor too, in more time",
    ),
    (
        "evaluation/00_metrics",
        "x, y = 1 / torch.tensor(sizes).double(), torch.tensor(distances).double()",
        "x, y = 2 / torch.tensor(sizes).double(), torch.tensor(distances).double()",
        "an intercept does not depend on the unit of the other axis",
    ),
    (
        "evaluation/02_features",
        "return tensors if whole and expected.items() <= metadata.items() else None",
        "return tensors if whole and expected.items() < metadata.items() else None",
        "what is stored with a file has more than the key",
    ),
    (
        "evaluation/03_scores",
        (
            "floor = replace(protocol, "
            'generated=evaluation.get("frechet_floor_images", 0))'
        ),
        (
            "floor = replace(protocol, "
            'generated=evaluation.get("frechet_floor_images", 1))'
        ),
        "read only beside a floor, which comes with its number of images",
    ),
    (
        "evaluation/03_scores",
        (
            'scores["kernel_distance"], scores["kernel_distance_error"] = '
            "kernel_distance(x, y)"
        ),
        (
            'scores["kernel_distance"], scores["kernel_distance_error"] = '
            "kernel_distance(y, x)"
        ),
        "the distance does not know which set is which",
    ),
    (
        "runs/02_train",
        'resume = (Path(folder) / "config.json").is_file()',
        'resume = (Path(folder) / "config.json").exists()',
        "a folder of that name is refused either way",
    ),
    (
        "report/01_second_stage",
        (
            "images = torch.cat([model.decode(part).cpu() for part in "
            "z.split(1000)]).clamp(0, 1)"
        ),
        (
            "images = torch.cat([model.decode(part).cpu() for part in "
            "z.split(1001)]).clamp(0, 1)"
        ),
        "the size of the parts bounds the memory alone",
    ),
    (
        "evaluation/04_latent",
        (
            "rank = torch.searchsorted(densities, model.prior.log_prob(interpolate(a, "
            "b, 3, curve, model.prior)[1])) / 10_000"
        ),
        (
            "rank = torch.searchsorted(densities, model.prior.log_prob(interpolate(b, "
            "a, 3, curve, model.prior)[1])) / 10_000"
        ),
        "the middle of a curve is the same from either end",
    ),
    (
        "explore/00_plots",
        (
            "directions = torch.linalg.svd(codes - centre, "
            "full_matrices=False).Vh[:2].T  # (L, 2)"
        ),
        (
            "directions = torch.linalg.svd(codes - centre, "
            "full_matrices=True).Vh[:2].T  # (L, 2)"
        ),
        "only the first two rows are used",
    ),
    (
        "evaluation/02_features",
        (
            "name = hashlib.sha256(json.dumps(key, "
            "sort_keys=True).encode()).hexdigest()[:16]"
        ),
        (
            "name = hashlib.sha256(json.dumps(key, "
            "sort_keys=False).encode()).hexdigest()[:16]"
        ),
        "the keys are always made in the same order",
    ),
    (
        "explore/04_widgets",
        (
            "shown = picture(self.model, self.latent[None], 1, 56) if images is None "
            "else enlarge(images[number : number + 1], 1, 56)"
        ),
        (
            "shown = picture(self.model, self.latent[None], 2, 56) if images is None "
            "else enlarge(images[number : number + 1], 1, 56)"
        ),
        "one image fills no second column",
    ),
]
# lines that have their effect on such a device
ONLY_CUDA = r"torch\.cuda\.|\.type [!=]= \"cuda\" |pin_memory"
# notebook, definition, why
OUT_OF_REACH = [("training/01_steps", "CapturedStepper", "needs a CUDA device")]
