// What time alone changes on a page: countdowns to a limit and clocks, by the server's clock and in the page's language.
// Texts come from the element #live-texts; the time zone from <html data-zone> or the live screen.
(() => {
  "use strict";

  const screen = document.querySelector("[data-live]");
  const zone = screen?.dataset.zone || document.documentElement.dataset.zone || undefined;
  const clock = { server: Date.now(), at: performance.now() };

  // now is the server's time in ms: it doesn't jump with the clock of the machine that shows the page.
  const now = () => clock.server + performance.now() - clock.at;

  function setClock(text) {
    const t = Date.parse(text || "");
    if (!Number.isNaN(t)) Object.assign(clock, { server: t, at: performance.now() });
  }

  const lang = document.documentElement.lang, tongue = lang === "en" ? "en-GB" : lang || undefined; // day before month, as everywhere else
  const format = (options) => new Intl.DateTimeFormat(tongue, { timeZone: zone, ...options });
  const clocks = {
    date: { year: "numeric", month: "long", day: "numeric", weekday: "long" },
    time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  };

  // span says a length of time: the two biggest units that matter.
  function span(ms, texts) {
    const s = Math.floor(Math.abs(ms) / 1000);
    const [d, h, m] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
    const text = d ? texts.days : h ? texts.hours : m ? texts.minutes : texts.seconds;
    return text.replace("{d}", d).replace("{h}", h).replace("{m}", m).replace("{s}", s % 60);
  }

  // countdown writes the time left (or over) and its look: ok, soon (the last quarter), late. The words differ as well,
  // so that nobody depends on the colour.
  function countdown(e, texts) {
    e._due ??= [Date.parse(e.dataset.from || ""), Date.parse(e.dataset.due)];
    const [from, until] = e._due;
    const left = until - now();
    const look = left <= 0 ? "late" : left <= (until - from) / 4 ? "soon" : "ok";
    const text = texts[look].replace("{t}", span(left, texts));
    if (e.textContent !== text) e.textContent = text;
    if (e._look === look) return;
    e._look = look;
    e.classList.remove("ok", "soon", "late");
    e.classList.add(look);
    const card = e.closest("[data-lane]");
    if (card) card.dataset.left = look;
  }

  // paint brings everything below root up to the moment.
  function paint(root) {
    const texts = document.getElementById("live-texts")?.dataset;
    for (const e of texts ? root.querySelectorAll("[data-due]") : []) countdown(e, texts);
    for (const e of root.querySelectorAll("[data-clock]")) {
      e._format ??= format(clocks[e.dataset.clock] || clocks.time);
      const text = e._format.format(now());
      if (e.textContent !== text) e.textContent = text;
    }
  }

  function tick() {
    paint(document);
    document.body.dispatchEvent(new CustomEvent("lobby:tick"));
  }

  setClock(screen?.dataset.now);
  window.lobby = { now, setClock, format, paint };
  document.addEventListener("visibilitychange", () => document.hidden || tick());
  document.addEventListener("htmx:after:process", (e) => e.target.querySelectorAll && paint(e.target));
  document.addEventListener("DOMContentLoaded", tick);
  setInterval(tick, 1000);
})();
