// Sends posters to the server, a few at a time, until all are done or somebody stops it.

const AT_A_TIME = 4; // Browsers open six connections to a server: two are left for everything else.

export class Sending {
  /** `send(item, signal)` predicts one, and throws where no other would fare better; `changed()` is called when it begins or
   *  ends. `most` posters are taken by the server at a time. */
  constructor(send, changed, most) {
    Object.assign(this, { send, changed, workers: Math.min(AT_A_TIME, most) });
    this.waiting = [];
    this.controller = null;
    this.error = "";
  }

  get runs() {
    return this.controller !== null;
  }

  /** Queue items, and begin or go on. */
  add(items) {
    this.waiting.push(...items);
    this.start();
  }

  async start() {
    if (this.runs || !this.waiting.length) return;
    const controller = (this.controller = new AbortController());
    Object.assign(this, { error: "", began: performance.now(), sent: 0 });
    this.changed();
    await Promise.all(Array.from({ length: this.workers }, () => this.work(controller)));
    if (this.controller !== controller) return; // Stopped, and perhaps begun again.
    this.controller = null;
    this.changed();
    this.start(); // Items may have come while the last ones were on their way.
  }

  async work(controller) {
    while (!controller.signal.aborted && this.waiting.length) {
      const item = this.waiting.shift();
      try {
        await this.send(item, controller.signal);
        this.sent += 1;
      } catch (error) {
        this.waiting.unshift(item); // It is none of those that can't be read.
        if (!controller.signal.aborted) this.stop(error.message);
      }
    }
  }

  /** Leave the rest waiting; `error` is the sentence why, if nobody asked for it. */
  stop(error = "") {
    if (!this.runs) return;
    const { controller } = this;
    Object.assign(this, { controller: null, error });
    controller.abort();
    this.changed();
  }

  /** Forget what waits. */
  clear() {
    this.waiting = [];
    this.stop();
  }

  /** Seconds that the rest takes at the rate so far, or null as long as there is none. */
  get secondsLeft() {
    if (!this.runs || this.sent < 2 * this.workers) return null;
    return ((performance.now() - this.began) / 1000 / this.sent) * this.waiting.length;
  }
}
