"use strict";
// Plays the tracks of a job in step with each other. All of them run at once, each behind a gain
// that is open for one of them: a switch is a fade of 10 ms, and nothing can drift.
(() => {
  const told = JSON.parse(document.getElementById("told").textContent);
  const keys = Object.keys(told.gains);
  const root = document.documentElement;
  const find = (id) => document.getElementById(id);
  const all = (what) => [...document.querySelectorAll(what)];

  const clock = (seconds) => {
    const tenths = Math.floor(seconds * 10 + 1e-6);
    const rest = (tenths % 600) / 10;
    return `${Math.floor(tenths / 600)}:${rest < 10 ? "0" : ""}${rest.toFixed(1)}`;
  };

  // --- dark and light ---------------------------------------------------------------------------
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const showTheme = () => find("theme").setAttribute("aria-pressed", String(isDark()));
  find("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  });
  dark.addEventListener("change", showTheme);
  showTheme();

  if (!keys.length) return;

  // --- sound ------------------------------------------------------------------------------------
  let context = null; // made at the first play: browsers let no page sound before
  let buffers = null;
  let loading = null;
  let running = null; // {sources, gains, from: context time, place: clip time}
  let place = 0;
  let heard = keys[0];

  const bytes = (key) => {
    const text = atob(find(`sound-${key}`).textContent);
    const found = new Uint8Array(text.length);
    for (let n = 0; n < text.length; n += 1) found[n] = text.charCodeAt(n);
    return found.buffer;
  };

  const load = () => {
    context = context || new AudioContext();
    loading = loading || Promise.all(keys.map((key) => context.decodeAudioData(bytes(key))))
      .then((found) => {
        buffers = Object.fromEntries(keys.map((key, n) => [key, found[n]]));
      });
    return loading;
  };

  const now = () => {
    if (!running) return place;
    const at = running.place + Math.max(0, context.currentTime - running.from);
    return Math.min(told.seconds, Math.max(0, at));
  };

  const stop = () => {
    if (!running) return;
    place = now();
    for (const source of running.sources) {
      source.onended = null;
      source.stop();
    }
    running = null;
  };

  const start = () => {
    if (place >= told.seconds - 0.01) place = 0;
    const from = context.currentTime + 0.03;
    const sources = [];
    const gains = {};
    for (const key of keys) {
      const source = new AudioBufferSourceNode(context, { buffer: buffers[key] });
      gains[key] = new GainNode(context, { gain: key === heard ? told.gains[key] : 0 });
      source.connect(gains[key]).connect(context.destination);
      source.start(from, place);
      sources.push(source);
    }
    sources[0].onended = () => {
      stop();
      show();
    };
    running = { sources, gains, from, place };
  };

  const play = async () => {
    if (running) {
      stop();
    } else {
      say("");
      try {
        await load();
        await context.resume();
        start();
      } catch (error) {
        say(`This browser cannot play the sound: ${error.message || error}`);
      }
    }
    show();
  };

  const seek = (seconds) => {
    const on = Boolean(running);
    stop();
    place = Math.min(told.seconds, Math.max(0, seconds));
    if (on) start();
    show();
  };

  const choose = (key) => {
    if (!keys.includes(key)) return;
    heard = key;
    if (running) {
      for (const each of keys) {
        const open = each === key ? told.gains[each] : 0;
        running.gains[each].gain.setTargetAtTime(open, context.currentTime, 0.003);
      }
    }
    show();
  };

  // --- what is seen -----------------------------------------------------------------------------
  const say = (text) => { find("said").textContent = text; };

  const show = () => {
    const at = now();
    find("play").textContent = running ? "Pause" : "Play";
    find("play").setAttribute("aria-pressed", String(Boolean(running)));
    for (const button of all(".track")) {
      button.setAttribute("aria-pressed", String(button.dataset.track === heard));
    }
    find("place").value = String(at);
    find("place").setAttribute("aria-valuetext", clock(at + told.start));
    find("time").textContent = clock(at + told.start);
    const share = (100 * (at + told.start)) / told.clip;
    for (const head of all(".head")) head.style.left = `${share}%`;
    root.classList.toggle("playing", Boolean(running) || at > 0);
    if (running) requestAnimationFrame(show);
  };

  // --- hands ------------------------------------------------------------------------------------
  find("play").addEventListener("click", play);
  find("place").addEventListener("input", (event) => seek(Number(event.target.value)));
  for (const button of all(".track")) {
    button.addEventListener("click", () => choose(button.dataset.track));
  }
  for (const button of all(".go")) {
    button.addEventListener("click", async () => {
      seek(Number(button.dataset.seek) - told.start);
      if (!running) await play();
    });
  }
  for (const plot of all(".seekable")) {
    plot.addEventListener("click", (event) => {
      const box = plot.getBoundingClientRect();
      seek(((event.clientX - box.left) / box.width) * told.clip - told.start);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key;
    if (key === " ") {
      if (event.target.matches && event.target.matches("summary, button:not(#play)")) return;
      event.preventDefault();
      play();
    } else if (key === "ArrowLeft" || key === "ArrowRight") {
      event.preventDefault();
      seek(now() + (key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 1 : 5));
    } else if (/^[abd]$/i.test(key)) {
      choose(key.toUpperCase());
    }
  });
  window.voxmend = { now, told, state: () => ({ running: Boolean(running), heard, buffers }) };
  show();
})();
