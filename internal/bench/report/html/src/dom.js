// Elements are made here and nowhere else. Text goes in as text: what a node printed is
// never parsed as HTML.

/** h makes an element. Attributes that are functions listen; children are elements or text. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat(2).filter((child) => child != null && child !== false));
  return element;
}

/** swatch shows a color of the palette; styles are set by script, since the page's policy allows no others. */
export function swatch(variable) {
  const element = h("span", { class: "swatch", "aria-hidden": "true" });
  element.style.background = `var(${variable})`;
  return element;
}

/** table makes a table whose columns are {name, number?, text(row), row?}. */
export function table(caption, columns, rows) {
  const cell = (column, row) => {
    const content = column.text(row);
    return column.head ? h("th", { scope: "row" }, content) : h("td", { class: column.number ? "num" : column.class }, content);
  };
  return h("table", {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, columns.map((c) => h("th", { scope: "col", class: c.number ? "num" : c.class }, c.name)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, columns.map((c) => cell(c, row))))));
}

/** lazyDetails fills itself when it is first opened, and anew whenever it is opened. */
export function lazyDetails(summary, fill, attributes = {}) {
  const content = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": summary });
  const details = h("details", attributes, h("summary", {}, summary), content);
  details.refresh = () => { if (details.open) content.replaceChildren(...[fill()].flat()); };
  details.addEventListener("toggle", details.refresh);
  return details;
}

/** section makes a section of the report with its heading. */
export function section(id, title, ...children) {
  return h("section", { id, "aria-labelledby": `${id}-title`, tabindex: "-1" }, h("h2", { id: `${id}-title` }, title), ...children);
}
