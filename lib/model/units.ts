const BYTE_UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** The units of an epoch time, finest first. */
const EPOCH_UNITS = { ns: 'nanoseconds', us: 'microseconds', ms: 'milliseconds', s: 'seconds' } as const;
export type EpochUnit = keyof typeof EPOCH_UNITS;
const FINEST_FIRST = Object.keys(EPOCH_UNITS) as EpochUnit[];

/** Years 1973 to 5138 in ms: a time with three digits more or fewer is in another unit. */
export const PLAUSIBLE_MS = { from: 1e11, to: 1e14 } as const;

/**
 * What is wrong with a time that is plausible only in another unit than it was read in; null when it is plausible.
 * `ms`: the time as it was read, epoch ms.
 */
export function wrongEpochUnit(ms: number, read: EpochUnit): string | null {
  // Of what no unit makes plausible there is none; infinity would stay what it is.
  if (!(ms >= 1 && ms < Number.POSITIVE_INFINITY)) return null;
  let meant = FINEST_FIRST.indexOf(read);
  for (let time = ms; time < PLAUSIBLE_MS.from; time *= 1_000) meant++;
  for (let time = ms; time >= PLAUSIBLE_MS.to; time /= 1_000) meant--;
  const unit = FINEST_FIRST[meant];
  if (!unit || unit === read) return null;
  return `looks like ${EPOCH_UNITS[unit]}; ${EPOCH_UNITS[read]} are expected`;
}

/** `"8MiB"`, `"1 GiB"`, `"4096"` → bytes (binary units; `MB` is read as `MiB`); anything else → null. */
export function parseBytes(text: string): number | null {
  const found = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)$/i.exec(text.trim());
  if (!found) return null;
  const unit = found[2].toLowerCase().replace(/^([kmgt])b?$/, '$1ib');
  return unit in BYTE_UNITS ? Math.floor(Number(found[1]) * BYTE_UNITS[unit]) : null;
}
