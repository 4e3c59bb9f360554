// Pictures: those with a label, in an order, a part of them at a time.
(() => {
  const list = document.getElementById("picture-list");
  const controls = document.getElementById("picture-controls");
  if (!list || !controls) return;

  const AT_ONCE = 60;
  const field = document.getElementById("picture-label");
  const kindField = document.getElementById("picture-kind");
  const orderField = document.getElementById("picture-order");
  const counted = document.getElementById("picture-count");
  const clear = document.getElementById("picture-clear");
  const more = document.getElementById("picture-more");
  // A text field holds no line breaks, and labels may.
  const tidy = (text) => text.replace(/\s+/g, " ").trim();

  const cards = [...list.children].map((card, place) => ({
    card,
    place,
    name: card.querySelector(".name").textContent,
    tags: [...card.querySelectorAll(".tag")].map((tag) => {
      // A right tag is no error.
      return { tag, label: tidy(tag.textContent), kind: tag.classList[1], error: Number(tag.dataset.error ?? -1) };
    }),
  }));
  const labels = new Set(cards.flatMap(({ tags }) => tags.map(({ label }) => label)));
  const lowered = new Set([...labels].map((label) => label.toLowerCase()));
  document.getElementById("picture-labels").append(...[...labels].sort(texts.compare).map((label) => {
    const option = document.createElement("option");
    option.value = label;
    return option;
  }));

  let limit = AT_ONCE;
  let shuffled = cards.map(() => 0);

  // What was written is a label, a label but for its capitals, or a part of some.
  function named(wanted) {
    const low = wanted.toLowerCase();
    if (labels.has(wanted)) return (label) => label === wanted;
    if (lowered.has(low)) return (label) => label.toLowerCase() === low;
    return (label) => label.toLowerCase().includes(low);
  }

  function matches(wanted, kind) {
    const fits = named(wanted);
    return ({ label, kind: own }) => (!kind || own === kind) && fits(label);
  }

  function inOrder(found) {
    if (orderField.value === "random") return found.sort((a, b) => shuffled[a.place] - shuffled[b.place]);
    if (orderField.value === "name") return found.sort((a, b) => texts.compare(a.name, b.name));
    return found.sort((a, b) => b.error - a.error || a.place - b.place);
  }

  function show() {
    const wanted = tidy(field.value);
    const fits = matches(wanted, kindField.value);
    const narrowed = Boolean(wanted || kindField.value);
    const found = [];
    for (const entry of cards) {
      const fitting = entry.tags.filter(fits);
      for (const { tag } of entry.tags) tag.classList.remove("wanted");
      entry.card.hidden = true;
      if (narrowed && !fitting.length) continue;
      if (wanted) for (const { tag } of fitting) tag.classList.add("wanted");
      // Without a label the order is the page's own.
      entry.error = narrowed ? Math.max(...fitting.map(({ error }) => error)) : -entry.place;
      found.push(entry);
    }
    inOrder(found);
    list.append(...found.map(({ card }) => card));
    for (const { card } of found.slice(0, limit)) card.hidden = false;
    const number = (count) => count.toLocaleString("en");
    counted.textContent = narrowed ? `${number(found.length)} of ${number(cards.length)} pictures` : `${number(cards.length)} pictures`;
    clear.hidden = !narrowed;
    more.hidden = found.length <= limit;
    more.textContent = `Show more (${number(Math.min(limit, found.length))} of ${number(found.length)})`;
  }

  function restart() {
    limit = AT_ONCE;
    show();
  }

  function showLabel(label) {
    field.value = tidy(label);
    kindField.value = "";
    restart();
    const heading = document.getElementById("pictures-title");
    heading.focus({ preventScroll: true });
    document.getElementById("pictures").scrollIntoView();
  }

  field.addEventListener("input", restart);
  kindField.addEventListener("change", restart);
  orderField.addEventListener("change", () => {
    shuffled = cards.map(() => Math.random());
    restart();
  });
  clear.addEventListener("click", () => {
    field.value = kindField.value = "";
    restart();
    field.focus();
  });
  more.addEventListener("click", () => {
    const first = [...list.children].filter((card) => !card.hidden).length;
    limit += AT_ONCE;
    show();
    // The focus goes on with the first of the new pictures, not back to the page's begin when the button goes.
    list.children[first]?.querySelector("button")?.focus({ preventScroll: true });
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-pictures-of], #picture-list button.tag");
    if (button) showLabel(button.textContent);
  });
  controls.hidden = false;
  show();
})();
