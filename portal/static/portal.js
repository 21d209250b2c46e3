// What a page does beyond forms and links: show what became of documents on their way, light up places, take single keys.
"use strict";

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
