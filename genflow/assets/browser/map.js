"use strict";
// Draws a latent space of two dimensions: where the prior's draws lie, codes of test images, a path and its two ends.
const latentMap = (() => {
  const SIZE = 560;  // pixels along a side of a map
  const backgrounds = new Map(), circles = new Map();  // by model

  const colour = label => `hsl(${36 * label} 75% ${label % 2 ? 62 : 48}%)`;
  const coordinates = (codes, wanted) => [0, 1].map(axis => codes.filter((_, i) => i % 2 === axis && wanted(i >> 1)));
  const quantile = (values, part) => values.sort()[Math.floor(part * (values.length - 1))];  // a typed array: by value

  // From a place in the map, as parts of its width and height, to the latent there, and back to pixels
  function latentAt(model, right, down) {
    const [left, top, side] = model.tensors.area.data;
    return [left + side * right, top - side * down];
  }
  function pixelAt(model, [x, y]) {
    const [left, top, side] = model.tensors.area.data;
    return [SIZE * (x - left) / side, SIZE * (top - y) / side];
  }

  function shade(model) {
    const {data, shape: [height, width]} = model.tensors.shade, pixels = new ImageData(width, height);
    data.forEach((strength, i) => pixels.data.set([60, 130, 230, 0.9 * strength], 4 * i));
    return pixels;
  }

  // Where the circles of radius 1 and 2 around the base's origin lie
  function circlesOf(model) {
    const turns = Array.from({length: 121}, (_, i) => 2 * Math.PI * i / 120);
    return [1, 2].map(radius => turns.map(
      turn => pixelAt(model, model.fromBase([radius * Math.cos(turn), radius * Math.sin(turn)]))));
  }

  function circle(context, [x, y], radius) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }

  function canvas(side) { return Object.assign(document.createElement("canvas"), {width: side, height: side}); }

  function background(model) {
    const whole = canvas(SIZE), context = whole.getContext("2d"), pixels = shade(model), cells = canvas(pixels.width);
    cells.getContext("2d").putImageData(pixels, 0, 0);
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

  // `path` is a list of latents; the circles are dashed
  function draw(map, model, path) {
    const context = map.getContext("2d"), ink = getComputedStyle(map).color, at = z => pixelAt(model, z);
    if (!backgrounds.has(model)) {
      backgrounds.set(model, background(model));
      circles.set(model, circlesOf(model));
    }
    context.clearRect(0, 0, SIZE, SIZE);
    context.drawImage(backgrounds.get(model), 0, 0);
    for (const round of circles.get(model)) line(context, round, ink, 1.5, [4, 6]);
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
