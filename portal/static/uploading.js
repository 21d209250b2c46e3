// Sending files: several at once, pictures joined to one invoice, a look at photos before they are sent.
"use strict";

const AT_ONCE = 3;
const SHORT_SIDE = 1200, COPY = 400;
// Sharp photos of invoices have 400 and more, those blurred by 5 pixels 35 to 93, by 9 pixels 5 to 14.
const SHARP = 60;

const form = document.getElementById("upload");
const tray = document.getElementById("tray");
const texts = JSON.parse(tray.dataset.texts);
const waiting = [];
const chosen = new Set();
let pages = [];
let sending = 0, sent = 0, all = 0;

const DOCUMENTS = [[0x25, 0x50, 0x44, 0x46]];
const PICTURES = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47], [0x49, 0x49, 0x2a, 0], [0x4d, 0x4d, 0, 0x2a]];
const ARCHIVES = [[0x50, 0x4b, 3, 4], [0x52, 0x61, 0x72, 0x21], [0x37, 0x7a, 0xbc, 0xaf], [0x1f, 0x8b]];

const fill = (text, values) => text.replace(/{(\w+)}/g, (all, name) => values[name] ?? all);
const say = (key, name) => fill(form.dataset[key], { name });
const tell = (key, values) => fill(texts[key], values);
const begins = (head, kinds) => kinds.some((bytes) => bytes.every((byte, place) => head[place] === byte));

function made(tag, text, kind) {
  const one = document.createElement(tag);
  one.textContent = text;
  if (kind) one.className = kind;
  return one;
}

function button(text, press, kind) {
  const one = made("button", text, kind);
  one.type = "button";
  one.addEventListener("click", press);
  return one;
}

// ---------- what is chosen ----------

async function kindOf(file) {
  const known = `${file.name} ${file.size} ${file.lastModified}`;
  if (chosen.has(known)) return { fault: say("twice", file.name) };
  if (!file.size) return { fault: say("empty", file.name) };
  if (file.size > form.dataset.largest * 1e6) return { fault: say("tooLarge", file.name) };
  const head = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  if (begins(head, ARCHIVES)) return { fault: say("archive", file.name) };
  const text = new TextDecoder("latin1").decode(head);
  const picture = begins(head, PICTURES) || text.startsWith("RIFF") || text.slice(4, 8) === "ftyp";
  if (!picture && !begins(head, DOCUMENTS) && !text.includes("%PDF-") && !text.replace(/[^\x21-\x7e]/g, "").startsWith("<"))
    return { fault: say("unsupportedType", file.name) };
  chosen.add(known);
  return { picture, known };
}

async function take(files, photographed) {
  const found = [];
  for (const file of files) {
    const { fault, picture, known } = await kindOf(file);
    if (fault) refuse(rowOf([file]), fault, false);
    else if (picture) found.push({ file, known, ...(await looked(file)) });
    else queue(rowOf([file]));
  }
  if (photographed || pages.length + found.length > 1) {
    pages.push(...found);
    show();
    if (found.length) document.getElementById("tray-heading").focus();
  } else for (const one of found) ask(one);
  send();
}

async function looked(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return { flaws: [] }; // What a browser cannot open, the server may.
  }
  const short = Math.min(picture.width, picture.height);
  const scale = Math.min(1, COPY / Math.max(picture.width, picture.height));
  const copy = document.createElement("canvas");
  copy.width = Math.max(3, Math.round(picture.width * scale));
  copy.height = Math.max(3, Math.round(picture.height * scale));
  const brush = copy.getContext("2d", { willReadFrequently: true });
  brush.imageSmoothingQuality = "high";
  brush.drawImage(picture, 0, 0, copy.width, copy.height);
  picture.close();
  const flaws = short < SHORT_SIDE ? [tell("small", { name: file.name, pixels: short })] : [];
  if (sharpness(brush, copy) < SHARP) flaws.push(tell("blurred", { name: file.name }));
  return { copy, flaws };
}

function sharpness(brush, { width, height }) {
  const { data } = brush.getImageData(0, 0, width, height);
  const gray = new Float32Array(width * height);
  for (let at = 0; at < gray.length; at++) gray[at] = 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
  let sum = 0, squares = 0, count = 0;
  for (let y = 1; y < height - 1; y++)
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const edge = gray[at - 1] + gray[at + 1] + gray[at - width] + gray[at + width] - 4 * gray[at];
      sum += edge;
      squares += edge * edge;
      count += 1;
    }
  return squares / count - (sum / count) ** 2;
}

// ---------- pictures that may be the pages of one invoice ----------

function show(focus) {
  tray.hidden = !pages.length;
  const flawed = pages.some((one) => one.flaws.length);
  tray.querySelector(".pages").replaceChildren(...pages.map(pageOf));
  const [together, apart] = ["together", "apart"].map((name) => tray.querySelector(`[data-send=${name}]`));
  const count = pages.length;
  together.textContent = tell((count > 1 ? "together" : "one") + (flawed ? "_anyway" : ""), { count });
  apart.textContent = tell("apart", { count });
  apart.hidden = count < 2;
  if (focus) tray.querySelector(focus)?.focus();
}

