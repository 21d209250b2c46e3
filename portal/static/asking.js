// Asking a partner from the keyboard: E opens the questions (portal.js), a digit chooses one, Enter sends it.
"use strict";

const asking = document.getElementById("asking");

if (asking) {
  const choices = [...asking.querySelectorAll("input[type=radio]")];
  const own = asking.querySelector("textarea");
  asking.addEventListener("toggle", () => {
    if (asking.open) choices[0].focus();
  });
  own.addEventListener("input", () => {
    if (own.value) for (const one of choices) one.checked = false;
  });
  document.addEventListener("keydown", (event) => {
    if (!asking.open || !("keys" in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      asking.open = false;
      asking.querySelector("summary").focus();
      event.stopPropagation();
    }
    const one = choices[event.key - 1];
    if (!one || event.target.matches("textarea, input:not([type=radio])")) return;
    event.preventDefault();
    event.stopPropagation();
    one.checked = true;
    one.focus();
  }, true);
}
