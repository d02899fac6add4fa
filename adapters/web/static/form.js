// Comfort only: every form works without this file, with a further page where an answer leads to further questions.
"use strict";

(function () {
  const form = document.getElementById("form");
  if (form) {
    // A question that depends on another is shown as soon as it applies.
    const fields = [...form.querySelectorAll("[data-field]")];
    const answer = (id) => {
      const inputs = [...form.querySelectorAll(`[name="f-${id}"]`)];
      const chosen = inputs.find((input) => input.type !== "radio" && input.type !== "checkbox" || input.checked);
      return chosen ? chosen.value : "";
    };
    const shown = new Map();
    const update = () => {
      for (const field of fields) {
        const when = Object.entries(JSON.parse(field.dataset.when));
        const applies = when.every(([id, value]) => shown.get(id) && answer(id) === value);
        shown.set(field.dataset.field, applies);
        field.hidden = !applies;
        field.querySelector('input[name="shown"]').disabled = !applies;
      }
    };
    form.addEventListener("change", update);
    update();

    // What is typed is kept on the server, so that a closed window loses nothing.
    if (form.dataset.keep) {
      let waiting = 0;
      const keep = () => {
        const data = new URLSearchParams(new FormData(form));
        data.set("do", "keep");
        const told = (kept) => { document.getElementById("keep-error").hidden = kept; };
        fetch(form.dataset.keep, { method: "POST", body: data }).then((answer) => told(answer.ok), () => told(false));
      };
      form.addEventListener("input", () => {
        clearTimeout(waiting);
        waiting = setTimeout(keep, 2500);
      });
      form.addEventListener("submit", () => clearTimeout(waiting));
    }
  }

  // A file that would be refused is refused before it is sent.
  const files = document.getElementById("evidence");
  if (files) {
    const told = document.getElementById("evidence-error");
    files.addEventListener("change", () => {
      const chosen = [...files.files];
      const large = chosen.some((file) => file.size > Number(files.dataset.bytes));
      const many = chosen.length > Number(files.dataset.most);
      told.textContent = many ? `Choose at most ${files.dataset.most} files.` : large
        ? "A file is larger than 10 MB. Choose a smaller copy, or a screenshot of the part that matters." : "";
      told.hidden = !told.textContent;
      if (told.textContent) {
        files.value = "";
      }
    });
  }
})();
