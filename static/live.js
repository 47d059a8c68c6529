// Live screens, on top of htmx's socket extension: position, order, versions, watchdog.
// Everything is driven by attributes of the page; the texts come from the server. ARCHITECTURE.md, "Live screens".
(() => {
  "use strict";

  const QUIET = 20000; // ms without a word: a heartbeat is missing, so the screen may be stale
  const SILENCE = 35000; // ms without a word: the socket is given up
  const SLEPT = 20000; // ms by which the clock jumped ahead of the page's own: the machine slept
  const HANDSHAKE = 10000; // ms that opening a socket may take
  const UNTOUCHED = 60000; // ms without a touch before a page may reload itself
  const PAUSE = 3000; // ms without a touch before a page takes another look: a name, an accent, a setting
  const REMEMBERED = 5000; // removals kept until the next snapshot
  // A delay of 0.3 s doubles up to 3.8 s and is spread by a third: never more than 5 s, and it never gives up.
  const PACE = { reconnect: true, reconnectDelay: 300, reconnectMaxDelay: 3800, reconnectJitter: 0.3, reconnectMaxAttempts: Infinity, pauseOnBackground: false };
  const ENDINGS = [4401, 4403, 4410]; // sign in, not allowed, device revoked: no use in trying again

  const screen = document.querySelector("[data-live]");
  const place = { epoch: Number(screen?.dataset.epoch || 0), seq: Number(screen?.dataset.seq || 0) };
  const removed = new Map(); // id of a card that is gone → its version
  const deferred = new Map(); // id of a region in use → what shall replace it
  const opened = performance.now();
  let link = null; // htmx's connection
  let heard = opened; // when the server last said anything
  let tried = opened; // when the current attempt began
  let behind = -1; // head of the last heartbeat that was ahead of us
  let troubles = 0; // gaps and broken frames in a row, so that they don't make a tight loop
  let message = null; // the message being swapped in
  let outdated = false; // a new build is out
  let restyled = false; // the site looks different from what this page was made from
  let touched = -UNTOUCHED; // when somebody last touched the page

  const { now, setClock, format, paint } = window.lobby; // time.js
  setClock(screen?.dataset.now);
  let since = now(); // until when the screen is known to have told the truth

  // ---- connection and position ----

  function address() {
    const url = new URL(screen.getAttribute("hx-ws:connect"), location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("view", screen.dataset.live);
    url.searchParams.set("epoch", place.epoch);
    url.searchParams.set("seq", place.seq);
    url.searchParams.set("ranges", 1); // we understand messages that stand for several numbers
    return url.href;
  }

  // reconnect gives the socket up without waiting for its closing handshake, which a dead network never answers.
  function reconnect() {
    const old = link?.socket;
    if (!old || !link.config) return;
    tried = heard = performance.now();
    link.attempt = Math.max(link.attempt, Math.min(troubles, 5));
    link.abortController?.signal.aborted || old.dispatchEvent(new CloseEvent("close", { code: 1006 }));
    link.abortController?.abort();
    old.close();
  }

  const trouble = () => reconnect(troubles++);

  function watch() {
    const state = link?.socket?.readyState;
    const at = performance.now();
    if (state === WebSocket.OPEN && at - heard > SILENCE) reconnect();
    else if (state !== undefined && state !== WebSocket.OPEN && at - Math.max(tried, heard) > HANDSHAKE) reconnect();
  }

  function leave(code) {
    if (inUse()) return; // what was typed stays; sending it leads to the sign-in page, which keeps it
    const { login, pair } = screen.dataset;
    const go = () => (code === 4401 ? location.assign(login || "/login") : code === 4410 ? location.assign(pair || "/pair") : location.reload());
    setTimeout(go, code === 4403 ? Math.max(0, 10000 - (performance.now() - opened)) : 0);
  }

  // ---- stale or true ----

  const exact = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

  function stale() {
    for (const banner of document.querySelectorAll("[data-stale]")) {
      const text = (banner.dataset.text || "{time}").replace("{time}", exact.format(since));
      if (banner.textContent !== text) banner.textContent = text;
      banner.hidden = false;
    }
    document.documentElement.classList.add("is-stale");
  }

  function fresh() {
    since = now();
    troubles = 0;
    if (!document.documentElement.classList.contains("is-stale")) return;
    document.documentElement.classList.remove("is-stale");
    for (const banner of document.querySelectorAll("[data-stale]")) banner.hidden = true;
  }

  // ---- messages, strictly in order ----

  function parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  // take decides about one message; true: its content is swapped in.
  function take(text) {
    const m = parse(text);
    if (!m) return false;
    heard = performance.now();
    message = m;
    if (m.head !== undefined) return beat(m);
    if (m.snapshot) {
      Object.assign(place, { epoch: m.epoch, seq: m.seq });
      removed.clear();
      return true;
    }
    if (m.refresh) return m.epoch === place.epoch;
    if (m.epoch === place.epoch && m.seq <= place.seq) return false; // had it already
    if (m.epoch !== place.epoch || (m.from ?? m.seq) > place.seq + 1) {
      trouble();
      return false;
    }
    place.seq = m.seq;
    if (m.content) return true;
    announce();
    return false;
  }

  function beat(m) {
    setClock(m.now);
    const missing = m.epoch !== place.epoch || m.head > place.seq;
    if (!missing) {
      behind = -1;
      fresh();
    } else if (behind >= 0 && (m.epoch !== place.epoch || place.seq < behind)) {
      behind = -1;
      trouble(); // a whole heartbeat later it still hasn't come
    } else behind = m.head;
    const build = document.querySelector('meta[name="lobby-build"]')?.content;
    outdated = Boolean(build && m.build && m.build !== build);
    const look = document.querySelector('meta[name="lobby-look"]')?.content;
    restyled = Boolean(look && m.look && m.look !== look);
    if (restyled) setTimeout(restyle, Math.random() * 200);
    return false;
  }

  // announce tells the page what happened: "lobby:live" for an event, "lobby:snapshot" for a whole new state.
  function announce() {
    const m = message;
    if (m.snapshot) fresh();
    else if (link?.socket?.readyState === WebSocket.OPEN && !document.documentElement.classList.contains("is-stale")) since = now();
    const detail = { kind: m.kind || "", seq: m.seq };
    if (m.snapshot) htmx.trigger(document.body, "lobby:snapshot", detail);
    else if (m.kind) htmx.trigger(document.body, "lobby:live", detail);
    htmx.trigger(document.body, "lobby:change", detail);
  }

  // ---- cards and lists ----

  const version = (card) => Number(card.dataset.version || 0);
  const list = (lane) => document.querySelector(`[data-list="${CSS.escape(lane)}"]`);
  const outOfDate = (card) => version(card) <= (removed.get(card.id) ?? -1) || version(card) < version(document.getElementById(card.id) || card);
  const field = (e) => e?.matches?.("input:not([type=hidden]),textarea,select,[contenteditable]");

  // busy: somebody is filling something in inside the element.
  const busy = (e) => (e.contains(document.activeElement) && field(document.activeElement)) || [...e.querySelectorAll("form")].some(changed);
  const changed = (form) =>
    [...form.elements].some((f) => ("checked" in f && f.checked !== f.defaultChecked) || (f.type !== "hidden" && f.defaultValue !== undefined && f.value !== f.defaultValue));
  const inUse = () => [...document.forms].some(changed);

  function settle() {
    for (const [id, next] of deferred) {
      const old = document.getElementById(id);
      if (old && busy(old)) continue;
      deferred.delete(id);
      if (next.dataset.lane !== undefined) card(next);
      else if (old) put(old, next);
      if (next.isConnected) htmx.process(next);
    }
  }

  function put(old, next) {
    if (busy(old)) {
      deferred.set(old.id, next);
      return false;
    }
    const focus = old.contains(document.activeElement) ? controls(old).indexOf(document.activeElement) : -1;
    old.replaceWith(next);
    paint(next);
    if (focus >= 0) controls(next)[focus]?.focus({ preventScroll: true });
    return true;
  }

  const controls = (e) => [...e.querySelectorAll("a[href],button,summary,[tabindex]")];

  function remove(card) {
    removed.delete(card.id);
    removed.set(card.id, card.dataset.version ? version(card) : Infinity);
    if (removed.size > REMEMBERED) removed.delete(removed.keys().next().value);
    document.getElementById(card.id)?.remove();
  }

  // card puts one card where it belongs; false: nothing to show of it.
  function card(next) {
    const gone = next.dataset.gone !== undefined;
    if (gone && !next.dataset.version) return void remove(next); // the row itself is deleted
    if (outOfDate(next)) return false;
    if (gone) return void remove(next);
    const old = document.getElementById(next.id);
    const still = next.dataset.still !== undefined; // it only moved up from below what the lane shows, or may have
    if (still && old && version(old) === version(next)) return false;
    const lane = list(next.dataset.lane);
    if (!lane) return void old?.remove();
    if (old && busy(old)) return void deferred.set(next.id, next);
    const after = [...lane.children].find((c) => c !== old && (c.dataset.sort || "") > next.dataset.sort);
    if (old && old.parentNode === lane && old.nextElementSibling === (after || null)) put(old, next);
    else {
      old?.remove();
      lane.insertBefore(next, after || null);
      paint(next);
    }
    const cap = Number(lane.dataset.cap || Infinity);
    while (lane.children.length > cap) lane.lastElementChild.remove();
    if (message?.kind && !still) {
      next.classList.add("is-changed");
      setTimeout(() => next.classList.remove("is-changed"), 2000);
    }
    return next.isConnected;
  }

  // merge takes a whole list: cards on screen that are newer than the list's own stay as they are.
  function merge(old, next) {
    for (const c of [...next.children]) {
      if (!c.id) continue;
      const shown = document.getElementById(c.id);
      if (outOfDate(c)) {
        if (shown && shown.parentNode === old) c.replaceWith(shown);
        else c.remove();
      } else if (shown && shown.parentNode !== old) shown.remove();
    }
    return put(old, next);
  }

  function swap(style, fragment) {
    const placed = [];
    for (const e of [...fragment.children]) {
      const old = e.id && document.getElementById(e.id);
      if (style === "card" && e.dataset.lane !== undefined) card(e) && placed.push(e);
      else if (!old) continue;
      else if (style === "card" && e.dataset.list !== undefined) merge(old, e) && placed.push(e);
      else put(old, e) && placed.push(e);
    }
    return placed;
  }

  // restyle takes the site's new look, unless somebody is at work here just now; then it is tried every second. A page
  // that was made a moment ago from the old one (by another server) waits, so that it doesn't reload in a tight loop.
  function restyle() {
    const at = performance.now();
    if (restyled && at - opened > 1000 && at - touched > PAUSE && !inUse() && !deferred.size) location.reload();
  }

  // ---- every second ----

  // slept tells whether the machine slept since the last look: its clock jumped ahead of the page's own, which most
  // machines stop meanwhile. What the page shows is old then, whatever it thinks that it has heard.
  let ahead = Date.now() - performance.now();
  function slept() {
    const jumped = Date.now() - performance.now() - ahead;
    ahead += jumped;
    return jumped > SLEPT;
  }

  function tick() {
    if (deferred.size) settle();
    if (!screen) return;
    if (slept()) {
      stale();
      reconnect();
    }
    watch();
    const at = performance.now();
    const shut = link?.socket?.readyState !== WebSocket.OPEN;
    if ((shut && at - opened > 3000) || at - heard > QUIET) stale();
    restyle();
    if (outdated && !shut && at - touched > UNTOUCHED && at - opened > UNTOUCHED + spread && !inUse()) location.reload();
  }
  const spread = Math.random() * 30000; // so that all walls don't reload in the same moment

  // ---- into htmx ----

  const mine = (elt) => screen && elt === screen;
  htmx.registerExtension("lobby-live", {
    htmx_ws_before_connection: (elt, detail) => {
      if (!mine(elt)) return;
      link = detail.connection;
      link.config = { ...link.config, ...PACE, reconnectCodes: { includes: (code) => !ENDINGS.includes(code) } };
      link.url = address();
      tried = performance.now();
    },
    htmx_ws_after_connection: (elt) => {
      if (mine(elt)) heard = performance.now();
    },
    htmx_ws_close: (elt, detail) => {
      if (!mine(elt) || detail.reason === "removed") return;
      behind = -1;
      stale();
      if (ENDINGS.includes(detail.code)) leave(detail.code);
    },
    htmx_ws_error: (elt, detail) => {
      // A frame that couldn't be shown is lost: ask for everything anew.
      if (!mine(elt) || !(detail.error instanceof Error)) return;
      Object.assign(place, { epoch: 0, seq: 0 });
      trouble();
    },
    htmx_ws_before_message_incoming: (elt, detail) => (mine(elt) ? take(detail.message.data) : undefined),
    htmx_ws_after_message_incoming: (elt) => {
      if (mine(elt)) announce();
    },
    handle_swap: (style, target, fragment) => (style === "card" || style === "snapshot" ? swap(style, fragment) : false),
  });

  for (const kind of ["pointerdown", "keydown", "touchstart"]) addEventListener(kind, () => (touched = performance.now()), { passive: true, capture: true });
  document.addEventListener("focusout", () => deferred.size && setTimeout(settle));
  document.body.addEventListener("lobby:tick", tick);
  // htmx may start between two deferred scripts, before its socket extension is there or before this one is: the socket
  // opens by a trigger of ours, when all of them are.
  document.addEventListener("DOMContentLoaded", () => {
    if (!screen) return;
    htmx.process(screen);
    htmx.trigger(screen, "lobby:connect");
  });
})();
