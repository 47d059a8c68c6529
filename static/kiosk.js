// The kiosk: sends each question in place, so that the address never changes and nothing gets into the history; keeps
// what was typed when the network fails; and forgets everything after a while without touch (PRIVACY-6).
(() => {
  "use strict";
  const SEND_TIMEOUT = 12000, RETRY_EVERY = 5000, WARN_FOR = 15, RELOAD_IDLE = 600;
  const build = document.querySelector("meta[name=lobby-build]")?.content;
  const look = document.querySelector("meta[name=lobby-look]")?.content;
  const firstLang = document.documentElement.lang;
  const root = () => document.getElementById("kiosk");
  const $ = (selector) => document.querySelector(selector);
  const welcome = root()?.outerHTML; // as served, before anybody typed: what is shown when even the network is gone
  const started = { at: performance.now(), server: Date.parse($("#clock")?.dateTime) };

  let touched = performance.now();
  let sending = null; // { url, body, abort } of the request on its way or waiting to be tried again
  let retryTimer = 0;
  let newBuild = false;
  let newLook = false; // the site's name, accent, languages or questions have changed

  // --- the screen -------------------------------------------------------------------------------------------------

  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const next = page.getElementById("kiosk");
    if (!next) return false;
    root().replaceWith(document.importNode(next, true));
    document.documentElement.lang = next.lang;
    document.title = page.title || document.title;
    arrive();
    return true;
  }

  function arrive() {
    touched = performance.now();
    tick();
    idle();
    for (const pad of document.querySelectorAll("[data-pad]")) pad.inputMode = "none"; // our own digits are on screen
    focusFirst();
    scrollTo(0, 0);
    if ("autoprint" in root().dataset && $(".slip")) print();
  }

  // One thing is said and one thing has the focus: the wrong field, else the first field to type into, else the heading.
  function focusFirst() {
    const title = $("#main h1");
    const wrong = $("#main [aria-invalid=true], #main .wrong input");
    const first = $("#main .fields input:not([type=hidden]), #main .fields textarea, #main [data-pad]");
    const typed = first && first.type !== "radio" ? first : null;
    const target = wrong || typed || ("start" in root().dataset ? null : title);
    target?.focus({ preventScroll: !wrong });
    const said = [title?.dataset.say, target === title ? "" : title?.textContent];
    $("#say").textContent = said.filter(Boolean).join(" ");
  }

  // --- sending ----------------------------------------------------------------------------------------------------

  async function send(url, body) {
    if (sending?.abort) return; // one thing at a time: a double touch is one touch
    const abort = new AbortController();
    sending = { url, body, abort };
    root().setAttribute("aria-busy", "true");
    const timer = setTimeout(() => abort.abort(), SEND_TIMEOUT);
    let html = "";
    try {
      const answer = await fetch(url, {
        method: body ? "POST" : "GET", body, cache: "no-store", signal: abort.signal,
        headers: { "HX-Request": "true" }, credentials: "same-origin",
      });
      const elsewhere = answer.headers.get("HX-Redirect");
      if (elsewhere) return leaveFor(elsewhere);
      html = await answer.text();
    } catch { /* said below */ } finally {
      clearTimeout(timer);
      root()?.removeAttribute("aria-busy");
    }
    if (sending?.abort !== abort) return; // the kiosk has been reset meanwhile
    sending.abort = null;
    if (html && show(html)) {
      sending = null;
      return;
    }
    failed();
  }

  // Nothing is lost and nothing is entered twice: the same form, with the same entry key, is sent again.
  function failed() {
    const dialog = $("#fail");
    if (!dialog.open) dialog.showModal();
    clearTimeout(retryTimer);
    retryTimer = setTimeout(again, RETRY_EVERY);
  }

  function again() {
    clearTimeout(retryTimer);
    if (sending && !sending.abort) send(sending.url, sending.body);
  }

  function giveUp() {
    clearTimeout(retryTimer);
    sending?.abort?.abort();
    sending = null;
  }

  function leaveFor(path) {
    giveUp();
    location.replace(path);
  }

  // A key of the entry, made here: time-ordered (UUIDv7), so that sending twice is entering once.
  function entryKey() {
    const b = crypto.getRandomValues(new Uint8Array(16));
    let t = Date.now();
    for (let i = 5; i >= 0; i--) { b[i] = t % 256; t = Math.floor(t / 256); }
    b[6] = (b[6] & 0x0f) | 0x70;
    b[8] = (b[8] & 0x3f) | 0x80;
    const hex = Array.from(b, (n) => n.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target, button = event.submitter;
    const body = new URLSearchParams(new FormData(form, button));
    if (body.has("entry") && !body.get("entry")) body.set("entry", entryKey());
    send(button?.getAttribute("formaction") || form.getAttribute("action"), body);
  });

  // --- touches ----------------------------------------------------------------------------------------------------

  const touches = {
    "[data-ask]": () => $("#ask").showModal(),
    "[data-close]": (el) => { giveUp(); el.closest("dialog").close(); },
    "[data-stay]": () => $("#idle").close(),
    "[data-again]": () => again(),
    "[data-print]": () => print(),
    "[data-restart]": () => forget(),
    "[data-swap]": (el) => send(el.href),
    "[data-add]": (el) => count(el),
    "[data-digit]": (el) => digit((code) => (code.length < 6 ? code + el.dataset.digit : code)),
    "[data-erase]": () => digit((code) => code.slice(0, -1)),
    "[data-clear]": () => digit(() => ""),
  };

  document.addEventListener("click", (event) => {
    for (const [selector, act] of Object.entries(touches)) {
      const el = event.target.closest(selector);
      if (!el) continue;
      event.preventDefault();
      act(el);
      return;
    }
  });

  function count(button) {
    const field = document.getElementById(button.dataset.for);
    const value = (parseInt(field.value, 10) || 0) + Number(button.dataset.add);
    field.value = Math.min(Math.max(value, Number(field.dataset.least)), Number(field.dataset.most));
  }

  function digit(change) {
    const field = $("[data-pad]");
    field.value = change(field.value.replace(/\s/g, ""));
  }

  // --- forgetting -------------------------------------------------------------------------------------------------

  function forget() {
    giveUp();
    show(welcome);
    // Then the page itself is loaded anew, so that the memory of the old one goes too; without network the welcome
    // screen stays as it is, since a browser's error page would help nobody.
    const mark = touched;
    fetch("/kiosk", { cache: "no-store", headers: { "HX-Request": "true" } }).then((answer) => {
      if (touched === mark && (answer.ok || answer.headers.has("HX-Redirect"))) location.replace("/kiosk");
    }, () => {});
  }

  function idle() {
    const screen = root().dataset, quiet = (performance.now() - touched) / 1000, left = Math.ceil(Number(screen.idle) - quiet);
    const dialog = $("#idle"), counter = $("[data-left]");
    if ("start" in screen) {
      const open = $("dialog[open]"), changed = document.documentElement.lang !== firstLang;
      const soon = !open && (newLook || over()); // somebody who reads a notice reads it to the end
      if (left <= 0 && (open || changed)) forget();
      else if (quiet > (soon ? 1 : newBuild ? 10 : RELOAD_IDLE)) forget(); // another look, a new version, a new day
      return;
    }
    if (left <= 0) return forget();
    if (counter) counter.textContent = left;
    if ("done" in screen) return;
    $("#idle-left").textContent = left;
    if (left <= WARN_FOR && !dialog.open) dialog.showModal();
  }

  // What the welcome screen says of the desk's hours is true until a moment that it names itself.
  const over = () => Date.parse($("[data-until]")?.dataset.until) <= started.server + performance.now() - started.at;

  for (const kind of ["pointerdown", "keydown", "input", "wheel"]) {
    document.addEventListener(kind, () => {
      touched = performance.now();
      const dialog = $("#idle");
      if (dialog?.open) dialog.close();
    }, { capture: true, passive: true });
  }
  addEventListener("pageshow", (event) => { if (event.persisted) location.replace("/kiosk"); });
  document.addEventListener("contextmenu", (event) => event.preventDefault());

  // --- clock ------------------------------------------------------------------------------------------------------

  function tick() {
    const clock = $("#clock");
    if (!clock || !started.server) return;
    const now = new Date(started.server + performance.now() - started.at);
    clock.textContent = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.dataset.zone }).format(now);
  }
  setInterval(() => { tick(); idle(); }, 500);

  // --- the on-screen keyboard: what is typed into stays in view ----------------------------------------------------

  const heights = {};
  function fit() {
    const view = visualViewport, width = Math.round(view.width);
    heights[width] = Math.max(heights[width] || 0, view.height);
    document.documentElement.style.setProperty("--screen", `${Math.round(view.height)}px`);
    const typing = view.height < heights[width] * 0.78;
    document.documentElement.classList.toggle("typing", typing);
    if (typing) document.activeElement?.scrollIntoView({ block: "center" });
  }
  if (window.visualViewport) {
    visualViewport.addEventListener("resize", fit);
    fit();
  }

  // --- the socket: is the server there, is this device still paired, is there a new version ------------------------

  let heard = performance.now(), socket = null;
  function connect() {
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/live?view=kiosk&epoch=0&seq=0&ranges=1`);
    socket.onmessage = (event) => {
      heard = performance.now();
      const message = read(event.data);
      if (message.build && build && message.build !== build) newBuild = true;
      if (message.look && look) newLook = message.look !== look;
    };
    socket.onclose = (event) => {
      if (event.code === 4410) return location.replace("/pair");
      setTimeout(connect, 1000 + Math.random() * 4000);
    };
  }
  function read(data) {
    try { return JSON.parse(data); } catch { return {}; }
  }
  setInterval(() => {
    const silent = performance.now() - heard;
    if (silent > 35000) socket?.close();
    const banner = $("#offline");
    if (banner) banner.hidden = silent < 40000 && navigator.onLine;
  }, 2000);
  connect();
  arrive();
})();
