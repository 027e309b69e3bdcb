// Tables that can be sorted and searched, and cards that open when they are
// led to. Without it all is there, in the order it was made in.
(() => {
  const text = (c) => (c ? c.textContent.trim() : '');
  const value = (row, k) => {
    const c = row.cells[k];
    if (!c) return null;
    if (c.dataset.v !== undefined) return Number(c.dataset.v);
    return text(c) === '' || text(c) === '–' ? null : text(c);
  };
  const compare = (a, b) => (typeof a === 'number' && typeof b === 'number') ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
  for (const box of document.querySelectorAll('.table')) {
    const table = box.querySelector('table'), body = table.tBodies[0], rows = [...body.rows];
    if (rows.length < 3) continue;
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((th, k) => {
      const b = document.createElement('button');
      b.type = 'button';
      b.append(...th.childNodes);
      if (th.title) b.title = th.title;
      th.append(b);
      th.removeAttribute('title');
      b.addEventListener('click', () => {
        const first = th.classList.contains('r') ? 'descending' : 'ascending';
        const was = th.getAttribute('aria-sort');
        const now = was === null ? first : was === 'ascending' ? 'descending' : 'ascending';
        heads.forEach((o) => o.removeAttribute('aria-sort'));
        th.setAttribute('aria-sort', now);
        const sign = now === 'ascending' ? 1 : -1;
        const order = rows.map((row, i) => [value(row, k), i, row]);
        order.sort(([a, i], [c, j]) => a === null || c === null ? (a === null) - (c === null) || i - j : sign * compare(a, c) || i - j);
        body.append(...order.map((o) => o[2]));
      });
    });
    if (rows.length < 9) continue;
    const label = document.createElement('label'), input = document.createElement('input'), said = document.createElement('output');
    label.className = 'find';
    input.type = 'search';
    label.append('Search ', input, said);
    const words = rows.map((row) => row.textContent.toLowerCase());
    input.addEventListener('input', () => {
      const want = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      rows.forEach((row, i) => {
        row.hidden = !want.every((w) => words[i].includes(w));
        if (!row.hidden) n++;
      });
      said.textContent = want.length ? n + ' of ' + rows.length : '';
    });
    box.prepend(label);
  }
  const open = () => {
    const at = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let e = at; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true;
    if (at) at.scrollIntoView();
  };
  addEventListener('hashchange', open);
  open();
  let shut = [];
  addEventListener('beforeprint', () => {
    shut = [...document.querySelectorAll('details:not([open])')];
    for (const d of shut) d.open = true;
  });
  addEventListener('afterprint', () => { for (const d of shut) d.open = false; });
})();
