// Comfort only: every page works without this file.
"use strict";

(function () {
  // Enter sends; Shift+Enter makes a new line. Not while a word is being composed.
  const form = document.getElementById("ask");
  const box = document.getElementById("question");
  if (form && box) {
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
  }

  // A form is sent once: a second press while the answer is on its way does nothing. A download may be asked for again.
  for (const each of document.querySelectorAll('form[method="post"]:not([data-again])')) {
    each.addEventListener("submit", (event) => {
      if (each.dataset.sent) {
        event.preventDefault();
        return;
      }
      each.dataset.sent = "yes";
      each.setAttribute("aria-busy", "true");
      if (each.dataset.busy) {
        each.querySelector("button").textContent = each.dataset.busy;
      }
    });
  }

  // A page that the browser kept from before may show an ended conversation and a form already sent.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });

  // The newest answer: brought into view with its question, focused, and announced. Only once the page is loaded:
  // until then the browser's own jump to the fragment would take the focus away again.
  const newest = document.querySelector("[data-newest]");
  const turn = newest && newest.closest(".turn");
  if (turn && location.hash === "#" + turn.id) {
    window.addEventListener("load", () => {
      newest.focus({ preventScroll: true });
      turn.scrollIntoView();
      const verdict = newest.querySelector(".verdict").textContent.trim();
      setTimeout(() => { document.getElementById("status").textContent = "Answer: " + verdict; }, 150);
    });
  }

  // What went wrong, or what was done, is read first.
  const summary = document.getElementById("summary");
  if (summary) {
    summary.focus();
  }
})();
