import type { Labels } from '../../../model/labels';
import { Memo } from '../memo';
import type { ReadSeries } from '../portions';
import { type Attributes, toSeries } from './labels';
import type { OtlpMetric } from './metric';

/** Series by their attributes as they are written: a sender writes those of a series in the same way each time. */
const seriesOfAttributes = new Memo<ReadSeries>(64 * 2 ** 20);

/** In front of them: what stands for their metric, with everything above it, and for nothing else. */
const prefixes = new Memo<string>(16 * 2 ** 20);
let nextPrefix = 0;

function prefixOf(text: string): string {
  const known = prefixes.get(text);
  if (known !== undefined) return known;
  const number = nextPrefix++;
  // In three code units, of 48 bits.
  const prefix = String.fromCharCode(number & 0xffff, (number / 2 ** 16) & 0xffff, number / 2 ** 32);
  return prefixes.set(text, prefix);
}

/** A scope of a resource. Its labels are read when one of its series is new. */
export class Origin {
  readonly prefix: string;
  private known: Labels | undefined;

  /** @param resource and `scope`: as they are written */
  constructor(
    resource: string,
    scope: string,
    private readonly read: () => Labels,
  ) {
    this.prefix = prefixOf(resource) + prefixOf(scope);
  }

  get labels(): Labels {
    this.known ??= this.read();
    return this.known;
  }
}

/** The series of one metric of an origin. */
export class MetricSeries {
  private readonly prefix: string;

  constructor(
    private readonly origin: Origin,
    private readonly metric: OtlpMetric,
  ) {
    const { name, unit = '', type } = metric;
    this.prefix = prefixOf(`${origin.prefix}${name}\0${unit}\0${type}`);
  }

  /**
   * @param written the attributes of a point as they are written
   * @param read called when they are new
   */
  of(written: string, read: () => Attributes): ReadSeries {
    const key = this.prefix + written;
    const known = seriesOfAttributes.get(key);
    if (known !== undefined) return known;
    return seriesOfAttributes.set(key, toSeries(this.metric, this.origin.labels, read()));
  }
}
