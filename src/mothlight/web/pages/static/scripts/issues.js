// The list of issues: selection, completion, and the look for what came since. All of it works without, but for the last.
//
//   data-complete="id"   a field whose completion stands in that element; asks when it gets the event `complete`
//   data-put="text"      in a completion: puts the text into the field
//   data-look="15"       gets the event `look` every so many seconds, as long as the tab is seen
//   data-submit          a choice that sends its form
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // ---- Selection.
  const boxes = () => all("[data-list] [data-row] input[type=checkbox]");
  const count = () => {
    const every = boxes();
    const checked = every.filter((box) => box.checked).length;
    const words = one("#bulk-count");
    const head = one("#select-all");
    if (words) words.textContent = `${checked} selected`;
    if (!head) return;
    head.checked = checked > 0 && checked === every.length;
    head.indeterminate = checked > 0 && checked < every.length;
  };
  document.addEventListener("change", (event) => {
    if (event.target.id === "select-all") boxes().forEach((box) => (box.checked = event.target.checked));
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
    count();
  });
  document.addEventListener("reset", () => setTimeout(count));

  // A key of the bar acts on the row at the cursor when nothing is selected.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog[open]")) return;
      const button = one(`#bulk [data-key="${CSS.escape(event.key)}"]`);
      if (!button || boxes().some((box) => box.checked)) return;
      const box = one("[data-list] [data-row].at input[type=checkbox]");
      if (!box) return;
      box.checked = true;
      count();
    },
    true,
  );

  // ---- Completion.
  const field = () => one("[data-complete]");
  const list = () => one(`#${CSS.escape(field()?.dataset.complete || "none")}`);
  const lines = () => all("a, button", list());
  const close = () => {
    const shown = list();
    if (shown) shown.hidden = true;
  };
  let timer;
  const ask = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => field()?.dispatchEvent(new Event("complete")), wait);
  };
  document.addEventListener("focusin", (event) => {
    if (event.target === field()) ask(0);
    else if (!event.target.closest?.(".search")) close();
  });
  document.addEventListener("input", (event) => event.target === field() && ask(150));
  document.addEventListener("htmx:after:swap", () => {
    const shown = list();
    if (!shown || !one(".search")?.contains(document.activeElement)) return;
    shown.hidden = !lines().length;
  });
  document.addEventListener("click", (event) => {
    const line = event.target.closest("[data-put]");
    if (line) {
      field().value = line.dataset.put;
      field().focus();
      ask(0);
    } else if (!event.target.closest(".search")) close();
  });
  document.addEventListener("keydown", (event) => {
    const shown = list();
    if (!shown || shown.hidden || !event.target.closest?.(".search")) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Escape") close();
    if (!(event.key in steps)) return;
    event.preventDefault();
    const places = [field(), ...lines()];
    const at = places.indexOf(document.activeElement);
    places[(at + steps[event.key] + places.length) % places.length].focus();
  });

  // ---- What came since.
  const start = () => {
    count();
    all("[data-look]").forEach((place) =>
      setInterval(() => {
        if (!document.hidden) place.dispatchEvent(new Event("look"));
      }, 1000 * Number(place.dataset.look)),
    );
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
