// Lists of operators and deciding: the preview, selecting, counts that stay true, who is here, and nothing typed is lost.
"use strict";

const EVERY = 20000, SIGN = 30000;
const queue = document.querySelector(".queue");

const visible = () => document.visibilityState === "visible";

// ---------- the list ----------

if (queue) {
  const peek = document.getElementById("peek"), rows = [...document.querySelectorAll("#walk tr")];
  const boxes = () => [...document.querySelectorAll("#walk input[name=ids]")];
  let shown = null, mark = null, wait = null;

  async function look(row) {
    if (!row || shown === row.dataset.id || getComputedStyle(peek).display === "none") return;
    shown = row.dataset.id;
    for (const one of rows) one.classList.toggle("at", one === row);
    try {
      const answer = await fetch(`/review/peek/${row.dataset.id}?${queue.dataset.query}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok || shown !== row.dataset.id) return;
      peek.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
    } catch {
      shown = null;
    }
  }

  document.getElementById("walk")?.addEventListener("focusin", (event) => {
    clearTimeout(wait);
    wait = setTimeout(look, 60, event.target.closest("tr"));
  });
  look(rows[0]);

  function count() {
    const chosen = boxes().filter((one) => one.checked), say = document.getElementById("selected");
    const reasons = new Set(chosen.map((one) => one.closest("tr").dataset.reason));
    for (const one of boxes()) one.closest("tr").classList.toggle("sel", one.checked);
    if (say && chosen.length) say.textContent = say.dataset[reasons.size > 1 ? "mixed" : "words"].replace("{n}", chosen.length);
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("#walk input")) count();
    if (event.target.matches("#filter select, #filter input")) event.target.form.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    if (!("keys" in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
    const box = (event.target.closest("#walk tr") ?? document.querySelector("#walk tr.at"))?.querySelector("input[name=ids]");
    if (event.key === "x" && box) {
      box.checked = !box.checked;
      count();
    } else if (event.key === "Escape") {
      for (const one of boxes()) one.checked = false;
      count();
    } else if (event.key === "/") {
      event.preventDefault();
      location.assign("/documents");
    }
  });
  count();

  async function counts() {
    if (visible()) {
      try {
        const answer = await fetch(`/review/counts?${queue.dataset.query}`, { headers: { "HX-Request": "true", ...(mark && { "If-None-Match": mark }) } });
        if (answer.status === 200) {
          mark = answer.headers.get("ETag");
          const made = new DOMParser().parseFromString(await answer.text(), "text/html").body;
          const found = new Map([...made.querySelectorAll("[data-reason]")].map((one) => [one.dataset.reason, one.value]));
          let all = 0;
          for (const value of found.values()) all += Number(value);
          for (const one of document.querySelectorAll("[data-count]")) one.textContent = one.dataset.count ? found.get(one.dataset.count) ?? 0 : all;
          for (const row of rows) {
            const face = made.querySelector(`[data-face="${CSS.escape(row.dataset.id)}"]`);
            row.querySelector("[data-who]").replaceChildren(...(face?.cloneNode(true).childNodes ?? []));
          }
          document.getElementById("counts").replaceChildren(...made.childNodes);
        }
      } catch {
        // The connection may come back: the next look tells.
      }
    }
    setTimeout(counts, EVERY);
  }
  setTimeout(counts, EVERY);
  document.addEventListener("cashback:counts", counts);
}

// ---------- who is here ----------

const present = document.getElementById("present");

async function sign() {
  if (visible()) {
    try {
      const answer = await fetch(present.dataset.address, { method: "POST", headers: { "X-CSRF": present.dataset.csrf, "HX-Request": "true" } });
      const who = answer.ok ? await answer.text() : present.dataset.me;
      const told = who === present.dataset.me ? "" : present.dataset.words.replace("{who}", who);
      if (present.textContent !== told) present.textContent = told;
    } catch {
      // The next sign tells.
    }
  }
}
if (present) {
  setInterval(sign, SIGN);
  document.addEventListener("visibilitychange", sign);
}

// ---------- nothing typed is lost ----------

const address = location.pathname;

if (/^\/review\/[0-9a-z]{20}$/.test(address)) {
  const typed = () => document.querySelectorAll("#values input:not([type=hidden]), #values select, #decide .why input, #decide .why select");
  const seen = document.querySelector("[name=seen]")?.value;
  const kept = JSON.parse(sessionStorage.getItem(address) ?? "null");
  if (kept && kept.seen === seen) {
    for (const one of typed()) {
      if (one.name in kept.values && one.type !== "radio" && one.type !== "checkbox") {
        one.value = kept.values[one.name];
        one.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
  } else sessionStorage.removeItem(address);
  document.addEventListener("input", (event) => {
    if (!event.target.closest("#values, #decide") || !event.target.name) return;
    const values = JSON.parse(sessionStorage.getItem(address) ?? "null")?.values ?? {};
    values[event.target.name] = event.target.value;
    sessionStorage.setItem(address, JSON.stringify({ seen, values }));
  });
}
