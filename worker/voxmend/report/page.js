// The page's hands and eyes: buttons, keys, pictures and the time, over the player.
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
  const LATE_MS = 80; // what takes longer is said
  const player = window.voxmendPlayer(told, (key) => find(`sound-${key}`).textContent, () => {
    wanted = false;
    show();
  });
  const { now } = player;
  let wanted = false; // it is to play, though it may not sound yet

  const play = async (from, until) => {
    wanted = true;
    say("");
    const slow = setTimeout(() => {
      find("play").textContent = "Loading …";
      find("play").setAttribute("aria-busy", "true");
    }, LATE_MS);
    try {
      await player.start(from, until);
    } catch (error) {
      wanted = false;
      say(`This browser cannot play ${told.coding === "opus" ? "Opus" : "MP3"}. `
        + `Make the page for it: ${told.make} --sound ${told.coding === "opus" ? "mp3" : "opus"}`);
    } finally {
      clearTimeout(slow);
      find("play").removeAttribute("aria-busy");
      show();
    }
  };

  const pause = () => {
    wanted = false;
    player.stop();
    show();
  };

  const toggle = () => {
    if (wanted) return pause();
    return play(now() >= told.seconds - 0.01 ? 0 : now());
  };

  // A place in the page's sound; what lies outside of it is not there to be heard.
  const seek = (seconds) => {
    const on = wanted;
    player.stop();
    player.seek(seconds);
    if (on) play(now());
    show();
  };

  const stretch = (from, until) => {
    const first = from - told.start;
    const last = until - told.start;
    if (last <= 0 || first >= told.seconds) {
      say("This section lies outside the part of the clip that can be heard here.");
      return;
    }
    player.stop();
    player.seek(first);
    play(now(), Math.min(last, told.seconds));
  };

  // What a button chooses is a track, or in a comparison a version of the song: that has a track
  // for each layer, the voice and the band, and the layer stays while versions change.
  const layers = told.layers || {};
  const choices = told.choices || keys;
  let chosen = choices[0];
  let layer = 0;

  const sound = () => {
    const tracks = layers[chosen] || [chosen];
    player.choose(tracks[Math.min(layer, tracks.length - 1)]);
    show();
  };

  const choose = (key) => {
    if (!choices.includes(key)) return;
    chosen = key;
    sound();
  };

  const chooseLayer = (number) => {
    layer = number;
    sound();
  };

  // --- what is seen -----------------------------------------------------------------------------
  const say = (text) => { find("said").textContent = text; };

  const show = () => {
    const at = now();
    const on = player.running();
    if (!find("play").hasAttribute("aria-busy")) find("play").textContent = on ? "Pause" : "Play";
    find("play").setAttribute("aria-pressed", String(on));
    for (const button of all(".track")) {
      button.setAttribute("aria-pressed", String(button.dataset.track === chosen));
    }
    for (const button of all(".layer")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.layer) === layer));
    }
    find("place").value = String(at);
    find("place").setAttribute("aria-valuetext", clock(at + told.start));
    find("time").textContent = clock(at + told.start);
    const share = (100 * (at + told.start)) / told.clip;
    for (const head of all(".head")) head.style.left = `${share}%`;
    root.classList.toggle("playing", on || at > 0);
    if (on) requestAnimationFrame(show);
  };

  // --- hands ------------------------------------------------------------------------------------
  // After a click of the mouse, space plays again; by keyboard it still presses the button.
  const release = (button, event) => {
    if (event.detail) button.blur();
  };

  find("play").addEventListener("click", toggle);
  find("place").addEventListener("input", (event) => seek(Number(event.target.value)));
  for (const button of all(".track")) {
    button.addEventListener("click", (event) => {
      choose(button.dataset.track);
      release(button, event);
    });
  }
  for (const button of all(".layer")) {
    button.addEventListener("click", (event) => {
      chooseLayer(Number(button.dataset.layer));
      release(button, event);
    });
  }
  for (const button of all(".go")) {
    button.addEventListener("click", () => {
      stretch(Number(button.dataset.seek), Number(button.dataset.end));
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
      if (!event.repeat) toggle();
    } else if (key === "ArrowLeft" || key === "ArrowRight") {
      event.preventDefault();
      seek(now() + (key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 1 : 5));
    } else if (key === "Home") {
      if (event.target.matches && !event.target.matches("body, #place, button")) return;
      event.preventDefault();
      seek(0);
    } else if (/^[a-z]$/i.test(key)) {
      const named = all(".layer").find((button) => button.dataset.key === key.toUpperCase());
      if (named) chooseLayer(Number(named.dataset.layer));
      else choose(key.toUpperCase());
    } else if (/^[1-9]$/.test(key) && choices[Number(key) - 1]) {
      choose(choices[Number(key) - 1]);
    }
  });
  window.voxmend = {
    now, told, player,
    state: () => ({ running: player.running(), heard: player.heard() }),
  };
  show();
})();
