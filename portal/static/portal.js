// What a page does beyond forms and links: send several files, and show what became of those that are on their way.
"use strict";

const AT_ONCE = 3;
const QUICK = 2000, SLOW = 10000, PATIENCE = 60000;

// ---------- rows on their way ----------

const began = Date.now();

function tick() {
  const moving = [...document.querySelectorAll("#list [data-moving]")].map((row) => row.dataset.moving);
  if (moving.length && document.visibilityState === "visible") look(moving);
  else next();
}

function next() {
  setTimeout(tick, Date.now() - began < PATIENCE ? QUICK : SLOW);
}

async function look(moving) {
  try {
    const answer = await fetch(`/invoices/moving?ids=${moving.join(",")}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) location.assign("/signin");
    if (answer.ok) {
      const made = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const row of made.querySelectorAll("li[id]")) {
        const old = document.getElementById(row.id);
        if (!old || old.isEqualNode(row)) continue;
        const focused = old.contains(document.activeElement);
        old.replaceWith(row);
        if (focused) row.querySelector("a")?.focus();
      }
      if (document.getElementById("moving") && !document.querySelector("#list [data-moving]")) location.reload();
    }
  } catch {
    // The connection may come back: the next look tells.
  }
  next();
}

// ---------- sending files ----------

const form = document.getElementById("upload");
const waiting = [];
const chosen = new Set();
let sending = 0, sent = 0, all = 0;

const KINDS = [[0x25, 0x50, 0x44, 0x46], [0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47], [0x49, 0x49, 0x2a, 0], [0x4d, 0x4d, 0, 0x2a]];
const ARCHIVES = [[0x50, 0x4b, 3, 4], [0x52, 0x61, 0x72, 0x21], [0x37, 0x7a, 0xbc, 0xaf], [0x1f, 0x8b]];

const say = (key, name) => form.dataset[key].replace("{name}", name);
const begins = (head, bytes) => bytes.every((byte, place) => head[place] === byte);

async function fault(file) {
  const known = `${file.name} ${file.size} ${file.lastModified}`;
  if (chosen.has(known)) return say("twice", file.name);
  if (!file.size) return say("empty", file.name);
  if (file.size > form.dataset.largest * 1e6) return say("tooLarge", file.name);
  const head = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  if (ARCHIVES.some((bytes) => begins(head, bytes))) return say("archive", file.name);
  const text = new TextDecoder("latin1").decode(head);
  const fits = KINDS.some((bytes) => begins(head, bytes)) || text.includes("%PDF-")
    || text.startsWith("RIFF") || text.slice(4, 8) === "ftyp" || text.replace(/[^\x21-\x7e]/g, "").startsWith("<");
  if (!fits) return say("unsupportedType", file.name);
  chosen.add(known);
  return null;
}

function rowOf(file) {
  const row = document.createElement("li");
  const name = document.createElement("span"), state = document.createElement("span");
  name.className = "name";
  name.textContent = file.name;
  state.className = "small quiet";
  row.append(name, state);
  document.querySelector("#sending .files").prepend(row);
  return { row, state, file, key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
}

function refuse(one, sentence, again) {
  one.row.querySelector("progress")?.remove();
  one.state.className = "state bad";
  one.state.textContent = form.dataset.notTaken;
  const why = document.createElement("span");
  why.className = "why small";
  why.textContent = sentence + " ";
  if (again) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = form.dataset.again;
    button.addEventListener("click", () => {
      why.remove();
      one.state.className = "small quiet";
      one.state.textContent = "";
      waiting.push(one);
      send();
    });
    why.append(button);
  }
  one.row.append(why);
}

async function take(files) {
  document.getElementById("sending").hidden = false;
  for (const file of files) {
    const one = rowOf(file);
    const wrong = await fault(file);
    if (wrong) refuse(one, wrong, false);
    else {
      all += 1;
      waiting.push(one);
    }
  }
  send();
}

function send() {
  count();
  while (sending < AT_ONCE && waiting.length) upload(waiting.shift());
}

function count() {
  const told = form.dataset.sent.replace("{count}", sent).replace("{all}", all);
  document.querySelector("#sending [role=status]").textContent = told;
}

function upload(one) {
  sending += 1;
  const bar = document.createElement("progress");
  bar.className = "why";
  bar.max = one.file.size;
  bar.setAttribute("aria-label", say("sending", one.file.name));
  one.row.append(bar);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Idempotency-Key", one.key);
  request.setRequestHeader("X-Filename", encodeURIComponent(one.file.name));
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.addEventListener("progress", (event) => { bar.value = event.loaded; });
  request.addEventListener("loadend", () => {
    sending -= 1;
    bar.remove();
    ended(one, request);
    send();
  });
  request.send(one.file);
}

function ended(one, request) {
  if (request.status === 202) {
    sent += 1;
    arrived(one, JSON.parse(request.responseText));
  } else if (request.status === 401) location.assign("/signin");
  else {
    const key = { 0: "broken", 413: "tooLarge", 415: "unsupportedType", 429: "tooMany" }[request.status] ?? "failed";
    refuse(one, say(key, one.file.name), ![413, 415].includes(request.status));
  }
}

async function arrived(one, document_) {
  const answer = await fetch(`/invoices/moving?ids=${document_.id}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  const row = made.querySelector("li[id]");
  if (row && !document.getElementById(row.id)) document.getElementById("list").prepend(row);
  document.getElementById("none")?.remove();
  one.row.remove();
}

if (form) {
  form.classList.add("scripted");
  for (const input of form.querySelectorAll("input[type=file]")) {
    if (!input.dataset.camera) input.multiple = true;
    input.addEventListener("change", () => {
      take([...input.files]);
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
}

// ---------- a value and its place on the page light each other up ----------

const partner = (selector, event) => {
  const path = event.target.closest?.("[data-f]")?.dataset.f;
  return path ? document.querySelectorAll(selector.replace("*", `[data-f="${CSS.escape(path)}"]`)) : [];
};

for (const [name, on] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) {
  document.addEventListener(name, (event) => {
    for (const one of partner("*", event)) {
      one.classList.toggle("on", on);
      if (name === "focusin" && one.matches("rect")) one.scrollIntoView({ block: "nearest" });
    }
  });
}
document.addEventListener("click", (event) => {
  if (event.target.matches("rect")) partner("label* input", event)[0]?.focus();
});

// ---------- single keys, where they are switched on ----------

function walk(by) {
  const all = [...document.querySelectorAll("#walk a")];
  const at = all.indexOf(document.activeElement);
  all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (!("keys" in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (typing && event.key === "Escape") typing.blur();
  if (typing) return;
  const one = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (one) {
    event.preventDefault();
    if (one.matches("input, select")) one.focus();
    else one.click();
  } else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
});

next();
