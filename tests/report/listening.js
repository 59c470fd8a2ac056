// Renders what the page plays, off the clock: the page's AudioContext becomes an offline one that
// stops at given moments, in which keys are pressed. What was rendered is in window.rendered. It is
// run before the page's own scripts, which make their AudioContext as soon as they can.
window.listen = (seconds, moments) => {
  const wait = (what) => new Promise((done) => {
    const look = () => (what() ? done() : setTimeout(look, 5));
    look();
  });
  const settled = async (place) => {
    const { player, told } = window.voxmend;
    const here = Math.floor(place / told.piece);
    player.tick();
    for (const n of [here, here + 1]) {
      if (n < Math.ceil(told.seconds / told.piece)) {
        await Promise.all(player.keys.map((key) => player.piece(key, n)));
      }
    }
    await new Promise((done) => setTimeout(done, 20));
  };
  window.AudioContext = class {
    constructor(options) {
      const rate = options.sampleRate;
      const context = new OfflineAudioContext(2, Math.round(seconds * rate), rate);
      const go = context.resume.bind(context);
      let begun = null;
      context.resume = () => {
        begun = begun || new Promise((ready) => {
          const all = [...moments, ...Array.from({ length: Math.floor(seconds) }, (_, n) => [n + 1, () => {}])]
            .filter(([at]) => at < seconds).sort((a, b) => a[0] - b[0]);
          const merged = new Map();
          for (const [at, act] of all) {
            const frame = Math.round((at * rate) / 128);
            merged.set(frame, [...(merged.get(frame) || []), act]);
          }
          for (const [frame, acts] of merged) {
            context.suspend((frame * 128) / rate).then(async () => {
              for (const act of acts) act();
              await settled(window.voxmend.now());
              go();
            });
          }
          context.suspend(0).then(async () => {
            ready();
            await wait(() => window.voxmend.player.sources() > 0);
            await settled(window.voxmend.now());
            go();
          });
          context.startRendering().then((buffer) => {
            window.rendered = [...buffer.getChannelData(0)].map((x) => Math.round(x * 1e6) / 1e6);
          });
        });
        return begun;
      };
      return context;
    }
  };
};
