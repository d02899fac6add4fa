// Comfort only: without this file the page is as it was when it was opened, and is read again by the browser's button.
"use strict";

(function () {
  const main = document.querySelector("main[data-live]");
  if (!main || !window.EventSource) {
    return;
  }
  const status = document.getElementById("live-status");
  const parts = (root) => new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.id, part]));
  // Tokens and keys differ each time that a page is made: they are no change.
  const text = (part) => part.outerHTML.replace(/name="(key|version|token)" value="[^"]*"/g, "").replace(/ open=""/g, "");
  const served = new Map([...parts(document)].map(([id, part]) => [id, text(part)]));
  let source = null;
  let mark = main.dataset.mark;

  const touched = (part) =>
    (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) ||
    [...part.querySelectorAll("textarea, select, input:not([type=hidden])")].some((input) =>
      input.matches("select") ? [...input.options].some((o) => o.selected !== o.defaultSelected)
        : input.type === "checkbox" || input.type === "radio" ? input.checked !== input.defaultChecked
          : input.value !== input.defaultValue);

  function place(id, fresh, now) {
    // A new part comes after the part that stands before it in the fresh page.
    const order = [...now.keys()];
    const before = order.slice(0, order.indexOf(id)).reverse().map((each) => document.getElementById(each)).find(Boolean);
    const home = fresh.parentElement.id && document.getElementById(fresh.parentElement.id);
    if (before && home && home.contains(before)) {
      before.after(fresh);
    } else if (home) {
      home.append(fresh);
    } else if (before) {
      before.after(fresh);
    }
  }

  function swap(fresh) {
    let news = "";
    const now = parts(fresh);
    for (const [id, old] of parts(document)) {
      const next = now.get(id);
      if (next && served.get(id) === text(next)) {
        continue;
      }
      if (touched(old)) {
        // Words that somebody is writing are never taken away; the server says kindly if they come too late.
        continue;
      }
      const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
      if (!next) {
        old.remove();
        served.delete(id);
        continue;
      }
      served.set(id, text(next));
      if (old.matches("details[open]")) {
        next.open = true;
      }
      if (next.matches("[data-announce]")) {
        news = next.innerText.trim();
      }
      old.replaceWith(document.adoptNode(next));
      if (focus && document.getElementById(focus)) {
        document.getElementById(focus).focus({ preventScroll: true });
      }
    }
    for (const [id, next] of now) {
      if (!document.getElementById(id)) {
        served.set(id, text(next));
        place(id, next, now);
      }
    }
    // A form in which nothing was written goes by what is shown now; one with words asks to look first.
    const version = fresh.querySelector("main").dataset.mark;
    for (const input of document.querySelectorAll('main input[name="version"]')) {
      if (!touched(input.form)) {
        input.value = version;
      }
    }
    if (status && news) {
      status.textContent = "This page was updated. " + news.replace(/\s+/g, " ");
    }
  }

  async function refresh() {
    const answer = await fetch(location.href.split("#")[0].replace(/[?&](sent|done)=[^&]*/g, ""), {
      headers: { "X-AskFirst-Live": "yes" }, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 404 || answer.status === 403) {
      stop();
      location.reload();
      return;
    }
    if (answer.ok) {
      swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  }

  function start() {
    if (source || document.hidden) {
      return;
    }
    source = new EventSource(main.dataset.live + "?mark=" + encodeURIComponent(mark));
    source.addEventListener("message", (event) => {
      mark = event.data;
      refresh().catch(() => {});
    });
  }

  function stop() {
    if (source) {
      source.close();
      source = null;
    }
  }

  // A hidden window holds no line open; a browser has only a few to each site.
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  window.addEventListener("pagehide", stop);
  start();
})();
