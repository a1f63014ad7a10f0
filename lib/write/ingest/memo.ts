/** What an entry takes beside its key. */
const ENTRY_BYTES = 512;
/** Longer ones are seldom those of a series that can be stored. */
const LONGEST_KEY = 16_384;

/**
 * Remembers what was decoded from the same bytes before: series are sent again and again. What it returns depends on
 * the key alone, so nothing is lost when it forgets everything, which it does when it is full.
 */
export class Memo<V> {
  private readonly values = new Map<string, V>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(key: string): V | undefined {
    return this.values.get(key);
  }

  set(key: string, value: V): V {
    if (key.length > LONGEST_KEY) return value;
    this.bytes += ENTRY_BYTES + 4 * key.length;
    if (this.bytes > this.maxBytes) {
      this.values.clear();
      this.bytes = ENTRY_BYTES + 4 * key.length;
    }
    this.values.set(key, value);
    return value;
  }
}
