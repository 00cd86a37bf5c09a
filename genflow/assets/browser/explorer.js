"use strict";
// The explorer: tabs of sliders over several models at the same place. `engine` computes, `latentMap` draws the maps, and
// the address keeps the state.
(() => {
  const root = document.querySelector(".explorer");
  const {models, pictures} = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const groups = [...new Set(models.map(model => model.group))];
  const flat = models.filter(model => model.map);  // two dimensions, and codes to be drawn

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name in made) made[name] = value; else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  // State: what the controls hold. Each value has a default, and a test that a value from the address must pass.

  const within = (low, high) => value => value >= low && value <= high;
  const whole = (low, high) => value => Number.isInteger(value) && within(low, high)(value);
  const place = value => /^(draw-\d{1,9}|image-\d{1,4})$/.test(value);
  const TABS = {between: "Between two", plane: "Plane of three", dimension: "One dimension", samples: "100 samples"};
  if (flat.length) TABS.priors = "Prior against prior";
  const CURVES = {lerp: "straight line", slerp: "arc", flow: "arc in the flow's base"};
  const SETTINGS = {
    tab: ["between", value => Object.hasOwn(TABS, value)],
    group: [groups[0], value => groups.includes(value)],
    without: ["", () => true],  // names of the models that are not shown, separated by slashes
    curve: ["flow", value => Object.hasOwn(CURVES, value)],
    start: ["draw-0", place], end: ["draw-1", place], third: ["draw-2", place],
    at: [5.5, within(1, 10)], u: [0.5, within(0, 1)], v: [0.5, within(0, 1)],
    dimension: [0, whole(0, 4095)], s: [0, within(-3, 3)],
    seed: [0, whole(0, 999999999)], temperature: [1, within(0, 1.5)],
    x: [-1.3, within(-3.5, 3.5)], y: [0.3, within(-3.5, 3.5)],
    fromX: [0.2, within(-3.5, 3.5)], fromY: [1.9, within(-3.5, 3.5)],
  };
  const state = {};
  let pointed = null;  // the point u under a mouse that passes over a map, until something is set

  function readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const [name, [usual, accept]] of Object.entries(SETTINGS)) {
      const text = given.get(name), value = typeof usual === "number" && text !== null ? Number(text) : text;
      state[name] = text !== null && accept(value) ? value : usual;
    }
  }

  let writing;
  function writeAddress() {
    clearTimeout(writing);
    writing = setTimeout(() => {
      const changed = Object.entries(state).filter(([name, value]) => value !== SETTINGS[name][0]);
      const address = changed.length ? `#${new URLSearchParams(changed)}` : location.pathname + location.search;
      if (address !== location.hash) history.replaceState(null, "", address);
    }, 200);
  }

  function set(changes) {
    pointed = null;
    Object.assign(state, changes);
    writeAddress();
    schedule();
  }

  // Models: their weights stand in the page, or are loaded when a model is first shown.

  const loaded = new Map();
  function load(model) {
    if (!loaded.has(model)) {
      const coming = weights(model.weights).then(buffer => new engine.Model(model, buffer));
      coming.catch(() => loaded.delete(model));  // so that it can be tried again
      loaded.set(model, coming);
    }
    return loaded.get(model);
  }
  async function weights(source) {
    const inside = source.startsWith("#") && root.querySelector(source).textContent;
    if (!inside && location.protocol === "file:") throw new Error("a browser reads no weights beside a page that is "
      + "opened from the disk. Serve its folder, python -m http.server, or make a page that has them inside, "
      + "genflow explore --out page.html");
    const answer = await fetch(inside ? `data:application/octet-stream;base64,${inside}` : source);
    if (!answer.ok) throw new Error(`${source}: ${answer.status}`);
    return inside ? unpacked(answer.body) : answer.arrayBuffer();
  }

  // Inside a page the bytes of even places come before those of odd ones, and all are deflated.
  async function unpacked(stream) {
    const deflated = stream.pipeThrough(new DecompressionStream("deflate"));
    const apart = new Uint8Array(await new Response(deflated).arrayBuffer()), bytes = new Uint8Array(apart.length);
    const odd = Math.ceil(apart.length / 2);
    for (let i = 0; i < bytes.length; i++) bytes[i] = apart[(i >> 1) + (i & 1) * odd];
    return bytes.buffer;
  }

  const shown = () => state.tab === "priors" ? flat
    : models.filter(model => model.group === state.group && !state.without.split("/").includes(model.name));

  // Latents: a draw of N(0, I) is the same in every model up to its number of dimensions; an image has a code in each.

  const isImage = chosen => chosen.startsWith("image-");
  const ends = new Map();  // latent z and point u of the base, by model and choice: a drag asks for them at each move
  function find(model, chosen) {
    const key = `${model.weights} ${chosen}`;
    if (!ends.has(key)) ends.set(key, isImage(chosen) && model.tensors.codes ? codeOf(model, chosen) : drawOf(model, chosen));
    return ends.get(key);
  }
  function drawOf(model, chosen) {
    const u = engine.draw(Number(chosen.split("-")[1]), model.latent);
    return {u, z: model.fromBase(u)};
  }
  function codeOf(model, chosen) {
    const {data, shape: [count]} = model.tensors.codes, index = Math.min(Number(chosen.split("-")[1]), count - 1);
    const z = Float64Array.from(data.subarray(index * model.latent, (index + 1) * model.latent));
    return {u: model.toBase(z), z};
  }
  const curveOf = model => (model.curves.includes(state.curve) ? state.curve : "slerp");
  const tempered = (model, seed) => model.fromBase(engine.draw(seed, model.latent).map(u => u * state.temperature));
  const point = () => pointed ?? [state.x, state.y];
  // The latent that a function of chosen points and a curve gives: of latents or, for a curve in the base, of points there
  function through(model, names, place) {
    const curve = curveOf(model), found = names.map(name => find(model, state[name]));
    if (curve === "flow") return model.fromBase(place(found.map(({u}) => u), "slerp"));
    return place(found.map(({z}) => z), curve);
  }

  // Latents of a path, by model, so that map, strip and large image show the same: ten in equal steps, and between them as
  // many as it takes to draw a line that is nowhere more than a pixel off
  const paths = new Map();
  function pathOf(model) {
    const key = [state.fromX, state.fromY, ...point()].join();
    if (paths.get(model)?.key !== key) {
      const at = t => model.fromBase(engine.slerp([state.fromX, state.fromY], point(), t));
      const pixel = model.tensors.area.data[2] / latentMap.SIZE;
      const between = (a, b, t, width, depth) => {  // from after a to b
        const middle = at(t + width / 2), off = Math.hypot(...[0, 1].map(i => middle[i] - (a[i] + b[i]) / 2));
        if (off < pixel || depth === 0) return [middle, b];
        const first = between(a, middle, t, width / 2, depth - 1);
        return [...first, ...between(middle, b, t + width / 2, width / 2, depth - 1)];
      };
      const equal = Array.from({length: 10}, (_, i) => at(i / 9));
      const latents = equal.slice(1).flatMap((b, i) => between(equal[i], b, i / 9, 1 / 9, 4));
      paths.set(model, {key, equal, latents: [equal[0], ...latents]});
    }
    return paths.get(model);
  }
  const number = (value, digits = 2) => value.toFixed(digits).replace("-", "−");

  // Tabs: the latent of the large image, those of a grid below it, the frame's place in the grid, and what a touch does

  const VIEWS = {
    between: {
      controls: ["start", "end", "curve", "at"], columns: 10, rows: 1,
      along: (model, t) => through(model, ["start", "end"], (points, curve) => engine.interpolate(...points, t, curve)),
      large(model) { return this.along(model, (state.at - 1) / 9); },
      cell(model, column) { return this.along(model, column / 9); },
      frame: () => [state.at - 1, 0],
      touch: column => ({at: Math.round(10 * (column + 1)) / 10}),
      about: model => CURVES[curveOf(model)],
      says: () => `position ${number(state.at, 1)} of 10`,
    },
    plane: {
      controls: ["start", "end", "third", "curve", "u", "v"], columns: 9, rows: 9,
      point: (model, u, v) => through(
        model, ["start", "end", "third"], (points, curve) => engine.plane(...points, u, v, curve)),
      large(model) { return this.point(model, state.u, state.v); },
      cell(model, column, row) { return this.point(model, column / 8, row / 8); },
      frame: () => [8 * state.u, 8 * state.v],
      touch: (column, row) => ({u: Math.round(12.5 * column) / 100, v: Math.round(12.5 * row) / 100}),
      about: model => CURVES[curveOf(model)],
      says: () => `u = ${number(state.u)}, v = ${number(state.v)}`,
    },
    dimension: {
      controls: ["start", "dimension", "s"], columns: 11, rows: 1,
      walk: (model, s) => engine.walk(model, find(model, state.start).z, state.dimension, s),
      large(model) { return this.walk(model, state.s); },
      cell(model, column) { return this.walk(model, (column - 5) * 0.6); },
      frame: () => [(state.s + 3) / 0.6, 0],
      touch: column => ({s: Math.round(10 * (0.6 * column - 3)) / 10}),
      about: model => state.dimension < model.latent ? `dimension ${state.dimension} of 0 to ${model.latent - 1}`
        : `has no dimension ${state.dimension}, only 0 to ${model.latent - 1}`,
      says: () => `dimension ${state.dimension} at ${number(state.s, 1)} standard deviations from the prior's mean`,
    },
    samples: {
      controls: ["seed", "temperature"], columns: 10, rows: 10,
      cell: (model, column, row) => tempered(model, 100 * state.seed + 10 * row + column),
      about: () => "100 draws of the prior",
      says: () => `draws ${100 * state.seed} to ${100 * state.seed + 99}, temperature ${number(state.temperature)}`,
    },
    priors: {
      controls: ["x", "y", "path"], columns: 10, rows: 1,
      large: model => pathOf(model).equal[9],
      cell: (model, column) => pathOf(model).equal[column],
      about(model) {
        const z = this.large(model);
        return `z = (${number(z[0])}, ${number(z[1])}), log p(z) = ${number(model.logProb(z))}`;
      },
      says: () => `u = (${point().map(value => number(value)).join(", ")})`,
    },
  };

  // Controls: each shows a part of the state and changes it.

  const controls = {};
  let names = 0;
  function labelled(title, input, ...more) {
    input.id = `explorer-${names++}`;
    return element("div", {className: "control"}, element("label", {htmlFor: input.id}, title), input, ...more);
  }

  function slider(name, title, low, high, step) {
    const input = element("input", {type: "range", min: low, max: high, step}), digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    const output = element("output");
    input.addEventListener("input", () => set({[name]: Number(input.value)}));
    controls[name] = {box: labelled(title, input, output), input, show() {
      input.value = state[name];
      output.value = number(state[name], digits);
    }};
  }

  function picker(name, title) {
    const source = element("select"), seed = element("input", {type: "number", min: 0, max: 999999999, step: 1});
    seed.setAttribute("aria-label", `number of the draw for the ${title}`);
    const another = element("button", {type: "button"}, "another"), thumbnail = element("img", {width: 28, height: 28});
    source.addEventListener("change", () => set({[name]: source.value}));
    const choose = value => place(`draw-${value}`) && set({[name]: `draw-${value}`});
    seed.addEventListener("input", () => choose(Math.trunc(Number(seed.value))));
    another.addEventListener("click", () => choose(Number(seed.value) + 1));
    another.setAttribute("aria-label", `another draw for the ${title}`);
    controls[name] = {box: labelled(title, source, seed, another, thumbnail), show() {
      const images = pictures[state.group] ?? [], [kind, index] = state[name].split("-");
      if (source.dataset.group !== state.group) {
        source.dataset.group = state.group;
        const coded = images.map(({title: text}, i) => element("option", {value: `image-${i}`}, text));
        source.replaceChildren(element("option", {value: "draw-0"}, "draw"), ...coded);
      }
      const image = kind === "image" && images[index];
      source.value = image ? state[name] : "draw-0";
      seed.hidden = another.hidden = Boolean(image);
      thumbnail.hidden = !image;
      if (image) Object.assign(thumbnail, {src: image.png, alt: image.title});
      else if (document.activeElement !== seed) seed.value = index;
    }};
  }

  picker("start", "start");
  picker("end", "end");
  picker("third", "third");
  const curve = element("select");
  curve.addEventListener("change", () => set({curve: curve.value}));
  controls.curve = {box: labelled("curve", curve), show() {
    const offered = Object.keys(CURVES).filter(name => shown().some(model => model.curves.includes(name)));
    if (curve.children.length !== offered.length) {
      curve.replaceChildren(...offered.map(name => element("option", {value: name}, CURVES[name])));
    }
    curve.value = offered.includes(state.curve) ? state.curve : "slerp";
  }};

  const seed = element("input", {type: "number", min: 0, max: 9999999, step: 1});
  seed.addEventListener("input", () => SETTINGS.seed[1](Number(seed.value)) && set({seed: Number(seed.value)}));
  const fresh = element("button", {type: "button"}, "100 new samples");
  fresh.addEventListener("click", () => set({seed: state.seed + 1}));
  controls.seed = {box: labelled("set", seed, fresh), show() {
    if (document.activeElement !== seed) seed.value = state.seed;
  }};

  const path = element("button", {type: "button"}, "start the path here");
  path.addEventListener("click", () => set({fromX: state.x, fromY: state.y}));
  controls.path = {box: element("div", {className: "control"}, path), show() {}};

  slider("at", "position", 1, 10, 0.1);
  slider("u", "u, to the right", 0, 1, 0.01);
  slider("v", "v, downwards", 0, 1, 0.01);
  slider("dimension", "dimension", 0, 1, 1);
  slider("s", "deviations", -3, 3, 0.1);
  slider("temperature", "temperature", 0, 1.5, 0.05);
  slider("x", "u₁", -3.5, 3.5, 0.05);
  slider("y", "u₂", -3.5, 3.5, 0.05);

  // The frame: data set, models, tabs, controls, one card for each model, and a caption that is read out

  const group = element("select"), chosen = element("fieldset", {}, element("legend", {}, "models"));
  group.append(...groups.map(name => element("option", {value: name}, name)));
  group.addEventListener("change", () => set({group: group.value, without: "", start: "draw-0", end: "draw-1", third: "draw-2", dimension: 0}));
  const groupBox = labelled("data set", group);
  const tabs = element("div", {role: "tablist"}), panel = element("div", {role: "tabpanel", id: "explorer-panel"});
  tabs.setAttribute("aria-label", "views");
  const tabButtons = Object.entries(TABS).map(([name, title]) => {
    const button = element("button", {type: "button", role: "tab", id: `explorer-tab-${name}`}, title);
    button.setAttribute("aria-controls", panel.id);
    button.addEventListener("click", () => set({tab: name}));
    return button;
  });
  tabs.append(...tabButtons);
  tabs.addEventListener("keydown", event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const next = (Object.keys(TABS).indexOf(state.tab) + step + tabButtons.length) % tabButtons.length;
    set({tab: Object.keys(TABS)[next]});
    tabButtons[next].focus();
    event.preventDefault();
  });
  const settings = element("div", {className: "settings"}), cards = element("div", {className: "cards"});
  const sliders = element("div", {className: "settings sliders"});
  for (const {box, input} of Object.values(controls)) (input ? sliders : settings).append(box);
  const legend = element("p", {className: "legend"}, "codes of test images, by label: ");
  legend.append(...Array.from({length: 10}, (_, digit) => element("span", {style: `--digit: ${latentMap.colour(digit)}`}, digit)));
  const caption = element("p", {role: "status", className: "caption"}), note = element("p", {className: "note"});
  panel.append(settings, note, sliders, cards, legend, caption);
  root.append(element("div", {className: "chosen"}, groupBox, chosen), tabs, panel);

  function showModels() {
    if (chosen.dataset.group !== state.group) {
      chosen.dataset.group = state.group;
      chosen.querySelectorAll("label").forEach(label => label.remove());
      for (const {name, title} of models.filter(model => model.group === state.group)) {
        const box = element("input", {type: "checkbox", value: name});
        box.addEventListener("change", () => {
          const boxes = [...chosen.querySelectorAll("input")];
          set({without: boxes.filter(each => !each.checked).map(each => each.value).join("/")});
        });
        chosen.append(element("label", {}, box, title));
      }
    }
    for (const box of chosen.querySelectorAll("input")) box.checked = !state.without.split("/").includes(box.value);
  }

  function showControls(view, current) {
    showModels();
    group.value = state.group;
    groupBox.hidden = state.tab === "priors" || groups.length === 1;
    chosen.hidden = state.tab === "priors";
    legend.hidden = state.tab !== "priors";
    tabButtons.forEach((button, i) => {
      const selected = Object.keys(TABS)[i] === state.tab;
      button.setAttribute("aria-selected", selected);
      button.tabIndex = selected ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", `explorer-tab-${state.tab}`);
    controls.dimension.input.max = Math.max(0, ...current.map(model => model.latent - 1));
    for (const [name, control] of Object.entries(controls)) {
      control.box.hidden = !view.controls.includes(name);
      if (!control.box.hidden) control.show();
    }
  }

  // What it means that several models stand at one place
  function noteOn(view, current) {
    if (current.length < 2) return "";
    if (state.tab === "priors") return "All maps show the same point u of the base N(0, I); each prior carries it to a latent of its own.";
    const chosen = ["start", "end", "third"].filter(name => view.controls.includes(name)).map(name => state[name]);
    const apart = "The models do not share a latent space, so one position means something else to each";
    const coded = current.filter(model => model.tensors.codes), others = current.filter(model => !model.tensors.codes);
    if (!coded.length || !chosen.some(isImage)) return `${apart}.`;
    const same = "the code of a test image is that image in all of them, as far as each can draw it";
    const drawn = others.length ? ` ${others.map(model => model.title).join(", ")} has no codes and starts from draws instead.` : "";
    return `${apart}; only ${same}.${drawn}`;
  }

  // Cards: canvases of an image's own size, which the style sheet enlarges

  const made = new Map();  // by tab and model
  function cardOf(model, view) {
    const key = `${state.tab} ${model.weights}`;
    if (!made.has(key)) made.set(key, makeCard(model, view));
    return made.get(key);
  }

  function makeCard(model, view) {
    const [, height, width] = model.shape, card = {text: element("figcaption"), key: null};
    const canvas = (w, h, name) => element("canvas", {width: w, height: h, role: "img", className: name});
    const place = element("div", {className: "place"});
    if (state.tab === "priors") {
      card.map = canvas(latentMap.SIZE, latentMap.SIZE, "map");
      onDrag(card.map, (right, down) => {
        const [x, y] = pointAt(model, right, down);
        set({x, y});
      });
      onHover(card.map, (...where) => {
        pointed = where.length ? pointAt(model, ...where) : null;
        schedule();
      });
      place.append(card.map);
    }
    if (view.large) place.append(card.large = canvas(width, height, "large"));
    card.grid = canvas(view.columns * width, view.rows * height, view.rows > 1 ? "grid" : "strip");
    card.frame = element("span", {className: "frame", hidden: !view.frame});
    card.frame.style.width = `${100 / view.columns}%`;
    card.frame.style.height = `${100 / view.rows}%`;
    if (view.touch) {
      onDrag(card.grid, (right, down) => {
        const cell = (part, count) => Math.min(count - 1, Math.max(0, part * count - 0.5));
        set(view.touch(cell(right, view.columns), cell(down, view.rows)));
      });
    }
    const framed = element("div", {className: "framed"}, card.grid, card.frame);
    card.figure = element("figure", {}, element("h3", {}, model.title), place, framed, card.text);
    card.figure.dataset.model = model.name;
    return card;
  }

  function placeIn(canvas, event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }
  function onDrag(canvas, move) {
    canvas.classList.add("touchable");
    canvas.addEventListener("pointerdown", event => {
      canvas.setPointerCapture(event.pointerId);
      move(...placeIn(canvas, event));
    });
    canvas.addEventListener("pointermove", event =>
      canvas.hasPointerCapture(event.pointerId) && move(...placeIn(canvas, event)));
  }
  function onHover(canvas, move) {  // a mouse, with no button pressed; without a place when it leaves
    canvas.addEventListener("pointermove", event =>
      event.pointerType === "mouse" && move(...(event.buttons ? [] : placeIn(canvas, event))));
    canvas.addEventListener("pointerleave", () => move());
  }

  function paint(canvas, values, [channels, height, width], column = 0, row = 0) {
    const image = new ImageData(width, height), area = height * width;
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = Math.round(255 * values[channels === 3 ? c * area + i : i]);
      image.data[4 * i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, column * width, row * height);
  }

  // The point u of the base that lies under a place of a map
  function pointAt(model, right, down) {
    const u = model.toBase(latentMap.latentAt(model, right, down));
    return Array.from(u, value => Math.round(100 * Math.min(3.5, Math.max(-3.5, value))) / 100);
  }

  // Drawing: the large images at once; the grids cell by cell, with pauses, and not at all if nothing in them changes

  let waiting = false, turn = 0, saying;
  function schedule() {
    if (!waiting) requestAnimationFrame(() => {
      waiting = false;
      draw().catch(error => {
        caption.textContent = `This did not work: ${error.message}`;
        throw error;
      });
    });
    waiting = true;
  }

  async function draw() {
    const mine = ++turn, view = VIEWS[state.tab], current = shown();
    root.dataset.drawn = "";
    showControls(view, current);
    if (current.some(model => !loaded.has(model))) caption.textContent = "Loading …";
    const ready = await Promise.all(current.map(load));
    if (mine !== turn) return;
    note.textContent = noteOn(view, ready);
    note.hidden = !note.textContent;
    const row = ready.map(model => [model, cardOf(model, view)]);
    const figures = row.map(([, card]) => card.figure);
    if (figures.length !== cards.children.length || figures.some((figure, i) => figure !== cards.children[i])) {
      cards.replaceChildren(...figures);
    }
    for (const [model, card] of row) drawPlace(model, card, view);
    root.dataset.first ??= Math.round(performance.now());  // ms since the page was opened
    if (!row.length) caption.textContent = "Choose a model.";
    clearTimeout(saying);
    if (row.length) saying = setTimeout(() => (caption.textContent = view.says()), 250);
    await drawGrids(row, view, mine);
  }

  function drawPlace(model, card, view) {
    if (card.map) latentMap.draw(card.map, model, pathOf(model).latents);
    if (view.large) paint(card.large, model.decode(view.large(model)), model.shape);
    if (view.frame) {
      const [column, line] = view.frame();
      card.frame.style.left = `${100 * column / view.columns}%`;
      card.frame.style.top = `${100 * line / view.rows}%`;
    }
    card.text.textContent = view.about(model);
    const said = `${model.title}, ${card.text.textContent}`;
    card.large?.setAttribute("aria-label", `${said}: image at ${view.says()}`);
    card.map?.setAttribute("aria-label", `${said}: map of the latent space with codes, density and the point`);
    card.grid.setAttribute("aria-label", `${said}: ${view.columns * view.rows} images`);
  }

  const {port1, port2} = new MessageChannel();  // a task of its own comes sooner after this than after a timeout
  const pause = () => new Promise(resume => {
    port1.onmessage = resume;
    port2.postMessage("");
  });

  async function drawGrids(row, view, mine) {
    const rest = {at: 0, u: 0, v: 0, s: 0, without: ""};  // a grid holds every place of these
    const key = JSON.stringify([{...state, ...rest}, pointed]);
    const open = row.filter(([, card]) => card.key !== key), count = open.length * view.columns * view.rows;
    for (const [, card] of open) card.key = null;
    for (let i = 0, since = performance.now(); i < count; i++) {  // cell by cell, in all models
      const [model, card] = open[i % open.length], cell = Math.floor(i / open.length);
      const column = cell % view.columns, line = Math.floor(cell / view.columns);
      paint(card.grid, model.decode(view.cell(model, column, line)), model.shape, column, line);
      if (performance.now() - since > 12) {
        await pause();
        if (mine !== turn) return;
        since = performance.now();
      }
    }
    for (const [, card] of open) card.key = key;
    root.dataset.drawn = "all";
  }

  addEventListener("hashchange", () => {
    pointed = null;
    readAddress();
    schedule();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", schedule);
  readAddress();
  schedule();
  root.explorer = {state, set, find, load, models, view: () => VIEWS[state.tab]};  // for whoever wants to look inside
})();
