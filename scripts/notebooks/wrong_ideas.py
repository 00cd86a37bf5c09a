"""Wrong ideas about each labelled equation, such as a good student or a careless port
may have"""

from typing import NamedTuple


class Idea(NamedTuple):
    "One wrong idea, as a change of code"

    idea: str  # in a few words
    # text that stands once in one exported cell of the notebook; where it is in none,
    # in one other code cell
    old: str
    new: str  # what replaces it
    at: str = ""  # notebook whose code it changes; empty: the equation's own page


IDEAS = {  # page: equation: ideas, each of which the cells of that page must notice
    "01_devices": {
        "eq-ring": [
            Idea(
                "every process sends everything twice",
                "2 * (p - 1) / p * 4 * n / b * 1e6",
                "2 * 4 * n / b * 1e6",
            ),
            Idea(
                "one round, the sums never come back",
                "2 * (p - 1) / p * 4 * n / b * 1e6",
                "(p - 1) / p * 4 * n / b * 1e6",
            ),
        ],
    },
    "04_contracts": {
        "eq-standard-normal": [
            Idea("π for 2π", "math.log(2 * math.pi)", "math.log(math.pi)"),
            Idea(
                "mean for sum over the dimensions",
                "math.log(2 * math.pi)).sum(-1)",
                "math.log(2 * math.pi)).mean(-1)",
            ),
        ],
        "eq-kl-split": [
            Idea(
                "entropy added",
                '{"negative_entropy": -posterior.entropy(), "cross_entropy": '
                "-self.log_prob(z)}",
                '{"negative_entropy": posterior.entropy(), "cross_entropy": '
                "-self.log_prob(z)}",
            ),
            Idea(
                "the prior's density at the posterior's mean, not at a sample",
                '"cross_entropy": -self.log_prob(z)}',
                '"cross_entropy": -self.log_prob(posterior.mean)}',
            ),
        ],
        "eq-temperature": [
            Idea(
                "the latents are cooled, not the points of the base",
                "self.prior.from_base(temperature * self.prior.to_base(z))",
                "temperature * z",
            ),
            Idea(
                "a factor on the variance",
                "self.prior.from_base(temperature * self.prior.to_base(z))",
                "self.prior.from_base(temperature**0.5 * self.prior.to_base(z))",
            ),
        ],
    },
    "bench/02_timing": {
        "eq-roofline": [
            Idea(
                "arithmetic and memory after one another",
                'max(arithmetic, counts["bytes"] / ceilings["bytes_per_second"])',
                '(arithmetic + counts["bytes"] / ceilings["bytes_per_second"])',
            ),
            Idea(
                "the lower of the two bounds",
                "max(arithmetic, counts",
                "min(arithmetic, counts",
            ),
        ],
    },
    "data/00_images": {
        "eq-dequantisation": [
            Idea("255 steps, not 256 levels: beyond 1", ".div_(256)", ".div_(255)"),
            Idea(
                "noise about the level, not above it",
                ".add_(torch.rand(images.shape, device=images.device))",
                ".add_(torch.rand(images.shape, device=images.device) - 0.5)",
            ),
        ],
    },
    "evaluation/00_metrics": {
        "eq-moments": [
            Idea(
                "N for N − 1",
                "self.scatter / (self.count - 1)",
                "self.scatter / self.count",
            ),
            Idea(
                "the mean of the batches' means",
                "self.mean += delta * weight",
                "self.mean += delta * (0.5 if self.count else 1)",
            ),
            Idea(
                "scatter within the batches alone",
                "alpha=self.count * weight",
                "alpha=0",
            ),
        ],
        "eq-coupling": [
            Idea(
                "the covariance counted once, not twice",
                "trace_b - 2 * nuclear_norm",
                "trace_b - nuclear_norm",
            ),
            Idea(
                "the orthogonal factor transposed",
                "best = Fa @ U @ Vt @ Fb.T",
                "best = Fa @ Vt.T @ U.T @ Fb.T",
            ),
        ],
        "eq-frechet": [
            Idea(
                "the means' distance not squared",
                "difference.square().sum() + trace_a",
                "difference.square().sum().sqrt() + trace_a",
            ),
            Idea(
                "d for d²",
                "2 * nuclear_norm).item(), 0.0)",
                "2 * nuclear_norm).item(), 0.0) ** 0.5",
            ),
        ],
        "eq-trace": [
            Idea(
                "eigenvalues for singular values",
                "clamp(min=0).sqrt().sum()\n",
                "clamp(min=0).sum()\n",
            ),
            Idea(
                "the product AB taken for symmetric", "factor.T @ B @ factor)", "A @ B)"
            ),
        ],
        "eq-low-rank": [
            Idea(
                "N for N − 1",
                "(rows - mean) / math.sqrt(len(rows) - 1)",
                "(rows - mean) / math.sqrt(len(rows))",
            ),
            Idea(
                "rows about zero, not about their mean",
                "(rows - mean) / math.sqrt(len(rows) - 1)",
                "rows / math.sqrt(len(rows) - 1)",
            ),
        ],
        "eq-kernel": [
            Idea(
                "a quadratic kernel",
                "(x @ y.T / x.shape[1] + 1) ** 3",
                "(x @ y.T / x.shape[1] + 1) ** 2",
            ),
            Idea(
                "product of features not divided by their number",
                "(x @ y.T / x.shape[1] + 1) ** 3",
                "(x @ y.T + 1) ** 3",
            ),
        ],
        "eq-influence": [
            Idea(
                "an image compared with itself in the mean",
                "within / (len(x) - 1) - across",
                "within / len(x) - across",
            ),
            Idea(
                "the variance for the error",
                "influence_y.var() / len(y)).sqrt()",
                "influence_y.var() / len(y))",
            ),
        ],
        "eq-precision": [
            Idea("a point is its own neighbour", ".kthvalue(k + 1)", ".kthvalue(k)"),
            Idea(
                "recall for precision",
                "precision = balls_around(y, x, neighbour_radii(x, k, chunk), "
                "chunk) > 0",
                "precision = balls_around(x, y, neighbour_radii(y, k, chunk), "
                "chunk) > 0",
            ),
        ],
        "eq-density": [
            Idea(
                "the number of balls not divided by k",
                "chunk).double().mean() / k",
                "chunk).double().mean()",
            ),
            Idea(
                "coverage by the k-th nearest generated image",
                "pairwise_distances(rows, y).amin(1)",
                "pairwise_distances(rows, y).kthvalue(k).values",
            ),
        ],
        "eq-nearest": [
            Idea("the farthest", "topk(k, largest=False)", "topk(k)"),
            Idea(
                "nearest by angle",
                "[pairwise_distances(rows, base).topk",
                "[(-torch.nn.functional.normalize(rows) @ "
                "torch.nn.functional.normalize(base).T).topk",
            ),
            Idea(
                "distances squared",
                "(queries - base[column]).norm(dim=1)",
                "(queries - base[column]).square().sum(1)",
            ),
        ],
        "eq-bias": [
            Idea(
                "a bias that falls like 1/√N",
                "1 / torch.tensor(sizes).double(), torch",
                "1 / torch.tensor(sizes).double().sqrt(), torch",
            ),
            Idea(
                "always the first images",
                "(torch.randperm(len(rows), "
                "generator=generator)[:size].to(rows.device) for size in sizes)",
                "(torch.arange(size).to(rows.device) for size in sizes)",
            ),
            Idea(
                "a bootstrap without replacement",
                "torch.randint(len(rows), (len(rows),), generator=generator)",
                "torch.randperm(len(rows), generator=generator)",
            ),
        ],
    },
    "evaluation/04_latent": {
        "eq-lerp": [
            Idea(
                "start and end exchanged",
                "return (1 - t) * a + t * b",
                "return t * a + (1 - t) * b",
            ),
            Idea(
                "a line that keeps the variance",
                "return (1 - t) * a + t * b",
                "return ((1 - t) * a + t * b) / ((1 - t) ** 2 + t**2).sqrt()",
            ),
        ],
        "eq-slerp": [
            Idea(
                "the angle by the product of ends that are not normalised",
                "nn.functional.cosine_similarity(a, b, dim=-1).unsqueeze(-1)",
                "(a * b).mean(-1, keepdim=True)",
            ),
            Idea(
                "no gradient at equal ends",
                "torch.where(bent, cosine, 0).acos()",
                "cosine.acos()",
            ),
            Idea(
                "the angle not divided out",
                "(t_ * angle).sin() * b) / angle.sin()",
                "(t_ * angle).sin() * b)",
            ),
        ],
        "eq-unequal": [
            Idea(
                "a length that goes evenly from one end's to the other's",
                "return torch.where(bent, arc, lerp(a, b, t))",
                "lengths = lerp(a.norm(dim=-1, keepdim=True), b.norm(dim=-1, "
                "keepdim=True), t)\n    return torch.where(bent, "
                "nn.functional.normalize(arc, dim=-1) * lengths, lerp(a, b, t))",
            ),
            Idea(
                "no cross term between the ends",
                "+ 2 * 1.5 * length * math.cos(omega) * s * r).sqrt()",
                ").sqrt()",
            ),
        ],
        "eq-flow-curve": [
            Idea(
                "f and f⁻¹ exchanged",
                "(prior.to_base(z.reshape(-1, z.shape[-1])) for z in (a, b))",
                "(prior.from_base(z.reshape(-1, z.shape[-1])) for z in (a, b))",
            ),
            Idea(
                "a straight line in the base",
                "points = slerp(start, end, t)",
                "points = lerp(start, end, t)",
            ),
        ],
        "eq-curve-length": [
            Idea(
                "squared steps",
                "features.diff(dim=0).norm(dim=-1)",
                "features.diff(dim=0).square().sum(-1)",
            ),
            Idea(
                "the distance of the ends",
                "return steps.sum(0), steps",
                "return (features[-1] - features[0]).norm(dim=-1), steps",
            ),
        ],
        "eq-plane": [
            Idea(
                "corners in place of differences",
                "a + u * (b - a) + v * (c - a)",
                "a + u * b + v * c",
            ),
            Idea(
                "rows and columns exchanged",
                "u, v = u[None, :, None], v[:, None, None]",
                "u, v = u[:, None, None], v[None, :, None]",
            ),
            Idea(
                "lengths exchanged",
                "(lengths[1] / lengths[0]) ** u * (lengths[2] / lengths[0]) ** v",
                "(lengths[1] / lengths[0]) ** v * (lengths[2] / lengths[0]) ** u",
            ),
        ],
        "eq-dimension": [
            Idea(
                "the variance for the standard deviation",
                "return z.mean(0), z.std(0)",
                "return z.mean(0), z.var(0)",
            ),
            Idea(
                "from where the latent is, not from the prior's mean",
                "mean[dimension % len(mean)] + s",
                "z[dimension % len(mean)] + s",
            ),
        ],
    },
    "guides/01_own_models": {
        "eq-beta-vae": [
            Idea(
                "β on the whole bound",
                'means["reconstruction"] + self.beta * means["kl"]',
                'self.beta * (means["reconstruction"] + means["kl"])',
            ),
            Idea(
                "β in what is recorded as −ELBO",
                '{"neg_elbo": reconstruction + kl, "reconstruction": reconstruction, '
                '"kl": kl}',
                '{"neg_elbo": reconstruction + self.beta * kl, "reconstruction": '
                'reconstruction, "kl": kl}',
            ),
        ],
    },
    "guides/02_questions": {
        "eq-dequantisation": [
            Idea(
                "the sigmoid's slope for the logit's",
                '"logit": -v.log() - (1 - v).log()}',
                '"logit": v.log() + (1 - v).log()}',
            ),
            Idea(
                "α for 1 − α",
                '"α": math.log(1 - alpha) * one',
                '"α": math.log(alpha) * one',
            ),
        ],
    },
    "models/00_distributions": {
        "eq-gaussian": [
            Idea(
                "the variance for the standard deviation",
                "(0.5 * log_variance).exp()",
                "log_variance.exp()",
            ),
            Idea(
                "softplus for the exponential",
                "(0.5 * log_variance).exp()",
                "F.softplus(log_variance).sqrt()",
            ),
        ],
        "eq-kl-standard": [
            Idea(
                "the standard deviation for the variance",
                "posterior.variance + math.log",
                "posterior.stddev + math.log",
            ),
            Idea(
                "mean for sum over the dimensions",
                "math.log(2 * math.pi)).sum(-1)",
                "math.log(2 * math.pi)).mean(-1)",
            ),
        ],
        "eq-bernoulli": [
            Idea(
                "logits read as probabilities",
                "Bernoulli(logits=at_least_float32(outputs)",
                "Bernoulli(probs=at_least_float32(outputs).clamp(1e-6, 1 - 1e-6)",
            ),
            Idea(
                "ink and paper exchanged",
                "Bernoulli(logits=at_least_float32(outputs)",
                "Bernoulli(logits=-at_least_float32(outputs)",
            ),
        ],
        "eq-continuous-bernoulli": [
            Idea(
                "the cross-entropy taken for a density",
                "return self.log_normaliser - F.binary",
                "return -F.binary",
            ),
            Idea(
                "tanh of a for that of a/2",
                "(a / torch.tanh(a / 2)).log()",
                "(a / torch.tanh(a)).log()",
            ),
        ],
        "eq-continuous-mean": [
            Idea(
                "the parameter λ for the mean",
                "return 0.5 + torch.where(near, series, 0.5 / torch.tanh(a / 2) - 1 "
                "/ a)",
                "return self.logits.sigmoid()",
            ),
            Idea(
                "tanh for coth",
                "0.5 / torch.tanh(a / 2) - 1 / a",
                "0.5 * torch.tanh(a / 2) - 1 / a",
            ),
        ],
        "eq-discretised-logistic": [
            Idea(
                "floor for round",
                "levels.round()",
                "levels.floor()",
            ),
            Idea(
                "256 bins of equal width",
                "half_bin = 0.5 / 255",
                "half_bin = 0.5 / 256",
            ),
            Idea(
                "bins of half a level",
                "2 * self.half_bin * inverse_scale",
                "self.half_bin * inverse_scale",
            ),
        ],
    },
    "models/01_networks": {
        "eq-gated": [
            Idea(
                "the first half is the gate",
                "nn.functional.glu(self.both(x), dim=-1)",
                "nn.functional.glu(self.both(x).roll(self.both.out_features // 2, "
                "-1), dim=-1)",
            ),
            Idea(
                "a gate on tanh",
                "return nn.functional.glu(self.both(x), dim=-1)",
                "value, gate = self.both(x).chunk(2, -1)\n"
                "        return value.tanh() * gate.sigmoid()",
            ),
        ],
        "eq-bounded-variance": [
            Idea(
                "a hard bound",
                "bound * torch.tanh(raw / bound)",
                "raw.clamp(-bound, bound)",
            ),
            Idea(
                "a slope of b at zero",
                "bound * torch.tanh(raw / bound)",
                "bound * torch.tanh(raw)",
            ),
        ],
    },
    "models/02_vae": {
        "eq-evidence": [
            Idea(
                "a sum over latents for the integral",
                "joint.logsumexp(0), joint.logsumexp(0) + math.log(16 / (points - 1))",
                "joint.logsumexp(0), joint.logsumexp(0)",
            ),
            Idea(
                "the standard deviation for the variance",
                "w @ w.T + noise**2 * torch.eye",
                "w @ w.T + noise * torch.eye",
            ),
        ],
        "eq-split": [
            Idea(
                "a constant of the prior left out, as no parameter moves it",
                "return log_standard_normal(z)",
                "return -0.5 * z.square().sum(-1)",
                "models/00_distributions",
            ),
            Idea(
                "KL(p ‖ q) for KL(q ‖ p)",
                "kl_divergence(crude.posterior(x).base_dist, Normal(p.mean, "
                "p.stddev)).sum(-1)",
                "kl_divergence(Normal(p.mean, p.stddev), "
                "crude.posterior(x).base_dist).sum(-1)",
            ),
        ],
        "eq-elbo": [
            Idea(
                "sign of the KL",
                'reconstruction + kl, "reconstruction"',
                'reconstruction - kl, "reconstruction"',
            ),
            Idea("the posterior's mean for a sample", "z = q.rsample()", "z = q.mean"),
            Idea(
                "mean for sum over the pixels",
                "self.likelihood(self._outputs(z)).log_prob(x)",
                "self.likelihood(self._outputs(z)).log_prob(x) / x[0].numel()",
            ),
        ],
        "eq-estimators": [
            Idea(
                "the encoder without the reconstruction's gradient",
                "z = q.rsample()",
                "z = q.sample()",
            ),
            Idea(
                "a score whose sample moves with the parameters",
                "by(log_q(z.detach(), parameters))",
                "by(log_q(z, parameters))",
            ),
        ],
        "eq-iwae": [
            Idea("sum for mean of the weights", "total - math.log(k)", "total"),
            Idea(
                "the mean of the logarithms",
                "log_weight.logsumexp(0)",
                "log_weight.mean(0) + math.log(len(log_weight))",
            ),
            Idea(
                "sign of log q",
                "model.log_joint(x, z) - q.log_prob(z)",
                "model.log_joint(x, z) + q.log_prob(z)",
            ),
        ],
        "eq-effective": [
            Idea(
                "the sum of the weights not squared",
                "(2 * log_weight.logsumexp(0) - (2 * log_weight)",
                "(log_weight.logsumexp(0) - (2 * log_weight)",
            ),
            Idea(
                "the ratio of the variances alone",
                "v / s * (2 * s / v - 1).sqrt()",
                "(v / s).sqrt()",
            ),
        ],
        "eq-floor": [
            Idea(
                "the entropy of one outcome alone",
                " + torch.xlogy(1 - images, 1 - images)",
                "",
            ),
            Idea(
                "the other outcome's probability with the wrong logarithm",
                "torch.xlogy(1 - images, 1 - images)",
                "torch.xlogy(1 - images, images)",
            ),
            Idea(
                "in bits",
                "-(torch.xlogy(images, images)",
                "-1 / math.log(2) * (torch.xlogy(images, images)",
            ),
        ],
    },
    "models/03_flows": {
        "eq-change-of-variables": [
            Idea(
                "the base's density at z, not at f(z)",
                "return log_standard_normal(u), log_det",
                "return log_standard_normal(z), log_det",
                "04_contracts",
            ),
            Idea(
                "the inverse's log-determinant",
                "return log_standard_normal(u), log_det",
                "return log_standard_normal(u), -log_det",
                "04_contracts",
            ),
        ],
        "eq-composition": [
            Idea(
                "the inverse in the order of the forward way",
                "for flow in reversed(self.flows):",
                "for flow in self.flows:",
            ),
            Idea(
                "the last flow's log-determinant alone",
                "z, log_det = flow(z)\n            total = total + log_det",
                "z, log_det = flow(z)\n            total = log_det",
            ),
        ],
        "eq-coupling": [
            Idea("the same half always moves", "reverse=i % 2 == 1", "reverse=False"),
            Idea(
                "halves that come back exchanged",
                "torch.cat([moved, kept] if self.reverse else [kept, moved], -1)",
                "torch.cat([kept, moved], -1)",
            ),
        ],
        "eq-additive-coupling": [
            Idea(
                "an inverse that goes the same way",
                "return x - parameters if inverse else x + parameters",
                "return x + parameters",
            ),
            Idea(
                "the shifts for the log-determinant",
                "x + parameters, x.new_zeros(len(x))",
                "x + parameters, parameters.sum(-1)",
            ),
        ],
        "eq-affine-coupling": [
            Idea(
                "the forward log-determinant in the inverse",
                "return (x - shift) * torch.exp(-log_scale), -log_scale",
                "return (x - shift) * torch.exp(-log_scale), log_scale",
            ),
            Idea(
                "a bound of 1 whatever c",
                "log_scale = bound * torch.tanh(log_scale / bound)",
                "log_scale = torch.tanh(log_scale)",
            ),
            Idea(
                "mean for sum over the coordinates",
                "self.scale_bound, inverse)\n        return y, log_slope.sum(-1)",
                "self.scale_bound, inverse)\n        return y, log_slope.mean(-1)",
            ),
        ],
        "eq-spline": [
            Idea(
                "a slope without the square below",
                "- 2 * denominator.log()",
                "- denominator.log()",
            ),
            Idea(
                "the slopes of the two knots exchanged",
                "xi.square() + d0 * rest) / denominator",
                "xi.square() + d1 * rest) / denominator",
            ),
        ],
        "eq-spline-inverse": [
            Idea(
                "the other root",
                "(-b - (b.square() - 4 * a * c)",
                "(-b + (b.square() - 4 * a * c)",
            ),
            Idea(
                "the forward slope in the inverse",
                "-log_slope if inverse else log_slope, 0)",
                "log_slope, 0)",
            ),
        ],
        "eq-autoregressive": [
            Idea(
                "mean for sum over the coordinates",
                "self.scale_bound)\n        return u, log_slope.sum(-1)",
                "self.scale_bound)\n        return u, log_slope.mean(-1)",
            ),
            Idea(
                "scale and shift of a coordinate side by side",
                "places.repeat(parameters)",
                "places.repeat_interleave(parameters)",
            ),
        ],
        "eq-autoregressive-inverse": [
            Idea(
                "all coordinates in one pass",
                "for i in coordinates.flip(0) if self.reverse else coordinates:",
                "for i in coordinates[:1]:",
            ),
            Idea(
                "sign of the log-determinant",
                "return z, log_slope.sum(-1)",
                "return z, -log_slope.sum(-1)",
            ),
            Idea(
                "the inverse in another order than forward",
                "places.flip(0) if reverse else places",
                "places",
            ),
            Idea(
                "the last coordinate left out",
                "coordinates.flip(0) if self.reverse else coordinates",
                "coordinates[:-1]",
            ),
        ],
        "eq-masks": [
            Idea(
                "a coordinate sees itself",
                "places.repeat(parameters)[:, None] > degrees",
                "places.repeat(parameters)[:, None] >= degrees",
            ),
            Idea(
                "every hidden layer loses a coordinate",
                "MaskedLinear(wider[:, None] >= degrees)",
                "MaskedLinear(wider[:, None] > degrees)",
            ),
            Idea(
                "a coordinate does not see the one before it",
                "places.repeat(parameters)[:, None] > degrees",
                "places.repeat(parameters)[:, None] > degrees + 1",
            ),
            Idea("no mask", "self.weight * self.mask", "self.weight"),
        ],
        "eq-lu": [
            Idea(
                "transposes forgotten",
                "torch.addmm(z, z, self.matrix.triu(1).T)",
                "torch.addmm(z, z, self.matrix.triu(1))",
            ),
            Idea(
                "the sum of the diagonal, not of its logarithms",
                "return u, log_scale.sum().expand(len(z))",
                "return u, log_scale.exp().sum().expand(len(z))",
            ),
        ],
        "eq-bridge": [
            Idea(
                "half the width of the bridge",
                "bound = lambda steepest: phi.cdf(phi.icdf(a) + 2 * c / steepest) - a",
                "bound = lambda steepest: phi.cdf(phi.icdf(a) + c / steepest) - a",
            ),
            Idea(
                "the steepness multiplied, not divided",
                "bound = lambda steepest: phi.cdf(phi.icdf(a) + 2 * c / steepest) - a",
                "bound = lambda steepest: phi.cdf(phi.icdf(a) + 2 * c * steepest) - a",
            ),
        ],
    },
    "models/04_continuous_flows": {
        "eq-continuous-change": [
            Idea(
                "both directions the same",
                "return self.solve(z, 1.0, 0.0)",
                "return self.solve(z, 0.0, 1.0)",
            ),
            Idea(
                "the density's change for the log-determinant's",
                "torch.cat([velocity, divergence[:, None]], -1)",
                "torch.cat([velocity, -divergence[:, None]], -1)",
            ),
        ],
        "eq-divergence": [
            Idea(
                "the slope of another SiLU",
                "return s * (1 + x * (1 - s))",
                "return s * (1 + x * s)",
            ),
            Idea(
                "divergence over the features of time",
                "self.inward.weight[:, : self.latent_dim]",
                "self.inward.weight[:, -self.latent_dim :]",
            ),
            Idea(
                "divergence without the outer layers",
                "silu_slope(second) * F.linear(silu_slope(first), around)",
                "silu_slope(second) * F.linear(silu_slope(first), self.middle.weight)",
            ),
        ],
        "eq-solvers": [
            Idea(
                "the middle's time at the start of the step",
                "return state + h * rate(state + h / 2 * rate(state, t), t + h / 2)",
                "return state + h * rate(state + h / 2 * rate(state, t), t)",
            ),
            Idea(
                "a whole step to the middle",
                "return state + h * rate(state + h / 2 * rate(state, t), t + h / 2)",
                "return state + h * rate(state + h * rate(state, t), t + h / 2)",
            ),
            Idea(
                "equal weights of the four rates",
                "h / 6 * (a + 2 * b + 2 * c + d)",
                "h / 4 * (a + b + c + d)",
            ),
        ],
        "eq-conditional-path": [
            Idea(
                "π for π/2 in the features of time",
                "torch.pi / 2 * t[..., None]",
                "torch.pi * t[..., None]",
            ),
            Idea(
                "a velocity without the factor π/2",
                "math.pi / 2 * (sigma * z - alpha * noise)",
                "sigma * z - alpha * noise",
            ),
            Idea(
                "the straight path's α",
                "alpha, t = (1 - sigma.square()).sqrt(), 2",
                "alpha, t = 1 - sigma, 2",
            ),
        ],
        "eq-marginal-field": [
            Idea(
                "the components' weights for those given the place",
                "(log_weight.softmax(-1)[..., None] * each)",
                "(weights[:, None] * each)",
            ),
            Idea(
                "a path that leaves the noise with the wrong sign",
                "torch.pi / 2 * (sigma * many - alpha * noise)",
                "torch.pi / 2 * (sigma * many + alpha * noise)",
            ),
        ],
        "eq-matching": [
            Idea(
                "the cross term halved",
                "velocity * (velocity - 2 * target)",
                "velocity * (velocity - target)",
            ),
            Idea(
                "the straight path's velocity",
                "target = math.pi / 2 * (sigma * z - alpha * noise)",
                "target = z - noise",
            ),
        ],
        "eq-exact-field": [
            Idea(
                "standard deviations added, not variances",
                "alpha**2 * deviations**2 + sigma**2, z[:, None]",
                "(alpha * deviations + sigma) ** 2, z[:, None]",
            ),
            Idea(
                "a covariance without the noise's part",
                "sigma * alpha * (deviations**2 - 1)",
                "sigma * alpha * deviations**2",
            ),
        ],
        "eq-guess": [
            Idea(
                "π/2 for 2/π",
                "2 / torch.pi * level * wrong(",
                "torch.pi / 2 * level * wrong(",
            ),
            Idea(
                "divided by α, as from a guess of the noise",
                "2 / torch.pi * level.arccos())[:, 0] + alpha * grid",
                "2 / torch.pi * level.arccos())[:, 0] + grid / alpha",
            ),
        ],
        "eq-step-kl": [
            Idea(
                "a variance of the step without the shrinking",
                "spread = t**2 - ratio**2 * s**2",
                "spread = t**2 - s**2",
            ),
            Idea(
                "no ½",
                "steps += 0.5 * (after**-2 - level**-2)",
                "steps += (after**-2 - level**-2)",
            ),
        ],
        "eq-matching-bound": [
            Idea(
                "half the weight",
                "4 / math.pi**2 * log_least",
                "2 / math.pi**2 * log_least",
            ),
            Idea(
                "the last step ends at α = 1",
                "math.log(2 * math.pi / left)",
                "math.log(2 * math.pi)",
            ),
            Idea(
                "a least noise of 0.01 whatever is asked for",
                "log_least * level.to(z)",
                "math.log(0.01) * level.to(z)",
            ),
        ],
        "eq-matching-control": [
            Idea(
                "no random offset of the levels",
                "return (torch.rand((), device=device) + grid) % 1",
                "return grid",
            ),
            Idea(
                "levels even in σ, not in its logarithm",
                "(log_least * level.to(z)).exp()",
                "(1 - (1 - least) * level.to(z))",
            ),
        ],
    },
    "models/05_priors": {
        "eq-hoffman-johnson": [
            Idea(
                "the information in the other direction",
                "cell * (log_q_given_n.exp() * (log_q_given_n - log_q[:, "
                "None])).sum() / 6",
                "cell * (log_q.exp()[:, None] * (log_q[:, None] - "
                "log_q_given_n)).sum() / 6",
            ),
            Idea(
                "KL(p ‖ q(z)) for KL(q(z) ‖ p)",
                "aggregate = cell * (log_q.exp() * (log_q - log_p)).sum()",
                "aggregate = cell * (log_p.exp() * (log_p - log_q)).sum()",
            ),
        ],
        "eq-mixture": [
            Idea(
                "weights not normalised", "self.logits.log_softmax(-1))", "self.logits)"
            ),
            Idea(
                "components drawn with equal weights",
                "weights = self.logits.softmax(-1)",
                "weights = torch.ones_like(self.logits)",
            ),
        ],
        "eq-expanded": [
            Idea(
                "the mean's square not divided by the variance",
                "(means.square() * precisions + log_variances",
                "(means.square() + log_variances",
            ),
            Idea(
                "the cross term without its ½",
                "means * precisions], -1)",
                "2 * means * precisions], -1)",
            ),
        ],
        "eq-vamp": [
            Idea(
                "always the first images",
                "images[torch.randperm(len(images))[:components]]",
                "images[:components]",
            ),
            Idea(
                "logits for images",
                "as_inputs_of(self.encoder, self.pseudo_inputs)",
                "as_inputs_of(self.encoder, self.pseudo_logits)",
            ),
            Idea(
                "weights that sum to K",
                "-math.log(len(means)) if log_weights is None",
                "0.0 if log_weights is None",
            ),
        ],
        "eq-flow-kl": [
            Idea(
                "sign of the log-determinant",
                '"negative_log_det": -log_det',
                '"negative_log_det": log_det',
            ),
            Idea(
                "the base's density at z, not at f(z)",
                '"base_cross_entropy": -log_base',
                '"base_cross_entropy": -self.base.log_prob(z)',
            ),
        ],
        "eq-flow-elbo": [
            Idea(
                "the log-determinant in each of L dimensions",
                '"negative_log_det": -log_det',
                '"negative_log_det": -self.latent_dim * log_det',
            ),
            Idea(
                "no entropy, as the flow does not move it",
                '"negative_entropy": -posterior.entropy(), "base',
                '"negative_entropy": 0 * posterior.entropy(), "base',
            ),
        ],
        "eq-moved": [
            Idea(
                "draws that go towards the base",
                "return self.from_base(self.base.sample(n))",
                "return self.to_base(self.base.sample(n))",
            ),
            Idea(
                "the forward log-determinant",
                "return q.log_prob(z) + log_det",
                "return q.log_prob(z) - log_det",
            ),
        ],
        "eq-matching-kl": [
            Idea(
                "the bound in evaluation too",
                "if self.training else -self.log_prob(z)",
                "if self.training else matching_bound(self.flow.field, z)",
            ),
            Idea(
                "the flow's density in training too",
                "self.training_loss(z) if self.training else -self.log_prob(z)",
                "-self.log_prob(z)",
            ),
            Idea(
                "an encoder that the bound does not move",
                "return matching_bound(self.flow.field, z)",
                "return matching_bound(self.flow.field, z.detach())",
            ),
        ],
        "eq-aggregate-kl": [
            Idea(
                "KL(p ‖ q(z)) for KL(q(z) ‖ p)",
                "mixture_log_prob(z, means, log_variances) - prior.log_prob(z)",
                "prior.log_prob(z) - mixture_log_prob(z, means, log_variances)",
            ),
            Idea(
                "each code's own posterior for their mean",
                "mixture_log_prob(z, means, log_variances) - prior.log_prob(z)",
                "diagonal_gaussian(means[chunk], log_variances[chunk]).log_prob(z) - "
                "prior.log_prob(z)",
            ),
            Idea(
                "the deviation for the error",
                "ratios.std() / math.sqrt(len(ratios))",
                "ratios.std()",
            ),
        ],
    },
    "models/06_flow_prior_at_work": {
        "eq-counted": [
            Idea(
                "the log-determinant shared out among the dimensions",
                "(per_dimension + log_det.unsqueeze(1)).sum(-1)",
                "(per_dimension + log_det.unsqueeze(1) / z.shape[1]).sum(-1)",
            ),
            Idea(
                "mean for sum over the dimensions",
                "(per_dimension + log_det.unsqueeze(1)).sum(-1)",
                "(per_dimension + log_det.unsqueeze(1)).mean(-1)",
            ),
        ],
        "eq-no-minimum": [
            Idea(
                "a stretch that counts once, not in each dimension",
                "z, self.log_scale.exp()), self.log_scale.sum().expand(len(z))",
                "z, self.log_scale.exp()), self.log_scale.mean().expand(len(z))",
                "models/03_flows",
            ),
            Idea(
                "L² for L (L − 1)",
                "(CountedPerDimension, -a * 8 * 7)",
                "(CountedPerDimension, -a * 8 * 8)",
            ),
        ],
        "eq-counted-bound": [
            Idea(
                "L for L²",
                "squared = latent_dim**2 * math.log(latent_dim)",
                "squared = latent_dim * math.log(latent_dim)",
            ),
            Idea(
                "the entropy without log 2πe's 1",
                "(latent_dim - 1) * (log_variance_bound - 1)",
                "(latent_dim - 1) * log_variance_bound",
            ),
        ],
    },
    "models/07_gan": {
        "eq-value": [
            Idea(
                "real and generated exchanged",
                "F.softplus(-real).mean() + F.softplus(fake).mean()",
                "F.softplus(real).mean() + F.softplus(-fake).mean()",
            ),
            Idea(
                "images in [0, 1] beside those of Tanh",
                "real = _presented(gan, 2 * x - 1)",
                "real = _presented(gan, x)",
            ),
            Idea(
                "the generator not detached in the discriminator's step",
                "with torch.no_grad():\n        fake = _presented",
                "with torch.enable_grad():\n        fake = _presented",
            ),
        ],
        "eq-optimal": [
            Idea(
                "D as the probability that an image is generated",
                "return torch.sigmoid(outputs)",
                "return torch.sigmoid(-outputs)",
            ),
            Idea(
                "log D* for its logits",
                "best = log_p - log_q",
                "best = log_p - torch.logaddexp(log_p, log_q)",
            ),
        ],
        "eq-jsd": [
            Idea(
                "the sum of the densities for their mean",
                "log_m = torch.logaddexp(log_p, log_q) - math.log(2)",
                "log_m = torch.logaddexp(log_p, log_q)",
            ),
            Idea(
                "the symmetrised KL",
                "0.5 * kl(log_p, log_m) + 0.5 * kl(log_q, log_m)",
                "0.5 * kl(log_p, log_q) + 0.5 * kl(log_q, log_p)",
            ),
        ],
        "eq-disjoint": [
            Idea(
                "in bits",
                "return 0.5 * (torch.xlogy(p, p / m)",
                "return 0.5 / math.log(2) * (torch.xlogy(p, p / m)",
            ),
            Idea(
                "no ½",
                "return 0.5 * (torch.xlogy(p, p / m)",
                "return (torch.xlogy(p, p / m)",
            ),
        ],
        "eq-softplus": [
            Idea(
                "the mean over both halves of the batch",
                "return F.softplus(-real).mean() + F.softplus(fake).mean()",
                "return 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean())",
            ),
            Idea(
                "the logarithm of a probability and an ε",
                "return -F.softplus(fake).mean()",
                "return (1 - fake.sigmoid() + 1e-8).log().mean()",
            ),
        ],
        "eq-saturation": [
            Idea(
                "the generator ascends the discriminator's loss",
                "return F.softplus(-fake).mean()",
                "return -F.softplus(fake).mean()",
            ),
            Idea(
                "the label not flipped",
                "return F.softplus(-fake).mean()",
                "return F.softplus(fake).mean()",
            ),
        ],
        "eq-mixture-kl": [
            Idea(
                "the sum of the two densities for their mean",
                "mixture = lambda log_q: torch.logaddexp(log_p, log_q) - math.log(2)",
                "mixture = lambda log_q: torch.logaddexp(log_p, log_q)",
            ),
            Idea(
                "the geometric mean",
                "mixture = lambda log_q: torch.logaddexp(log_p, log_q) - math.log(2)",
                "mixture = lambda log_q: 0.5 * (log_p + log_q)",
            ),
        ],
        "eq-generator-gradients": [
            Idea(
                "the generator's step without augmentation",
                "fake = _presented(gan, gan.imitations(x))\n    constants",
                "fake = gan.imitations(x)\n    constants",
            ),
            Idea(
                "a discriminator that learns in the generator's step",
                "{name: p.detach() for name, p in "
                "gan.discriminator.named_parameters()}",
                "dict(gan.discriminator.named_parameters())",
            ),
        ],
        "eq-r1": [
            Idea(
                "no ½",
                "return 0.5 * gradient_norm(discriminator, real).square().mean()",
                "return gradient_norm(discriminator, real).square().mean()",
            ),
            Idea(
                "the norm not squared",
                "return 0.5 * gradient_norm(discriminator, real).square().mean()",
                "return 0.5 * gradient_norm(discriminator, real).mean()",
            ),
            Idea(
                "at generated images",
                "return 0.5 * gradient_norm(discriminator, real)",
                "return 0.5 * gradient_norm(discriminator, fake)",
            ),
            Idea(
                "on undistorted images",
                "gan.regulariser.penalty(gan.discriminator, real, fake)",
                "gan.regulariser.penalty(gan.discriminator, 2 * x - 1, fake)",
            ),
            Idea(
                "a penalty without a gradient",
                "create_graph=True",
                "create_graph=False",
            ),
            Idea(
                "in evaluation too",
                "gan.discriminator, real, fake) if gan.training else None",
                "gan.discriminator, real, fake)",
            ),
        ],
        "eq-gradient-penalty": [
            Idea(
                "at real images alone", "torch.lerp(fake, real, t)) - 1)", "real) - 1)"
            ),
            Idea(
                "a norm above 1 alone",
                "torch.lerp(fake, real, t)) - 1).square()",
                "torch.lerp(fake, real, t)) - 1).relu().square()",
            ),
            Idea(
                "one place for the whole batch",
                "t = torch.rand(len(real), 1, 1, 1",
                "t = torch.rand(1, 1, 1, 1",
            ),
        ],
    },
    "models/08_game": {
        "eq-dirac": [
            Idea(
                "R1 without its ½",
                "return 0.5 * gradient_norm(discriminator, real).square().mean()",
                "return gradient_norm(discriminator, real).square().mean()",
                "models/07_gan",
            ),
            Idea(
                "a critic that climbs on generated images",
                "return fake.mean() - real.mean()",
                "return real.mean() - fake.mean()",
                "models/07_gan",
            ),
        ],
        "eq-momentum": [
            Idea(
                "momentum without dampening",
                '{"momentum": beta, "dampening": beta}',
                '{"momentum": beta}',
            ),
            Idea(
                "ω for ω²",
                "0.05 * beta / (1 - beta) * 0.5**2",
                "0.05 * beta / (1 - beta) * 0.5",
            ),
        ],
    },
    "models/09_image_flow": {
        "eq-interpolant": [
            Idea(
                "noise that grows with the time",
                "torch.ones_like(t), -torch.ones_like(t)",
                "torch.ones_like(t), torch.ones_like(t)",
            ),
            Idea(
                "π for π/2",
                "(math.pi / 2 * t).sin(), (math.pi / 2 * t).cos()",
                "(math.pi * t).sin(), (math.pi * t).cos()",
            ),
            Idea(
                "rates without the factor π/2",
                "math.pi / 2 * sigma, -math.pi / 2 * alpha",
                "sigma, -alpha",
            ),
        ],
        "eq-image-matching": [
            Idea(
                "images in [0, 1] beside noise around 0",
                "self.pairing(torch.randn_like(x), 2 * x - 1)",
                "self.pairing(torch.randn_like(x), x)",
            ),
            Idea(
                "one time for all images of a batch",
                "t = spread_times(len(x), x.device)",
                "t = torch.rand(()).expand(len(x))",
            ),
            Idea(
                "from image to noise",
                "target = alpha_rate * image + sigma_rate * noise",
                "target = -alpha_rate * image - sigma_rate * noise",
            ),
            Idea(
                "the sum over the pixels",
                "(velocity - target).square().mean()",
                "(velocity - target).square().flatten(1).sum(1).mean()",
            ),
        ],
        "eq-memory": [
            Idea(
                "the nearest image in place of the mean",
                "(-distances / (2 * sigma**2)).softmax(-1) @ known",
                "known[distances.argmin(-1)]",
            ),
            Idea(
                "a standard deviation for the variance",
                "(-distances / (2 * sigma**2)).softmax(-1)",
                "(-distances / (2 * sigma)).softmax(-1)",
            ),
            Idea(
                "the noise without its scale",
                "sigma_rate * (flat - alpha * mean) / sigma",
                "sigma_rate * (flat - alpha * mean)",
            ),
        ],
        "eq-pairing": [
            Idea(
                "distances that are not squared",
                "torch.cdist(images.flatten(1), noise.flatten(1)).square()",
                "torch.cdist(images.flatten(1), noise.flatten(1))",
            ),
            Idea(
                "an image for each noise, and the noise ordered by it",
                "torch.cdist(images.flatten(1), noise.flatten(1)).square()",
                "torch.cdist(noise.flatten(1), images.flatten(1)).square()",
            ),
            Idea(
                "to each image the nearest noise, however often",
                "return noise[_cheapest_order(costs)], images",
                "return noise[costs.argmin(1)], images",
            ),
        ],
        "eq-reflow": [
            Idea(
                "fresh noise for each image",
                "return self.noise[index], self.images[index]",
                "return noise, self.images[index]",
            ),
            Idea(
                "images of the data set for the model's noise",
                "return self.noise[index], self.images[index]",
                "return self.noise[index], images",
            ),
            Idea(
                "images in [0, 1]",
                "return cls(noise.view(n, *model.image_shape), 2 * images - 1)",
                "return cls(noise.view(n, *model.image_shape), images)",
            ),
        ],
        "eq-hutchinson": [
            Idea(
                "normal probes",
                "torch.randint(0, 2, (number, *x.shape), device=x.device).to(x) * 2 "
                "- 1",
                "torch.randn(number, *x.shape).to(x)",
            ),
            Idea(
                "the mean over the pixels",
                "(pull_back(probe)[0] * probe).flatten(1).sum(1)",
                "(pull_back(probe)[0] * probe).flatten(1).mean(1)",
            ),
            Idea(
                "the sum over the probes",
                "torch.stack(products).mean(0)",
                "torch.stack(products).sum(0)",
            ),
        ],
        "eq-image-density": [
            Idea(
                "no factor for the range of the pixels",
                "return density + self.latent_dim * math.log(2)",
                "return density",
            ),
            Idea(
                "a factor for the image in place of one for each number",
                "return density + self.latent_dim * math.log(2)",
                "return density + math.log(2)",
            ),
            Idea(
                "the density of images in [0, 1]",
                "moved = 2 * as_inputs_of(self.velocity, check_images(x, "
                "self.image_shape)) - 1",
                "moved = as_inputs_of(self.velocity, check_images(x, "
                "self.image_shape))",
            ),
        ],
        "eq-bits": [
            Idea(
                "a density for a probability",
                "(dimension * math.log(levels) - log_prob)",
                "(-log_prob)",
            ),
            Idea(
                "nats for bits",
                "/ (dimension * math.log(2))",
                "/ dimension",
            ),
            Idea(
                "255 steps for 256 levels",
                "dimension * math.log(levels)",
                "dimension * math.log(levels - 1)",
            ),
        ],
    },
    "models/10_vae_gan": {
        "eq-unexplained": [
            Idea(
                "the size of features in place of their variance",
                "centred = real - real.mean((0, 2, 3), keepdim=True)",
                "centred = real",
            ),
            Idea(
                "the variance over images alone",
                "real.mean((0, 2, 3), keepdim=True)\n    return",
                "real.mean(0, keepdim=True)\n    return",
            ),
            Idea(
                "lengths in place of squares",
                "(real - rebuilt).square().sum() / centred.square().sum()",
                "(real - rebuilt).norm() / centred.norm()",
            ),
        ],
        "eq-feature-bound": [
            Idea(
                "no half in the variance of the noise",
                "0.5 * beta * psi[0].numel() * v)",
                "beta * psi[0].numel() * v)",
            ),
            Idea(
                "the variance taken for the standard deviation",
                "s = math.sqrt(0.5 * beta * psi[0].numel() * v)",
                "s = 0.5 * beta * psi[0].numel() * v",
            ),
            Idea(
                "the fit at the mean without the posterior's spread",
                "return fit - kl_divergence(q, prior)",
                "return fit + spread - kl_divergence(q, prior)",
            ),
        ],
        "eq-twice": [
            Idea(
                "distances that are not squared",
                "torch.cdist(x, x).square().sum() / len(x)",
                "torch.cdist(x, x).sum() / len(x)",
            ),
            Idea(
                "the mean of all digits",
                "(x - x.mean(0)).square().sum()",
                "(x - digits.flatten(1).double().mean(0)).square().sum()",
            ),
        ],
        "eq-processing": [
            Idea(
                "the divergence in the other direction",
                "kl_divergence(decoded(q, G), decoded(p, G))",
                "kl_divergence(decoded(p, G), decoded(q, G))",
            ),
            Idea(
                "a generator that moves only the spread",
                "G @ latents.mean,",
                "torch.zeros(len(G)).double(),",
            ),
        ],
        "eq-judged": [
            Idea(
                "the weights exchanged",
                "(1, model.kl_weight, model.adversarial_weight)",
                "(1, model.adversarial_weight, model.kl_weight)",
            ),
            Idea(
                "one mean over reconstructions and samples",
                "0.5 * (fools(outputs[:n]) + fools(outputs[n:]))",
                "fools(outputs)",
            ),
            Idea(
                "the discriminator's weights as variables",
                'constants = {f"discriminator.{name}": p.detach()',
                'constants = {f"discriminator.{name}": p',
            ),
            Idea(
                "features of images in [0, 1]",
                "real, real_outputs = judge(2 * x - 1)",
                "real, real_outputs = judge(x)",
            ),
            Idea(
                "a discriminator that sees samples alone",
                "half = len(x) // 2",
                "half = 0",
            ),
            Idea(
                "codes without their spread",
                "codes, n = q.rsample(), len(x)",
                "codes, n = q.mean, len(x)",
            ),
        ],
    },
    "report/00_measurements": {
        "eq-middle-law": [
            Idea(
                "the factor on the variance taken for the temperature",
                "temperature=0.5**0.5",
                "temperature=0.5",
            ),
            Idea(
                "a third of the way for the half",
                "{curve: interpolate(a, b, 3, curve",
                "{curve: interpolate(a, b, 4, curve",
            ),
        ],
    },
    "report/01_second_stage": {
        "eq-exchange": [
            Idea(
                "the old prior's gain",
                "(prior.log_prob(z) - standard.log_prob(z)).double()",
                "(standard.log_prob(z) - prior.log_prob(z)).double()",
            ),
            Idea(
                "codes without their spread",
                "z = diagonal_gaussian(means, log_variances).sample()\n"
                "    return Estimate",
                "z = means\n    return Estimate",
            ),
        ],
        "eq-straightness": [
            Idea(
                "the mean of the ratios",
                "(way.diff(dim=0).norm(dim=-1).sum() / (way[-1] - "
                "way[0]).norm(dim=-1).sum()).item()",
                "(way.diff(dim=0).norm(dim=-1).sum(0) / (way[-1] - "
                "way[0]).norm(dim=-1)).mean().item()",
            ),
            Idea(
                "the distance from the second place",
                "way[-1] - way[0]",
                "way[-1] - way[1]",
            ),
        ],
    },
}
