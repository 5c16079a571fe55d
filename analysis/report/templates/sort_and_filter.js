"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], rows = [...body.rows];
  const box = document.createElement("input");
  box.type = "search"; box.className = "filter"; box.placeholder = "filter rows";
  box.setAttribute("aria-label", "filter rows of the table " + table.dataset.title);
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every(w => row.textContent.toLowerCase().includes(w));
  });
  table.parentElement.before(box);
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.textContent = head.textContent; head.textContent = ""; head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = row => row.cells[column].dataset.v ?? row.cells[column].textContent.replace("−", "-").replace(/^[<–]/, "");
      const order = (a, b) => {
        const x = key(a), y = key(b), n = parseFloat(x) - parseFloat(y);
        if (x === "" || y === "") return (x === "") - (y === "") || 0;
        return (up ? 1 : -1) * (isNaN(x) || isNaN(y) ? x.localeCompare(y) : n);
      };
      table.classList.add("sorted");
      body.append(...[...rows].sort(order));
    });
  });
}
