"use strict";
// Draws a latent space of two dimensions: where the prior's draws lie, codes of test images, a path and its two ends.
const latentMap = (() => {
  const SIZE = 560, CELLS = 56;  // along a side: pixels of a map, cells in which the density is computed
  const frames = new Map(), backgrounds = new Map();  // by model

  const colour = label => `hsl(${36 * label} 75% ${label % 2 ? 62 : 48}%)`;
  const coordinates = (codes, wanted) => [0, 1].map(axis => codes.filter((_, i) => i % 2 === axis && wanted(i >> 1)));
  const quantile = (values, part) => values.sort()[Math.floor(part * (values.length - 1))];  // a typed array: by value

  // The square that holds 99.8 % of the codes in either direction, and a margin
  function frameOf(model) {
    if (!frames.has(model)) {
      const ranges = coordinates(model.tensors.map.data, () => true).map(
        values => [0.001, 0.999].map(part => quantile(values, part)));
      const side = 1.15 * Math.max(...ranges.map(([low, high]) => high - low));
      const [left, bottom] = ranges.map(([low, high]) => (low + high - side) / 2);
      frames.set(model, {left, top: bottom + side, side});
    }
    return frames.get(model);
  }

  // From a place in the map, as parts of its width and height, to the latent there, and back to pixels
  function latentAt(model, right, down) {
    const {left, top, side} = frameOf(model);
    return [left + side * right, top - side * down];
  }
  function pixelAt(model, [x, y]) {
    const {left, top, side} = frameOf(model);
    return [SIZE * (x - left) / side, SIZE * (top - y) / side];
  }

  // How strong a cell is says how many of the prior's draws lie where it is less dense: all at its peak, none far out
  function shade(model) {
    const densities = Float64Array.from({length: CELLS ** 2}, (_, i) =>
      Math.exp(model.logProb(latentAt(model, (i % CELLS + 0.5) / CELLS, (Math.floor(i / CELLS) + 0.5) / CELLS))));
    const total = densities.reduce((sum, density) => sum + density), pixels = new ImageData(CELLS, CELLS);
    let below = 0;
    for (const i of [...densities.keys()].sort((a, b) => densities[a] - densities[b])) {
      below += densities[i];
      pixels.data.set([60, 130, 230, 230 * Math.sqrt(below / total)], 4 * i);
    }
    return pixels;
  }

  function circle(context, [x, y], radius) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }

  function canvas(side) { return Object.assign(document.createElement("canvas"), {width: side, height: side}); }

  function background(model) {
    const whole = canvas(SIZE), context = whole.getContext("2d"), cells = canvas(CELLS);
    cells.getContext("2d").putImageData(shade(model), 0, 0);
    context.drawImage(cells, 0, 0, SIZE, SIZE);
    const codes = model.tensors.map.data, labels = model.tensors.labels.data;
    labels.forEach((label, i) => {
      context.fillStyle = colour(label);
      circle(context, pixelAt(model, codes.subarray(2 * i, 2 * i + 2)), 2.5);
    });
    Object.assign(context, {font: "bold 26px sans-serif", lineWidth: 5, strokeStyle: "#fff", fillStyle: "#000"});
    Object.assign(context, {textAlign: "center", textBaseline: "middle"});
    for (const label of new Set(labels)) {  // not by colour alone: a label stands where its codes lie
      const middle = coordinates(codes, i => labels[i] === label).map(values => quantile(values, 0.5));
      context.strokeText(label, ...pixelAt(model, middle));
      context.fillText(label, ...pixelAt(model, middle));
    }
    return whole;
  }

  function line(context, points, ink, width, dash = []) {
    context.beginPath();
    points.forEach(point => context.lineTo(...point));
    Object.assign(context, {strokeStyle: ink, lineWidth: width});
    context.setLineDash(dash);
    context.stroke();
  }

  // `path` is a list of latents; dashed are the images of the circles of radius 1 and 2 around the base's origin
  function draw(map, model, path) {
    const context = map.getContext("2d"), ink = getComputedStyle(map).color, at = z => pixelAt(model, z);
    if (!backgrounds.has(model)) backgrounds.set(model, background(model));
    context.clearRect(0, 0, SIZE, SIZE);
    context.drawImage(backgrounds.get(model), 0, 0);
    for (const radius of [1, 2]) {
      const turns = Array.from({length: 121}, (_, i) => 2 * Math.PI * i / 120);
      line(context, turns.map(a => at(model.fromBase([radius * Math.cos(a), radius * Math.sin(a)]))), ink, 1.5, [4, 6]);
    }
    line(context, path.map(at), ink, 4);
    for (const [z, radius] of [[path[0], 6], [path.at(-1), 11]]) {
      context.fillStyle = "#000";
      circle(context, at(z), radius + 2);
      context.fillStyle = "#fff";
      circle(context, at(z), radius - 1);
    }
  }

  return {SIZE, colour, latentAt, draw};
})();
