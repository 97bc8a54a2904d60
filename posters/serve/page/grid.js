// A grid of any number of tiles, of which only those near the window exist. One of them can be reached by Tab, the others from
// there by arrows.

const AROUND = 2; // rows above and below the window

export class Grid {
  /** `make(item)` returns a list item with a button; `fill(element, item)` draws it anew; `dropped(element)` frees it;
   *  `chosen(item)` is called when its button is pressed. */
  constructor(list, { make, fill, dropped, chosen }) {
    Object.assign(this, { list, make, fill, dropped, chosen, items: [], tiles: new Map(), current: 0 });
    const later = () => {
      this.frame ??= requestAnimationFrame(() => this.draw());
    };
    addEventListener("scroll", later, { passive: true });
    new ResizeObserver(later).observe(list);
    list.addEventListener("keydown", (event) => this.move(event));
    list.addEventListener("focusin", ({ target }) => this.takeFocus(target));
  }

  /** Show other items, or these in another order. */
  show(items) {
    const hadFocus = this.list.contains(document.activeElement);
    const current = this.items[this.current];
    this.items = items;
    this.current = hadFocus ? Math.max(0, items.indexOf(current)) : 0;
    this.draw();
    // Its tile has moved, or is gone.
    if (hadFocus && items.length) this.tiles.get(items[this.current])?.firstElementChild.focus({ preventScroll: true });
  }

  /** Draw an item anew, if it is near the window. */
  refresh(item) {
    if (this.tiles.has(item)) this.fill(this.tiles.get(item), item);
  }

  measure() {
    // The style sheet decides how large tiles are, so that a phone has its own.
    const style = getComputedStyle(this.list);
    const [gap, least, below] = ["--gap", "--least", "--below"].map((name) => parseFloat(style.getPropertyValue(name)));
    const width = this.list.clientWidth;
    const columns = Math.max(2, Math.floor((width + gap) / (least + gap)));
    const tile = (width - gap * (columns - 1)) / columns;
    return { columns, gap, tile, height: 1.5 * tile + below };
  }

  draw() {
    this.frame = null;
    if (!this.list.offsetParent) return; // Hidden.
    const { columns, gap, tile, height } = (this.size = this.measure());
    const above = -this.list.getBoundingClientRect().top; // Read before anything is written: the page is laid out once.
    const rows = Math.ceil(this.items.length / columns);
    this.list.style.height = `${Math.max(0, rows * (height + gap) - gap)}px`;
    const row = (pixels) => Math.floor(pixels / (height + gap));
    const from = columns * Math.max(0, row(above) - AROUND);
    const to = Math.min(this.items.length, columns * (row(above + innerHeight) + 1 + AROUND));
    const places = Array.from({ length: Math.max(0, to - from) }, (_, place) => from + place);
    // The one with the focus, or the one that Tab goes to, always exists.
    if (this.current < this.items.length && (this.current < from || this.current >= to)) places.push(this.current);
    this.mount(places.sort((a, b) => a - b), (place) => ({
      x: (place % columns) * (tile + gap),
      y: Math.floor(place / columns) * (height + gap),
    }));
  }

  mount(places, where) {
    const shown = new Set(places.map((place) => this.items[place]));
    for (const [item, element] of this.tiles) if (!shown.has(item)) this.drop(item, element);
    let next = this.list.firstElementChild;
    for (const place of places) {
      const element = this.tile(this.items[place], place, where(place));
      // In the order of the items, for those who hear them; moving an element would take its focus.
      if (element === next) next = next.nextElementSibling;
      else this.list.insertBefore(element, next);
    }
  }

  tile(item, place, { x, y }) {
    if (!this.tiles.has(item)) {
      const element = this.make(item);
      element.firstElementChild.addEventListener("click", () => this.chosen(item));
      this.tiles.set(item, element);
      this.fill(element, item);
    }
    const element = this.tiles.get(item);
    element.firstElementChild.tabIndex = place === this.current ? 0 : -1;
    const put = [place, this.items.length, this.size.columns, this.size.tile].join();
    if (element.put === put) return element;
    element.put = put;
    element.style.cssText = `width:${this.size.tile}px;height:${this.size.height}px;transform:translate(${x}px,${y}px)`;
    element.setAttribute("aria-setsize", this.items.length);
    element.setAttribute("aria-posinset", place + 1);
    return element;
  }

  drop(item, element) {
    this.tiles.delete(item);
    element.remove();
    this.dropped(element);
  }

  /** Go to a place by keyboard. */
  focus(place) {
    if (!this.items.length) return;
    this.current = Math.min(Math.max(0, place), this.items.length - 1);
    this.draw();
    const button = this.tiles.get(this.items[this.current]).firstElementChild;
    button.focus({ preventScroll: true });
    button.scrollIntoView({ block: "nearest" });
  }

  takeFocus(button) {
    const place = this.items.findIndex((item) => this.tiles.get(item)?.contains(button));
    if (place < 0 || place === this.current) return;
    this.current = place;
    for (const [item, element] of this.tiles) element.firstElementChild.tabIndex = item === this.items[place] ? 0 : -1;
  }

  move(event) {
    const { columns } = this.size;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.focus(this.current + steps[event.key]);
  }
}
