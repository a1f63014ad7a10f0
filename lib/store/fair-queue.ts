/** A queue that serves its owners in turn, and the items of one owner in their order. */
export class FairQueue<T> {
  private readonly queues = new Map<string, T[]>();
  length = 0;

  push(owner: string, item: T): void {
    const queue = this.queues.get(owner);
    if (queue) queue.push(item);
    else this.queues.set(owner, [item]);
    this.length++;
  }

  shift(): T | undefined {
    for (const [owner, queue] of this.queues) {
      const item = queue.shift();
      this.queues.delete(owner);
      if (queue.length > 0) this.queues.set(owner, queue);
      if (item !== undefined) this.length--;
      return item;
    }
    return undefined;
  }

  /** @returns whether it waited. */
  remove(owner: string, item: T): boolean {
    const queue = this.queues.get(owner);
    const at = queue?.indexOf(item) ?? -1;
    if (!queue || at === -1) return false;
    queue.splice(at, 1);
    if (queue.length === 0) this.queues.delete(owner);
    this.length--;
    return true;
  }
}
