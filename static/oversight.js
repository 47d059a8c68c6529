// The supervisor's page follows what happens, whether by a person or by time alone: told that something changed, it asks for
// its lists, where permission is checked anew. A list in which a form is in use stays until that is over, and says so.
(() => {
  "use strict";

  const box = document.getElementById("oversight");
  if (!box) return;

  const GATHER = 500; // ms in which events become one question, and as much again by chance, so that not all ask at once
  let waiting = 0;

  const busy = (part) => part.querySelector("details[open]") || (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"));

  function later() {
    waiting ||= setTimeout(ask, GATHER * (1 + Math.random()));
  }

  async function ask() {
    waiting = 0;
    let text;
    try {
      const answer = await fetch(box.dataset.lists, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (!answer.ok || answer.redirected) return; // signed out: the next click says so
      text = await answer.text();
    } catch {
      return; // no network: the socket comes again, and with it the question
    }
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const next of fresh.querySelectorAll("[id^='part-']")) put(next);
  }

  function put(next) {
    const old = document.getElementById(next.id);
    if (!old) return box.append(next);
    if (!busy(old)) return keep(() => old.replaceWith(next));
    const held = old.querySelector(".held");
    if (held) held.hidden = false;
  }

  // keep brings the focus back to the same link or button of the new list.
  function keep(change) {
    const at = document.activeElement;
    const same = box.contains(at) && (at.getAttribute("href") ?? at.closest("form")?.getAttribute("action"));
    change();
    if (same && !document.contains(at)) box.querySelector(`[href="${CSS.escape(same)}"], form[action="${CSS.escape(same)}"] button`)?.focus();
  }

  box.addEventListener("toggle", (event) => event.target.matches("details:not([open])") && later(), true); // what was held comes now
  document.addEventListener("visibilitychange", () => document.hidden || later());
  document.body.addEventListener("lobby:live", (event) => /^(ticket|order|notice|duty)\./.test(event.detail?.kind) && later());
  document.body.addEventListener("lobby:snapshot", later);
})();
