/** What values are added to, one after the other. */
export interface Fold {
  add(value: number): void;
  result(): number;
}

/**
 * A sum that keeps what rounding takes from it (Neumaier's variant of Kahan's, as in Prometheus' `kahansum.Inc`).
 */
export class ExactSum {
  constructor(
    public sum = 0,
    public lost = 0,
  ) {}

  add(value: number): void {
    const { sum } = this;
    const total = sum + value;
    if (total === Number.POSITIVE_INFINITY || total === Number.NEGATIVE_INFINITY) this.lost = 0;
    else if (Math.abs(sum) >= Math.abs(value)) this.lost += sum - total + value;
    else this.lost += value - total + sum;
    this.sum = total;
  }

  addAll({ sum, lost }: ExactSum): void {
    this.add(sum);
    if (Number.isFinite(this.sum)) this.lost += lost;
  }

  scale(factor: number): void {
    this.sum *= factor;
    this.lost *= factor;
  }

  get total(): number {
    return Number.isFinite(this.sum) ? this.sum + this.lost : this.sum;
  }

  dividedBy(count: number): number {
    return this.sum / count + this.lost / count;
  }
}

export function exactSum(): Fold {
  const sum = new ExactSum();
  return { add: (value) => sum.add(value), result: () => sum.total };
}

/** A mean, of a sum while that does not overflow, and from there on of the mean before. */
class ExactMean {
  private readonly sum = new ExactSum();
  private count = 0;
  private isIncremental = false;

  add(value: number): void {
    const { sum } = this;
    this.count++;
    if (this.count === 1) {
      sum.sum = value;
      return;
    }
    if (!this.isIncremental) {
      if (Math.abs(sum.sum + value) !== Number.POSITIVE_INFINITY) {
        sum.add(value);
        return;
      }
      this.isIncremental = true;
      sum.scale(1 / (this.count - 1));
    }
    sum.scale((this.count - 1) / this.count);
    sum.add(value / this.count);
  }

  get mean(): number {
    return this.isIncremental ? this.sum.dividedBy(1) : this.sum.dividedBy(this.count);
  }
}

export function exactMean(): Fold {
  const mean = new ExactMean();
  return { add: (value) => mean.add(value), result: () => mean.mean };
}

/** A variance by Welford's method, which keeps what rounding takes from it, as Prometheus' over time do. */
export class Spread {
  private count = 0;
  private readonly mean = new ExactSum();
  private readonly squares = new ExactSum();

  add(value: number): void {
    this.count++;
    const before = this.mean.dividedBy(1);
    const delta = value - before;
    this.mean.add(delta / this.count);
    this.squares.add(delta * (value - this.mean.dividedBy(1)));
  }

  get variance(): number {
    return this.squares.dividedBy(1) / this.count;
  }
}
