"use strict";
// Runs the part of a model that makes images: reads its weights, maps points of the base to latents and latents to images.
// An activation is {data: Float32Array, shape: [channels, height, width]}, that of a vector {data, shape: [length]}.
const engine = (() => {
  // Weights: a safetensors file is the length of its header, the header as JSON, and the numbers of every tensor.

  const halves = Float32Array.from({length: 65536}, (_, bits) => {
    const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
  });
  const NUMBERS = {
    F16(buffer) {
      const bits = new Uint16Array(buffer), values = new Float32Array(bits.length);
      for (let i = 0; i < bits.length; i++) values[i] = halves[bits[i]];
      return values;
    },
    F32: buffer => new Float32Array(buffer),
    I16: buffer => Float32Array.from(new Int16Array(buffer)),
    U8: buffer => new Uint8Array(buffer),
  };

  function readTensors(buffer) {
    const start = 8 + Number(new DataView(buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
    const tensors = {};
    for (const [name, {dtype, shape, data_offsets: [from, to]}] of Object.entries(header)) {
      tensors[name] = {shape, data: NUMBERS[dtype](buffer.slice(start + from, start + to))};
    }
    for (const name in tensors) {  // whole steps become numbers
      const step = tensors[`${name}.step`];
      if (step) tensors[name].data = tensors[name].data.map(value => value * step.data[0]);
    }
    return tensors;
  }

  // Layers: each function takes what the description says of a layer and the tensors, and returns the map x → y. A layer
  // gives the same array each time, with other numbers.

  const elementwise = f => () => {
    let y;
    return ({data: x, shape}) => {
      y ??= new Float32Array(x.length);
      for (let i = 0; i < x.length; i++) y[i] = f(x[i]);
      return {data: y, shape};
    };
  };
  const sigmoid = a => 1 / (1 + Math.exp(-a));

  const LAYERS = {
    relu: elementwise(a => (a > 0 ? a : 0)),
    silu: elementwise(a => a * sigmoid(a)),
    tanh: elementwise(Math.tanh),
    leaky_relu: ({slope}) => elementwise(a => (a > 0 ? a : slope * a))(),
    unflatten: ({shape}) => x => ({data: x.data, shape}),

    linear({name}, tensors) {
      const {data: weight, shape: [outputs, inputs]} = tensors[`${name}.weight`], bias = tensors[`${name}.bias`].data;
      const y = new Float32Array(outputs), shape = [outputs], last = outputs - 1;
      return ({data: x}) => {
        for (let o = 0; o < outputs; o += 4) {  // four sums at once: no addition waits for another
          const [p, q, r, s] = [o, Math.min(o + 1, last), Math.min(o + 2, last), Math.min(o + 3, last)];
          const a = p * inputs, b = q * inputs, c = r * inputs, d = s * inputs;
          let first = bias[p], second = bias[q], third = bias[r], fourth = bias[s];
          for (let i = 0; i < inputs; i++) {
            const value = x[i];
            first += weight[a + i] * value;
            second += weight[b + i] * value;
            third += weight[c + i] * value;
            fourth += weight[d + i] * value;
          }
          y[p] = first;
          y[q] = second;
          y[r] = third;
          y[s] = fourth;
        }
        return {data: y, shape};
      };
    },

    constant({name}, tensors) {
      const {data, shape} = tensors[`${name}.value`];
      return () => ({data, shape});
    },

    gated_linear_unit: () => x => {
      const half = x.data.length / 2, data = x.data.subarray(0, half).map((a, i) => a * sigmoid(x.data[half + i]));
      return {data, shape: [half]};
    },

    batch_norm({name, eps}, tensors) {
      const [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
        part => tensors[`${name}.${part}`].data
      );
      const scale = weight.map((w, c) => w / Math.sqrt(variance[c] + eps));
      let y;
      return ({data: x, shape}) => {
        y ??= new Float32Array(x.length);
        const area = shape[1] * shape[2];
        for (let c = 0, i = 0; c < scale.length; c++) {
          for (const end = i + area; i < end; i++) y[i] = (x[i] - mean[c]) * scale[c] + bias[c];
        }
        return {data: y, shape};
      };
    },

    group_norm({name, groups, eps}, tensors) {
      const [weight, bias] = ["weight", "bias"].map(part => tensors[`${name}.${part}`].data);
      let y;
      return ({data: x, shape}) => {
        y ??= new Float32Array(x.length);
        const area = shape[1] * shape[2], size = x.length / groups;
        for (let start = 0; start < x.length; start += size) {
          let mean = 0, variance = 0;
          for (let i = start; i < start + size; i++) mean += x[i] / size;
          for (let i = start; i < start + size; i++) variance += (x[i] - mean) ** 2 / size;
          const scale = 1 / Math.sqrt(variance + eps);
          for (let i = start; i < start + size; i++) {
            const c = Math.floor(i / area);
            y[i] = (x[i] - mean) * scale * weight[c] + bias[c];
          }
        }
        return {data: y, shape};
      };
    },

    // Transposed convolution, kernel 4, stride 2, padding 1: pixel (y, x) adds to rows 2y - 1 to 2y + 2, and columns alike
    up_convolution({name, size}, tensors) {
      const {data: weight, shape: [inputs, outputs]} = tensors[`${name}.weight`], bias = tensors[`${name}.bias`].data;
      return ({data: x, shape: [, height, width]}) => {
        const stride = 2 * width + 2, sums = new Float64Array(stride * (2 * height + 2));
        const y = new Float32Array(outputs * size[0] * size[1]);
        for (let o = 0; o < outputs; o++) {
          sums.fill(bias[o]);
          for (let i = 0; i < inputs; i++) {
            const w = 16 * (i * outputs + o);
            for (let row = 0, place = i * height * width; row < height; row++) {
              for (let column = 0; column < width; column++, place++) {
                const value = x[place];
                if (value === 0) continue;
                for (let k = 0, at = 2 * row * stride + 2 * column; k < 16; k += 4, at += stride) {
                  sums[at] += value * weight[w + k];
                  sums[at + 1] += value * weight[w + k + 1];
                  sums[at + 2] += value * weight[w + k + 2];
                  sums[at + 3] += value * weight[w + k + 3];
                }
              }
            }
          }
          for (let row = 0, place = o * size[0] * size[1]; row < size[0]; row++) {
            for (let column = 0; column < size[1]; column++, place++) y[place] = sums[(row + 1) * stride + column + 1];
          }
        }
        return {data: y, shape: [outputs, ...size]};
      };
    },

    // Convolution of stride 1 that keeps height and width: an odd square kernel, padded by half of its side
    convolution({name}, tensors) {
      const {data: weight, shape: [outputs, inputs, side]} = tensors[`${name}.weight`], half = (side - 1) / 2;
      const bias = tensors[`${name}.bias`]?.data ?? new Float32Array(outputs);
      return ({data: x, shape: [, height, width]}) => {
        const area = height * width, y = new Float32Array(outputs * area);
        for (let o = 0, w = 0; o < outputs; o++) {
          const sums = new Float64Array(area).fill(bias[o]);
          for (let i = 0; i < inputs; i++) {
            for (let down = -half; down <= half; down++) {
              for (let right = -half; right <= half; right++, w++) {
                for (let row = Math.max(0, -down); row < Math.min(height, height - down); row++) {
                  const to = row * width, from = i * area + (row + down) * width + right;
                  const last = Math.min(width, width - right);
                  for (let column = Math.max(0, -right); column < last; column++) {
                    sums[to + column] += weight[w] * x[from + column];
                  }
                }
              }
            }
          }
          y.set(sums, o * area);
        }
        return {data: y, shape: [outputs, height, width]};
      };
    },

    upsample: ({size: [rows, columns]}) => ({data: x, shape: [channels, height, width]}) => {
      const y = new Float32Array(channels * rows * columns);
      for (let c = 0, place = 0; c < channels; c++) {
        for (let row = 0; row < rows; row++) {
          const from = (c * height + Math.floor(row * height / rows)) * width;
          for (let column = 0; column < columns; column++) y[place++] = x[from + Math.floor(column * width / columns)];
        }
      }
      return {data: y, shape: [channels, rows, columns]};
    },

    residual({shortcut, residual}, tensors) {
      const direct = sequence(shortcut, tensors), around = sequence(residual, tensors);
      return x => {
        const y = direct(x), added = around(x).data;
        return {data: y.data.map((a, i) => a + added[i]), shape: y.shape};
      };
    },
  };

  function sequence(layers, tensors) {
    const maps = layers.map(layer => LAYERS[layer.kind](layer, tensors));
    return x => maps.reduce((value, map) => map(value), x);
  }

  // The image of a network's outputs, in [0, 1]: the mean of the likelihood, or a generator's range moved
  const IMAGES = {
    bernoulli: outputs => outputs.map(sigmoid),
    "continuous-bernoulli": outputs => outputs.map(a =>
      Math.abs(a) < 0.1 ? 0.5 + a / 12 - a ** 3 / 720 : 0.5 + 0.5 / Math.tanh(a / 2) - 1 / a),
    "discretised-logistic": outputs => outputs.subarray(0, outputs.length / 2).map(sigmoid),
    tanh: outputs => outputs.map(a => (a + 1) / 2),
  };

  // Flows: `forward` goes to the base and gives {z, logDet}, `inverse` goes back and gives the latent.

  const FLOWS = {
    linear({name}, tensors) {
      const {data: matrix, shape: [n]} = tensors[`${name}.matrix`], shift = tensors[`${name}.shift`].data;
      const scale = Float64Array.from({length: n}, (_, i) => Math.exp(matrix[i * n + i]));
      let logDet = 0;
      for (let i = 0; i < n; i++) logDet += matrix[i * n + i];
      return {
        forward(z) {
          const upper = new Float64Array(n), u = new Float64Array(n);
          for (let i = 0; i < n; i++) {
            let sum = z[i];
            for (let j = i + 1; j < n; j++) sum += matrix[i * n + j] * z[j];
            upper[i] = sum;
          }
          for (let i = 0; i < n; i++) {
            let sum = shift[i] + upper[i] * scale[i];
            for (let j = 0; j < i; j++) sum += matrix[i * n + j] * upper[j];
            u[i] = sum;
          }
          return {z: u, logDet};
        },
        inverse(u) {
          const z = new Float64Array(n);
          for (let i = 0; i < n; i++) {  // the lower triangle, from the first coordinate on
            let sum = u[i] - shift[i];
            for (let j = 0; j < i; j++) sum -= matrix[i * n + j] * z[j];
            z[i] = sum / scale[i];
          }
          for (let i = n - 1; i >= 0; i--) {  // the upper one, from the last on
            let sum = z[i];
            for (let j = i + 1; j < n; j++) sum -= matrix[i * n + j] * z[j];
            z[i] = sum;
          }
          return z;
        },
      };
    },

    affine_coupling({conditioner, reverse, bound, sizes}, tensors) {
      const network = sequence(conditioner, tensors), length = sizes[0] + sizes[1];
      const [kept, moved] = reverse ? [sizes[0], 0] : [0, sizes[0]];  // where the two parts begin
      const n = reverse ? sizes[0] : sizes[1], given = {data: new Float32Array(length - n), shape: [length - n]};
      function couple(z, inverse) {
        for (let i = 0; i < length - n; i++) given.data[i] = z[kept + i];
        const parameters = network(given).data, result = Float64Array.from(z);
        let logDet = 0;
        for (let i = 0; i < n; i++) {
          const logScale = bound * Math.tanh(parameters[i] / bound), shift = parameters[n + i], value = z[moved + i];
          logDet += logScale;
          result[moved + i] = inverse ? (value - shift) * Math.exp(-logScale) : shift + value * Math.exp(logScale);
        }
        return {z: result, logDet};
      }
      return {forward: z => couple(z, false), inverse: u => couple(u, true).z};
    },

    // The solution of dz/dt = v(z, t) from the base at t = 0 to the latents at t = 1, by classical fourth-order steps.
    // On the way to the base the last coordinate of a state is the log-determinant, whose rate is the divergence of v.
    continuous({steps, frequencies, inward, middle, outward}, tensors) {
      const [first, second, last] = [inward, middle, outward].map(name => LAYERS.linear({name}, tensors));
      const [into, through, out] = [inward, middle, outward].map(name => tensors[`${name}.weight`]);
      const [rows, columns] = through.shape, [n] = out.shape;
      const weight = {shape: through.shape, data: through.data.map((value, at) => {  // for the way around, through z
        const row = Math.floor(at / columns), start = at % columns * into.shape[1];
        let sum = 0;
        for (let i = 0; i < n; i++) sum += out.data[i * rows + row] * into.data[start + i];
        return value * sum;
      })};
      const bias = {data: new Float32Array(rows)};
      const around = LAYERS.linear({name: "around"}, {"around.weight": weight, "around.bias": bias});
      const slopeOf = a => sigmoid(a) * (1 + a * (1 - sigmoid(a)));
      const [silu, siluAgain, slope, slopeAgain] = [LAYERS.silu, LAYERS.silu, ...Array(2).fill(elementwise(slopeOf))].map(
        layer => layer());
      const given = {data: new Float32Array(n + 2 * frequencies), shape: [n + 2 * frequencies]};
      function rate(state, t, result) {
        given.data.set(state.subarray(0, n));
        for (let k = 0; k < frequencies; k++) {
          given.data[n + k] = Math.cos(Math.PI / 2 * (k + 1) * t);
          given.data[n + frequencies + k] = Math.sin(Math.PI / 2 * (k + 1) * t);
        }
        const a = first(given), b = second(silu(a));
        result.set(last(siluAgain(b)).data);
        if (state.length > n) result[n] = dot(slope(b).data, around(slopeAgain(a)).data);
      }
      function solve(state, start, end) {
        const h = (end - start) / steps, between = new Float64Array(state.length);
        const rates = Array.from({length: 4}, () => new Float64Array(state.length));
        for (let step = 0; step < steps; step++) {
          const t = start + step * h;
          rate(state, t, rates[0]);
          for (const [stage, part] of [[1, 0.5], [2, 0.5], [3, 1]]) {
            for (let i = 0; i < state.length; i++) between[i] = state[i] + part * h * rates[stage - 1][i];
            rate(between, t + part * h, rates[stage]);
          }
          const [a, b, c, d] = rates;
          for (let i = 0; i < state.length; i++) state[i] += h / 6 * (a[i] + 2 * b[i] + 2 * c[i] + d[i]);
        }
        return state;
      }
      return {
        forward(z) {
          const state = solve(Float64Array.of(...z, 0), 1, 0);
          return {z: state.slice(0, n), logDet: state[n]};
        },
        inverse: u => solve(Float64Array.from(u), 0, 1),
      };
    },
  };

  function compose(flows) {
    const back = [...flows].reverse();
    return {
      forward: z => flows.reduce((found, flow) => {
        const {z: next, logDet} = flow.forward(found.z);
        return {z: next, logDet: found.logDet + logDet};
      }, {z, logDet: 0}),
      inverse: u => back.reduce((z, flow) => flow.inverse(z), u),
    };
  }

  // A model: `description` and weights as `genflow.explore.export` writes them. Points and latents are arrays of L numbers.
  class Model {
    constructor(description, buffer) {
      Object.assign(this, description);
      this.tensors = readTensors(buffer);
      this.network = sequence(this.layers, this.tensors);
      this.flow = compose(this.flows.map(flow => FLOWS[flow.kind](flow, this.tensors)));
    }
    decode(z) { return IMAGES[this.outputs](this.network({data: Float32Array.from(z), shape: [z.length]}).data); }
    toBase(z) { return this.flow.forward(Float64Array.from(z)).z; }
    fromBase(u) { return this.flow.inverse(Float64Array.from(u)); }
    logProb(z) {
      const {z: u, logDet} = this.flow.forward(Float64Array.from(z));
      return logDet - 0.5 * u.reduce((sum, value) => sum + value * value + Math.log(2 * Math.PI), 0);
    }
  }

  // Curves and planes through latents, walks along one dimension

  function combine(...terms) {
    const sum = new Float64Array(terms[0][1].length);
    for (const [weight, z] of terms) for (let i = 0; i < sum.length; i++) sum[i] += weight * z[i];
    return sum;
  }
  function dot(a, b) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  }
  const norm = a => Math.sqrt(dot(a, a));
  const lerp = (a, b, t) => combine([1 - t, a], [t, b]);

  function slerp(a, b, t) {
    const cosine = dot(a, b) / (norm(a) * norm(b)), angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
    if (!(Math.abs(cosine) < 1 - 1e-4)) return lerp(a, b, t);
    return combine([Math.sin((1 - t) * angle) / Math.sin(angle), a], [Math.sin(t * angle) / Math.sin(angle), b]);
  }

  const interpolate = (a, b, t, curve) => (curve === "lerp" ? lerp : slerp)(a, b, t);

  function plane(a, b, c, u, v, curve) {
    const point = combine([1 - u - v, a], [u, b], [v, c]);
    if (curve === "lerp") return point;
    const [na, nb, nc] = [a, b, c].map(norm), length = na * (nb / na) ** u * (nc / na) ** v;
    return combine([length / norm(point), point]);
  }

  function walk(model, z, dimension, s) {
    return Float64Array.from(z, (value, i) => i === dimension ? model.mean[i] + s * model.deviation[i] : value);
  }

  // The same draw of N(0, I) for the same seed, whatever the model: its first L coordinates
  function draw(seed, length) {
    let state = Math.imul(seed + 1, 0x9e3779b9);
    const uniform = () => {  // Mulberry32, after Tommy Ettinger
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    return Float64Array.from({length}, () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
  }

  const kinds = new Set([LAYERS, FLOWS, IMAGES].flatMap(Object.keys));  // that a description may name
  return {Model, kinds, interpolate, plane, walk, draw, slerp};
})();
