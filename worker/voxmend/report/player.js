"use strict";
// Plays the tracks of a job in step with each other. Each is cut into pieces; those that are near
// are decoded, so sound comes at once whatever the clip's length. All tracks run together, each
// behind a gain that is open for one of them: a switch is a fade of some milliseconds, and nothing
// can drift. Pieces overlap: one fades into the next while both hold the same sound.
window.voxmendPlayer = (told, text, changed) => {
  const rate = told.rate;
  const half = 0.04; // of the fade from piece to piece, s
  const edge = 0.008; // of the fade at start and stop, s
  const smooth = 0.006; // time constant of a switch, s
  const ahead = 3.0; // pieces that begin within this are laid out, s
  const lead = 0.03; // from the key to the first sample, s
  const keys = Object.keys(told.gains);
  const count = Math.max(1, Math.ceil(told.seconds / told.piece - 1e-9));
  const grid = (seconds) => Math.round(seconds * rate) / rate;

  // --- pieces -----------------------------------------------------------------------------------
  const decoder = new OfflineAudioContext(1, 1, rate); // needs no leave to sound
  const files = {};
  let decoded = new Map(); // "A:3" to a promise of its buffer

  const bytes = (key, n) => {
    files[key] = files[key] || text(key).split(" ");
    const told64 = atob(files[key][n]);
    const found = new Uint8Array(told64.length);
    for (let at = 0; at < told64.length; at += 1) found[at] = told64.charCodeAt(at);
    return found.buffer;
  };

  // One or two are decoded at a time: what is to sound now goes before what may be heard later.
  const waiting = [];
  let busy = 0;

  const decodeNext = () => {
    while (busy < 2 && waiting.length) {
      const { key, n, done, fail } = waiting.shift();
      busy += 1;
      decoder.decodeAudioData(bytes(key, n)).then(done, fail).finally(() => {
        busy -= 1;
        decodeNext();
      });
    }
  };

  const piece = (key, n, now = false) => {
    const name = `${key}:${n}`;
    if (!decoded.has(name)) {
      decoded.set(name, new Promise((done, fail) => {
        waiting.push({ key, n, done, fail });
      }).catch((error) => {
        decoded.delete(name);
        throw error;
      }));
    }
    const at = now ? waiting.findIndex((each) => each.key === key && each.n === n) : -1;
    if (at > 0) waiting.unshift(...waiting.splice(at, 1));
    decodeNext();
    return decoded.get(name);
  };

  // Nobody waits any more for what was to be heard later.
  const callOff = () => {
    for (const { fail } of waiting.splice(0)) fail("called off");
  };

  // Far pieces go: a long clip would fill the memory.
  const forget = (place) => {
    const here = Math.floor(place / told.piece);
    decoded = new Map([...decoded].filter(([name]) => {
      const n = Number(name.split(":")[1]);
      return n === 0 || Math.abs(n - here) <= 3;
    }));
  };

  // What is played next is made ready while nothing plays.
  const prepare = async (at) => {
    const n = Math.min(count - 1, Math.floor(at / told.piece));
    for (const key of [heard, ...keys.filter((each) => each !== heard)]) {
      if (at !== place) return;
      await piece(key, n).catch(() => {}); // told when it is played
    }
  };

  // --- playing ----------------------------------------------------------------------------------
  let context = null; // stands still until the first play: browsers let no page sound before
  let heard = keys[0];
  let place = 0;
  let run = null; // {bus, tracks, sources, from, start: context time, until, next: piece, begun}
  let asked = 0; // a later wish ends an earlier one

  const open = () => {
    context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
  };

  const level = (key) => (key === heard ? told.gains[key] : 0);

  const now = () => {
    if (!run) return place;
    const at = run.from + Math.max(0, context.currentTime - run.start);
    return Math.min(run.until, Math.max(0, at));
  };

  // How loud a piece is at a place, so that with its neighbours it makes 1.
  const share = (n, at) => {
    const into = n === 0 ? 1 : (at - n * told.piece + half) / (2 * half);
    const out = n === count - 1 ? 1 : ((n + 1) * told.piece + half - at) / (2 * half);
    return Math.max(0, Math.min(1, into, out));
  };

  const lay = (mine, key, n, buffer) => {
    if (run !== mine) return;
    const begin = n === 0 ? 0 : n * told.piece - half;
    const end = n === count - 1 ? mine.until : Math.min(mine.until, (n + 1) * told.piece + half);
    let from = Math.max(begin, mine.from);
    const present = context.currentTime - mine.start + mine.from + 0.01;
    const late = mine.begun && present > from;
    if (late) from = grid(present);
    if (from >= end) return;
    const at = (where) => mine.start + where - mine.from;
    const gain = new GainNode(context, { gain: late ? 0 : share(n, from) });
    gain.gain.setValueAtTime(late ? 0 : share(n, from), at(from));
    let flat = n === 0 ? from : Math.max(from, n * told.piece + half);
    if (late) flat = Math.max(flat, from + edge);
    gain.gain.linearRampToValueAtTime(share(n, flat), at(flat));
    const fading = (n + 1) * told.piece - half;
    if (n < count - 1 && end > fading) {
      gain.gain.setValueAtTime(share(n, Math.max(flat, fading)), at(Math.max(flat, fading)));
      gain.gain.linearRampToValueAtTime(0, at((n + 1) * told.piece + half));
    }
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(gain).connect(mine.tracks[key]);
    source.start(at(from), grid(from - n * told.piece + told.margin), grid(end - from));
    source.onended = () => {
      mine.sources.delete(source);
      gain.disconnect();
    };
    mine.sources.add(source);
  };

  // Lays out what begins soon. The heard track comes first, the others join as they are ready.
  const layNext = (mine) => {
    while (mine.next < count && mine.next * told.piece - half < now() + ahead
        && mine.next * told.piece - half < mine.until) {
      const n = mine.next;
      mine.next += 1;
      for (const key of [heard, ...keys.filter((each) => each !== heard)]) {
        piece(key, n).then((buffer) => lay(mine, key, n, buffer)).catch(() => {});
      }
    }
    forget(now());
  };

  const tick = () => {
    if (!run) return;
    if (now() >= run.until) {
      stop();
      changed();
    } else {
      layNext(run);
    }
  };
  setInterval(tick, 200);

  const stop = () => {
    asked += 1;
    callOff();
    if (!run) return;
    const { bus, sources } = run;
    place = now();
    const at = context.currentTime;
    bus.gain.cancelScheduledValues(at);
    bus.gain.setTargetAtTime(0, at, edge / 2);
    for (const source of sources) source.stop(at + 8 * edge);
    run = null;
  };

  // From a place on, to another if one is given. True once it sounds; false if it was called off.
  const start = async (from, until) => {
    stop();
    asked += 1;
    const mine = asked;
    if (!context) open();
    const first = grid(Math.max(0, Math.min(from, told.seconds)));
    const n = Math.min(count - 1, Math.floor(first / told.piece));
    const near = [n];
    if (n > 0 && share(n - 1, first) > 0) near.unshift(n - 1);
    if (n < count - 1 && share(n + 1, first) > 0) near.push(n + 1);
    const [, ...ready] = await Promise.all([context.resume(), ...near.map((m) => piece(heard, m, true))]);
    if (mine !== asked) return false;
    const begin = grid(context.currentTime + lead);
    const bus = new GainNode(context, { gain: 0 });
    const end = Math.min(told.seconds, until === undefined ? told.seconds : until);
    run = { bus, sources: new Set(), from: first, start: begin, until: end, next: 0, tracks: {} };
    bus.connect(context.destination);
    bus.gain.setValueAtTime(0, begin);
    bus.gain.linearRampToValueAtTime(1, begin + edge);
    bus.gain.setValueAtTime(1, begin + Math.max(edge, end - first - edge));
    bus.gain.linearRampToValueAtTime(0, begin + Math.max(2 * edge, end - first));
    for (const key of keys) { // of each run its own: the one before may still fade out
      run.tracks[key] = new GainNode(context, { gain: level(key) });
      run.tracks[key].connect(bus);
    }
    const laid = run;
    near.forEach((m, i) => lay(laid, heard, m, ready[i]));
    laid.begun = true;
    for (const key of keys.filter((each) => each !== heard)) {
      for (const m of near) piece(key, m).then((buffer) => lay(laid, key, m, buffer)).catch(() => {});
    }
    laid.next = near[near.length - 1] + 1;
    layNext(laid);
    return true;
  };

  const choose = (key) => {
    heard = key;
    if (!run) return;
    for (const each of keys) {
      run.tracks[each].gain.setTargetAtTime(level(each), context.currentTime, smooth);
    }
  };

  const seek = (seconds) => {
    place = Math.min(told.seconds, Math.max(0, seconds));
    callOff();
    prepare(place);
  };

  setTimeout(() => {
    if (!context) open(); // a tenth of a second that the first key need not wait for
    prepare(0);
  }, 0);
  return {
    keys, now, start, stop, seek, choose, piece, tick,
    heard: () => heard,
    running: () => Boolean(run),
    sources: () => (run ? run.sources.size : 0),
  };
};
