// Tables: a click on a heading sorts by its column, numbers largest first; what is undefined stays last.
const texts = new Intl.Collator(undefined, { numeric: true });

function sortKey(cell, numeric) {
  const text = cell.dataset.value ?? cell.textContent.trim();
  if (!numeric) return text || null;
  return text === "" || Number.isNaN(Number(text)) ? null : Number(text);
}

function sortTable(table, heading) {
  const place = [...heading.parentNode.children].indexOf(heading);
  const numeric = "numeric" in heading.dataset;
  const before = heading.getAttribute("aria-sort");
  const first = numeric ? "descending" : "ascending";
  const second = numeric ? "ascending" : "descending";
  const direction = before === first ? second : first;
  const sign = direction === "ascending" ? 1 : -1;
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row) => [sortKey(row.cells[place], numeric), row]);
  keyed.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (numeric ? a - b : texts.compare(a, b));
  });
  for (const other of heading.parentNode.children) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", direction);
  body.append(...keyed.map(([, row]) => row));
}

for (const heading of document.querySelectorAll("table.sortable thead th")) {
  heading.querySelector("button").addEventListener("click", () => sortTable(heading.closest("table"), heading));
}

// Fields that filter: rows whose first cell does not hold the text are hidden.
function filterTable(field) {
  const wanted = field.value.trim().toLowerCase();
  const rows = [...document.getElementById(field.dataset.filters).tBodies[0].rows];
  let shown = 0;
  for (const row of rows) {
    row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    shown += !row.hidden;
  }
  const counted = document.querySelector(`[data-counts="${CSS.escape(field.dataset.filters)}"]`);
  const all = rows.length.toLocaleString("en");
  if (counted) counted.textContent = wanted ? `${shown.toLocaleString("en")} of ${all}` : all;
}

for (const field of document.querySelectorAll("input[data-filters]")) {
  field.addEventListener("input", () => filterTable(field));
  // A page that was gone back to may have kept what was written.
  if (field.value) filterTable(field);
}
