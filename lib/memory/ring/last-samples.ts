/** What an entry of a map and its two numbers take. */
const ENTRY_BYTES = 64;
const FIRST_CAPACITY = 256;

/**
 * The last sample of each silent series, in a tenth of the memory of a buffer: the predecessor of its next sample. The
 * oldest entries are dropped first when there are too many.
 */
export class LastSamples {
  /** Where a series' sample is in `data`; in the order in which the series fell silent. */
  private readonly places = new Map<number, number>();
  private readonly free: number[] = [];
  /** Timestamp and value of place `i` are at `2 * i` and `2 * i + 1`. */
  private data = new Float64Array(2 * FIRST_CAPACITY);

  get bytes(): number {
    return this.places.size * ENTRY_BYTES;
  }

  set(seriesId: number, timestamp: number, value: number): void {
    const place = this.places.get(seriesId) ?? this.takePlace();
    this.places.set(seriesId, place);
    this.data[2 * place] = timestamp;
    this.data[2 * place + 1] = value;
  }

  timestampOf(seriesId: number): number | undefined {
    const place = this.places.get(seriesId);
    return place === undefined ? undefined : this.data[2 * place];
  }

  /** Returns a series' sample and removes it. */
  take(seriesId: number): { timestamp: number; value: number } | undefined {
    const place = this.places.get(seriesId);
    if (place === undefined) return undefined;
    this.delete(seriesId);
    return { timestamp: this.data[2 * place], value: this.data[2 * place + 1] };
  }

  delete(seriesId: number): void {
    const place = this.places.get(seriesId);
    if (place === undefined) return;
    this.places.delete(seriesId);
    this.free.push(place);
  }

  /** Removes samples before a time, epoch ms, and the oldest entries beyond `maxBytes`. */
  trim(before: number, maxBytes: number): void {
    for (const [seriesId, place] of this.places) {
      if (this.data[2 * place] >= before && this.bytes <= maxBytes) return;
      this.delete(seriesId);
    }
  }

  private takePlace(): number {
    const place = this.free.pop() ?? this.places.size;
    if (2 * place >= this.data.length) {
      const data = new Float64Array(2 * this.data.length);
      data.set(this.data);
      this.data = data;
    }
    return place;
  }
}