function pageOf(one, at) {
  const name = one.file.name;
  const row = document.createElement("li");
  const steps = made("span", "", "steps");
  const step = (key, sign, by) => {
    const press = button(sign, () => move(at, by));
    press.setAttribute("aria-label", tell(key, { name }));
    press.disabled = !pages[at + by];
    press.dataset.step = `${key}${at}`;
    return press;
  };
  const away = button("✕", () => {
    chosen.delete(one.known);
    pages.splice(at, 1);
    show(pages.length ? "[data-send=together]" : "");
  }, "bare");
  away.setAttribute("aria-label", tell("remove", { name }));
  steps.append(step("up", "↑", -1), step("down", "↓", 1), away);
  const about = made("span", "", "about");
  about.append(made("b", tell("page", { page: at + 1 })), " ", made("span", name, "name"), ...one.flaws.map((flaw) => made("span", flaw, "warn-t small")));
  const thumb = made("span", "", "thumb");
  if (one.copy) thumb.append(one.copy);
  row.append(thumb, about, steps);
  return row;
}

function move(at, by) {
  const [one] = pages.splice(at, 1);
  pages.splice(at + by, 0, one);
  const there = at + by;
  const key = by < 0 ? (there ? "up" : "down") : pages[there + 1] ? "down" : "up";
  show(`[data-step=${key}${there}]`);
  tray.querySelector("[role=status]").textContent = tell("moved", { name: one.file.name, page: there + 1 });
}

tray.addEventListener("click", (event) => {
  const how = event.target.closest("[data-send]")?.dataset.send;
  if (!how) return;
  const files = pages.map((one) => one.file);
  if (how === "together") queue(rowOf(files));
  else if (how === "apart") for (const file of files) queue(rowOf([file]));
  else for (const one of pages) chosen.delete(one.known);
  pages = [];
  show();
  send();
});

// ---------- rows of what is sent ----------

function rowOf(files) {
  const row = document.createElement("li");
  const [{ name }, ...rest] = files;
  const state = made("span", "", "small quiet");
  row.append(made("span", rest.length ? tell("joined", { name, count: rest.length }) : name, "name"), state);
  const list = document.querySelector("#sending .files");
  document.getElementById("sending").hidden = false;
  list.prepend(row);
  return { row, state, files, name, key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
}

function ask(picture) {
  const one = rowOf([picture.file]);
  if (!picture.flaws.length) {
    queue(one);
    return;
  }
  const why = made("span", `${picture.flaws.join(" ")} ${texts.anyway} `, "why small");
  why.append(
    button(texts.do_send, () => {
      why.remove();
      queue(one);
      send();
    }),
    " ",
    button(texts.do_not, () => {
      chosen.delete(picture.known);
      one.row.remove();
    }),
  );
  one.row.append(why);
}

function queue(one) {
  all += 1;
  waiting.push(one);
}

function refuse(one, sentence, again) {
  one.row.querySelector("progress")?.remove();
  one.state.className = "state bad";
  one.state.textContent = form.dataset.notTaken;
  const why = made("span", `${sentence} `, "why small");
  if (again)
    why.append(button(form.dataset.again, () => {
      why.remove();
      one.state.className = "small quiet";
      one.state.textContent = "";
      waiting.push(one);
      send();
    }));
  one.row.append(why);
}

function send() {
  document.querySelector("#sending [role=status]").textContent = all ? fill(form.dataset.sent, { count: sent, all }) : "";
  while (sending < AT_ONCE && waiting.length) upload(waiting.shift());
}

function upload(one) {
  const size = one.files.reduce((sum, file) => sum + file.size, 0);
  if (size > form.dataset.largest * 1e6) {
    refuse(one, say("tooLarge", one.name), false);
    return;
  }
  sending += 1;
  const bar = made("progress", "", "why");
  bar.max = size;
  bar.value = 0;
  bar.setAttribute("aria-label", say("sending", one.name));
  one.row.append(bar);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Idempotency-Key", one.key);
  request.upload.addEventListener("progress", (event) => { bar.value = event.loaded; });
  request.addEventListener("loadend", () => {
    sending -= 1;
    bar.remove();
    ended(one, request);
    send();
  });
  request.send(body(one, request));
}

function body(one, request) {
  if (one.files.length > 1) {
    const parts = new FormData();
    for (const file of one.files) parts.append("file", file, file.name);
    return parts;
  }
  request.setRequestHeader("X-Filename", encodeURIComponent(one.name));
  request.setRequestHeader("Content-Type", "application/octet-stream");
  return one.files[0];
}

function ended(one, request) {
  if (request.status === 202) {
    sent += 1;
    arrived(one, JSON.parse(request.responseText));
  } else if (request.status === 401) location.assign("/signin");
  else {
    const key = { 0: "broken", 413: "tooLarge", 415: "unsupportedType", 429: "tooMany" }[request.status] ?? "failed";
    refuse(one, say(key, one.name), ![413, 415].includes(request.status));
  }
}

async function arrived(one, document_) {
  const answer = await fetch(`/invoices/moving?ids=${document_.id}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const row = parsed.querySelector("li[id]");
  if (row && !document.getElementById(row.id)) document.getElementById("list").prepend(row);
  document.getElementById("none")?.remove();
  one.row.remove();
}

// ---------- button, camera, drop ----------

form.classList.add("scripted");
for (const input of form.querySelectorAll("input[type=file]")) {
  const photographed = input.id === "camera";
  if (!photographed) input.multiple = true;
  input.addEventListener("change", () => {
    take([...input.files], photographed);
    input.value = "";
  });
}
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  form.classList.remove("over");
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  take([...event.dataTransfer.files]);
});
