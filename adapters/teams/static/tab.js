"use strict";
// Signs in by Teams, asks our own server for the person's Home, and puts it in as text.
(() => {
  const teams = window.microsoftTeams;
  const home = document.getElementById("home");
  const says = document.getElementById("says");
  const again = document.getElementById("again");
  const CHAT = "https://teams.microsoft.com/l/chat/";
  const WRONG = {
    401: "Teams could not sign you in to AskFirst. Write to AskFirst in the Chat tab instead.",
    503: "AskFirst cannot check who you are at the moment. Try again in a few minutes.",
  };
  const NOT_LOADED = "Your requests could not be shown. Try again, or write “My requests” in the Chat tab.";

  const made = (name, text, kind) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };

  const linked = ({ label, url, main }, about) => {
    const link = made("a", label, main ? "main" : "");
    if (!url.startsWith("https://")) return made("span", label);
    link.href = url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    if (about) link.setAttribute("aria-describedby", about);
    if (url.startsWith(CHAT)) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        teams.app.openLink(url).catch(() => window.open(url, "_blank", "noopener"));
      });
    }
    return link;
  };

  const listed = (part, number) => {
    const item = made("li");
    const text = made("p", part.text);
    text.id = `case-${number}`;
    item.append(text, ...part.links.map((each) => linked(each, text.id)));
    return item;
  };

  const linksOf = (part) => {
    const list = made("ul", "", "links");
    for (const each of part.links) {
      const item = made("li");
      item.append(linked(each));
      list.append(item);
    }
    return list;
  };

  const one = (part) => {
    if (part.kind === "heading") return made("h2", part.text);
    if (part.kind === "rule") return made("hr");
    if (part.kind === "links") return linksOf(part);
    return made("p", part.text, part.tone);
  };

  const show = (parts) => {
    home.replaceChildren();
    parts.forEach((part, number) => {
      if (part.kind !== "case") return home.append(one(part));
      const last = home.lastElementChild;
      const list = last && last.className === "cases" ? last : home.appendChild(made("ul", "", "cases"));
      list.append(listed(part, number));
    });
  };

  const asked = async () => {
    const token = await teams.authentication.getAuthToken();
    const answer = await fetch("/teams/home", {
      method: "POST", headers: { Authorization: `Bearer ${token}` }, credentials: "omit", cache: "no-store",
    });
    if (!answer.ok) return { wrong: WRONG[answer.status] || NOT_LOADED };
    return answer.json();
  };

  const load = async () => {
    again.disabled = true;
    says.textContent = "Loading your requests…";
    const found = await asked().catch(() => ({ wrong: NOT_LOADED }));
    says.textContent = found.wrong || "";
    if (found.wrong) home.replaceChildren();
    else show(found.parts);
    again.disabled = false;
    again.hidden = false;
  };

  const themed = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme === "dark" || theme === "contrast" ? theme : "default";
  };

  const start = async () => {
    if (!teams) throw new Error("no library");
    await teams.app.initialize();
    teams.app.registerOnThemeChangeHandler(themed);
    teams.app.getContext().then((context) => themed(context.app.theme)).catch(() => {});
    again.addEventListener("click", load);
    await load();
  };

  start().catch(() => {
    says.textContent = "This page works inside Microsoft Teams. Open AskFirst there.";
  });
})();
