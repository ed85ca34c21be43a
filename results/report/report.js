"use strict";
// Sorts tables by a column, filters their rows, makes the head that is chosen large, and opens
// what a link leads to.
(() => {
  const text = (row, column) => row.cells[column].textContent.trim();
  // The number that a cell begins with; cells without one come last.
  const number = (cell) => {
    const value = Number.parseFloat(cell);
    return Number.isNaN(value) ? Infinity : value;
  };

  function sort(table, column, heading) {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    const rows = [...table.tBodies[0].rows];
    const numbers = heading.classList.contains("n");
    rows.sort((a, b) => {
      const x = text(a, column), y = text(b, column);
      const order = numbers ? number(x) - number(y) || 0 : x.localeCompare(y);
      return up ? order : -order;
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    table.tBodies[0].append(...rows);
  }

  function sortable(table) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.textContent = heading.textContent;
      button.addEventListener("click", () => sort(table, column, heading));
      heading.replaceChildren(button);
    });
  }

  function filterable(box) {
    const input = box.querySelector("input"), found = box.querySelector("output");
    const section = box.closest("section"), table = section.querySelector("table");
    if (!table) return;
    const show = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let rows = 0;
      for (const row of table.tBodies[0].rows) {
        const all = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => all.includes(word));
        rows += !row.hidden;
      }
      found.textContent = words.length ? `${rows} rows` : "";
    };
    box.hidden = false;
    input.addEventListener("input", show);
  }

  function steerable(looks) {
    const box = looks.querySelector(".steer"), said = box.querySelector("output");
    const heads = [...looks.querySelectorAll(".head")];
    const inputs = [...box.querySelectorAll("input")];
    if (!inputs.length) return;
    const show = () => {
      const chosen = heads.find((head) =>
        inputs.every((input) => head.dataset[input.dataset.part] === input.value));
      for (const head of heads) head.classList.toggle("chosen", head === chosen);
      said.textContent = chosen.querySelector("figcaption").textContent;
    };
    box.hidden = false;
    for (const input of inputs) input.addEventListener("input", show);
    show();
  }

  function open() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  }

  for (const table of document.querySelectorAll("table.sorts, #runs table")) sortable(table);
  for (const box of document.querySelectorAll(".filter")) filterable(box);
  for (const looks of document.querySelectorAll(".looks")) steerable(looks);
  addEventListener("hashchange", open);
  open();
})();
