// Batches: the count while one chooses, and how far a batch is while one looks.
"use strict";

{
  const form = document.getElementById("choose");
  const count = document.getElementById("count");
  let waiting;

  async function recount() {
    const chosen = new URLSearchParams(new FormData(form));
    chosen.delete("csrf");
    const answer = await fetch(`/batches/new?${chosen}`, { headers: { "HX-Request": "true", Accept: "text/html" } });
    if (answer.ok) count.replaceChildren(...parsed(await answer.text()));
  }

  if (form) {
    form.querySelector("[data-plain]").hidden = true;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => recount().catch(() => {}), 250);
    });
  }

  const QUICK = 2000;
  const progress = document.querySelector("[data-poll]");
  const state = () => progress.querySelector("[data-state]")?.dataset.state;

  async function look() {
    if (document.visibilityState === "visible") {
      try {
        const before = state();
        const answer = await fetch(progress.dataset.poll, { headers: { "HX-Request": "true", Accept: "text/html" } });
        if (answer.ok && !answer.redirected) progress.replaceChildren(...parsed(await answer.text()));
        // What can be done now, and what came of it, stands on the page as it is then.
        if (state() !== before) return location.reload();
      } catch {
        // The connection may come back: the next look tells.
      }
    }
    setTimeout(look, QUICK);
  }

  if (progress) setTimeout(look, QUICK);

  function parsed(text) {
    return new DOMParser().parseFromString(text, "text/html").body.childNodes;
  }
}
