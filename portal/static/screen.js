"use strict";

(() => {
  const values = document.getElementById("values");
  const viewer = document.querySelector(".viewer");
  const decide = document.querySelector("form.decide");
  const approve = document.querySelector("[data-approve]");
  const left = document.getElementById("left");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const field = (path) => values?.querySelector(`[name="${CSS.escape(path)}"]:not([type=radio])`);
  const inputsOf = (question) => all(".values input, .values select", question);
  const keysOn = () => "keys" in document.body.dataset;

  // ---------- figures: exact, in millionths ----------

  const UNIT = 1000000n, CENT = 10000n;

  // Our own form has a point; as printed there may be marks between thousands, and the last mark is the decimal one.
  function plain(text, printed) {
    let told = text.replace(/[^\d.,'’\-−–]/g, "").replace(/[−–]/g, "-").replace(/['’]/g, "");
    const back = /^[\d.,]+-$/.test(told);
    told = (back || told.startsWith("-") ? "-" : "") + told.replace(/-/g, "");
    const last = Math.max(told.lastIndexOf("."), told.lastIndexOf(","));
    if (last < 0) return told;
    const marks = told.replace(/[^.,]/g, "");
    const grouped = printed && /[.,]\d{3}$/.test(told) && (marks.length === 1 || marks[0] === marks.at(-1));
    const whole = told.slice(0, last).replace(/[.,]/g, "");
    return grouped ? told.replace(/[.,]/g, "") : `${whole}.${told.slice(last + 1)}`;
  }

  function figure(path) {
    const text = plain(valueOf(path), false);
    const found = /^(-?)(\d*)\.?(\d{0,6})$/.exec(text);
    if (!found || !(found[2] + found[3])) return null;
    const units = BigInt(found[2] || "0") * UNIT + BigInt(found[3].padEnd(6, "0"));
    return found[1] ? -units : units;
  }

  const decimals = (text) => /[.,](\d+)$/.exec(text.trim())?.[1].length ?? 0;
  const abs = (number) => (number < 0n ? -number : number);
  const divided = (number, by) => (number < 0n ? -1n : 1n) * ((abs(number) + abs(by) / 2n) / abs(by)) * (by < 0n ? -1n : 1n);
  const money = (number) => {
    const cents = divided(number, CENT);
    const text = String(abs(cents)).padStart(3, "0");
    return `${cents < 0n ? "-" : ""}${text.slice(0, -2)}.${text.slice(-2)}`;
  };
  const shortest = (number) => {
    const text = String(abs(number)).padStart(7, "0");
    const fraction = text.slice(-6).replace(/0+$/, "");
    return `${number < 0n ? "-" : ""}${text.slice(0, -6)}${fraction ? "." + fraction : ""}`;
  };
  const valueOf = (path) => field(path)?.value ?? "";

  const sums = all(".sum").map((row) => ({
    row,
    kind: row.dataset.sum,
    paths: row.dataset.paths.split(" "),
    plus: BigInt(Math.round(Number(row.dataset.plus) * 1e6)),
    line: row.dataset.line,
    either: "either" in row.dataset,
  }));

  function made(sum, get) {
    const parts = sum.paths.slice(0, -1).map(get);
    if (parts.some((part) => part === null)) return null;
    if (sum.kind === "product") return (parts[0] * parts[1]) / UNIT + sum.plus;
    return parts.reduce((one, other) => one + other, sum.plus);
  }

  function slack(sum, get) {
    if (sum.kind === "gross") return 2n * CENT;
    if (sum.kind === "sum") return (CENT / 2n) * BigInt(sum.paths.length + 1);
    const places = Math.max(2, decimals(valueOf(sum.paths[1])));
    return abs((get(sum.paths[0]) ?? 0n) * 5n) / 10n ** BigInt(places + 1) + CENT;
  }

  // How much more is printed than the figures make: null where one is missing.
  function difference(sum, get) {
    const expected = made(sum, get), printed = get(sum.paths.at(-1));
    if (expected === null || printed === null) return null;
    return sum.either ? abs(printed) - abs(expected) : printed - expected;
  }

  const holds = (sum, get = figure) => {
    const off = difference(sum, get);
    return off === null ? null : abs(off) <= slack(sum, get);
  };

  // What one figure would have to be for a sum to hold with all others as they are.
  function solved(sum, path) {
    const place = sum.paths.indexOf(path), get = (one) => (one === path ? 0n : figure(one));
    if (sum.paths.some((one) => one !== path && figure(one) === null)) return null;
    if (place === sum.paths.length - 1) return made(sum, get);
    const printed = figure(sum.paths.at(-1)) - sum.plus;
    if (sum.kind !== "product") return printed - (made(sum, get) - sum.plus);
    const other = figure(sum.paths[1 - place]);
    return other ? divided(printed * UNIT, other) : null;
  }

  // The one figure whose change alone would make everything add up, if there is exactly one.
  function heal() {
    const wrong = sums.filter((sum) => holds(sum) === false);
    if (!wrong.length) return null;
    const found = [];
    for (const path of new Set(wrong.flatMap((sum) => sum.paths))) {
      const value = solved(wrong.find((sum) => sum.paths.includes(path)), path);
      if (value === null || value === figure(path) || !field(path)) continue;
      if (path.endsWith(".quantity") && value % UNIT) continue;
      const exact = path.endsWith(".quantity") ? value : divided(value, CENT) * CENT;
      const get = (one) => (one === path ? exact : figure(one));
      if (sums.every((sum) => holds(sum, get) !== false)) found.push([path, exact]);
    }
    return found.length === 1 ? { path: found[0][0], value: found[0][1] } : null;
  }

  let healing = null;
  const section = document.getElementById("sums");
  const began = new Map(sums.map((sum) => [sum, holds(sum)]));

  function showSums() {
    for (const sum of sums) {
      const right = holds(sum), total = made(sum, figure);
      sum.row.classList.toggle("off", right === false);
      sum.row.querySelector("[data-made]").textContent = total === null ? "–" : money(total);
      sum.row.querySelector("[data-result]").textContent =
        right === null ? section.dataset.incomplete
          : right ? "✓" : `✕ ${section.dataset.off.replace("{amount}", money(difference(sum, figure)))}`;
      const mark = document.querySelector(`[data-holds="${sum.line}"]`);
      if (mark) mark.textContent = right === null ? "" : right ? "✓" : "✕";
    }
    healing = section ? heal() : null;
    const line = document.getElementById("heal");
    if (!line) return;
    line.hidden = !healing;
    if (healing) {
      const label = field(healing.path).getAttribute("aria-label");
      line.querySelector("span").textContent = section.dataset.heals.replace("{field}", label)
        .replace("{value}", wanted(healing)).replace("{now}", valueOf(healing.path) || "–");
      const asking = questions.find((one) => !isAnswered(one) && one.dataset.code === "totals_mismatch");
      if (asking && line.parentElement !== asking) asking.append(line);
    }
  }

  const wanted = ({ path, value }) => (path.endsWith(".quantity") ? shortest(value) : money(value));

  function takeHealing() {
    const { path } = healing, input = field(path);
    set(input, wanted(healing));
    for (const one of all(`rect[data-f="${CSS.escape(path)}"]`)) one.classList.add("on");
  }

  // ---------- questions ----------

  const questions = all("[data-question]");
  const isModel = (question) => "model" in question.dataset;
  const changed = (input) => input.tagName === "SELECT"
    ? [...input.options].some((one) => one.selected !== one.defaultSelected)
    : input.value !== input.defaultValue;

  // Sums that did not hold and now do confirm their figures; the server judges that again.
  function isSettled(question) {
    const inputs = inputsOf(question);
    const mended = sums.some((sum) => began.get(sum) === false) && sums.every((sum) => holds(sum) !== false);
    return mended && inputs.length > 0 && inputs.every((input) => "figure" in input.dataset
      && sums.some((sum) => holds(sum) && sum.paths.includes(input.name)));
  }

  function isAnswered(question) {
    if (question.classList.contains("answered")) return true;
    if (isModel(question)) return Boolean(question.querySelector("input:checked") || question.querySelector("select").value);
    return Boolean(question.querySelector("[name=confirm]")?.checked) || isSettled(question);
  }

  const open = () => questions.filter((question) => !isAnswered(question));

  function accept(question) {
    if (isModel(question)) return isAnswered(question);
    const box = question.querySelector("[name=confirm]"), inputs = inputsOf(question);
    const empty = inputs.every((input) => !input.value.trim());
    if (!box) return true;
    if (empty && box.value.includes(inputs[0]?.name)) {
      inputs[0].focus();
      return false;
    }
    box.checked = true;
    return true;
  }

  function goOn() {
    update();
    const next = open()[0];
    if (next) focusOn(next);
    else if (approve) approve.focus();
    else decide?.querySelector("button")?.focus();
  }

  function focusOn(question) {
    question.focus({ preventScroll: true });
    question.scrollIntoView({ block: "nearest" });
    const rect = viewer?.querySelector(`rect[data-f="${CSS.escape(question.querySelector("[data-f]")?.dataset.f ?? "")}"]`);
    rect?.scrollIntoView({ block: "nearest" });
  }

  function choose(question, digit) {
    const radios = all("input[type=radio]", question);
    const one = digit === "0" ? radios.at(-1) : radios[Number(digit) - 1];
    if (!one || (digit !== "0" && one.value === "-")) return false;
    one.checked = true;
    question.querySelector("select").value = "";
    goOn();
    return true;
  }

  function amount() {
    let total = BigInt(Math.round(Number(approve.dataset.stake) * 1e6));
    for (const question of questions.filter(isModel)) {
      total += BigInt(Math.round(Number(question.querySelector("input:checked")?.dataset.pays ?? 0) * 1e6));
    }
    for (const row of all("[data-each]")) {
      const input = values.querySelector(`[name="lines.${row.dataset.index}.quantity"]`);
      if (!input || !changed(input)) continue;
      const now = figure(input.name) ?? 0n, before = BigInt(Math.round(Number(plain(input.defaultValue, false) || 0) * 1e6));
      total += ((now - before) * BigInt(Math.round(Number(row.dataset.each) * 1e6))) / UNIT;
    }
    return Number(total) / 1e6;
  }

  function update() {
    for (const one of all("[data-echo]")) one.textContent = valueOf(one.dataset.echo) || "–";
    showSums();
    const still = open();
    for (const question of questions) question.classList.toggle("done", isAnswered(question));
    if (left) {
      left.textContent = still.length ? left.dataset.left.replace("{n}", still.length) : left.dataset.none;
      left.classList.toggle("warn", still.length > 0);
      left.classList.toggle("ok", still.length === 0);
    }
    if (approve) {
      approve.disabled = still.length > 0;
      const form = new Intl.NumberFormat(document.documentElement.lang === "de" ? "de-DE" : "en-GB", { style: "currency", currency: "EUR" });
      const told = approve.querySelector("[data-amount]");
      told.textContent = told.dataset.amount.replace("{amount}", form.format(amount()));
    }
  }

  const isDirty = () => all("input, select", values).some((input) =>
    input.type === "hidden" ? input.name.startsWith("place.") && input.value
      : input.type === "checkbox" || input.type === "radio" ? input.checked !== input.defaultChecked : changed(input));

  // ---------- what was answered goes first, then the decision ----------

  async function send(button) {
    const wrong = document.getElementById("wrong");
    const answer = await fetch(values.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(values)),
    });
    if (answer.status === 401) return location.assign("/signin");
    const told = await answer.json().catch(() => ({}));
    if (answer.status === 409) return values.submit(); // the answer is the page that shows what changed
    if (!answer.ok) {
      wrong.hidden = false;
      wrong.textContent = told.message ?? told.title ?? "";
      if (told.field) field(told.field)?.focus();
      return undefined;
    }
    for (const one of all("input[name=seen]")) one.value = told.seen;
    sent = true;
    return decide.requestSubmit(button);
  }

  let sent = false;
  document.addEventListener("submit", (event) => {
    if (event.target !== decide || event.submitter?.value !== "approved" || sent || !values || !isDirty()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    send(event.submitter);
  }, true);

  // ---------- values from the page ----------

  let current = null, filled = null;

  function set(input, text, place) {
    if (input.tagName === "SELECT") return;
    input.value = "day" in input.dataset ? day(text) : "figure" in input.dataset ? plain(text, Boolean(place)) : text;
    if (place) putPlace(input.name, place);
    update();
  }

  function day(text) {
    const found = /(\d{1,2})[./](\d{1,2})[./](\d{2,4})/.exec(text);
    if (!found) return text;
    return `${found[3].padStart(4, "20")}-${found[2].padStart(2, "0")}-${found[1].padStart(2, "0")}`;
  }

  function putPlace(path, place) {
    const name = `place.${path}`;
    let hidden = values.querySelector(`[name="${CSS.escape(name)}"]`);
    if (!hidden) {
      hidden = document.createElement("input");
      hidden.type = "hidden";
      hidden.name = name;
      values.append(hidden);
    }
    hidden.value = JSON.stringify([place.page, place.box, place.text]);
    const sheet = viewer.querySelector(`.own [data-page="${place.page}"]`);
    all(`rect[data-f="${CSS.escape(path)}"]`, viewer).forEach((one) => one.remove());
    const rect = draw(sheet, place.box, "ev on");
    rect.dataset.f = path;
  }

  function draw(sheet, [x0, top, x1, bottom], kind) {
    const svg = sheet.querySelector("svg"), { width, height } = svg.viewBox.baseVal;
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const sides = { x: x0 * width, y: top * height, width: (x1 - x0) * width, height: (bottom - top) * height };
    for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, value);
    rect.setAttribute("class", kind);
    svg.append(rect);
    return rect;
  }

  const pages = new Map();
  function wordsOf(sheet) {
    const page = sheet.dataset.page;
    if (!pages.has(page)) {
      pages.set(page, []);
      fetch(`${viewer.dataset.pages}/${page}/words.json`).then((answer) => (answer.ok ? answer.json() : { words: [] }))
        .then((told) => {
          pages.set(page, told.words);
          sheet.dataset.words = told.words.length;
        }).catch(() => pages.delete(page));
    }
    return pages.get(page);
  }

  // Where on its page the pointer is, as shares; a page that is turned is asked in its own terms.
  function shares(sheet, event) {
    const svg = sheet.querySelector("svg"), { width, height } = svg.viewBox.baseVal;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x / width, point.y / height];
  }

  function wordAt(sheet, event) {
    const [x, y] = shares(sheet, event);
    const index = wordsOf(sheet).findIndex(([, x0, top, x1, bottom]) => x0 <= x && x <= x1 && top <= y && y <= bottom);
    return index < 0 ? null : index;
  }

  let under = null, drawing = false, from = null, band = null;

  function target() {
    if (current?.isConnected) return current;
    const question = document.activeElement?.closest?.("[data-question]");
    return question && !isModel(question) ? inputsOf(question)[0] : null;
  }

  function takeWord(sheet, index, add) {
    const [text, ...box] = wordsOf(sheet)[index], page = Number(sheet.dataset.page);
    if (add && filled) {
      const { input, place } = filled;
      const around = [Math.min(place.box[0], box[0]), Math.min(place.box[1], box[1]), Math.max(place.box[2], box[2]), Math.max(place.box[3], box[3])];
      const before = box[0] < place.box[0] && box[1] < place.box[3];
      const whole = before ? `${text} ${place.text}` : `${place.text} ${text}`;
      filled = { input, place: { page, box: around, text: whole } };
      set(input, whole, filled.place);
      return;
    }
    const input = target();
    if (!input) return;
    fill(input, { page, box, text });
  }

  function fill(input, place) {
    set(input, place.text, place);
    filled = { input, place };
    const question = input.closest("[data-question]");
    if (question && accept(question)) goOn();
    else update();
  }

  async function readAgain(sheet, box) {
    const input = target(), page = Number(sheet.dataset.page);
    if (!input) return;
    const body = new URLSearchParams({
      csrf: values.elements.csrf.value, page, box: box.map((share) => share.toFixed(5)).join(","), field: input.name,
    });
    const answer = await fetch(`${location.pathname}/reread`, { method: "POST", headers: { Accept: "application/json" }, body });
    if (!answer.ok) return;
    const { text } = await answer.json();
    if (text) fill(input, { page, box, text });
  }

  if (viewer && values) {
    values.addEventListener("focusin", (event) => {
      if (event.target.matches("input:not([type=hidden], [type=radio], [type=checkbox])")) {
        current = event.target;
        for (const sheet of all(".own .sheet", viewer).slice(0, 3)) wordsOf(sheet);
      } else current = null;
    });
    viewer.addEventListener("mousedown", (event) => {
      const sheet = event.target.closest(".own .sheet");
      if (!sheet || event.button) return;
      event.preventDefault();
      from = { sheet, at: shares(sheet, event), x: event.clientX, y: event.clientY };
    });
    document.addEventListener("mousemove", (event) => {
      if (from && (band || drawing || Math.hypot(event.clientX - from.x, event.clientY - from.y) > 8)) {
        const at = shares(from.sheet, event);
        const box = [Math.min(at[0], from.at[0]), Math.min(at[1], from.at[1]), Math.max(at[0], from.at[0]), Math.max(at[1], from.at[1])];
        band?.rect.remove();
        band = { rect: draw(from.sheet, box, "band"), box: box.map((share) => Math.min(1, Math.max(0, share))) };
        return;
      }
      const sheet = event.target.closest?.(".viewer .own .sheet");
      const index = sheet ? wordAt(sheet, event) : null;
      if (under && (under.sheet !== sheet || under.index !== index)) {
        under.rect.remove();
        under = null;
      }
      if (index !== null && !under) {
        const [, ...box] = wordsOf(sheet)[index];
        under = { sheet, index, rect: draw(sheet, box, "word") };
      }
    });
    document.addEventListener("mouseup", () => {
      if (from && band && band.box[2] - band.box[0] > 0.003 && band.box[3] - band.box[1] > 0.003) readAgain(from.sheet, band.box);
      band?.rect.remove();
      if (band) setDrawing(false);
      dragged = Boolean(band);
      from = band = null;
    });
    viewer.addEventListener("click", (event) => {
      const sheet = event.target.closest(".own .sheet");
      if (!sheet || dragged) return event.stopPropagation();
      const index = wordAt(sheet, event);
      if (index === null || !(target() || (event.shiftKey && filled))) return undefined;
      event.stopPropagation();
      return takeWord(sheet, index, event.shiftKey);
    }, true);
  }
  let dragged = false;

  function setDrawing(on) {
    drawing = on;
    viewer.classList.toggle("drawing", on);
    viewer.querySelector("[data-tool=draw]")?.setAttribute("aria-pressed", String(on));
  }

  // ---------- words of the page that begin as what is typed ----------

  const offers = document.createElement("datalist");
  offers.id = "offers";
  values?.append(offers);
  values?.addEventListener("input", (event) => {
    const input = event.target;
    if (input.matches(".values input, .lines input") && !input.matches("[type=checkbox]")) {
      input.setAttribute("list", "offers");
      const typed = input.value.trim().toLowerCase(), found = new Map();
      for (const [page, words] of pages) {
        for (const [text, ...box] of words) {
          if (typed && text.toLowerCase().startsWith(typed) && found.size < 8 && !found.has(text)) found.set(text, { page: Number(page), box, text });
        }
      }
      offers.replaceChildren(...[...found.keys()].map((text) => Object.assign(document.createElement("option"), { value: text })));
      const place = found.get(input.value.trim());
      if (place && place.text.length > 1) putPlace(input.name, place);
      const box = input.closest("[data-question]")?.querySelector("[name=confirm]");
      if (box) box.checked = false;
    }
    update();
  });
  values?.addEventListener("change", (event) => {
    const question = event.target.closest("[data-question]");
    if (question && isModel(question)) {
      if (event.target.tagName === "SELECT" && event.target.value) all("input:checked", question).forEach((one) => { one.checked = false; });
      if (isAnswered(question)) return goOn();
    }
    return update();
  });

  // ---------- view ----------

  let zoom = 1;
  function enlarge(by) {
    zoom = Math.min(4, Math.max(0.4, zoom * by));
    for (const sheet of all(".sheet", viewer)) {
      sheet.style.width = `${Math.round(zoom * 100)}%`;
      sheet.style.maxWidth = `${Math.round(zoom * 860)}px`;
    }
  }
  function turn() {
    const turned = (Number(viewer.dataset.turned ?? 0) + 90) % 360;
    viewer.dataset.turned = turned;
    for (const sheet of all(".sheet", viewer)) {
      const { width, height } = sheet.querySelector("svg").viewBox.baseVal;
      const sideways = turned % 180 !== 0, scale = sideways ? width / height : 1;
      sheet.style.transform = turned ? `rotate(${turned}deg) scale(${scale})` : "";
    }
  }
  function leaf(by) {
    const sheets = all(".sheet", viewer), top = viewer.getBoundingClientRect().top;
    const at = sheets.findIndex((sheet) => sheet.getBoundingClientRect().bottom > top + 40);
    sheets[Math.min(sheets.length - 1, Math.max(0, at + by))]?.scrollIntoView({ block: "start" });
  }
  const contrast = () => {
    const on = viewer.classList.toggle("contrast");
    viewer.querySelector("[data-tool=contrast]")?.setAttribute("aria-pressed", String(on));
  };
  function unfold() {
    const details = document.getElementById("history");
    if (!details) return;
    details.open = !details.open;
    if (details.open) details.querySelector("summary").focus();
  }
  const dialog = document.getElementById("keys");
  dialog?.addEventListener("keydown", (event) => event.stopPropagation());
  const tools = {
    smaller: () => enlarge(1 / 1.25), larger: () => enlarge(1.25), contrast, turn, draw: () => setDrawing(!drawing), keys: () => dialog?.showModal(),
  };
  document.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-tool]");
    if (tool) tools[tool.dataset.tool]();
    if (event.target.closest("[data-heal]")) {
      takeHealing();
      goOn();
    }
    if (event.target.closest("[data-close]")) dialog.close();
  });

  // ---------- side by side, layers, split ----------

  function compare() {
    viewer.classList.toggle(viewer.querySelector(".other-pages") ? "beside" : "marked");
  }

  const strip = document.getElementById("split");
  const points = strip ? all("input[name=at]", strip) : [];
  function splitHere() {
    const near = document.activeElement?.closest?.(".leaf")?.querySelector("input[name=at]");
    const point = near ?? points.find((one) => "proposed" in one.dataset && !one.checked) ?? points.findLast((one) => one.checked) ?? points[0];
    if (!point) return;
    point.checked = !point.checked;
    strip.focus({ preventScroll: true });
  }

  const PRESSED = {
    d: compare, p: splitHere,
    "+": tools.larger, "-": tools.smaller, c: contrast, w: turn, m: tools.draw, h: unfold, "?": tools.keys, "[": () => leaf(-1), "]": () => leaf(1),
    i: () => all("#head input")[0]?.focus(), t: () => all("#lines input")[0]?.focus(),
  };

  document.addEventListener("keydown", (event) => {
    if (dialog?.open || event.metaKey || event.altKey || event.defaultPrevented) return;
    const here = event.target, question = here.closest?.("[data-question]");
    const typing = here.matches?.("input:not([type=radio], [type=checkbox]), textarea, select");
    if (event.key === "Enter" && strip && (here === strip || here.matches("#split input"))) {
      event.preventDefault();
      if (points.some((one) => one.checked)) strip.requestSubmit();
      return;
    }
    if (event.key === "Enter" && values && (here === question || (typing && here.form === values) || (question && here.matches("[name=confirm]")))) {
      event.preventDefault();
      if (question && !accept(question)) return;
      goOn();
      if (event.ctrlKey && !open().length) approve?.click();
      return;
    }
    if (event.ctrlKey || typing || !keysOn()) return;
    if (/^[0-9]$/.test(event.key)) {
      const asked = question ?? open()[0];
      if (!asked) return;
      if (isModel(asked)) {
        if (choose(asked, event.key)) event.preventDefault();
      } else if (event.key === "1" && healing && asked.contains(document.getElementById("heal"))) {
        event.preventDefault();
        takeHealing();
        goOn();
      } else if (question) {
        const input = inputsOf(question)[0];
        input?.focus();
        input?.select?.();
      }
      return;
    }
    if (event.key in PRESSED && viewer) {
      event.preventDefault();
      PRESSED[event.key]();
    }
  });

  if (values) {
    update();
    const first = open()[0];
    const wrong = document.getElementById("wrong");
    if (first && decide && wrong.hidden) focusOn(first);
  }
  strip?.focus({ preventScroll: true });
})();
