"use strict";

// Colours: as the system says, or as the button was set.
const themes = ["", "light", "dark"];
const themeNames = { "": "as the system", light: "light", dark: "dark" };
const themeButton = document.getElementById("theme");

function remembered() {
  try { return localStorage.getItem("corelate-theme") ?? ""; } catch { return ""; }
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  themeButton.setAttribute("aria-label", `Colours: ${themeNames[theme]}`);
  themeButton.title = themeButton.getAttribute("aria-label");
}

setTheme(themes.includes(remembered()) ? remembered() : "");
themeButton.addEventListener("click", () => {
  const next = themes[(themes.indexOf(document.documentElement.dataset.theme ?? "") + 1) % themes.length];
  setTheme(next);
  try { localStorage.setItem("corelate-theme", next); } catch { /* a page opened from a file may have no memory */ }
});
