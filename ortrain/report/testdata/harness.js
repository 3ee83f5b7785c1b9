// Appended to a page by the browser test: uses the page as a reader does and
// leaves what it saw in an element of its own.
(function () {
  "use strict";
  var seen = { tables: 0, sorted: 0, faults: [], loaded: [], wide: [], figures: 0 };
  function values(table, column) {
    return Array.prototype.map.call(table.tBodies[0].rows, function (row) { return row.cells[column].textContent; });
  }
  function inOrder(list, numeric, down) {
    return list.every(function (v, i) {
      if (i === 0) { return true; }
      var before = list[i - 1], order = numeric ? parseFloat(before) - parseFloat(v) : before.localeCompare(v);
      return down ? order >= 0 : order <= 0;
    });
  }
  document.querySelectorAll("table").forEach(function (table) {
    seen.tables++;
    var name = table.caption.textContent;
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (th, column) {
      var before = values(table, column).sort().join("\n"), numeric = th.classList.contains("n");
      [false, true].forEach(function (down) {
        th.querySelector("button").click();
        var after = values(table, column);
        if (!inOrder(after, numeric, down) || th.getAttribute("aria-sort") !== (down ? "descending" : "ascending")) {
          seen.faults.push(name + ", " + th.textContent + ": not sorted");
        }
        if (after.slice().sort().join("\n") !== before) { seen.faults.push(name + ": rows were lost"); }
        if (table.querySelectorAll("[aria-sort]").length !== 1) { seen.faults.push(name + ": several columns say that they are sorted"); }
        seen.sorted++;
      });
    });
  });
  document.querySelectorAll("svg").forEach(function (svg) {
    var box = svg.getBoundingClientRect();
    if (box.width > 100 && box.height > 50) { seen.figures++; }
  });
  // As on a phone: nothing is wider than the screen but what scrolls by itself.
  document.documentElement.style.width = "360px";
  document.querySelectorAll("body *").forEach(function (e) {
    if (e.closest("svg") && e.tagName !== "svg") { return; }
    for (var up = e.parentElement; up; up = up.parentElement) {
      if (getComputedStyle(up).overflowX === "auto") { return; }
    }
    if (e.getBoundingClientRect().right > 361) { seen.wide.push(e.tagName + " " + e.className + " " + e.textContent.slice(0, 40)); }
  });
  document.documentElement.style.width = "";
  window.addEventListener("load", function () {
    seen.loaded = performance.getEntriesByType("resource").map(function (r) { return r.name; });
    seen.milliseconds = performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
    var out = document.createElement("pre");
    out.id = "harness";
    out.textContent = JSON.stringify(seen);
    document.body.appendChild(out);
  });
})();
