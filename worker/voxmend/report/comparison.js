// A comparison without names: they are shown when the reader asks for them, and then for good.
(() => {
  const button = document.getElementById("reveal");
  if (!button) return;
  button.addEventListener("click", () => {
    const packed = atob(document.getElementById("veiled").textContent.trim());
    const text = new TextDecoder().decode(Uint8Array.from(packed, (each) => each.charCodeAt(0)));
    const { names, table } = JSON.parse(text);
    for (const [key, name] of Object.entries(names)) {
      document.querySelector(`.track[data-track="${key}"] .name`).textContent = name;
    }
    const place = document.getElementById("named");
    place.innerHTML = table;
    button.remove();
    place.focus();
  });
})();
