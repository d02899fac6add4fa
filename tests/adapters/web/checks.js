// What is wrong with the page as shown: text too faint, targets too small, sideways scrolling, names missing.
() => {
  const faults = [];
  const parse = (color) => {
    const [r, g, b, a] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [r, g, b], alpha: a === undefined ? 1 : a };
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.alpha === 1) return colour.rgb;
      if (colour.alpha > 0) faults.push(`half-transparent background on ${e.className}`);
    }
    return [255, 255, 255];
  };
  const hidden = (e) => !e.checkVisibility() || e.closest(".unseen, .skip, [hidden]");

  const closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((d) => { d.open = true; });
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || hidden(element)) continue;
    const a = luminance(parse(getComputedStyle(element).color).rgb);
    const b = luminance(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 40)}`);
  }

  for (const e of document.querySelectorAll("button, a.button, .top nav a, summary, textarea, select, input:not([type=hidden])")) {
    if (hidden(e)) continue;
    const box = e.getBoundingClientRect();
    const least = e.matches("button, a.button, .top nav a, select, input:not([type=radio]):not([type=checkbox])") ? 44 : 24;
    if (box.height < least || box.width < 24) faults.push(`small target ${box.width}x${box.height}: ${e.innerText}`);
  }

  const root = document.scrollingElement;
  // A card clips what does not fit, so that a wide child would be cut off without any scroll bar.
  const wide = [...document.querySelectorAll("body *")].filter(
    (e) => e.getBoundingClientRect().right > innerWidth + 0.5 && !e.closest(".scroller") && !hidden(e));
  if (root.scrollWidth > innerWidth || wide.length) {
    faults.push(`too wide, ${root.scrollWidth}: ${wide.slice(0, 3).map((e) => e.className || e.tagName)}`);
  }

  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  if (document.documentElement.lang !== "en-GB") faults.push("no language");
  for (const name of ["header", "main", "footer", "nav"]) {
    if (!document.querySelector(name)) faults.push(`no ${name}`);
  }
  for (const e of document.querySelectorAll("textarea, select, input:not([type=hidden])")) {
    if (!e.labels || !e.labels.length) faults.push(`no label: ${e.id}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) faults.push(`id twice: ${id}`);
  for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    for (const id of `${e.getAttribute("aria-labelledby") || ""} ${e.getAttribute("aria-describedby") || ""}`.trim().split(/\s+/)) {
      if (!document.getElementById(id)) faults.push(`no such id: ${id}`);
    }
  }
  let level = 0;
  for (const e of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
    if (hidden(e) && !e.closest(".unseen")) continue;
    const next = Number(e.tagName[1]);
    if (next > level + 1) faults.push(`heading jumps from ${level} to ${next}: ${e.innerText}`);
    level = next;
  }
  closed.forEach((d) => { d.open = false; });
  return faults;
}
