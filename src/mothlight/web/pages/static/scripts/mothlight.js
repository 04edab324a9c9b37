// What needs script on every page. Reading, searching, paging and every form work without it.
//
// Elements say what they do:
//   data-key="e"         a key that clicks the element; never while typing, never with Ctrl, Alt or Meta
//   data-go="i"          the same after `g`
//   data-dialog="id"     opens the dialog (on a link: instead of following it); data-close closes the one around it
//   data-copy="#id"      copies the value or text of that element; data-copied is the sentence that says so
//   data-toggle="x"      opens all details that the selector finds; closes them when all are open
//   data-dismiss=".x"    hides the element around it that the selector finds
//   data-list            a list with a cursor (j, k, Enter, x, X): its rows have data-row, in them one a[data-open]
(() => {
  const root = document.documentElement;
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const prefix = () => document.body.dataset.prefix || "/";
  const keep = (name, value) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${encodeURIComponent(value)}; Path=${prefix()}; Max-Age=31536000; SameSite=Lax${secure}`;
  };

  // ---- The viewer's time zone: the server writes times in it from the next page on, the script in this one.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const localise = (from = document) => {
    if (!zone || root.dataset.zone === zone) return;
    const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
    all("time[datetime][title]", from).forEach((time) => {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(moment.getTime()) && /\d:\d/.test(time.title)) time.title = format.format(moment);
    });
  };
  if (zone && root.dataset.zone !== zone) keep("mothlight_zone", zone);

  // ---- Colours.
  const themes = ["system", "light", "dark"];
  const changeTheme = (form) => {
    const next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    keep("mothlight_theme", next);
    one("button", form).title = `Colours: ${next === "system" ? "as the system" : next}`;
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-form]")) return;
    event.preventDefault();
    changeTheme(event.target);
  });

  // ---- Toasts.
  let timer;
  const say = (text) => {
    const toast = one("#toast");
    one("#toast-text").textContent = text;
    all("form", toast).forEach((form) => form.remove());
    toast.hidden = false;
    fadeLater(toast);
  };
  const fadeLater = (toast) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!toast.matches(":hover, :focus-within")) toast.hidden = true;
      else fadeLater(toast);
    }, 10000);
  };

  // ---- One listener for the small things.
  const actions = {
    dialog: (element) => one(`#${CSS.escape(element.dataset.dialog)}`)?.showModal(),
    close: (element) => element.closest("dialog")?.close(),
    toggle: (element) => {
      const found = all(element.dataset.toggle);
      const open = found.some((each) => !each.open);
      found.forEach((each) => (each.open = open));
    },
    dismiss: (element) => element.closest(element.dataset.dismiss)?.remove(),
    copy: async (element) => {
      const from = one(element.dataset.copy);
      await navigator.clipboard.writeText((from.value ?? from.textContent).trimEnd());
      say(element.dataset.copied || "Copied");
    },
  };
  document.addEventListener("click", (event) => {
    all("details.menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false));
    if (event.target.matches("dialog[open]")) event.target.close();
    const element = event.target.closest("[data-dialog], [data-close], [data-dismiss], [data-copy], [data-toggle]");
    if (!element || event.ctrlKey || event.metaKey) return;
    const name = Object.keys(actions).find((each) => each in element.dataset);
    if (name === "close" && !element.closest("dialog")) return;
    if (name === "dialog" && !one(`#${CSS.escape(element.dataset.dialog)}`)) return;
    if (element.matches("a")) event.preventDefault();
    actions[name](element);
  });

  // ---- A list with a cursor.
  const rows = () => all("[data-list] [data-row]");
  const cursor = () => rows().findIndex((row) => row.classList.contains("at"));
  let selectedFrom = 0;
  const move = (by) => {
    const list = rows();
    if (!list.length) return;
    const to = Math.max(0, Math.min(list.length - 1, cursor() + by));
    list.forEach((row, index) => row.classList.toggle("at", index === to));
    one("[data-open]", list[to])?.focus({ preventScroll: true });
    list[to].scrollIntoView({ block: "nearest" });
  };
  const box = (row) => one("input[type=checkbox]", row);
  const select = (boxes, checked) => {
    boxes.forEach((each) => (each.checked = checked));
    boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const selectOne = () => {
    const at = Math.max(0, cursor());
    const picked = box(rows()[at]);
    selectedFrom = at;
    if (picked) select([picked], !picked.checked);
  };
  const selectToHere = () => {
    const [from, to] = [selectedFrom, Math.max(0, cursor())].sort((a, b) => a - b);
    select(rows().slice(from, to + 1).map(box).filter(Boolean), true);
  };
  const listKeys = { j: () => move(1), k: () => move(-1), x: selectOne, X: selectToHere };

  // ---- Keys.
  let before = "";
  const typing = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
  const seen = (element) => {
    const menu = element.closest("details.menu:not([open])");
    return (menu && one("summary", menu) !== element ? menu : element).checkVisibility?.() !== false;
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      all("details.menu[open]").forEach((menu) => {
        menu.open = false;
        if (menu.contains(document.activeElement)) one("summary", menu).focus();
      });
      if (event.target.matches?.(typing)) event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest?.(`${typing}, dialog[open]`)) return;
    const chord = before === "g";
    before = chord ? "" : event.key;
    const attribute = chord ? "data-go" : "data-key";
    const found = all(`[${attribute}="${CSS.escape(event.key)}"]`).find(seen);
    const own = !chord && one("[data-list]") && listKeys[event.key];
    if (!found && !own) return;
    event.preventDefault();
    if (own) own();
    else if (found.matches("input, textarea, select")) found.focus();
    else {
      // From a menu one goes on with Tab, and back to it with Escape.
      if (found.matches("summary")) found.focus();
      found.click();
    }
  });

  // ---- Pages in a dialog: htmx brings them, here they are shown, and forgotten when they are closed.
  const showDialog = () => {
    const dialog = one("#dialog");
    if (!dialog?.childElementCount || dialog.open) return;
    all("details.menu[open]").forEach((menu) => {
      if (menu.contains(document.activeElement)) one("summary", menu).focus();
      menu.open = false;
    });
    dialog.setAttribute("aria-label", one("h2", dialog)?.textContent || "");
    dialog.addEventListener("close", () => dialog.replaceChildren(), { once: true });
    dialog.showModal();
  };

  // ---- Tables. Where rows become cards, browsers forget that they are rows.
  const roles = { thead: "rowgroup", tbody: "rowgroup", tr: "row", th: "columnheader", td: "cell" };
  const keepTables = () =>
    all("table.cards, table.issues").forEach((table) => {
      table.setAttribute("role", "table");
      Object.entries(roles).forEach(([tag, role]) => all(tag, table).forEach((each) => each.setAttribute("role", role)));
      all("th[scope=row]", table).forEach((each) => each.setAttribute("role", "rowheader"));
    });

  // ---- Start.
  const start = () => {
    localise();
    keepTables();
    const toast = one("#toast");
    if (toast && !toast.hidden) fadeLater(toast);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:after:swap", () => {
    localise();
    showDialog();
  });
})();
